//! What every installation has from its first start on: an organization, its group of everybody, the plans, and a first
//! administrator.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use roster_model::{
    EmailAddress, Field, Group, GroupId, MembershipRank, NewUser, OrganizationId, Plan, PlanId,
    Reason, Role, Secret, Status, User, UserFlags, UserId, Username,
};
use roster_store::Tx;
use serde_json::json;

use crate::{
    Actor, Core, Error, Profile, Result,
    audit::Entry,
    authorize::get_user,
    authz::Operation,
    credentials::{
        password::ChosenBy,
        token::{Token, TokenKind},
    },
    random::RandomExt,
};

/// The slug of the organization that is there first.
const ORGANIZATION: &str = "default";
/// The slug of the group of an organization that everybody is in.
pub(crate) const PUBLIC: &str = "public";
/// The fact that holds the hash of the token of the set-up link.
const TOKEN: &str = "set_up_token";
/// Another than the present link, or none is open.
const REFUSED: Error = Error::Forbidden;

impl Core {
    /// Makes what every installation has: the organization `default`, its group `public`, and the plans `small`, `medium`
    /// and `large`. What is there stays as it is; any number of nodes may do it at once.
    ///
    /// # Errors
    /// Only the server itself may; and `Unavailable` while the database is away.
    pub async fn prepare(&self, actor: &Actor) -> Result<()> {
        self.authorize(actor, Operation::RunJobs).await?;
        let (uuid, now) = (self.random().uuid_v7(self.now()), self.now());
        self.store()
            .write(async |tx: &mut Tx| {
                let organization =
                    tx.ensure_organization(uuid, "Default", ORGANIZATION, now).await?;
                // Nothing is inserted where the name is taken: by an earlier start, or another node.
                tx.insert_group(&public_group(organization, now)).await?;
                for plan in plans(now) {
                    tx.insert_plan(&plan).await?;
                }
                Ok(())
            })
            .await
    }

    /// A token with which the first administrator can be made, once; none if there are users. An earlier one is void.
    ///
    /// # Errors
    /// Only the server itself may; and `Unavailable` while the database is away.
    pub async fn issue_set_up_token(&self, actor: &Actor) -> Result<Option<Secret>> {
        self.authorize(actor, Operation::RunJobs).await?;
        let token = Token::issue(TokenKind::Link, self.random());
        let hash = hex(&token);
        let is_open = self
            .store()
            .write(async |tx: &mut Tx| {
                if tx.has_users().await? {
                    tx.delete_fact(TOKEN).await?;
                    return Ok::<_, Error>(false);
                }
                tx.set_fact(TOKEN, &hash).await?;
                Ok(true)
            })
            .await?;
        Ok(is_open.then(|| Secret::new(token.expose())))
    }

    /// Makes the first administrator, with the token of the set-up link.
    ///
    /// # Errors
    /// `Forbidden` for a token that is not the present one; `Invalid` for names and a password that the rules refuse;
    /// `WrongState` once there are users.
    pub async fn set_up(&self, actor: &Actor, token: &Secret, new: &NewUser) -> Result<User> {
        self.authorize(actor, Operation::SetUp).await?;
        let hash = hex(&Token::parse(token.expose()).map_err(|_| REFUSED)?);
        let found = self.store().point_read(async |tx: &mut Tx| tx.find_fact(TOKEN).await).await?;
        // Both are hashes: how long the comparison takes tells nothing about the token.
        if found.as_ref() != Some(&hash) {
            return Err(REFUSED);
        }
        self.create_administrator(actor, new, Some(&hash)).await
    }

