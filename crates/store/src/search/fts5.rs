//! The index of SQLite: an FTS5 table whose rows stand at the places of users.

use std::collections::{BTreeMap, BTreeSet};

use super::Candidates;
use super::places::user_of;
use crate::query::Query;
use crate::{Error, Tx};

/// Takes users from where they stood, and puts them where they belong now, with their tokens.
pub(super) async fn replace(
    tx: &mut Tx,
    old: &BTreeSet<i64>,
    new: &BTreeMap<i64, Vec<&str>>,
) -> Result<(), Error> {
    for place in old {
        tx.execute("DELETE FROM user_trigrams WHERE rowid = $1", &[place]).await?;
    }
    // From the first place to the last: FTS5 writes what it has gathered each time that one comes before another.
    for (place, tokens) in new {
        let words: Vec<_> = tokens.iter().map(|token| spell(token)).collect();
        let sql = "INSERT INTO user_trigrams (rowid, tokens) VALUES ($1, $2)";
        tx.execute(sql, &[place, &words.join(" ")]).await?;
    }
    Ok(())
}

/// Adds the query for the numbers of candidates.
pub(super) fn write(candidates: &Candidates, query: &mut Query) {
    let user = user_of("rowid");
    query.push_with(
        &format!("SELECT {user} FROM user_trigrams WHERE user_trigrams MATCH ?"),
        &spelled(candidates),
    );
}

/// The first places of candidates in a range, both ends included; the last ones if they are wanted backwards.
pub(super) async fn places(
    tx: &mut Tx,
    candidates: &Candidates,
    (least, greatest): (i64, i64),
    is_descending: bool,
    limit: i64,
) -> Result<Vec<i64>, Error> {
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
    tx.list(sql, &[&spelled(candidates), &least, &greatest, &limit], |row| row.get(0)).await
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

    #[test]
    fn a_token_is_one_word() {
        assert_eq!(spell("n@é"), "n\u{E040}é");
        assert!((0..128_u8).map(char::from).all(|one| {
            spell(&one.to_string()).chars().all(|one| one.is_ascii_alphanumeric() || one > '\x7F')
        }));
    }
}
