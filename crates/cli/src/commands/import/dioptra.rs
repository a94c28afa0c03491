//! `roster import --from dioptra`: everybody who is in a database of Dioptra's own server, with the passwords they have.

use std::{
    collections::{HashMap, HashSet},
    future,
};

use anyhow::{Context, Result, bail};
use futures_util::TryStreamExt as _;
use roster_client::{
    Client,
    model::{Group, GroupId, MembershipRank, NewGroup, SetMembership, UserImport},
};
use roster_server::dioptra::{Source, SourceGroup};

use super::{BROKEN_OFF, Import, ROWS, patiently};
use crate::ui::Ui;

/// The users who are here now, by their numbers there: those and no others come into groups, whatever else is called as
/// somebody of the source is.
type Taken = HashMap<i64, String>;

/// What has come of it so far.
#[derive(Default)]
struct Tally {
    created: u64,
    present: u64,
    deleted: u64,
    refused: u64,
    groups: u64,
    memberships: u64,
}

impl Tally {
    /// Whether the server has said anything about a user.
    fn is_begun(&self) -> bool {
        self.created + self.present + self.refused > 0
    }
}

impl Import {
    /// Users come in one batch after the other, so that their numbers grow as they did there.
    pub(super) async fn run_from_dioptra(self, ui: &mut Ui) -> Result<()> {
        let roster = &self.connection.client()?;
        let source = self.open_dioptra(ui).await?;
        let progress = ui.talk.progress("Importing", Some(source.count_users().await?));
        let mut tally = Tally::default();
        let mut taken = Taken::new();
        let mut after = 0;
        let batch = i64::try_from(ROWS)?;
        let moved = async {
            while let users = source.list_users(after, batch).await?
                && let Some(last) = users.last()
            {
                after = last.id;
                let known: Vec<_> =
                    users.iter().map(|user| (user.id, user.row.username.clone())).collect();
                tally.deleted +=
                    users.iter().filter(|user| user.row.deleted_at.is_some()).count() as u64;
                let import = UserImport {
                    organization_id: self.organization,
                    dry_run: self.dry_run,
                    users: users.into_iter().map(|user| user.row).collect(),
                };
                let report = patiently(async || roster.import_users(&import).await).await?;
                tally.created += report.created;
                tally.present += report.present;
                tally.refused += report.refused.len() as u64;
                progress.suspend(|| {
                    for one in &report.refused {
                        let user = usize::try_from(one.row).ok().and_then(|row| known.get(row));
                        let (id, name) =
                            user.map_or((0, ""), |(id, username)| (*id, username.as_str()));
                        ui.talk.say(&format!("user {id} ({name}): {}", one.detail));
                    }
                });
                progress.inc(known.len() as u64);
                let refused: HashSet<_> = report.refused.iter().map(|one| one.row).collect();
                let rows = (0..).zip(known).filter(|(row, _)| !refused.contains(row));
                taken.extend(rows.map(|(_, user)| user));
            }
            anyhow::Ok(())
        };
        let moved = moved.await;
        progress.finish_and_clear();
        moved.map_err(|error| match tally.is_begun() {
            true => error.context(BROKEN_OFF),
            false => error,
        })?;
        let groups = source.list_groups().await?;
        if !groups.is_empty() {
            let organization = match self.organization {
                Some(organization) => organization,
                None => roster.get_user("me").await?.organization_id,
            };
            let known: HashMap<String, Group> = roster
                .groups()
                .stream()
                .try_filter(|one| future::ready(one.group.organization_id == organization))
                .map_ok(|one| (one.group.name.clone(), one.group))
                .try_collect()
                .await?;
            for wanted in &groups {
                let known = known.get(&wanted.name);
                self.take_group(roster, &source, wanted, known, &taken, &mut tally, ui).await?;
            }
        }
        self.report(&source, &tally, ui).await?;
        if tally.refused > 0 {
            bail!("something was refused");
        }
        Ok(())
    }

