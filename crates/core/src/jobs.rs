//! What the server clears away by itself. Nothing depends on it: expiry is checked at each use (threat T18).

use std::time::Duration;

use jiff::Timestamp;
use roster_model::{Channel, OrganizationId, Role, User, UserRef};
use roster_store::{Mark, Tx, Window};
use serde_json::json;

use crate::{
    Actor, Core, Error, Result,
    audit::Entry,
    authz::Operation,
    installation::PUBLIC,
    messages::templates::{Parameters, Template},
    users::StatusChange,
};

/// How much one transaction clears away: it must not hold others up.
const BATCH: u32 = 500;
/// How many users one transaction purges or suspends; each takes a dozen statements.
const USERS: u32 = 20;
/// No use of a session waits longer than this to be written down, were the database away meanwhile.
const UNWRITTEN: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long before its end people are told of a password that expires.
const WARNING: Duration = Duration::from_secs(14 * 24 * 3600);

impl Core {
    /// Clears away what is over: messages, codes, links, sessions, kept replies, old failures, and users whose time in
    /// the bin has ended; ends what is open of those whose plan has come to its end, and suspends those who have been
    /// away for longer than their organization allows. Doing it twice at once does it once.
    ///
    /// # Errors
    /// Only the server itself may; and `Unavailable` while the database is away.
    pub async fn clear_away(&self, actor: &Actor) -> Result<()> {
        self.purge_messages_and_codes(actor).await?;
        self.purge_sessions_and_counts().await?;
        self.purge_users(actor).await?;
        self.end_plans(actor).await?;
        self.warn_of_expiring_passwords(actor).await?;
        self.suspend_the_inactive(actor).await
    }

    /// Takes the texts of users that were written lately into the search index. Until then searches look at these users
    /// one by one, so nothing is missing, and nothing depends on who does it or how often. While users are imported it
    /// takes in some at each call and leaves the disk to the import.
    ///
    /// # Errors
    /// Only the server itself may; and `Unavailable` while the database is away.
    pub async fn index_users(&self, actor: &Actor) -> Result<()> {
        self.authorize(actor, Operation::RunJobs).await?;
        loop {
            let taken = self.store().write(async |tx: &mut Tx| tx.index_users(BATCH).await).await?;
            if taken < u64::from(BATCH) || self.store().has_line() {
                return Ok(());
            }
        }
    }

    async fn purge_sessions_and_counts(&self) -> Result<()> {
        let now = self.now();
        // A use just before the end may not be written down yet; that session lives on.
        let over = now - UNWRITTEN;
        // The longest wait and the count before it have long lost their meaning after a day.
        let failures = now - self.settings().limits.longest_wait.max(DAY);
        loop {
            let gone = self
                .store()
                .write(async |tx: &mut Tx| {
                    let sessions = tx.purge_sessions(over, BATCH).await?;
                    let replies = tx.purge_replies(now, BATCH).await?;
                    let throttles = tx.purge_throttles(failures, BATCH).await?;
                    Ok::<_, Error>(sessions.max(replies).max(throttles))
                })
                .await?;
            if gone < u64::from(BATCH) {
                return Ok(());
            }
        }
    }

    /// Leaves nothing of users whose time in the bin has ended but the reservation of their names.
    async fn purge_users(&self, actor: &Actor) -> Result<()> {
        let now = self.now();
        let until = now - self.settings().restore_window;
        loop {
            let purged = self
                .store()
                .write(async |tx: &mut Tx| {
                    let users = tx.list_purgeable_users(until, i64::from(USERS)).await?;
                    for id in &users {
                        let found = tx.find_user(&UserRef::Id(*id)).await?;
                        let Some(user) = found else { continue };
                        let public = tx.find_group_by_slug(user.organization_id, PUBLIC).await?;
                        let home = public.map_or(user.primary_group_id, |group| group.id);
                        tx.purge_user(*id, home, now).await?;
                        Entry::done("user.purged", *id).write(tx, actor, now).await?;
                    }
                    Ok::<_, Error>(users.len())
                })
                .await?;
            if purged < USERS as usize {
                return Ok(());
            }
        }
    }

