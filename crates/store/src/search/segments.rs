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

use super::{Beginning, Candidates, Place};
use crate::query::Query;
use crate::sql::{Param, Row};
use crate::{Error, Tx};

/// The most users of a segment. A search for what few have looks into each segment, one for what most have looks at most
/// users of a segment: with fewer users the former would take longer, with more the latter.
pub(super) const MOST: i64 = 8000;

/// Some of the users, neighbours in the order of places.
#[derive(Clone, Debug)]
struct Segment {
    /// Where it begins.
    first: Place,
    /// Where the next begins.
    end: Place,
    /// What the numbers of its users' tokens are mixed with.
    mask: i32,
    /// At least how many users there are: they are counted when that is too many.
    users: i64,
}

/// Takes users from where they stood, and puts them where they belong now, with their tokens. A segment with more than
/// `most` users is cut.
pub(super) async fn replace(
    tx: &mut Tx,
    old: &BTreeSet<Place>,
    new: &BTreeMap<Place, Vec<&str>>,
    most: i64,
) -> Result<(), Error> {
    let old: Vec<_> = old.iter().map(|place| (name(place), place.user)).collect();
    tx.execute(
        "DELETE FROM user_tokens WHERE (name_key, user_id) IN \
         (SELECT value ->> 0, (value ->> 1)::BIGINT FROM json_array_elements($1::TEXT::JSON))",
        &[&json!(old)],
    )
    .await?;
    let mut grown = Vec::new();
    let mut rows = Vec::with_capacity(new.len());
    for mut segment in segments(tx).await? {
        let before = rows.len();
        for (place, tokens) in new.range(&segment.first..&segment.end) {
            let numbers = tokens.iter().map(|one| (number(one) ^ segment.mask).to_string());
            let numbers = numbers.collect::<Vec<_>>().join(",");
            rows.push((name(place), place.user, format!("{{{numbers}}}")));
        }
        if rows.len() > before {
            segment.users += (rows.len() - before) as i64;
            grown.push(segment);
        }
    }
    tx.execute(
        "INSERT INTO user_tokens (name_key, user_id, tokens) \
         SELECT value ->> 0, (value ->> 1)::BIGINT, (value ->> 2)::INTEGER[] \
         FROM json_array_elements($1::TEXT::JSON)",
        &[&json!(rows)],
    )
    .await?;
    if rows.len() < new.len() {
        return Err(Error::internal("the segments of the search index leave a gap"));
    }
    for segment in &mut grown {
        if segment.users > most {
            divide(tx, segment, most).await?;
        }
    }
    let grown: Vec<_> = grown
        .iter()
        .map(|one| {
            let (first, end) = (&one.first, &one.end);
            (name(first), first.user, name(end), end.user, one.users)
        })
        .collect();
    // All of them, whether they were cut or not: of two servers that feed one segment at once, one must begin again.
    tx.execute(
        "UPDATE search_segments SET end_name = value ->> 2, end_user = (value ->> 3)::BIGINT, \
         users = (value ->> 4)::BIGINT FROM json_array_elements($1::TEXT::JSON) \
         WHERE first_name = value ->> 0 AND first_user = (value ->> 1)::BIGINT",
        &[&json!(grown)],
    )
    .await?;
    Ok(())
}

/// The name of whoever stands at a place.
fn name(place: &Place) -> &str {
    match &place.beginning {
        Beginning::Whole(name) => name,
        Beginning::Code(_) => unreachable!("a place of SQLite's index"),
    }
}

fn place(name: String, user: i64) -> Place {
    Place { beginning: Beginning::Whole(name), user }
}

/// All segments in order.
async fn segments(tx: &mut Tx) -> Result<Vec<Segment>, Error> {
    tx.list(
        "SELECT first_name, first_user, end_name, end_user, mask, users FROM search_segments \
         ORDER BY first_name, first_user",
        &[],
        |row| {
            let mut columns = row.columns();
            Ok(Segment {
                first: place(columns.take()?, columns.take()?),
                end: place(columns.take()?, columns.take()?),
                mask: columns.take()?,
                users: columns.take()?,
            })
        },
    )
    .await
}

