//! The beginning of a search sorted by name, read from the index in that order.
//!
//! The index gives candidates by the beginnings of their names (`search/places.rs`): they are taken until they are
//! enough for the page and nobody else has the last one's beginning, fetched and sorted. If very many have the same
//! beginning, those who are found stand close together, and the list is walked from there. So it costs about the same
//! whether many are found or few, and wherever they stand.
//!
//! PostgreSQL's index knows whole names, so candidates can be taken up to anyone if the list has those of one name in the
//! index's order. But it must look at each candidate of a segment to know its place. So no more are asked for than are
//! likely to do; and where a good part of all come into question, the list is walked for a while before that.

use std::ops::{Bound, RangeBounds as _};

use roster_model::{User, fold};

use super::list::{UserQuery, Way};
use crate::filter::Order;
use crate::search::{Beginning, Candidates, FEW, Place};
use crate::sql::Engine;
use crate::{Error, Mark, MarkKey, Tx, Window};

/// With more rows than these, those passed over included, other ways are better.
pub(super) const MOST_ROWS: i64 = 1000;
/// So many candidates are fetched at least: it costs little, and some of them may not be meant.
const LEAST: i64 = 100;
/// How often candidates are taken before other conditions seem to leave too few of them.
const ROUNDS: usize = 4;

/// How much is done at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// How many candidates are fetched.
    pub(crate) few: i64,
    /// How many users are looked at one after the other where candidates stand close together.
    pub(crate) steps: i64,
    /// How many candidates with the same beginning are told apart by a walk.
    pub(crate) of_one: i64,
}

impl Bounds {
    /// A few milliseconds' work each.
    pub(crate) const USUAL: Self = Self { few: FEW, steps: 1000, of_one: 20_000 };
}

/// A list that is being read.
pub(super) struct ByName<'l> {
    /// What is searched.
    pub(super) wanted: &'l UserQuery,
    /// Who comes into question.
    pub(super) candidates: &'l Candidates,
    /// Whether these are a good part of all.
    pub(super) are_plentiful: bool,
    /// Whether the last name comes first.
    pub(super) is_descending: bool,
    /// Whether an index of the table has the list's order, the numbers of those with the same name included.
    pub(super) is_walkable: bool,
    /// How much is done at once.
    pub(super) bounds: Bounds,
    /// What is still to be read.
    pub(super) rest: Window,
    /// What has been read.
    pub(super) users: Vec<User>,
}

