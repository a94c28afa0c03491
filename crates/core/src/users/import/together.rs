//! Imports that wait for each other are written together.
//!
//! On both databases a transaction of many rows costs much less than many of few. So what is ready to be written stands in
//! a queue; whoever finds nobody at work on it begins a task that works it off, and each takes its own part of the outcome.

use std::{
    mem,
    panic::AssertUnwindSafe,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures_util::FutureExt as _;
use jiff::Timestamp;
use roster_model::OrganizationId;
use roster_store::Tx;
use serde_json::json;
use tokio::sync::oneshot;

use super::{Candidate, Placed, place_all};
use crate::{Actor, Core, Error, Result, audit::Entry};

/// So many rows are enough for one transaction: all others who write wait for it.
const ENOUGH: usize = 16_000;
/// How often names may be taken away under a transaction's hands.
const MAX_TRIES: u32 = 16;

/// The rows of one request that may become users.
pub(super) struct Part {
    pub(super) actor: Actor,
    pub(super) candidates: Vec<Candidate>,
    pub(super) organization: OrganizationId,
    pub(super) now: Timestamp,
}

/// What is ready to be written.
#[derive(Default)]
pub(crate) struct Imports(Mutex<Queue>);

/// A part, and whom to tell what became of it.
type Waiting = (Part, oneshot::Sender<Result<Placed>>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether a task works it off.
    is_worked: bool,
}

/// The duty of the task that works the queue off.
struct Worker {
    core: Core,
    /// Until it has found the queue empty.
    is_on_duty: bool,
}

impl Imports {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// Makes the users of `part`, together with those of others who wait.
    pub(super) async fn place(&self, part: Part) -> Result<Placed> {
        let (tell, told) = oneshot::channel();
        let is_worked = {
            let mut queue = self.imports().queue();
            queue.waiting.push((part, tell));
            mem::replace(&mut queue.is_worked, true)
        };
        if !is_worked {
            let worker = Worker { core: self.clone(), is_on_duty: true };
            tokio::spawn(worker.work());
        }
        told.await.map_err(|_| Error::internal("whoever wrote the import is gone"))?
    }

    /// Makes the users of these parts in one transaction; where one of them is refused, each in its own.
    async fn place_parts(&self, parts: &[Part]) -> Vec<Result<Placed>> {
        if parts.len() > 1 {
            match self.place_in_one(parts).await {
                Ok(placed) => return placed.into_iter().map(Ok).collect(),
                // That is nobody's own, and none would fare better alone.
                Err(error @ (Error::Unavailable { .. } | Error::Internal(_))) => {
                    return parts.iter().map(|_| Err(error.clone())).collect();
                }
                Err(_) => {}
            }
        }
        let mut outcomes = Vec::with_capacity(parts.len());
        for part in parts {
            let placed = self.place_in_one(std::slice::from_ref(part)).await;
            outcomes.push(placed.map(|placed| placed.into_iter().next().unwrap_or_default()));
        }
        outcomes
    }

    /// Makes the users. Where somebody else takes one of the names at the same moment, it looks again whose they are.
    async fn place_in_one(&self, parts: &[Part]) -> Result<Vec<Placed>> {
        let _place = self.store().stand_in_line().await;
        let mut tries = 0;
        loop {
            let placed = self
                .store()
                .write(async |tx: &mut Tx| {
                    let mut all = Vec::with_capacity(parts.len());
                    for part in parts {
                        all.push(part.place(tx).await?);
                        // On SQLite nothing of this waits, and others need the thread, too.
                        tokio::task::yield_now().await;
                    }
                    Ok::<_, Error>(all)
                })
                .await;
            tries += 1;
            match placed {
                Err(Error::NameTaken { .. }) if tries < MAX_TRIES => {}
                placed => return placed,
            }
        }
    }
}

impl Part {
    async fn place(&self, tx: &mut Tx) -> Result<Placed> {
        let placed = place_all(tx, &self.actor, &self.candidates, Some(self.now)).await?;
        if placed.created > 0 {
            let what = json!({
                "organization_id": self.organization,
                "created": placed.created,
                "first_id": placed.first,
                "last_id": placed.last,
            });
            let entry = Entry::done_to_nobody("users.imported").with(what);
            entry.write(tx, &self.actor, self.now).await?;
        }
        Ok(placed)
    }
}

impl Worker {
    async fn work(mut self) {
        loop {
            let waiting = self.take();
            if waiting.is_empty() {
                return;
            }
            let (parts, tell): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
            // As at the gate: a panic is an answer, and not the end of those who come after.
            let placed = AssertUnwindSafe(self.core.place_parts(&parts)).catch_unwind().await;
            let outcomes = placed.unwrap_or_else(|_| {
                tracing::error!("an import panicked");
                parts.iter().map(|_| Err(Error::internal("an import panicked"))).collect()
            });
            for (tell, outcome) in tell.into_iter().zip(outcomes) {
                // Who went away meanwhile has its users all the same; made again, the import passes over them.
                drop(tell.send(outcome));
            }
            tokio::task::yield_now().await;
        }
    }

    /// What is to be written next; with nothing left, the work is over. For whoever has gone away nothing is begun.
    fn take(&mut self) -> Vec<Waiting> {
        let mut queue = self.core.imports().queue();
        queue.waiting.retain(|(_, tell)| !tell.is_closed());
        let mut rows = 0;
        let end = queue.waiting.iter().position(|(part, _)| {
            let is_enough = rows >= ENOUGH;
            rows += part.candidates.len();
            is_enough
        });
        let end = end.unwrap_or(queue.waiting.len());
        queue.is_worked = end > 0;
        let waiting = queue.waiting.drain(..end).collect();
        drop(queue);
        self.is_on_duty = end > 0;
        waiting
    }
}

impl Drop for Worker {
    /// At the end of the runtime nobody is at work any more, and those who wait hear of it.
    fn drop(&mut self) {
        if self.is_on_duty {
            let mut queue = self.core.imports().queue();
            queue.is_worked = false;
            queue.waiting.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use roster_model::{GroupId, UserRow};

    use super::*;
    use crate::{
        Kind,
        testing::{Fixture, new_user, on_both_databases},
        users::import::Place,
    };

    async fn part(core: &Core, names: &[&str], groups: &[GroupId]) -> Part {
        let row = |name: &&str| UserRow {
            username: (*name).to_owned(),
            email: format!("{name}@example.com"),
            ..UserRow::default()
        };
        let rows: Vec<_> = names.iter().map(row).collect();
        let (actor, now) = (Fixture::system(), core.now());
        let around = core.look_around(None, &rows).await.unwrap();
        let candidate = |row: &UserRow| {
            let mut made = core.candidate(&actor, 0, row, &around, now).unwrap();
            made.groups.extend(groups.iter().map(|group| (*group, Place::Member)));
            made
        };
        let candidates = rows.iter().map(candidate).collect();
        Part { actor, candidates, organization: around.home.organization_id, now }
    }

    fn created(outcome: &Result<Placed>) -> Option<u64> {
        outcome.as_ref().ok().map(|placed| placed.created)
    }

    on_both_databases! {
        async fn t51_a_part_that_fails_does_not_take_the_others_with_it(fixture: Fixture) {
            let core = &fixture.core;
            core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
            let parts = [
                part(core, &["bob", "cid"], &[]).await,
                // Somebody has deleted the group since the rows were read.
                part(core, &["dan"], &[GroupId(4711)]).await,
                part(core, &["eve", "bob"], &[]).await,
            ];
            let outcomes = core.place_parts(&parts).await;
            assert!(matches!(outcomes[1], Err(Error::NotFound(Kind::Group))));
            assert_eq!([created(&outcomes[0]), created(&outcomes[2])], [Some(2), Some(1)]);
            let last = outcomes[2].as_ref().map(|placed| placed.present);
            assert_eq!(last.ok(), Some(1), "a later part meets whom an earlier one has made");
        }

        async fn what_waits_is_written_in_one_transaction(fixture: Fixture) {
            let core = &fixture.core;
            core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
            core.imports().queue().is_worked = true;
            let mut parts = Vec::new();
            for name in ["bob", "cid", "dan"] {
                parts.push(part(core, &[name], &[]).await);
            }
            let all = parts.into_iter().map(|part| core.place(part));
            let mut placing = std::pin::pin!(futures_util::future::join_all(all));
            assert!(placing.as_mut().now_or_never().is_none());
            let before = core.figures().store.writes;
            Worker { core: core.clone(), is_on_duty: true }.work().await;
            assert_eq!(core.figures().store.writes - before, 1);
            assert!(placing.await.iter().all(|outcome| created(outcome) == Some(1)));
        }

        async fn who_comes_while_the_worker_goes_home_is_served(fixture: Fixture) {
            let core = &fixture.core;
            core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
            core.imports().queue().is_worked = true;
            let mut going = Worker { core: core.clone(), is_on_duty: true };
            assert!(going.take().is_empty());
            let part = part(core, &["bob"], &[]).await;
            let mut placing = std::pin::pin!(core.place(part));
            assert!(placing.as_mut().now_or_never().is_none());
            drop(going);
            assert_eq!(created(&placing.await), Some(1));
        }

        async fn who_waits_for_a_worker_that_is_gone_hears_of_it(fixture: Fixture) {
            let core = &fixture.core;
            core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
            core.imports().queue().is_worked = true;
            let gone = Worker { core: core.clone(), is_on_duty: true };
            let (first, second) = (part(core, &["bob"], &[]).await, part(core, &["cid"], &[]).await);
            let mut placing = std::pin::pin!(core.place(first));
            assert!(placing.as_mut().now_or_never().is_none());
            drop(gone);
            assert!(matches!(placing.await, Err(Error::Internal(_))));
            assert_eq!(created(&core.place(second).await), Some(1), "the next has a worker again");
        }

        async fn nothing_is_begun_for_whoever_has_gone_away(fixture: Fixture) {
            let core = &fixture.core;
            core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
            core.imports().queue().is_worked = true;
            let mut worker = Worker { core: core.clone(), is_on_duty: true };
            let first = part(core, &["bob"], &[]).await;
            {
                let placing = std::pin::pin!(core.place(first));
                assert!(placing.now_or_never().is_none());
            }
            assert!(worker.take().is_empty());
            let again = part(core, &["bob"], &[]).await;
            assert_eq!(created(&core.place(again).await), Some(1), "the next has a worker again");
        }
    }
}
