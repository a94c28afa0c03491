//! How a search is gone about: there is no one way that is fast for rare, common and absent pieces alike.
//!
//! Few candidates are fetched and sorted. For many, an index in the list's order is walked to the end of the page;
//! each step looks the user up among the candidates, or, where nearly everybody is one, at the texts at once. That is
//! quick if those who are found stand evenly among all. Where they do not, the walk ends after a bounded number of steps,
//! and the candidates are fetched or the walk goes on, whichever costs less. A list sorted by name is read from the index
//! in that order first, which needs none of this unless other conditions leave few of those whom the index gives
//! (`users/by_name.rs`).
//!
//! How many have one trigram is known; how many have several is not, so if none of them is frequent, it is counted as far
//! as it matters.

use super::candidates::Candidates;
use super::tokens::tokens_of_piece;
use crate::query::Query;
use crate::sql::Row;
use crate::{Error, Tx};

/// So many candidates are fetched without further question.
pub(crate) const FEW: i64 = 2000;
/// Who may have the rarest trigram, of how many users, for it to be worth counting who has the others, too.
const COUNTED_SHARE: i64 = 5;
/// Of how many users one must be among the candidates for these to be plentiful.
const PLENTIFUL_SHARE: i64 = 4;
/// What a step costs, in microseconds: to fetch a user's row; to pass one in an index; to put one among the candidates.
const FETCH: f64 = 4.0;
const STEP: f64 = 0.4;
const PUT: f64 = 0.3;
/// How many trigrams are intersected.
const RAREST: usize = 3;
/// How many trigrams a piece of one or two characters may begin before it counts as common.
const BEGINNINGS: usize = 64;
/// How many users the index may not know yet. With more of them (an import, a new index) the list is walked.
const UNKNOWN: i64 = 20_000;

/// How much is to be found.
pub(crate) struct Request {
    /// How many rows are wanted, those passed over included; without end for a count.
    pub(crate) rows: Option<f64>,
    /// Whether an index has the list's order.
    pub(crate) is_walkable: bool,
    /// So many candidates are fetched without further question.
    pub(crate) few: i64,
}

/// What the index says of the texts that each user found must have.
#[derive(Debug)]
pub(crate) struct Hits {
    /// Who comes into question.
    pub(crate) candidates: Candidates,
    /// About how many.
    estimate: i64,
    /// How many there are in all.
    total: i64,
}

impl Hits {
    /// Whether a list has somebody of these at every few steps, as if they stood evenly among all.
    pub(crate) fn are_plentiful(&self) -> bool {
        self.estimate >= self.total / PLENTIFUL_SHARE
    }
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

/// Asks the index for whoever has all of these texts; nothing if it is of no help.
pub(crate) async fn look_up(tx: &mut Tx, needles: &[String]) -> Result<Option<Hits>, Error> {
    let mut wanted: Vec<&str> = needles.iter().flat_map(|text| tokens_of_piece(text)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        let longest = needles.iter().max_by_key(|text| text.len());
        return match longest {
            Some(piece) => look_up_short(tx, piece).await,
            None => Ok(None),
        };
    }
    let mut query = Query::new(tx.engine(), &known_where("token IN (''"));
    for token in &wanted {
        query.push_with(", ?", token);
    }
    query.push(")");
    let Some((mut known, total)) = split(query.list(tx, known).await?) else { return Ok(None) };
    if known.len() < wanted.len() {
        // Nobody in the index has one of them: the counts are written with it.
        let candidates = Candidates::All(Vec::new());
        return Ok(Some(Hits { candidates, estimate: 0, total }));
    }
    known.sort_by_key(|(_, users)| *users);
    let estimate = known.first().map_or(0, |(_, users)| *users);
    let rarest = known.into_iter().take(RAREST).map(|(token, _)| token).collect();
    Ok(Some(Hits { candidates: Candidates::All(rarest), estimate, total }))
}

/// A piece that is shorter than a trigram: what begins with it?
async fn look_up_short(tx: &mut Tx, piece: &str) -> Result<Option<Hits>, Error> {
    // No text has this character, and all with the piece at the beginning stand before it.
    let end = format!("{piece}\u{10FFFF}");
    let sql = known_where("token = '' OR (token >= $1 AND token <= $2) ORDER BY token LIMIT $3");
    let limit = BEGINNINGS as i64 + 1;
    let rows = tx.list(&sql, &[&piece, &end, &limit], known).await?;
    let Some((begun, total)) = split(rows) else { return Ok(None) };
    if begun.len() >= BEGINNINGS {
        return Ok(None);
    }
    let estimate = begun.iter().map(|(_, users)| users).sum();
    let any = begun.into_iter().map(|(token, _)| token).collect();
    Ok(Some(Hits { candidates: Candidates::Any(any), estimate, total }))
}

/// The statement for kept numbers: a token, how many users have it, and how many users the index does not know, up to
/// one more than it may.
fn known_where(condition: &str) -> String {
    let most = UNKNOWN + 1;
    format!(
        "SELECT token, users, \
         (SELECT COUNT(*) FROM (SELECT 1 FROM search_journal LIMIT {most}) AS journal) \
         FROM search_tokens WHERE {condition}"
    )
}

fn known(row: &Row<'_>) -> Result<(String, i64, i64), Error> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// The tokens, and how many users there are; nothing if the index knows nothing, or too little.
fn split(rows: Vec<(String, i64, i64)>) -> Option<(Vec<(String, i64)>, i64)> {
    let (_, total, unknown) = rows.iter().find(|(token, ..)| token.is_empty())?;
    let (total, is_enough) = (*total, *unknown <= UNKNOWN);
    let tokens = rows.into_iter().filter(|(token, ..)| !token.is_empty());
    is_enough.then(|| (tokens.map(|(token, users, _)| (token, users)).collect(), total))
}

/// Chooses the way, by one statement of bounded cost.
pub(crate) async fn plan(tx: &mut Tx, hits: Hits, request: &Request) -> Result<Plan, Error> {
    let Hits { candidates, estimate, total } = hits;
    let is_list = request.rows.is_some() && request.is_walkable;
    let mut least = 1;
    if let Candidates::All(_) = &candidates
        && is_list
        && estimate > request.few
        && estimate <= total / COUNTED_SHARE
    {
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

/// At least `least` of `total` users are found, and about `estimate`.
fn choose(
    least: i64,
    estimate: i64,
    total: i64,
    candidates: Candidates,
    request: &Request,
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