impl ByName<'_> {
    /// Reads as much as the index can give quickly; says whether that is all there is.
    pub(super) async fn read(&mut self, tx: &mut Tx) -> Result<bool, Error> {
        let engine = tx.engine();
        let (few, is_looked_at) = (self.bounds.few, engine == Engine::Postgres);
        if is_looked_at && self.are_plentiful && self.is_walkable && self.step(tx).await? {
            return Ok(true);
        }
        // Whether the list has those of one name in the index's order, and the index all of them together.
        let is_exact = is_looked_at && self.is_walkable;
        let mut from = match (self.reached(engine), &self.rest.after) {
            (Some(beginning), Some(after)) if is_exact => {
                self.beyond(Place { beginning, user: after.id })
            }
            (Some(beginning), _) => self.first(beginning),
            (None, _) if self.is_descending => self.first(Beginning::last(engine)),
            (None, _) => self.first(Beginning::of(engine, "")),
        };
        let mut wanted = self.rest.limit.max(LEAST);
        let mut most = if is_looked_at { few.min(wanted * 2) } else { few };
        let mut walked = None;
        for _ in 0..ROUNDS {
            let places = self
                .candidates
                .places(tx, (from.clone(), None), self.is_descending, most + 1)
                .await?;
            let are_all = places.len() as i64 <= most;
            if let Some(count) = whole(&places, wanted, are_all, is_exact) {
                let last = (count < places.len()).then(|| places[count - 1].clone());
                let end = last.map(|last| if is_exact { last } else { self.next(last.beginning) });
                let bound = end.clone().map_or(Bound::Unbounded, Bound::Included);
                self.fetch(tx, &places[..count], bound).await?;
                let Some(end) = end.filter(|_| self.rest.limit > 0) else { return Ok(true) };
                from = self.beyond(end);
                (wanted, most) = (few, few);
                continue;
            }
            if most < few {
                most = few;
                continue;
            }
            let same = places[0].beginning.clone();
            if self.is_walkable && walked.as_ref() != Some(&same) {
                walked = Some(same.clone());
                if self.walk(tx, &same).await? {
                    return Ok(true);
                }
                from = self.first(self.reached(engine).unwrap_or(same));
            } else if self.tell_apart(tx, from.clone(), &same).await? {
                if self.rest.limit == 0 {
                    return Ok(true);
                }
                from = self.next(same);
            } else {
                break;
            }
        }
        Ok(self.rest.limit == 0)
    }

    /// Takes those at these places, up to the end.
    async fn fetch(
        &mut self,
        tx: &mut Tx,
        places: &[Place],
        end: Bound<Place>,
    ) -> Result<(), Error> {
        let these = these(places);
        let found = tx.page_of_users(self.wanted, &self.rest, Way::Fetch(&these)).await?;
        self.take(tx.engine(), found, &end);
        Ok(())
    }

    /// Looks at everybody from the first who has this beginning, for some steps; says whether that was all.
    async fn walk(&mut self, tx: &mut Tx, same: &Beginning) -> Result<bool, Error> {
        let is_descending = self.is_descending;
        let before = edge(same, is_descending);
        let is_later = |after: &Mark| match is_descending {
            false => (&after.keys, after.id) > (&before.keys, before.id),
            true => (&after.keys, after.id) < (&before.keys, before.id),
        };
        if !self.rest.after.as_ref().is_some_and(is_later) {
            // Between the last one read and this edge only those are found whom the index does not know.
            self.fetch(tx, &[], Bound::Excluded(self.first(same.clone()))).await?;
            if self.rest.limit == 0 {
                return Ok(true);
            }
            // One of them may stand beyond the edge already: other beginnings have its text before them, too.
            if !self.rest.after.as_ref().is_some_and(is_later) {
                self.rest.after = Some(before);
            }
        }
        self.step(tx).await
    }

    /// Looks at everybody from where the list stands, for some steps; says whether that was all.
    async fn step(&mut self, tx: &mut Tx) -> Result<bool, Error> {
        let order = Order::new(&self.wanted.order);
        let end = tx.find_end(&order, &self.rest, self.bounds.steps).await?;
        let way = Way::Walk { these: None, until: end.as_ref() };
        let found = tx.page_of_users(self.wanted, &self.rest, way).await?;
        self.take(tx.engine(), found, &Bound::Unbounded);
        if self.rest.limit > 0 && end.is_some() {
            self.rest.after = end;
            return Ok(false);
        }
        Ok(true)
    }

    /// Takes those from this place on who have this beginning, if they are not too many; says whether they were not.
    async fn tell_apart(
        &mut self,
        tx: &mut Tx,
        from: Place,
        same: &Beginning,
    ) -> Result<bool, Error> {
        let within = (from, Some(self.next(same.clone())));
        let most = self.bounds.of_one;
        let places = self.candidates.places(tx, within, self.is_descending, most + 1).await?;
        if places.len() as i64 > most {
            return Ok(false);
        }
        let (these, until) = (these(&places), edge(same, !self.is_descending));
        let way = match self.is_walkable {
            true => Way::Walk { these: Some(&these), until: Some(&until) },
            false => Way::Fetch(&these),
        };
        let found = tx.page_of_users(self.wanted, &self.rest, way).await?;
        self.take(tx.engine(), found, &Bound::Included(self.next(same.clone())));
        Ok(true)
    }

    /// Takes those who do not come after the end: who does may have others before it, whom the index has not given yet.
    fn take(&mut self, engine: Engine, found: Vec<User>, end: &Bound<Place>) {
        let taken = self.users.len();
        let range = match self.is_descending {
            false => (Bound::Unbounded, end.as_ref()),
            true => (end.as_ref(), Bound::Unbounded),
        };
        self.users.extend(found.into_iter().take_while(|user| {
            range.contains(&Place::of(engine, fold(&user.name()).as_str(), user.id))
        }));
        self.rest.limit -= (self.users.len() - taken) as i64;
        if let Some(user) = self.users[taken..].last() {
            self.rest.after = Some(self.wanted.mark(user));
        }
    }

    /// How the name begins up to which the list has been read.
    fn reached(&self, engine: Engine) -> Option<Beginning> {
        match self.rest.after.as_ref()?.keys.first()? {
            MarkKey::Text(name) => Some(Beginning::of(engine, name)),
            _ => None,
        }
    }

    /// Before all with this beginning in the list's order.
    fn first(&self, beginning: Beginning) -> Place {
        if self.is_descending { Place::after(beginning) } else { Place::before(beginning) }
    }

    /// The place after this one in the list's order.
    fn beyond(&self, place: Place) -> Place {
        let step = if self.is_descending { -1 } else { 1 };
        Place { user: place.user.saturating_add(step), ..place }
    }

    /// After all with this beginning in the list's order.
    fn next(&self, beginning: Beginning) -> Place {
        if self.is_descending { Place::before(beginning) } else { Place::after(beginning) }
    }
}

/// A mark that stands below all names with this beginning, or above them.
fn edge(beginning: &Beginning, is_above: bool) -> Mark {
    let id = if is_above { i64::MAX } else { 0 };
    Mark { keys: vec![MarkKey::Text(beginning.edge(is_above))], id }
}

fn these(places: &[Place]) -> Candidates {
    Candidates::These(places.iter().map(|place| place.user).collect())
}

/// How many of these places to take so that `wanted` are among them, or all there are; none if that cannot be told.
/// Unless the list has them in just this order, those with the same beginning are taken together.
fn whole(places: &[Place], wanted: i64, are_all: bool, is_exact: bool) -> Option<usize> {
    let is_end = |end: &usize| is_exact || places[end - 1].beginning != places[*end].beginning;
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).max(1);
    let end = (wanted..places.len()).find(is_end);
    let end = end.or_else(|| are_all.then_some(places.len()));
    end.or_else(|| (1..places.len()).rev().find(is_end))
}