    async fn open_dioptra(&self, ui: &mut Ui) -> Result<Source> {
        let given = self.file.to_str().context("the database must be named in UTF-8")?;
        if given == "-" {
            let asked = ui.talk.ask_secret("URL of Dioptra's database")?;
            return Source::open(asked.expose()).await;
        }
        if given.split_once("://").is_some_and(|(_, rest)| rest.contains('@') && rest.contains(':'))
        {
            ui.talk.warn_about_option("the URL");
        }
        Source::open(given).await
    }

    /// Makes a group with its owner unless it is there, and puts everybody into it who is in it there and was taken over.
    #[expect(clippy::too_many_arguments, reason = "all of it is of this one import")]
    async fn take_group(
        &self,
        roster: &Client,
        source: &Source,
        wanted: &SourceGroup,
        known: Option<&Group>,
        taken: &Taken,
        tally: &mut Tally,
        ui: &mut Ui,
    ) -> Result<()> {
        if self.dry_run {
            tally.groups += u64::from(known.is_none());
            return Ok(());
        }
        let id = match known {
            Some(known) if known.authority().is_some() => {
                let name = &wanted.name;
                ui.talk.say(&format!(
                    "group {name}: the one here makes administrators of its members"
                ));
                tally.refused += 1;
                return Ok(());
            }
            Some(known) => known.id,
            None => {
                let Some(id) = self.make_group(roster, wanted, taken, ui).await? else {
                    tally.refused += 1;
                    return Ok(());
                };
                tally.groups += 1;
                id
            }
        };
        let mut after = 0;
        while let members = source.list_members(wanted.id, after).await?
            && let Some(last) = members.last()
        {
            after = last.user_id;
            for member in &members {
                let rank = match member.is_manager {
                    true => MembershipRank::Manager,
                    false => MembershipRank::Member,
                };
                let Some(username) = taken.get(&member.user_id) else {
                    tally.refused += 1;
                    let (user, group) = (&member.username, &wanted.name);
                    ui.talk.say(&format!("user {user} in group {group}: was not taken over"));
                    continue;
                };
                match roster.set_member(id, username, &SetMembership { rank }).await {
                    Ok(_) => tally.memberships += 1,
                    Err(error) => {
                        tally.refused += 1;
                        let (user, group) = (&member.username, &wanted.name);
                        ui.talk.say(&format!("user {user} in group {group}: {error}"));
                    }
                }
            }
        }
        Ok(())
    }

    async fn make_group(
        &self,
        roster: &Client,
        wanted: &SourceGroup,
        taken: &Taken,
        ui: &mut Ui,
    ) -> Result<Option<GroupId>> {
        let owner = match taken.get(&wanted.owner_id) {
            // Of somebody in the bin nothing is found.
            Some(owner) => roster.get_user(owner).await.ok(),
            None => None,
        };
        let new = NewGroup {
            name: wanted.name.clone(),
            organization_id: self.organization,
            owner_id: owner.map(|owner| owner.id),
            ..NewGroup::default()
        };
        match roster.create_group(&new).await {
            Ok(made) => Ok(Some(made.id)),
            Err(error) => {
                ui.talk.say(&format!("group {}: {error}", wanted.name));
                Ok(None)
            }
        }
    }

    async fn report(&self, source: &Source, tally: &Tally, ui: &mut Ui) -> Result<()> {
        let done = if self.dry_run { "would be created" } else { "created" };
        ui.talk.say(&format!(
            "Users {done}: {}; there already: {}; deleted ones among both, whose names stay reserved: {}; \
             groups {done}: {}; memberships set: {}; refused: {}.",
            tally.created, tally.present, tally.deleted, tally.groups, tally.memberships, tally.refused
        ));
        let managers = source.list_managers_of_public().await?;
        if !managers.is_empty() {
            ui.talk.say(&format!(
                "An import makes nobody an administrator. In Dioptra the group public is managed by {}: \
                 `roster user update -u NAME --role system_admin` makes somebody one here.",
                managers.join(", ")
            ));
        }
        Ok(())
    }
}
