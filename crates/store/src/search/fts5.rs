//! The index of SQLite: an FTS5 table whose rows stand at the places of users.

use std::collections::{BTreeMap, BTreeSet};

use super::codes::{BITS, Code};
use super::{Beginning, Candidates, Place};
use crate::query::Query;
use crate::sql::Param;
use crate::{Error, Tx};

/// Bits for the number of a user; with those for the beginning of its name they leave the sign of a row's number alone.
const USER_BITS: u32 = 63 - BITS;
/// No user has this number.
const END: i64 = (1 << USER_BITS) - 1;

/// Takes users from where they stood, and puts them where they belong now, with their tokens.
pub(super) async fn replace(
    tx: &mut Tx,
    old: &BTreeSet<Place>,
    new: &BTreeMap<Place, Vec<&str>>,
) -> Result<(), Error> {
    for place in old {
        tx.execute("DELETE FROM user_trigrams WHERE rowid = $1", &[&rowid(place)]).await?;
    }
    // From the first place to the last: FTS5 writes what it has gathered each time that one comes before another.
    for (place, tokens) in new {
        if !(0..END).contains(&place.user) {
            return Err(Error::internal(
                "the search index has no place for a user's number so great",
            ));
        }
        let words: Vec<_> = tokens.iter().map(|token| spell(token)).collect();
        let sql = "INSERT INTO user_trigrams (rowid, tokens) VALUES ($1, $2)";
        tx.execute(sql, &[&rowid(place), &words.join(" ")]).await?;
    }
    Ok(())
}

/// Adds the query for the numbers of candidates.
pub(super) fn write(candidates: &Candidates, query: &mut Query) {
    query.push_with(
        &format!("SELECT rowid & {END} FROM user_trigrams WHERE user_trigrams MATCH ?"),
        &spelled(candidates),
    );
}

/// The first places of candidates in a range, both ends included; the last ones if they are wanted backwards.
pub(super) async fn places(
    tx: &mut Tx,
    candidates: &Candidates,
    (least, greatest): (Place, Place),
    is_descending: bool,
    limit: i64,
) -> Result<Vec<Place>, Error> {
    let sql = match is_descending {
        false => {
            "SELECT rowid FROM user_trigrams WHERE user_trigrams MATCH $1 \
             AND rowid >= $2 AND rowid <= $3 ORDER BY rowid LIMIT $4"
        }
        true => {
            "SELECT rowid FROM user_trigrams WHERE user_trigrams MATCH $1 \
             AND rowid >= $2 AND rowid <= $3 ORDER BY rowid DESC LIMIT $4"
        }
    };
    let (least, greatest) = (rowid(&least), rowid(&greatest));
    let params: [&dyn Param; 4] = [&spelled(candidates), &least, &greatest, &limit];
    tx.list(sql, &params, |row| Ok(place(row.get(0)?))).await
}

/// The number of the row at a place.
fn rowid(place: &Place) -> i64 {
    let Beginning::Code(Code(code)) = place.beginning else {
        unreachable!("a place of PostgreSQL's index")
    };
    code << USER_BITS | place.user.clamp(0, END)
}

/// The place of the row with a number.
fn place(rowid: i64) -> Place {
    Place { beginning: Beginning::Code(Code(rowid >> USER_BITS)), user: rowid & END }
}

/// The tokens as FTS5 is asked for them.
fn spelled(candidates: &Candidates) -> String {
    let word = if matches!(candidates, Candidates::Any(_)) { " OR " } else { " AND " };
    let quoted = candidates.tokens().iter().map(|one| format!("\"{}\"", spell(one)));
    quoted.collect::<Vec<_>>().join(word)
}

/// A token as FTS5 is told it: what its tokenizer would take for the end of a word is put as a character of private use.
fn spell(token: &str) -> String {
    let letter = |one: char| match one {
        '\0'..='\x7F' if !one.is_ascii_alphanumeric() => char::from_u32(0xE000 + u32::from(one)),
        _ => None,
    };
    token.chars().map(|one| letter(one).unwrap_or(one)).collect()
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::sql::Engine;

    #[test]
    fn the_numbers_of_rows_stand_in_the_order_of_places() {
        let of = |name: &str, user| Place { beginning: Beginning::of(Engine::Sqlite, name), user };
        let places =
            [of("", 7), of("john s", 9), of("john s", END - 1), of("john t", 1), of("王", 2)];
        assert!(places.is_sorted());
        for found in &places {
            assert_eq!(place(rowid(found)), *found);
            let ends = [Place::before, Place::after].map(|end| end(found.beginning.clone()));
            assert!((rowid(&ends[0])..rowid(&ends[1])).contains(&rowid(found)));
        }
        assert!(rowid(&Place::after(Beginning::last(Engine::Sqlite))) == i64::MAX);
    }

    #[test]
    fn a_token_is_one_word() {
        assert_eq!(spell("n@é"), "n\u{E040}é");
        assert!((0..128_u8).map(char::from).all(|one| {
            spell(&one.to_string()).chars().all(|one| one.is_ascii_alphanumeric() || one > '\x7F')
        }));
    }
}
