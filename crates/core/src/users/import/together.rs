//! Imports that wait for each other are written together.
//!
//! On both databases a transaction of many rows costs much less than many of few. So what is ready to be written stands in
//! a queue; whoever finds nobody at work on it begins a task that works it off, and each takes its own part of the outcome.

use std::{
    collections::{HashMap, hash_map},
    hash::{BuildHasher as _, RandomState},
    mem,
    panic::AssertUnwindSafe,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::FutureExt as _;
use jiff::Timestamp;
use roster_model::OrganizationId;
use roster_store::{Tx, Unique};
use serde_json::json;
use tokio::sync::oneshot;

use super::{Candidate, Placed, find_giving, find_owners, insert_all, sort_out};
use crate::{Actor, Core, Error, Result, audit::Entry};

/// So many rows are enough for one transaction: all others who write wait for it.
const ENOUGH: usize = 5_000;
/// How often names may be taken away under a transaction's hands.
const MAX_TRIES: u32 = 16;

/// The rows of one request that may become users: when it looked, their names were nobody's.
pub(super) struct Part {
    pub(super) actor: Actor,
    pub(super) candidates: Vec<Candidate>,
    pub(super) claim: Claim,
    pub(super) organization: OrganizationId,
    pub(super) now: Timestamp,
}

/// Why nothing was written.
pub(super) enum Hindrance {
    /// Somebody has taken one of the names since the request looked.
    NameTaken,
    /// Something that a row names was removed since the request looked, or gives more now than the caller may give.
    Changed,
    Refused(Error),
}

impl From<Error> for Hindrance {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<roster_store::Error> for Hindrance {
    fn from(error: roster_store::Error) -> Self {
        match error {
            roster_store::Error::Unique(Unique::Identifier) => Self::NameTaken,
            roster_store::Error::ForeignKey => Self::Changed,
            other => Self::Refused(other.into()),
        }
    }
}

impl From<Hindrance> for Error {
    fn from(hindrance: Hindrance) -> Self {
        let why = match hindrance {
            Hindrance::NameTaken => "names of its rows are being taken",
            Hindrance::Changed => "what its rows name has changed meanwhile",
            Hindrance::Refused(error) => return error,
        };
        // Made again, the import finds everything as it is then.
        tracing::warn!(why, "an import has to be made again");
        Self::Unavailable { retry_after: Duration::from_secs(1), cause: None }
    }
}

/// The imports under way.
#[derive(Default)]
pub(crate) struct Imports {
    queue: Mutex<Queue>,
    claims: Mutex<HashMap<u64, Wanted>>,
    hasher: RandomState,
}

/// Who wants a name, by whose hash it is found: where two names have the same, more is looked up than need be.
#[derive(Default)]
struct Wanted {
    imports: u32,
    /// Whether it has ever been more than one, as long as there was any.
    is_contested: bool,
}

/// The names that an import wants, from before it looks whose they are until it is written or given up.
pub(super) struct Claim {
    core: Core,
    names: Vec<u64>,
}

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
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claims(&self) -> MutexGuard<'_, HashMap<u64, Wanted>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// One on the names of `candidates`.
    pub(super) fn on(core: &Core, candidates: &[Candidate]) -> Self {
        let imports = core.imports();
        let keys = candidates.iter().flat_map(|one| &one.keys);
        let mut names: Vec<_> = keys.map(|key| imports.hasher.hash_one(key.as_str())).collect();
        names.sort_unstable();
        names.dedup();
        let mut claims = imports.claims();
        for name in &names {
            let wanted = claims.entry(*name).or_default();
            wanted.imports += 1;
            wanted.is_contested |= wanted.imports > 1;
        }
        drop(claims);
        Self { core: core.clone(), names }
    }

    /// Whether another import wants one of the names, or has wanted it meanwhile. Then whose they are is to be looked up
    /// again before they are taken.
    fn is_contested(&self) -> bool {
        let claims = self.core.imports().claims();
        self.names.iter().any(|name| claims.get(name).is_some_and(|wanted| wanted.is_contested))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut claims = self.core.imports().claims();
        for name in &self.names {
            if let hash_map::Entry::Occupied(mut wanted) = claims.entry(*name) {
                wanted.get_mut().imports -= 1;
                if wanted.get().imports == 0 {
                    wanted.remove();
                }
            }
        }
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
                Err(Hindrance::Refused(
                    error @ (Error::Unavailable { .. } | Error::Internal(_)),
                )) => {
                    return parts.iter().map(|_| Err(error.clone())).collect();
                }
                Err(_) => {}
            }
        }
        let mut outcomes = Vec::with_capacity(parts.len());
        for part in parts {
            let placed = self.place_in_one(std::slice::from_ref(part)).await;
            let placed = placed.map(|placed| placed.into_iter().next().unwrap_or_default());
            outcomes.push(placed.map_err(Error::from));
        }
        outcomes
    }

    /// Makes the users. That a name is free, only the database says for certain; where it says no, each part looks
    /// again whose its names are.
    async fn place_in_one(&self, parts: &[Part]) -> Result<Vec<Placed>, Hindrance> {
        let _place = self.store().stand_in_line().await;
        let mut tries = 0;
        loop {
            let placed = self
                .store()
                .write(async |tx: &mut Tx| {
                    let mut all = Vec::with_capacity(parts.len());
                    for part in parts {
                        all.push(part.place(tx, tries > 0 || part.claim.is_contested()).await?);
                        // On SQLite nothing of this waits, and others need the thread, too.
                        tokio::task::yield_now().await;
                    }
                    Ok::<_, Hindrance>(all)
                })
                .await;
            tries += 1;
            match placed {
                Err(Hindrance::NameTaken) if tries < MAX_TRIES => {}
                placed => return placed,
            }
        }
    }
}