/// Counts the users of a segment, and makes new ones of all but its first part if they are too many.
async fn divide(tx: &mut Tx, segment: &mut Segment, most: i64) -> Result<(), Error> {
    let Segment { first, end, .. } = segment.clone();
    let whole: [&dyn Param; 4] = [&name(&first), &first.user, &name(&end), &end.user];
    let sql = format!("SELECT COUNT(*) FROM user_tokens WHERE {WITHIN}");
    segment.users = tx.one(&sql, &whole, |row| row.get(0)).await?;
    if segment.users <= most {
        return Ok(());
    }
    let parts = 2 * segment.users / most;
    let size = segment.users / parts + 1;
    let sql = format!(
        "SELECT name_key, user_id FROM (SELECT name_key, user_id, \
         ROW_NUMBER() OVER (ORDER BY name_key, user_id) - 1 AS number \
         FROM user_tokens WHERE {WITHIN}) AS numbered \
         WHERE number > 0 AND number % $5 = 0 ORDER BY number"
    );
    let [a, b, c, d] = whole;
    let read = |row: &Row<'_>| Ok(place(row.get(0)?, row.get(1)?));
    let firsts = tx.list(&sql, &[a, b, c, d, &size], read).await?;
    let ends = firsts.iter().skip(1).chain([&end]);
    for (first, end) in firsts.iter().zip(ends) {
        let mask = number(&format!("{} {}", first.user, name(first)));
        let part: [&dyn Param; 4] = [&name(first), &first.user, &name(end), &end.user];
        let [a, b, c, d] = part;
        let sql = format!(
            "UPDATE user_tokens SET tokens = \
             ARRAY(SELECT one # $5::BIGINT::INTEGER FROM unnest(tokens) AS one) WHERE {WITHIN}"
        );
        let users = tx.execute(&sql, &[a, b, c, d, &(mask ^ segment.mask)]).await? as i64;
        tx.execute(
            "INSERT INTO search_segments (first_name, first_user, end_name, end_user, mask, users) \
             VALUES ($1, $2, $3, $4, $5::BIGINT::INTEGER, $6)",
            &[a, b, c, d, &mask, &users],
        )
        .await?;
        segment.users -= users;
    }
    if let Some(next) = firsts.into_iter().next() {
        segment.end = next;
    }
    Ok(())
}

/// That a user stands at the place of the first two parameters or after it, and before that of the next two.
const WITHIN: &str = "(name_key, user_id) >= ($1, $2) AND (name_key, user_id) < ($3, $4)";

/// Adds the query for the numbers of candidates; some may be there twice, or without the tokens, by chance.
pub(super) fn write(candidates: &Candidates, query: &mut Query) {
    query.push(
        "SELECT user_id FROM search_segments AS segment \
         CROSS JOIN LATERAL (SELECT user_id FROM user_tokens WHERE ",
    );
    write_having(candidates, query);
    query.push(") AS found");
}

/// The first places of candidates in a range, both ends included; the last ones if they are wanted backwards.
pub(super) async fn places(
    tx: &mut Tx,
    candidates: &Candidates,
    (least, greatest): (Place, Place),
    is_descending: bool,
    limit: i64,
) -> Result<Vec<Place>, Error> {
    let mut query = Query::new(tx.engine(), "SELECT found.name_key, found.user_id FROM ");
    let [least, greatest] = [least, greatest]
        .map(|end| format!("({}, {})", query.bind(&name(&end)), query.bind(&end.user)));
    query.push(&format!(
        "(SELECT * FROM search_segments WHERE (end_name, end_user) > {least} \
         AND (first_name, first_user) <= {greatest}) AS segment \
         CROSS JOIN LATERAL (SELECT name_key, user_id FROM user_tokens WHERE "
    ));
    write_having(candidates, &mut query);
    // As a truth value, the condition on places does not look like a better beginning than the tokens. The order of
    // segments comes first, so that they are searched one by one until there is enough.
    let order = if is_descending { " DESC" } else { "" };
    query.push(&format!(
        " AND ((name_key, user_id) >= (segment.first_name, segment.first_user) \
         AND (name_key, user_id) < (segment.end_name, segment.end_user) \
         AND (name_key, user_id) >= {least} AND (name_key, user_id) <= {greatest}) IS TRUE) \
         AS found ORDER BY segment.first_name{order}, segment.first_user{order}, \
         found.name_key{order}, found.user_id{order}"
    ));
    query.push_with(" LIMIT ?", &limit);
    query.list(tx, |row| Ok(place(row.get(0)?, row.get(1)?))).await
}

/// Adds that a user of `segment` has the tokens. Their numbers are read from the text once.
fn write_having(candidates: &Candidates, query: &mut Query) {
    let operator = if matches!(candidates, Candidates::Any(_)) { "&&" } else { "@>" };
    let numbers = candidates.tokens().iter().map(|one| number(one).to_string());
    query.push_with(
        &format!(
            "tokens {operator} ARRAY(SELECT one # segment.mask \
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