    /// Makes the administrator that the configuration names, if there are no users; none otherwise.
    ///
    /// # Errors
    /// Only the server itself may; `Invalid` for names and a password that the rules refuse.
    pub async fn create_first_administrator(
        &self,
        actor: &Actor,
        new: &NewUser,
    ) -> Result<Option<User>> {
        self.authorize(actor, Operation::RunJobs).await?;
        if self.store().point_read(async |tx: &mut Tx| tx.has_users().await).await? {
            return Ok(None);
        }
        match self.create_administrator(actor, new, None).await {
            Ok(user) => Ok(Some(user)),
            // Another node was faster.
            Err(Error::WrongState(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create_administrator(
        &self,
        actor: &Actor,
        new: &NewUser,
        token: Option<&String>,
    ) -> Result<User> {
        let now = self.now();
        let (username, email) = self.names(new)?;
        let password = new.password.as_ref();
        let password = password.ok_or_else(|| Error::invalid(Field::Password, Reason::Empty))?;
        let home = self.store().point_read(async |tx: &mut Tx| home(tx).await).await?;
        let user = User {
            uuid: self.random().uuid_v7(now),
            username: username.as_str().to_owned(),
            email: email.as_str().to_owned(),
            first_name: new.first_name.clone().unwrap_or_default().trim().to_owned(),
            last_name: new.last_name.clone().unwrap_or_default().trim().to_owned(),
            ..administrator(home, now)
        };
        let hashed = self.hash_new_password(&user, password, ChosenBy::Owner).await;
        let password = hashed.map_err(|error| match error {
            // Here is no old one.
            Error::Invalid { field: Field::NewPassword, reason } => {
                Error::invalid(Field::Password, reason)
            }
            other => other,
        })?;
        self.store()
            .write(async |tx: &mut Tx| {
                if tx.has_users().await? {
                    return Err(Error::WrongState("there are users already; ask one of them"));
                }
                // Of two who use the link at once, one finds it gone.
                if token.is_some() && tx.find_fact(TOKEN).await?.as_ref() != token {
                    return Err(REFUSED);
                }
                tx.delete_fact(TOKEN).await?;
                let id = tx.insert_user(&user).await?;
                for (key, field) in [(username.key(), Field::Username), (email.key(), Field::Email)]
                {
                    if !tx.claim_identifier(key, id).await? {
                        return Err(Error::AlreadyExists { field });
                    }
                }
                tx.set_membership(home.1, id, MembershipRank::Member, now).await?;
                let user = get_user(tx, id).await?;
                self.set_password_in(tx, &user, &password, None, now).await?;
                let what = json!({ "role": Role::SystemAdmin.as_str(), "why": "first start" });
                Entry::done("user.created", id).with(what).write(tx, actor, now).await?;
                get_user(tx, id).await
            })
            .await
    }

    /// The names of a new user, as far as they can be judged without looking at others'.
    fn names(&self, new: &NewUser) -> Result<(Username, EmailAddress)> {
        let username = Username::parse(&new.username)
            .map_err(|reason| Error::invalid(Field::Username, reason))?;
        let email = match self.settings().profile {
            Profile::Compat => EmailAddress::parse_any(&new.email),
            Profile::Default | Profile::Strict => EmailAddress::parse(&new.email),
        };
        let email = email.map_err(|reason| Error::invalid(Field::Email, reason))?;
        Ok((username, email))
    }
}

/// The first organization and its group of everybody.
async fn home(tx: &mut Tx) -> Result<(OrganizationId, GroupId)> {
    let missing = || Error::internal("the installation was not prepared");
    let organization = tx.find_organization_by_slug(ORGANIZATION).await?.ok_or_else(missing)?.id;
    let group = tx.find_group_by_slug(organization, PUBLIC).await?.ok_or_else(missing)?.id;
    Ok((organization, group))
}

/// An administrator without names.
fn administrator(home: (OrganizationId, GroupId), now: Timestamp) -> User {
    User {
        id: UserId(0),
        uuid: uuid::Uuid::nil(),
        username: String::new(),
        email: String::new(),
        unconfirmed_email: None,
        first_name: String::new(),
        last_name: String::new(),
        phone: None,
        phone_verified_at: None,
        status: Status::New,
        role: Role::SystemAdmin,
        organization_id: home.0,
        primary_group_id: home.1,
        parent_id: None,
        plan_id: None,
        plan_expires_at: None,
        profile: roster_model::Profile::default(),
        flags: UserFlags::default(),
        preferences: serde_json::Map::new(),
        is_mfa_active: false,
        password_changed_at: None,
        password_expires_at: None,
        sign_in_count: 0,
        last_sign_in_at: None,
        current_sign_in_at: None,
        last_seen_at: None,
        last_checked_announcements_at: None,
        created_at: now,
        created_by: None,
        updated_at: now,
        updated_by: None,
        deleted_at: None,
        version: 1,
    }
}

fn public_group(organization: OrganizationId, now: Timestamp) -> Group {
    Group {
        id: GroupId(0),
        name: PUBLIC.to_owned(),
        slug: PUBLIC.to_owned(),
        description: "Everybody in the organization".to_owned(),
        organization_id: organization,
        owner_id: None,
        created_at: now,
        updated_at: now,
    }
}

/// Each plan has four times as much of everything as the one before it.
fn plans(now: Timestamp) -> [Plan; 3] {
    const GIB: i64 = 1 << 30;
    let plan = |name: &str, colour: &str, times: i64| Plan {
        id: PlanId(0),
        name: name.to_owned(),
        display_name: None,
        description: None,
        plan_color: colour.to_owned(),
        storage: 10 * GIB * times,
        concurrent_tasks: times,
        daily_api_calls: 10_000 * times,
        monthly_api_calls: 200_000 * times,
        daily_traffic: GIB * times,
        monthly_traffic: 20 * GIB * times,
        daily_process: 60 * times,
        monthly_process: 1_200 * times,
        number_of_days: None,
        created_at: now,
        updated_at: now,
    };
    [plan("small", "#4C9F70", 1), plan("medium", "#3B7DD8", 4), plan("large", "#8E4FC5", 16)]
}

fn hex(token: &Token) -> String {
    HEXLOWER.encode(&token.hash().0)
}

#[cfg(test)]
mod tests;
