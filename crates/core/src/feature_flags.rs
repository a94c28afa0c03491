//! Feature flags: features of the platform that are on for everybody, or for some users, groups and organizations.
//!
//! They are the platform's, so its system admins switch them. Everybody may ask what is on for oneself; a flag that is
//! not there is on for nobody.

use std::collections::HashSet;

use roster_model::{
    FeatureFlag, FeatureFlagId, FeatureFlagState, FeatureFlagSwitch, Field, GroupId,
    NewFeatureFlag, OrganizationId, Page, PageRequest, Reason, SwitchFeatureFlag, UserRef,
};
use roster_store::{Mark, SwitchFor, Tx};
use serde_json::json;

use crate::{Actor, Core, Error, Kind, Result, audit::Entry, authz::Operation, paging::Paging};

/// How long a name may be.
const MAX_NAME: usize = 64;
/// So many feature flags there can be: whoever asks what is on gets an answer about all of them.
const MAX_FLAGS: u64 = 1000;
/// For how many a flag is switched in one call.
const MAX_SWITCHES: usize = 1000;

impl Core {
    /// The feature flags.
    ///
    /// # Errors
    /// `Forbidden` for all but system admins; `Invalid` for a page that cannot be.
    pub async fn list_feature_flags(
        &self,
        actor: &Actor,
        page: &PageRequest,
    ) -> Result<Page<FeatureFlag>> {
        self.authorize(actor, Operation::ReadFeatureFlags).await?;
        let paging = Paging::read(page, "feature_flags")?;
        let (rows, total) = self
            .store()
            // Switches are counted.
            .list(async |tx: &mut Tx| {
                let rows = tx.list_feature_flags(&paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_feature_flags().await?),
                    false => None,
                };
                Ok::<_, Error>((rows, total))
            })
            .await?;
        Ok(paging.page(rows, total, |flag| Mark::id(flag.id.0)))
    }

    /// One feature flag, by number or name.
    ///
    /// # Errors
    /// `Forbidden` for all but system admins; `NotFound` if there is none.
    pub async fn get_feature_flag(&self, actor: &Actor, flag: &str) -> Result<FeatureFlag> {
        self.authorize(actor, Operation::ReadFeatureFlags).await?;
        self.store().scan(async |tx: &mut Tx| find_flag(tx, flag).await).await
    }

    /// For whom a feature flag is switched on, everybody aside, in the order in which that was done.
    ///
    /// # Errors
    /// As [`get_feature_flag`](Self::get_feature_flag); `Invalid` for a page that cannot be.
    pub async fn list_feature_flag_switches(
        &self,
        actor: &Actor,
        flag: &str,
        page: &PageRequest,
    ) -> Result<Page<FeatureFlagSwitch>> {
        self.authorize(actor, Operation::ReadFeatureFlags).await?;
        let paging = Paging::read(page, format!("feature_flag_switches:{flag}"))?;
        let (rows, total) = self
            .store()
            .read(async |tx: &mut Tx| {
                let flag = find_flag(tx, flag).await?.id;
                let rows = tx.list_feature_flag_switches(flag, &paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_feature_flag_switches(flag).await?),
                    false => None,
                };
                Ok::<_, Error>((rows, total))
            })
            .await?;
        Ok(paging.page(rows, total, |(id, _)| Mark::id(*id)).map(|(_, switch)| switch))
    }

    /// All feature flags by name, with whether a user has them.
    ///
    /// # Errors
    /// `NotFound` for a user that the caller may not know of; `Forbidden` for others than the user and those who manage
    /// it.
    pub async fn list_feature_flags_of(
        &self,
        actor: &Actor,
        user: &UserRef,
    ) -> Result<Vec<FeatureFlagState>> {
        let user = self.authorize_on(actor, Operation::ReadFeatureFlagsOfUser, user).await?;
        Ok(self
            .store()
            .point_read(async |tx: &mut Tx| tx.list_feature_flags_of(user.id).await)
            .await?)
    }

    /// Makes a feature flag.
    ///
    /// # Errors
    /// `Forbidden` for all but system admins; `Invalid` for a name that cannot be, or for more than 1,000 flags;
    /// `AlreadyExists` for a name that another flag has.
    pub async fn create_feature_flag(
        &self,
        actor: &Actor,
        new: &NewFeatureFlag,
    ) -> Result<FeatureFlag> {
        let operation = Operation::WriteFeatureFlags;
        self.create_once(actor, operation, self.make_feature_flag(actor, new)).await
    }

    async fn make_feature_flag(&self, actor: &Actor, new: &NewFeatureFlag) -> Result<FeatureFlag> {
        let operation = Operation::WriteFeatureFlags;
        self.authorize(actor, operation).await?;
        if !is_name(&new.name) {
            let sentence = format!(
                "must begin with a letter and hold only a-z, 0-9, _, - and ., at most {MAX_NAME} of them"
            );
            return Err(Error::invalid(Field::Name, Reason::Other(sentence)));
        }
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                if tx.count_feature_flags().await? >= MAX_FLAGS {
                    let sentence = format!("is one more than the {MAX_FLAGS} that there can be");
                    return Err(Error::invalid(Field::Name, Reason::Other(sentence)));
                }
                let id = tx.insert_feature_flag(&new.name, new.is_on_for_everybody, now).await?;
                let id = id.ok_or(Error::AlreadyExists { field: Field::Name })?;
                let what = json!({ "name": new.name, "everybody": new.is_on_for_everybody });
                note("flag.created", id).with(what).write(tx, actor, now).await?;
                let made = tx.find_feature_flag(id).await?.ok_or(Error::NotFound(Kind::Flag))?;
                self.keep_reply(tx, actor, operation, &made, now).await?;
                Ok(made)
            })
            .await
    }

    /// Switches a feature flag, named by number or name, on or off for everybody, organizations, groups and users: for
    /// all that are named, or, if one of them is not there, for none. What is so already stays as it is.
    ///
    /// # Errors
    /// `Forbidden` for all but system admins; `NotFound` if there is no such flag; `Invalid` if nobody is named, more
    /// than 1,000 are, or somebody who is not there.
    pub async fn switch_feature_flag(
        &self,
        actor: &Actor,
        flag: &str,
        switch: &SwitchFeatureFlag,
    ) -> Result<FeatureFlag> {
        self.authorize(actor, Operation::WriteFeatureFlags).await?;
        check_number(switch)?;
        let users: Vec<_> = switch.users.iter().map(|name| read_user(actor, name)).collect();
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let before = find_flag(tx, flag).await?;
                let id = before.id;
                let whom = find_switched(tx, switch, &users).await?;
                let mut changed = match switch.is_on {
                    true => tx.insert_feature_flag_switches(id, &whom, now).await?,
                    false => tx.delete_feature_flag_switches(id, &whom).await?,
                };
                if switch.everybody && tx.switch_for_everybody(id, switch.is_on).await? {
                    changed += 1;
                }
                if changed == 0 {
                    return Ok(before);
                }
                tx.note_feature_flag_switched(id, now).await?;
                let user_ids = whom.iter().filter_map(|one| match one {
                    SwitchFor::User(id) => Some(*id),
                    SwitchFor::Organization(_) | SwitchFor::Group(_) => None,
                });
                let what = json!({
                    "name": before.name,
                    "is_on": switch.is_on,
                    "everybody": switch.everybody,
                    "organization_ids": switch.organization_ids,
                    "group_ids": switch.group_ids,
                    "user_ids": user_ids.collect::<Vec<_>>(),
                });
                note("flag.switched", id).with(what).write(tx, actor, now).await?;
                tx.find_feature_flag(id).await?.ok_or(Error::NotFound(Kind::Flag))
            })
            .await
    }

    /// Removes a feature flag, named by number or name: nobody has it any more.
    ///
    /// # Errors
    /// `Forbidden` for all but system admins; `NotFound` if there is none.
    pub async fn delete_feature_flag(&self, actor: &Actor, flag: &str) -> Result<()> {
        self.authorize(actor, Operation::WriteFeatureFlags).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let FeatureFlag { id, name, .. } = find_flag(tx, flag).await?;
                tx.delete_feature_flag(id).await?;
                let what = json!({ "name": name });
                note("flag.deleted", id).with(what).write(tx, actor, now).await?;
                Ok(())
            })
            .await
    }

    /// What lists of people are narrowed to by the name of a flag.
    pub(crate) async fn find_having(&self, name: &str) -> Result<Having> {
        if !is_name(name) {
            return Ok(Having::Nobody);
        }
        let found = self
            .store()
            .point_read(async |tx: &mut Tx| tx.find_feature_flag_number(name).await)
            .await?;
        Ok(match found {
            None => Having::Nobody,
            Some((_, true)) => Having::Everybody,
            Some((id, false)) => Having::Some(id),
        })
    }
}