impl Part {
    /// Makes its users. If it `looks`, those only whose names are still nobody's.
    async fn place(&self, tx: &mut Tx, looks: bool) -> Result<Placed, Hindrance> {
        let owners = match looks {
            true => find_owners(tx, &self.candidates).await?,
            false => HashMap::new(),
        };
        let (free, mut placed) = sort_out(&self.candidates, &owners);
        let giving = find_giving(tx, &self.actor, &self.candidates).await?;
        let ids = insert_all(tx, &free, &giving, self.now).await?;
        placed.created = ids.len() as u64;
        if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
            let what = json!({
                "organization_id": self.organization,
                "created": placed.created,
                "first_id": first,
                "last_id": last,
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
    use futures_util::future::{join, join_all};
    use roster_model::{
        Field, GroupId, GroupRole, GroupUpdate, ImportReport, NewGroup, NewUser, UserImport,
        UserRef, UserRow,
    };

    use super::*;
    use crate::{
        testing::{Fixture, new_user, on_both_databases},
        users::import::Place,
    };

    fn row(name: &str, email: &str) -> UserRow {
        UserRow {
            username: name.to_owned(),
            email: format!("{email}@example.com"),
            ..UserRow::default()
        }
    }

    async fn part_of(core: &Core, rows: &[UserRow], groups: &[GroupId]) -> Part {
        let (actor, now) = (Fixture::system(), core.now());
        let around = core.look_around(None, rows).await.unwrap();
        let candidate = |(number, row)| {
            let mut made = core.candidate(&actor, number, row, &around, now).unwrap();
            made.groups.extend(groups.iter().map(|group| (*group, Place::Member)));
            made
        };
        let candidates: Vec<_> = (0..).zip(rows).map(candidate).collect();
        let (claim, organization) = (Claim::on(core, &candidates), around.home.organization_id);
        Part { actor, candidates, claim, organization, now }
    }

    async fn part(core: &Core, names: &[&str], groups: &[GroupId]) -> Part {
        let rows: Vec<_> = names.iter().map(|name| row(name, name)).collect();
        part_of(core, &rows, groups).await
    }

    fn import(rows: &[UserRow]) -> UserImport {
        UserImport { organization_id: None, dry_run: false, users: rows.to_vec() }
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
            assert!(matches!(outcomes[1], Err(Error::Unavailable { .. })), "it is to be made again");
            assert_eq!([created(&outcomes[0]), created(&outcomes[2])], [Some(2), Some(1)]);
            let last = outcomes[2].as_ref().map(|placed| placed.present);
            assert_eq!(last.ok(), Some(1), "a later part meets whom an earlier one has made");
        }

        async fn who_took_a_name_since_the_request_looked_keeps_it(fixture: Fixture) {
            let core = &fixture.core;
            core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
            let rows = [row("zoe", "zoe"), row("bob", "bob"), row("bob", "bob"), row("cid", "bob")];
            let parts = [part_of(core, &rows, &[]).await, part(core, &["dan", "eve"], &[]).await];
            let bob = NewUser { email: "robert@example.com".to_owned(), ..new_user("bob") };
            core.create_user(&Fixture::system(), &bob).await.unwrap();
            core.create_user(&Fixture::system(), &new_user("eve")).await.unwrap();
            let before = core.figures().store.commits;
            let outcomes = core.place_parts(&parts).await;
            let [Ok(first), Ok(second)] = outcomes.as_slice() else { panic!("both parts are placed") };
            // The address that the rows after the first have is nobody's again, so the last of them has it.
            assert_eq!((first.created, first.present), (2, 0));
            assert_eq!(first.taken, [(1, Field::Username), (2, Field::Username)]);
            assert_eq!((second.created, second.present), (1, 1));
            assert_eq!(core.figures().store.commits - before, 1, "both are still written together");
        }

        async fn a_name_that_two_imports_want_is_looked_up_before_it_is_taken(fixture: Fixture) {
            let core = &fixture.core;
            core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
            let statements = async |parts: Vec<Part>| {
                let before = core.figures().store.statements;
                let outcomes = core.place_parts(&parts).await;
                assert_eq!(outcomes.iter().map(created).collect::<Vec<_>>(), [Some(1), Some(1)]);
                core.figures().store.statements - before
            };
            let clashing = vec![part(core, &["bob"], &[]).await, part(core, &["cid", "bob"], &[]).await];
            assert!(clashing.iter().all(|part| part.claim.is_contested()), "both look");
            let once = statements(clashing).await;
            assert!(core.imports().claims().is_empty(), "what is written is wanted no more");
            let mut clashing = vec![part(core, &["dan"], &[]).await, part(core, &["eve", "dan"], &[]).await];
            for part in &mut clashing {
                part.claim = Claim::on(core, &[]);
            }
            let twice = statements(clashing).await;
            assert!(once < twice, "{once} statements for {twice}");
        }

        async fn an_import_claims_its_names_until_it_is_written(fixture: Fixture) {
            let core = &fixture.core;
            core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
            core.imports().queue().is_worked = true;
            let (actor, rows) = (Fixture::system(), [row("bob", "bob")]);
            let imports = [(); 2].map(|()| core.import_users(&actor, import(&rows)));
            let work = async {
                while core.imports().queue().waiting.len() < 2 {
                    tokio::task::yield_now().await;
                }
                let is_contested = |(part, _): &Waiting| part.claim.is_contested();
                assert!(core.imports().queue().waiting.iter().all(is_contested));
                Worker { core: core.clone(), is_on_duty: true }.work().await;
            };
            let (reports, ()) = join(join_all(imports), work).await;
            let sum = |of: fn(&ImportReport) -> u64| {
                reports.iter().map(|report| of(report.as_ref().unwrap())).sum::<u64>()
            };
            assert_eq!((sum(|report| report.created), sum(|report| report.present)), (1, 1));
            assert!(core.imports().claims().is_empty());
        }

        async fn t51_what_a_row_names_may_be_gone_when_it_is_written(fixture: Fixture) {
            let core = &fixture.core;
            core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
            let small = UserRow { plan: Some("small".to_owned()), ..row("bob", "bob") };
            let parts = [part(core, &["cid"], &[]).await, part_of(core, &[small], &[]).await];
            core.delete_plan(&Fixture::system(), "small").await.unwrap();
            let outcomes = core.place_parts(&parts).await;
            assert_eq!(created(&outcomes[0]), Some(1));
            let again = outcomes[1].as_ref().err().and_then(Error::retry_after);
            assert_eq!(again, Some(Duration::from_secs(1)), "the next try says what is gone");
        }

        async fn t24_what_the_groups_of_rows_give_is_looked_up_when_they_are_written(fixture: Fixture) {
            let core = &fixture.core;
            core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
            let group = NewGroup { name: "Crew".to_owned(), ..NewGroup::default() };
            let group = core.create_group(&Fixture::system(), &group).await.unwrap();
            let by_system = part(core, &["bob"], &[group.id]).await;
            let mut by_nobody = part(core, &["cid"], &[group.id]).await;
            by_nobody.actor = Fixture::nobody();
            let roles = Some(vec![GroupRole::OrganizationAdmin]);
            let giving = GroupUpdate { roles, ..GroupUpdate::default() };
            core.update_group(&Fixture::system(), group.id, &giving).await.unwrap();
            let outcomes = core.place_parts(&[by_system, by_nobody]).await;
            assert_eq!(created(&outcomes[0]), Some(1));
            assert!(outcomes[1].is_err(), "nobody gives what it does not have");
            let find = async |name| core.get_user(&Fixture::system(), &UserRef::parse(name)).await;
            assert_eq!(find("bob").await.unwrap().group_role, Some(GroupRole::OrganizationAdmin));
            assert!(find("cid").await.is_err());
        }

        async fn who_is_there_already_is_found_without_writing(fixture: Fixture) {
            let core = &fixture.core;
            core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
            let rows = [row("bob", "bob")];
            let first = core.import_users(&Fixture::system(), import(&rows)).await.unwrap();
            let before = core.figures().store.writes;
            let again = core.import_users(&Fixture::system(), import(&rows)).await.unwrap();
            assert_eq!(core.figures().store.writes, before);
            assert_eq!((first.created, again.created, again.present), (1, 0, 1));
        }

        async fn a_report_has_the_rows_of_both_looks(fixture: Fixture) {
            let core = &fixture.core;
            core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
            let rows = [row("bob", "bob"), row("eve", "bob"), row("ann", "other"), row("cid", "cid")];
            for (dry_run, created) in [(true, 2), (false, 2), (false, 0)] {
                let import = UserImport { dry_run, ..import(&rows) };
                let report = core.import_users(&Fixture::system(), import).await.unwrap();
                let refused: Vec<_> =
                    report.refused.iter().map(|refused| (refused.row, refused.field)).collect();
                assert_eq!(refused, [(1, Some(Field::Email)), (2, Some(Field::Username))]);
                assert_eq!((report.created, report.present), (created, 2 - created));
            }
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
            let mut placing = std::pin::pin!(join_all(all));
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
            // The part stands in the queue before the worker is gone.
            let going_home = async { drop(going) };
            let (placed, ()) = join(core.place(part), going_home).await;
            assert_eq!(created(&placed), Some(1));
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
