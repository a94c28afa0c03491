//! The index of PostgreSQL: a GIN index, which knows no order, over users in segments, which stand in the order of
//! places.
//!
//! A token is a number, mixed with a mask of the segment that its user stands in, so the index has the users of each
//! segment apart. A search goes from segment to segment until it has enough, and looks at the places of some thousands
//! at most to sort them. What another segment's tokens have in common with it by chance is left out by its place.
//!
//! A segment with more than [`MOST`] users is cut into equal parts, which get masks of their own. That is about one
//! rewriting for each user who ever came, and brings those of a segment together on the disk.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::Candidates;
use super::places::user_of;
use crate::query::Query;
use crate::{Error, Tx};

/// The most users of a segment. With fewer, pieces that nobody has take longer; with more, those that everybody has.
pub(super) const MOST: i64 = 8000;

/// Some of the users, neighbours in the order of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    /// The first place.
    first: i64,
    /// The last place.
    last: i64,
    /// What the numbers of its users' tokens are mixed with.
    mask: i32,
    /// How many users there are, or fewer: it is counted when this says that there are too many.
    users: i64,
}

/// Takes users from where they stood, and puts them where they belong now, with their tokens. A segment with more than
/// `most` users is cut.
pub(super) async fn replace(
    tx: &mut Tx,
    old: &BTreeSet<i64>,
    new: &BTreeMap<i64, Vec<&str>>,
    most: i64,
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM user_trigrams WHERE place IN \
         (SELECT value::BIGINT FROM json_array_elements_text($1::TEXT::JSON) AS old)",
        &[&json!(old)],
    )
    .await?;
    let segments = segments(tx).await?;
    let mut grown = Vec::new();
    let mut rows = Vec::with_capacity(new.len());
    for mut segment in segments {
        let users = new.range(segment.first..=segment.last);
        let before = rows.len();
        rows.extend(users.map(|(place, tokens)| {
            let numbers: Vec<_> =
                tokens.iter().map(|one| (number(one) ^ segment.mask).to_string()).collect();
            json!([place, format!("{{{}}}", numbers.join(","))])
        }));
        if rows.len() > before {
            segment.users += (rows.len() - before) as i64;
            grown.push(segment);
        }
    }
    tx.execute(
        "INSERT INTO user_trigrams (place, trigrams) \
         SELECT (value ->> 0)::BIGINT, (value ->> 1)::INTEGER[] \
         FROM json_array_elements($1::TEXT::JSON)",
        &[&json!(rows)],
    )
    .await?;
    for segment in &mut grown {
        if segment.users > most {
            divide(tx, segment, most).await?;
        }
    }
    let grown: Vec<_> = grown.iter().map(|it| [it.first, it.last, it.users]).collect();
    tx.execute(
        "UPDATE search_segments SET last = (value ->> 1)::BIGINT, users = (value ->> 2)::BIGINT \
         FROM json_array_elements($1::TEXT::JSON) WHERE first = (value ->> 0)::BIGINT",
        &[&json!(grown)],
    )
    .await?;
    Ok(())
}

/// All segments in order.
async fn segments(tx: &mut Tx) -> Result<Vec<Segment>, Error> {
    tx.list("SELECT first, last, mask, users FROM search_segments ORDER BY first", &[], |row| {
        let mut columns = row.columns();
        Ok(Segment {
            first: columns.take()?,
            last: columns.take()?,
            mask: columns.take()?,
            users: columns.take()?,
        })
    })
    .await
}

