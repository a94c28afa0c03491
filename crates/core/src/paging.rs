//! Pages of lists: how much, from where, and the cursor of the next one (design section 3.7).
//!
//! A cursor holds the last row's place in the list's order, so that the next page begins there however many rows stand
//! before it. It is opaque to clients: what is not one of ours, or of another list or order, is refused.

use data_encoding::BASE64URL_NOPAD;
use roster_model::{Field, Page, PageRequest, Reason};
use roster_store::{Mark, MarkKey, Window};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Error, Result};

/// How many rows a page has if nobody says.
const DEFAULT_LIMIT: u32 = 100;
/// How many rows a page has at most.
const MAX_LIMIT: u32 = 1000;
/// How much of its hash stands before a cursor.
const CHECKSUM: usize = 6;

/// A page that was asked for, read and checked.
pub(crate) struct Paging {
    list: String,
    limit: i64,
    offset: i64,
    after: Option<Mark>,
    wants_total: bool,
}

impl Paging {
    /// Reads what is asked of `list`, whose name holds its order, too: a cursor is good for that list alone.
    pub(crate) fn read(request: &PageRequest, list: impl Into<String>) -> Result<Self> {
        Self::read_up_to(MAX_LIMIT, request, list)
    }

    /// The same for a page of at most `most` rows.
    pub(crate) fn read_up_to(
        most: u32,
        request: &PageRequest,
        list: impl Into<String>,
    ) -> Result<Self> {
        let list = list.into();
        let limit = request.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=most).contains(&limit) {
            let reason = Reason::OutOfRange { min: 1, max: i64::from(most) };
            return Err(Error::invalid(Field::Limit, reason));
        }
        let offset = i64::try_from(request.offset.unwrap_or(0)).map_err(|_| {
            Error::invalid(Field::Offset, Reason::OutOfRange { min: 0, max: i64::MAX })
        })?;
        let after = match &request.cursor {
            None => None,
            Some(cursor) => Some(read_cursor(cursor, &list).ok_or_else(|| {
                let sentence = "is not one that came with a page of this list";
                Error::invalid(Field::Cursor, Reason::Other(sentence.to_owned()))
            })?),
        };
        let wants_total = request.count.unwrap_or(false);
        Ok(Self { list, limit: i64::from(limit), offset, after, wants_total })
    }

    /// What to ask the store for: one row more than the page has, to see whether another page follows.
    pub(crate) fn window(&self) -> Window {
        Window { after: self.after.clone(), offset: self.offset, limit: self.limit + 1 }
    }

    /// Whether the whole list is to be counted.
    pub(crate) fn wants_total(&self) -> bool {
        self.wants_total
    }

    /// A page of a list that has no rows.
    pub(crate) fn empty<T>(&self) -> Page<T> {
        Page { items: Vec::new(), next: None, total: self.wants_total.then_some(0) }
    }

    /// The page made of the rows that the window gave. `mark` says where a row stands.
    pub(crate) fn page<T>(
        &self,
        mut rows: Vec<T>,
        total: Option<u64>,
        mark: impl Fn(&T) -> Mark,
    ) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(|row| cursor(&mark(row), &self.list));
        Page { items: rows, next, total }
    }
}

