//! Lists as the client asks for them, and the envelope in which it gets them (contract, section 6).

use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use roster_model::{Filter, FilterField};
use serde::Serialize;

use super::{
    search::{self, Fields},
    translate::{Problems, Refusal},
};

/// The most that may be asked for at once.
const MOST: u32 = 1000;
/// What Python leaves as it is in a query.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~').remove(b' ');

/// A part of a list that is asked for.
pub(super) struct Listing {
    pub(super) index: u64,
    pub(super) page_length: u32,
    /// What is searched for, in the client's language; absent when empty.
    pub(super) search: Option<String>,
}

impl Listing {
    /// Reads a query. What is not known is passed over; of what is given twice the first counts.
    pub(super) fn read(query: &str) -> Result<Self, Refusal> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query)
            .map_err(|_| Refusal::no_json("the query is broken"))?;
        let given = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let mut problems = Problems::default();
        let index = number(given("index"), 0, 0..=i64::MAX.unsigned_abs());
        let index = index.unwrap_or_else(|| {
            problems.add("index", "must be a whole number that is not negative");
            0
        });
        let page_length = number(given("pageLength"), 10, 1..=MOST).unwrap_or_else(|| {
            problems.add("pageLength", "must be a whole number from 1 to 1000");
            1
        });
        problems.none()?;
        let search = given("search").filter(|text| !text.is_empty()).cloned();
        Ok(Self { index, page_length, search })
    }

    /// Whom or what is searched for among records with these fields.
    pub(super) fn filter<F: FilterField>(&self, fields: Fields<F>) -> Result<Filter<F>, Refusal> {
        let searched = search::parse(self.search.as_deref().unwrap_or_default(), fields);
        searched.map_err(|error| Refusal::unsearchable(&error.query, &error.reason))
    }

    /// The envelope around the part that was asked for, of a list that has so many records in all.
    pub(super) fn page<T>(&self, path: &'static str, data: Vec<T>, total: u64) -> PageReply<T> {
        let length = u64::from(self.page_length);
        let end = self.index.saturating_add(length);
        PageReply {
            index: self.index,
            is_complete: end >= total,
            total_num_results: total,
            data,
            first: self.link(path, 0),
            next: (end < total).then(|| self.link(path, end)),
            prev: (self.index > 0).then(|| self.link(path, self.index.saturating_sub(length))),
        }
    }

    fn link(&self, path: &str, index: u64) -> String {
        let mut link = format!("{path}?index={index}&pageLength={}", self.page_length);
        if let Some(search) = &self.search {
            let search = percent_encode(search.as_bytes(), ESCAPED).to_string();
            link.push_str(&format!("&search={}", search.replace(' ', "+")));
        }
        link
    }
}

/// A number in bounds, or the default where none is given.
fn number<N: FromStr + PartialOrd>(
    text: Option<&String>,
    default: N,
    bounds: std::ops::RangeInclusive<N>,
) -> Option<N> {
    let Some(text) = text else { return Some(default) };
    let digits = text.strip_prefix('+').unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|number| bounds.contains(number))
}

/// A part of a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageReply<T> {
    index: u64,
    is_complete: bool,
    total_num_results: u64,
    data: Vec<T>,
    first: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Option<(u64, u32, Option<String>)> {
        let listing = Listing::read(query).ok()?;
        Some((listing.index, listing.page_length, listing.search))
    }

    #[test]
    fn ten_are_given_from_the_first_on_unless_asked_otherwise() {
        assert_eq!(read(""), Some((0, 10, None)));
        assert_eq!(read("search=&x=%ff"), Some((0, 10, None)));
        let all = "pageLength=1000&index=7&search=a+%2A";
        assert_eq!(read(all), Some((7, 1000, Some("a *".into()))));
    }

    #[test]
    fn t46_numbers_have_bounds() {
        for query in [
            "index=-1",
            "index=",
            "index=1.0",
            "index=x",
            "index=9223372036854775808",
            "index=99999999999999999999999",
            "pageLength=0",
            "pageLength=1001",
            "pageLength=",
            "pageLength=4294967297",
            "index=٣",
        ] {
            assert_eq!(read(query), None, "{query}");
        }
        assert_eq!(
            read("index=9223372036854775807").map(|read| read.0),
            Some(9_223_372_036_854_775_807)
        );
    }

    #[test]
    fn links_lead_to_the_first_the_next_and_the_previous_page() {
        let listing = Listing::read("index=3&pageLength=5&search=a+b%2F*~").ok().unwrap();
        let page = listing.page("/api/v1/users", vec![()], 9);
        let rest = "pageLength=5&search=a+b%2F%2A~";
        assert_eq!(page.first, format!("/api/v1/users?index=0&{rest}"));
        assert_eq!(page.next, Some(format!("/api/v1/users?index=8&{rest}")));
        assert_eq!(page.prev, Some(format!("/api/v1/users?index=0&{rest}")));
        let last = Listing::read("index=8").ok().unwrap().page("/api/v1/users", vec![()], 9);
        assert!(last.is_complete && last.next.is_none() && last.prev.is_some());
        let far = Listing::read("index=9223372036854775807").ok().unwrap();
        assert!(far.page("/api/v1/users", Vec::<()>::new(), 9).is_complete);
    }
}
