//! How a search is gone about: there is no one way that is fast for rare, common and absent pieces alike.
//!
//! Few candidates are fetched and sorted. For many, an index in the list's order is walked to the end of the page;
//! each step looks the user up among the candidates, or, where nearly everybody is one, at the texts at once. That is
//! quick if those who are found stand evenly among all. Where they do not, the walk ends after a bounded number of steps,
//! and what has a bound of its own is done.
//!
//! How many have one trigram is known; how many have several is not, so if none of them is frequent, it is counted as far
//! as it matters.

use super::trigrams::{number, trigrams};
use crate::query::Query;
use crate::sql::Engine;
use crate::{Error, Tx};

/// So many candidates are fetched without further question.
pub(crate) const FEW: i64 = 2000;
/// Who may have the rarest trigram, of how many users, for it to be worth counting who has the others, too.
const COUNTED_SHARE: i64 = 5;
/// What a step costs, in microseconds: to fetch a user's row; to pass one in an index; to put one among the candidates.
const FETCH: f64 = 4.0;
const STEP: f64 = 0.4;
const PUT: f64 = 0.3;
/// How many trigrams are intersected.
const RAREST: usize = 3;
/// How many trigrams a piece of one or two characters may begin before it counts as common.
const BEGINNINGS: usize = 64;

/// What is to be found and how much of it.
pub(crate) struct Request<'r> {
    /// Texts that each user found must have.
    pub(crate) needles: &'r [String],
    /// How many rows are wanted, those passed over included; without end for a count.
    pub(crate) rows: Option<f64>,
    /// Whether an index has the list's order.
    pub(crate) is_walkable: bool,
    /// So many candidates are fetched without further question.
    pub(crate) few: i64,
}

/// The way to go.
#[derive(Debug)]
pub(crate) enum Plan {
    /// The index is of no help.
    Scan,
    /// Fetch these and sort them.
    Fetch(Candidates),
    /// Walk in the list's order.
    Walk(Walk),
}

/// A walk in the list's order.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Who comes into question.
    pub(crate) candidates: Candidates,
    /// Whether each step looks at the texts instead of for the candidates.
    pub(crate) reads: bool,
    /// The most users to pass.
    pub(crate) most: i64,
    /// Whether the candidates are fetched when they were not enough for the page; otherwise the walk goes on.
    pub(crate) is_fetched_then: bool,
}

/// Who comes into question.
#[derive(Debug)]
pub(crate) enum Candidates {
    /// Who has all of these trigrams.
    All(Vec<String>),
    /// Who has any of these trigrams.
    Any(Vec<String>),
}

/// Chooses the way, by one statement of bounded cost.
pub(crate) async fn plan(tx: &mut Tx, request: &Request<'_>) -> Result<Plan, Error> {
    let mut wanted: Vec<&str> = request.needles.iter().flat_map(|text| trigrams(text)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        let longest = request.needles.iter().max_by_key(|text| text.len());
        return match longest {
            Some(piece) => plan_short(tx, piece, request).await,
            None => Ok(Plan::Scan),
        };
    }
    let mut query =
        Query::new(tx.engine(), "SELECT trigram, users FROM search_trigrams WHERE trigram IN (''");
    for trigram in &wanted {
        query.push_with(", ?", trigram);
    }
    query.push(")");
    let mut known: Vec<(String, i64)> =
        query.list(tx, |row| Ok((row.get(0)?, row.get(1)?))).await?;
    let total = known.iter().find(|(trigram, _)| trigram.is_empty()).map_or(0, |(_, users)| *users);
    known.retain(|(trigram, _)| !trigram.is_empty());
    let unknown: Vec<_> =
        wanted.iter().filter(|one| !known.iter().any(|(trigram, _)| trigram == *one)).collect();
    if let Some(unknown) = unknown.first() {
        return Ok(Plan::Fetch(Candidates::All(vec![(**unknown).to_owned()])));
    }
    known.sort_by_key(|(_, users)| *users);
    let estimate = known.first().map_or(0, |(_, users)| *users);
    let rarest = known.into_iter().take(RAREST).map(|(trigram, _)| trigram).collect();
    let candidates = Candidates::All(rarest);
    let (mut least, is_list) = (1, request.rows.is_some() && request.is_walkable);
    if is_list && estimate > request.few && estimate <= total / COUNTED_SHARE {
        if count(tx, &candidates, request.few + 1).await? <= request.few {
            return Ok(Plan::Fetch(candidates));
        }
        least = request.few + 1;
    }
    Ok(choose(least, estimate, total, candidates, request))
}

