//! What every installation has from its first start on: an organization, its group of everybody, the plans, and a first
//! administrator.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use roster_model::{
    Field, Group, NewUser, OrganizationId, Plan, PlanId, Reason, Role, Secret, User,
};
use roster_store::{Location, Store, Tx};
use serde_json::json;

use crate::{
    Actor, Core, Error, Result,
    audit::Entry,
    authz::Operation,
    credentials::{
        password::ChosenBy,
        secret_key::Keyring,
        token::{Token, TokenKind},
    },
    random::RandomExt,
    users::Person,
};

/// The slug of the organization that is there first.
const ORGANIZATION: &str = "default";
/// The slug of the group of an organization that everybody is in.
pub(crate) const PUBLIC: &str = "public";
/// The fact that holds the hash of the token of the set-up link.
const TOKEN: &str = "set_up_token";
/// The fact that holds the fingerprint of the secret key that makes everything new.
const SECRET_KEY: &str = "secret_key";
/// What this database has sealed would not open.
const ANOTHER_KEY: Error = Error::WrongState(
    "this database was used with another secret key, without which its second factors and waiting messages cannot be \
     read: put that key back, or name it after the new one",
);
/// Once there is anybody, no token sets anything up.
const SET_UP: Error = Error::WrongState(
    "this installation is set up already, and its set-up token was used; sign in, or ask one of its administrators",
);

/// Whether a database has users, for whom a secret key was made.
///
/// # Errors
/// `Unavailable` while the database is away.
pub async fn is_in_use(store: &Store) -> Result<bool> {
    Ok(store.point_read(async |tx: &mut Tx| tx.has_users().await).await?)
}

/// What a database knows of the secret key that it was used with.
#[derive(Debug, Clone, Default)]
pub struct KnownKey {
    /// Whether there are users, for whom a key was made.
    pub is_in_use: bool,
    fingerprint: Option<String>,
}

impl KnownKey {
    /// Looks into a database that a server may be using; nothing is changed. One that is not there yet knows of no key.
    ///
    /// # Errors
    /// `Refused` for what is no database, and for one of a newer Roster; `Unavailable` while it cannot be read.
    pub async fn look(location: &Location) -> std::result::Result<Self, roster_store::Error> {
        let known = Store::look_into(location, async |tx: &mut Tx| {
            let fingerprint = tx.find_fact(SECRET_KEY).await?;
            Ok(Self { is_in_use: tx.has_users().await?, fingerprint })
        });
        Ok(known.await?.unwrap_or_default())
    }

    /// Whether the database may be used with these keys.
    ///
    /// # Errors
    /// `WrongState` for other keys than its own.
    pub fn check(&self, keys: &Keyring) -> Result<()> {
        newest_to_remember(self.fingerprint.as_deref(), keys).map(drop)
    }
}

/// What a database has to remember from now on that remembers `known`: the fingerprint of the newest key, unless it is
/// that one.
///
/// # Errors
/// `WrongState` for other keys than the one that is known.
fn newest_to_remember(known: Option<&str>, keys: &Keyring) -> Result<Option<String>> {
    let mut ours = keys.fingerprints();
    let newest = ours.next().filter(|newest| known != Some(newest.as_str()));
    if newest.is_some() && known.is_some_and(|known| ours.all(|key| key != known)) {
        return Err(ANOTHER_KEY);
    }
    Ok(newest)
}

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

    /// Whether the secret key is the one that this database was used with; a new database remembers it. After a new key
    /// was put in front of the old one, it is the new one that is remembered.
    ///
    /// # Errors
    /// `WrongState` for another key; `Unavailable` while the database is away.
    pub async fn check_secret_key(&self, actor: &Actor) -> Result<()> {
        self.authorize(actor, Operation::RunJobs).await?;
        let known = async |tx: &mut Tx| tx.find_fact(SECRET_KEY).await;
        let known = self.store().point_read(known).await?;
        let Some(newest) = newest_to_remember(known.as_deref(), self.keys())? else {
            return Ok(());
        };
        self.store().write(async |tx: &mut Tx| Ok(tx.set_fact(SECRET_KEY, &newest).await?)).await
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
    /// `Invalid` for a token that is not the present one, and for names and a password that the rules refuse;
    /// `WrongState` once there are users, whatever the token.
    pub async fn set_up(&self, actor: &Actor, token: &Secret, new: &NewUser) -> Result<User> {
        self.authorize(actor, Operation::SetUp).await?;
        let hash = self.check_set_up_token(token).await?;
        self.create_administrator(actor, new, Some(&hash)).await
    }

    /// The hash of the set-up token, if this is the present one.
    pub(crate) async fn check_set_up_token(&self, token: &Secret) -> Result<String> {
        let hash = Token::parse(token.expose()).map(|token| hex(&token));
        let found = self.store().point_read(async |tx: &mut Tx| tx.find_fact(TOKEN).await).await?;
        // Both are hashes: how long the comparison takes tells nothing about the token.
        if let Some(hash) = hash.ok().filter(|hash| found.as_ref() == Some(hash)) {
            return Ok(hash);
        }
        Err(if is_in_use(self.store()).await? { SET_UP } else { not_the_token() })
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
        if is_in_use(self.store()).await? {
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
        let person = Person::read(self, actor, new, Role::SystemAdmin)?;
        let password = new.password.as_ref();
        let password = password.ok_or_else(|| Error::invalid(Field::Password, Reason::Empty))?;
        let home = self.store().point_read(async |tx: &mut Tx| home(tx).await).await?;
        let record = person.record(self, actor, &home, now);
        let password = self.hash_first_password(&record, password, ChosenBy::Owner).await?;
        self.store()
            .write(async |tx: &mut Tx| {
                if tx.has_users().await? {
                    return Err(SET_UP);
                }
                // Of two who use the link at once, one finds it gone.
                if token.is_some() && tx.find_fact(TOKEN).await?.as_ref() != token {
                    return Err(not_the_token());
                }
                tx.delete_fact(TOKEN).await?;
                let password = Some(&password);
                let user = person.insert(self, tx, &record, home.id, password, now).await?;
                let what = json!({ "role": Role::SystemAdmin.as_str(), "why": "first start" });
                Entry::done("user.created", user.id).with(what).write(tx, actor, now).await?;
                Ok(user)
            })
            .await
    }
}

/// The organization that is there first: that of whoever belongs to none.
pub(crate) async fn first_organization(tx: &mut Tx) -> Result<OrganizationId> {
    let found = tx.find_organization_by_slug(ORGANIZATION).await?;
    Ok(found.ok_or_else(|| Error::internal("the installation was not prepared"))?.id)
}

/// The group of everybody in the first organization.
pub(crate) async fn home(tx: &mut Tx) -> Result<Group> {
    let organization = first_organization(tx).await?;
    let group = tx.find_group_by_slug(organization, PUBLIC).await?;
    group.ok_or_else(|| Error::internal("the installation was not prepared"))
}

fn not_the_token() -> Error {
    let sentence =
        "is not the one that the server showed last; it shows the present one when it starts";
    Error::invalid(Field::Token, Reason::Other(sentence.to_owned()))
}

fn public_group(organization: OrganizationId, now: Timestamp) -> Group {
    let description = "Everybody in the organization".to_owned();
    Group { description, ..Group::plain(organization, PUBLIC, PUBLIC, now) }
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