/// Who has a feature flag.
pub(crate) enum Having {
    /// There is none of that name.
    Nobody,
    /// It is on for all.
    Everybody,
    /// Those for whom it is switched on.
    Some(FeatureFlagId),
}

/// The feature flag of this number or name. No name begins with a digit.
async fn find_flag(tx: &mut Tx, flag: &str) -> Result<FeatureFlag> {
    let found = match flag.parse::<FeatureFlagId>() {
        Ok(id) => tx.find_feature_flag(id).await?,
        Err(_) if is_name(flag) => tx.find_feature_flag_by_name(flag).await?,
        Err(_) => None,
    };
    found.ok_or(Error::NotFound(Kind::Flag))
}

/// Names are written into programs, so there is one way to write each.
fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= MAX_NAME
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| fits(byte) || b"_-.".contains(&byte))
}

fn read_user(actor: &Actor, name: &str) -> UserRef {
    match (UserRef::parse(name), actor.user_id()) {
        (UserRef::Me, Some(caller)) => UserRef::Id(caller),
        (user, _) => user,
    }
}

fn check_number(switch: &SwitchFeatureFlag) -> Result<()> {
    let SwitchFeatureFlag { organization_ids, group_ids, users, everybody, .. } = switch;
    let number = organization_ids.len() + group_ids.len() + users.len();
    let sentence = match number {
        0 if !everybody => "must say for whom: everybody, organization_ids, group_ids or users",
        number if number > MAX_SWITCHES => "names more than 1000; switch it in several calls",
        _ => return Ok(()),
    };
    Err(Error::invalid(Field::Body, Reason::Other(sentence.to_owned())))
}