/// How many candidates the index knows, up to `limit`.
async fn count(tx: &mut Tx, candidates: &Candidates, limit: i64) -> Result<i64, Error> {
    let mut query = Query::new(tx.engine(), "SELECT COUNT(*) FROM (");
    candidates.write_indexed(&mut query);
    query.push_with(" LIMIT ?) AS known", &limit);
    query.one(tx, |row| row.get(0)).await
}

/// A piece that is shorter than a trigram: what begins with it?
async fn plan_short(tx: &mut Tx, piece: &str, request: &Request<'_>) -> Result<Plan, Error> {
    // No text has this character, and all with the piece at the beginning stand before it.
    let end = format!("{piece}\u{10FFFF}");
    let limit = BEGINNINGS as i64 + 1;
    let known: Vec<(String, i64)> = tx
        .list(
            "SELECT trigram, users FROM search_trigrams \
             WHERE trigram = '' OR (trigram >= $1 AND trigram <= $2) ORDER BY trigram LIMIT $3",
            &[&piece, &end, &limit],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .await?;
    let total = known.iter().find(|(trigram, _)| trigram.is_empty()).map_or(0, |(_, users)| *users);
    let begun: Vec<_> = known.into_iter().filter(|(trigram, _)| !trigram.is_empty()).collect();
    let estimate: i64 = begun.iter().map(|(_, users)| users).sum();
    if begun.len() >= BEGINNINGS {
        return Ok(Plan::Scan);
    }
    let any = begun.into_iter().map(|(trigram, _)| trigram).collect();
    Ok(choose(1, estimate, total, Candidates::Any(any), request))
}

/// At least `least` of `total` users are found, and about `estimate`.
fn choose(
    least: i64,
    estimate: i64,
    total: i64,
    candidates: Candidates,
    request: &Request<'_>,
) -> Plan {
    let is_few = estimate <= request.few;
    let (found, total) = (estimate.max(1) as f64, total.max(estimate).max(1) as f64);
    let fetch = found * FETCH;
    let Some(rows) = request.rows.filter(|_| request.is_walkable) else {
        // Everything that is found must be looked at.
        return if fetch < total * STEP { Plan::Fetch(candidates) } else { Plan::Scan };
    };
    // As if those who are found stood evenly among all.
    let passed = (rows * total / found).min(total);
    let walk = found * PUT + passed * STEP + rows * FETCH;
    let read = passed * FETCH;
    if is_few || fetch <= walk.min(read) {
        return Plan::Fetch(candidates);
    }
    let reads = read < walk;
    // Looking at texts is dear, so that ends sooner.
    let passed_at_most = if reads { passed } else { (rows * total / least as f64).min(total) };
    Plan::Walk(Walk {
        candidates,
        reads,
        most: (passed_at_most.min(passed * 8.0) * 2.0) as i64 + 1000,
        is_fetched_then: fetch < found * PUT + total * STEP,
    })
}

impl Candidates {
    /// Adds the query for their numbers, those included whom the index does not know yet.
    pub(crate) fn write(&self, query: &mut Query) {
        if !matches!(self, Self::Any(any) if any.is_empty()) {
            self.write_indexed(query);
            query.push(" UNION ");
        }
        query.push("SELECT user_id FROM search_journal");
    }

    /// Adds the query for the numbers that the index knows.
    fn write_indexed(&self, query: &mut Query) {
        let (sql, value) = match (query.engine(), self) {
            (Engine::Sqlite, Self::All(all)) => (SQLITE, spell(all, " AND ")),
            (Engine::Sqlite, Self::Any(any)) => (SQLITE, spell(any, " OR ")),
            (Engine::Postgres, Self::All(all)) => (POSTGRES_ALL, numbers(all)),
            (Engine::Postgres, Self::Any(any)) => (POSTGRES_ANY, numbers(any)),
        };
        query.push_with(sql, &value);
    }
}

const SQLITE: &str = "SELECT rowid FROM user_trigrams WHERE user_trigrams MATCH ?";
const POSTGRES_ALL: &str =
    "SELECT user_id FROM user_trigrams WHERE trigrams @> string_to_array(?, ',')::INTEGER[]";
const POSTGRES_ANY: &str =
    "SELECT user_id FROM user_trigrams WHERE trigrams && string_to_array(?, ',')::INTEGER[]";

/// Trigrams as FTS5 asks for them.
fn spell(trigrams: &[String], word: &str) -> String {
    let quoted = trigrams.iter().map(|one| format!("\"{}\"", one.replace('"', "\"\"")));
    quoted.collect::<Vec<_>>().join(word)
}

fn numbers(trigrams: &[String]) -> String {
    trigrams.iter().map(|one| number(one).to_string()).collect::<Vec<_>>().join(",")
}