    /// Ends the sessions, codes and links of users whose plan is over. They are worth nothing since it is; renewed, the
    /// user signs in again.
    async fn end_plans(&self, actor: &Actor) -> Result<()> {
        let now = self.now();
        loop {
            let ended = self
                .store()
                .read(async |tx: &mut Tx| tx.list_users_past_their_plan(now, USERS).await)
                .await?;
            self.store()
                .write(async |tx: &mut Tx| {
                    for id in &ended {
                        // Renewed meanwhile, or not.
                        let found = tx.find_user(&UserRef::Id(*id)).await?;
                        if found
                            .is_some_and(|user| user.plan_expires_at.is_some_and(|end| end <= now))
                        {
                            tx.end_everything_of_user(*id).await?;
                            Entry::done("plan.ended", *id).write(tx, actor, now).await?;
                        }
                    }
                    Ok::<_, Error>(())
                })
                .await?;
            if ended.len() < USERS as usize {
                return Ok(());
            }
        }
    }

    /// Tells those whose password is about to expire, once, if mail can be sent.
    async fn warn_of_expiring_passwords(&self, actor: &Actor) -> Result<()> {
        if !self.has_channel(Channel::Email) {
            return Ok(());
        }
        let now = self.now();
        let until = now + WARNING;
        loop {
            let told = self
                .store()
                .write(async |tx: &mut Tx| {
                    let users = tx.list_users_with_expiring_passwords(now, until, USERS).await?;
                    for user in &users {
                        self.warn_of_expiry(tx, actor, user, now).await?;
                    }
                    Ok::<_, Error>(users.len())
                })
                .await?;
            if told < USERS as usize {
                return Ok(());
            }
        }
    }

    async fn warn_of_expiry(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        user: &User,
        now: Timestamp,
    ) -> Result<()> {
        tx.note_expiry_told(user.id, now).await?;
        // In the permissive profile any text may stand for an address.
        let Some(end) = user.password_expires_at.filter(|_| user.email.contains('@')) else {
            return Ok(());
        };
        let minutes = u64::try_from(end.duration_since(now).as_mins()).unwrap_or_default();
        // In days, but for the last.
        let minutes = if minutes > 2 * 1440 { minutes / 1440 * 1440 } else { minutes };
        let parameters = Parameters { username: &user.username, minutes, ..Parameters::default() };
        let (template, channel) = (Template::PasswordExpires, Channel::Email);
        self.post(tx, template, channel, &user.email, Some(user.id), parameters).await?;
        Entry::done("password.expiry_told", user.id).write(tx, actor, now).await?;
        Ok(())
    }

    async fn suspend_the_inactive(&self, actor: &Actor) -> Result<()> {
        let mut window = Window { after: None, offset: 0, limit: i64::from(BATCH) };
        loop {
            let organizations =
                self.store().read(async |tx: &mut Tx| tx.list_organizations(&window).await).await?;
            for organization in &organizations {
                if let Some(days) = organization.settings.inactivity_suspension_days {
                    self.suspend_the_inactive_of(actor, organization.id, days).await?;
                }
            }
            match organizations.last() {
                Some(last) if organizations.len() == BATCH as usize => {
                    window.after = Some(Mark::id(last.id.0));
                }
                _ => return Ok(()),
            }
        }
    }

    async fn suspend_the_inactive_of(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        days: u32,
    ) -> Result<()> {
        let now = self.now();
        let since = now - DAY.saturating_mul(days.max(1));
        loop {
            // Looking for them may take long, so it does not hold up those who write.
            let inactive = self
                .store()
                .read(async |tx: &mut Tx| tx.list_inactive_users(organization, since, USERS).await)
                .await?;
            self.store()
                .write(async |tx: &mut Tx| {
                    for id in &inactive {
                        // Gone, or back, meanwhile.
                        let found = tx.find_user(&UserRef::Id(*id)).await?;
                        if let Some(user) = found.filter(|user| is_inactive(user, since)) {
                            suspend(tx, actor, user, now).await?;
                        }
                    }
                    Ok::<_, Error>(())
                })
                .await?;
            if inactive.len() < USERS as usize {
                return Ok(());
            }
        }
    }
}

/// Whether a user has not been here since `since`, and nobody has let it in again since then. System admins stay:
/// somebody must be left to let the others in again.
fn is_inactive(user: &User, since: Timestamp) -> bool {
    let came = user.last_seen_at.max(user.current_sign_in_at).max(user.last_sign_in_at);
    let last = came.max(Some(user.updated_at));
    user.status.may_sign_in()
        && user.deleted_at.is_none()
        && user.role != Role::SystemAdmin
        && last < Some(since)
}

async fn suspend(tx: &mut Tx, actor: &Actor, mut user: User, now: Timestamp) -> Result<()> {
    StatusChange::Suspend.enter(&mut user, now);
    user.updated_at = now;
    tx.update_user(&mut user).await?;
    StatusChange::Suspend.follow(tx, &user, now).await?;
    let what = json!({ "why": "inactivity" });
    Entry::done("user.suspended", user.id).with(what).write(tx, actor, now).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