/// Counts the users of a segment, and makes new ones of all but its first part if they are too many.
async fn divide(tx: &mut Tx, segment: &mut Segment, most: i64) -> Result<(), Error> {
    let within = "FROM user_trigrams WHERE place >= $1 AND place <= $2";
    let sql = format!("SELECT COUNT(*) {within}");
    segment.users = tx.one(&sql, &[&segment.first, &segment.last], |row| row.get(0)).await?;
    if segment.users <= most {
        return Ok(());
    }
    let parts = 2 * segment.users / most;
    let size = segment.users / parts + 1;
    let sql = format!(
        "SELECT place FROM (SELECT place, ROW_NUMBER() OVER (ORDER BY place) - 1 AS number {within}) \
         AS numbered WHERE number > 0 AND number % $3 = 0 ORDER BY place"
    );
    let bounds: Vec<i64> =
        tx.list(&sql, &[&segment.first, &segment.last, &size], |row| row.get(0)).await?;
    let whole = *segment;
    let ends = bounds.iter().skip(1).map(|next| next - 1).chain([whole.last]);
    for (first, last) in bounds.iter().copied().zip(ends) {
        let mask = number(&first.to_string());
        let users = tx
            .execute(
                "UPDATE user_trigrams SET trigrams = \
                 ARRAY(SELECT one # $3::BIGINT::INTEGER FROM unnest(trigrams) AS one) \
                 WHERE place >= $1 AND place <= $2",
                &[&first, &last, &i64::from(mask ^ whole.mask)],
            )
            .await? as i64;
        tx.execute(
            "INSERT INTO search_segments (first, last, mask, users) \
             VALUES ($1, $2, $3::BIGINT::INTEGER, $4)",
            &[&first, &last, &i64::from(mask), &users],
        )
        .await?;
        segment.users -= users;
        segment.last = segment.last.min(first - 1);
    }
    Ok(())
}

/// Adds the query for the numbers of candidates.
pub(super) fn write(candidates: &Candidates, query: &mut Query) {
    let user = user_of("place");
    query.push(&format!(
        "SELECT {user} FROM search_segments AS segment \
         CROSS JOIN LATERAL (SELECT place FROM user_trigrams WHERE "
    ));
    write_within(candidates, query);
    query.push(") AS found");
}

/// The first places of candidates in a range, both ends included; the last ones if they are wanted backwards.
pub(super) async fn places(
    tx: &mut Tx,
    candidates: &Candidates,
    (least, greatest): (i64, i64),
    is_descending: bool,
    limit: i64,
) -> Result<Vec<i64>, Error> {
    let mut query = Query::new(tx.engine(), "SELECT found.place FROM ");
    let (least, greatest) = (query.bind(&least), query.bind(&greatest));
    query.push(&format!(
        "(SELECT first, last, mask FROM search_segments WHERE last >= {least} AND first <= {greatest}) \
         AS segment CROSS JOIN LATERAL (SELECT place FROM user_trigrams WHERE "
    ));
    write_within(candidates, &mut query);
    // As a truth value, the condition on places does not look like a better beginning than the tokens. The order of
    // segments comes first, so that they are searched one by one until there is enough.
    let order = if is_descending { " DESC" } else { "" };
    query.push(&format!(
        " AND (place >= segment.first AND place <= segment.last \
         AND place >= {least} AND place <= {greatest}) IS TRUE) AS found \
         ORDER BY segment.first{order}, found.place{order}"
    ));
    query.push_with(" LIMIT ?", &limit);
    query.list(tx, |row| row.get(0)).await
}

/// Adds that a user of `segment` has the tokens. Their numbers are read from the text once.
fn write_within(candidates: &Candidates, query: &mut Query) {
    let operator = if matches!(candidates, Candidates::Any(_)) { "&&" } else { "@>" };
    let numbers = candidates.tokens().iter().map(|one| number(one).to_string());
    query.push_with(
        &format!(
            "trigrams {operator} ARRAY(SELECT one # segment.mask \
             FROM unnest((SELECT string_to_array(?, ',')::INTEGER[])) AS one)"
        ),
        &numbers.collect::<Vec<_>>().join(","),
    );
}

/// The number that stands for a token (FNV-1a). Two that share one only make more candidates.
fn number(token: &str) -> i32 {
    let hash = token
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.cast_signed()
}