/// A cursor's contents: the number and what the list is ordered by before it.
type Place = (i64, Vec<Key>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Key {
    Null,
    Text(String),
    Number(i64),
    Bool(bool),
    Uuid(Uuid),
}

fn cursor(mark: &Mark, list: &str) -> String {
    let keys = mark.keys.iter().cloned().map(|key| match key {
        MarkKey::Null => Key::Null,
        MarkKey::Text(text) => Key::Text(text),
        MarkKey::Number(number) => Key::Number(number),
        MarkKey::Bool(flag) => Key::Bool(flag),
        MarkKey::Uuid(uuid) => Key::Uuid(uuid),
    });
    let place: Place = (mark.id, keys.collect());
    // Numbers and texts can always be written.
    let body = serde_json::to_string(&place).unwrap_or_default();
    let mut bytes = checksum(&body, list).to_vec();
    bytes.extend_from_slice(body.as_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

fn read_cursor(cursor: &str, list: &str) -> Option<Mark> {
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
    let (sum, body) = bytes.split_at_checked(CHECKSUM)?;
    let body = std::str::from_utf8(body).ok()?;
    if sum != checksum(body, list) {
        return None;
    }
    let (id, keys): Place = serde_json::from_str(body).ok()?;
    let keys = keys.into_iter().map(|key| match key {
        Key::Null => Some(MarkKey::Null),
        Key::Text(text) => (!text.contains('\0')).then_some(MarkKey::Text(text)),
        Key::Number(number) => Some(MarkKey::Number(number)),
        Key::Bool(flag) => Some(MarkKey::Bool(flag)),
        Key::Uuid(uuid) => Some(MarkKey::Uuid(uuid)),
    });
    Some(Mark { keys: keys.collect::<Option<_>>()?, id })
}

/// No secret goes into it: it finds mistakes, and a forged cursor shows nothing that the list does not.
fn checksum(body: &str, list: &str) -> [u8; CHECKSUM] {
    let hash = Sha256::new().chain_update(list).chain_update([0]).chain_update(body).finalize();
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(&hash[..CHECKSUM]);
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with_cursor(cursor: impl Into<String>) -> PageRequest {
        PageRequest { cursor: Some(cursor.into()), ..PageRequest::default() }
    }

    fn refused(request: &PageRequest) -> Option<Field> {
        Paging::read(request, "users:name").err().and_then(|error| error.field())
    }

    #[test]
    fn a_page_has_a_hundred_rows_unless_asked_otherwise() {
        let paging = Paging::read(&PageRequest::default(), "users").unwrap();
        assert_eq!(paging.window(), Window { after: None, offset: 0, limit: 101 });
        assert!(!paging.wants_total());
    }

    #[test]
    fn limits_and_offsets_out_of_range_are_refused() {
        for limit in [0, 1001, u32::MAX] {
            let request = PageRequest { limit: Some(limit), ..PageRequest::default() };
            assert_eq!(refused(&request), Some(Field::Limit), "{limit}");
        }
        let request = PageRequest { offset: Some(u64::MAX), ..PageRequest::default() };
        assert_eq!(refused(&request), Some(Field::Offset));
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let request = PageRequest { limit: Some(2), ..PageRequest::default() };
        let paging = Paging::read(&request, "users").unwrap();
        let mark = |id: &i64| Mark::id(*id);
        assert_eq!(paging.page(vec![1, 2], None, mark).next, None);
        let page = paging.page(vec![1, 2, 3], Some(7), mark);
        assert_eq!((page.items, page.total), (vec![1, 2], Some(7)));
        let next = Paging::read(&with_cursor(page.next.unwrap()), "users").unwrap();
        assert_eq!(next.window().after, Some(Mark::id(2)));
    }

    #[test]
    fn a_cursor_of_another_list_or_order_is_refused() {
        let other = cursor(&Mark::id(3), "users:email");
        assert_eq!(refused(&with_cursor(other)), Some(Field::Cursor));
    }

    #[test]
    fn t36_a_changed_cursor_is_refused() {
        let good =
            cursor(&Mark { keys: vec![MarkKey::Text("ann".to_owned())], id: 3 }, "users:name");
        assert_eq!(refused(&with_cursor(&good)), None);
        for place in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(refused(&with_cursor(changed)), Some(Field::Cursor), "at {place}");
        }
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back(id: i64, key in "[^\0]{0,40}", number: i64) {
            let text = MarkKey::Text(key);
            for keys in [vec![], vec![MarkKey::Null, text], vec![MarkKey::Number(number)]] {
                let mark = Mark { keys, id };
                prop_assert_eq!(read_cursor(&cursor(&mark, "list"), "list"), Some(mark));
            }
        }

        #[test]
        fn t36_random_bytes_are_no_cursor(bytes: Vec<u8>, text in "\\PC{0,60}") {
            prop_assert_eq!(read_cursor(&BASE64URL_NOPAD.encode(&bytes), "list"), None);
            prop_assert_eq!(read_cursor(&text, "list"), None);
        }
    }
}