/// Those who are named, all of whom must be there.
async fn find_switched(
    tx: &mut Tx,
    switch: &SwitchFeatureFlag,
    users: &[UserRef],
) -> Result<Vec<SwitchFor>> {
    let unknown = |field, name: &dyn std::fmt::Debug| {
        Error::invalid(field, Reason::Other(format!("names {name:?}, which does not exist")))
    };
    let organizations = tx.find_organizations(&switch.organization_ids).await?;
    let organizations: HashSet<OrganizationId> = organizations.iter().map(|one| one.id).collect();
    let groups = tx.list_groups_among(None, &switch.group_ids).await?;
    let groups: HashSet<GroupId> = groups.into_iter().collect();
    let known = tx.find_living_users(users).await?;
    let mut whom = Vec::new();
    for id in &switch.organization_ids {
        if !organizations.contains(id) {
            return Err(unknown(Field::OrganizationIds, &id.0));
        }
        whom.push(SwitchFor::Organization(*id));
    }
    for id in &switch.group_ids {
        if !groups.contains(id) {
            return Err(unknown(Field::GroupIds, &id.0));
        }
        whom.push(SwitchFor::Group(*id));
    }
    for (user, name) in users.iter().zip(&switch.users) {
        let id = known.get(user).ok_or_else(|| unknown(Field::Users, name))?;
        whom.push(SwitchFor::User(*id));
    }
    Ok(whom)
}

fn note(action: &'static str, flag: FeatureFlagId) -> Entry {
    Entry::done_to_nobody(action).about(format!("flag:{flag}"))
}
