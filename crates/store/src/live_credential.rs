//! What a session or API key stands for: all that checking one needs, read at once.
//!
//! On SQLite the answer stands in the table of [`live`](crate::live) credentials, which every commit keeps true. On
//! PostgreSQL, where other nodes write too, each check is one indexed query.

use std::sync::Arc;

use jiff::Timestamp;
use roster_model::{
    AuthenticationMethod, Constraint, CredentialKind, GroupRole, OrganizationId, Role, Status,
    TokenHash, UserId, strongest,
};
use uuid::Uuid;

use crate::{
    Engine, Error, Store, Tx,
    live::{Check, Owned},
    sql::{Columns, Row},
};

/// A session or API key with its owner, as of the last commit that changed either.
#[derive(Clone, Debug)]
pub struct LiveCredential {
    /// What it is.
    pub kind: CredentialKind,
    /// Its number among its kind.
    pub id: i64,
    /// Its UUID.
    pub uuid: Uuid,
    /// Whose it is.
    pub user: Owner,
    /// Through which door a session was opened; the word of `roster_core::Door`. Empty for a key.
    pub door: String,
    /// How a session was opened; a key says `Password`, for its owner has signed in to make it.
    pub method: AuthenticationMethod,
    /// When a second factor was last shown in a session.
    pub mfa_at: Option<Timestamp>,
    /// The administrator who acts in the owner's name.
    pub impersonator_id: Option<UserId>,
    /// What an API key is for; empty: everything.
    pub scopes: Vec<String>,
    /// What an API key may reach; empty: everything.
    pub constraints: Vec<Constraint>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, as far as the database knows; what is pending in memory is later.
    pub last_used_at: Option<Timestamp>,
    /// When it ends if it is not used again, as far as the database knows; none: never.
    pub expires_at: Option<Timestamp>,
    /// When a session ends however much it is used; none: never.
    pub ends_at: Option<Timestamp>,
}

/// What checks need to know of a credential's owner. Hundreds of thousands of these may stand in memory, so it is not
/// the whole user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user's number.
    pub id: UserId,
    /// The user's UUID.
    pub uuid: Uuid,
    /// The name.
    pub username: String,
    /// Whether credentials count at all.
    pub status: Status,
    /// What the user may do, by itself or through its groups.
    pub role: Role,
    /// Whether the user is a team admin through a group.
    pub is_team_admin: bool,
    /// Where the user belongs.
    pub organization_id: OrganizationId,
    /// Whether the user must have second factors.
    pub otp_required_for_login: bool,
    /// Whether the user has them.
    pub is_mfa_active: bool,
    /// When the user's plan ends.
    pub plan_expires_at: Option<Timestamp>,
    /// Since when the user is deleted.
    pub deleted_at: Option<Timestamp>,
}

/// Every column of an owner that [`owner_of`] reads, in its order.
macro_rules! owner_columns {
    () => {
        "users.id, users.uuid, users.username, users.status, users.role, users.organization_id, \
         users.otp_required_for_login, users.mfa_activated_at, users.plan_expires_at, \
         users.deleted_at, users.group_role"
    };
}

fn owner_of(columns: &mut Columns<'_>) -> Result<Owner, Error> {
    let mut owner = Owner {
        id: columns.take()?,
        uuid: columns.take()?,
        username: columns.take()?,
        status: columns.take()?,
        role: columns.take()?,
        is_team_admin: false,
        organization_id: columns.take()?,
        otp_required_for_login: columns.take()?,
        is_mfa_active: columns.take::<Option<Timestamp>>()?.is_some(),
        plan_expires_at: columns.take()?,
        deleted_at: columns.take()?,
    };
    let group_role: Option<GroupRole> = columns.take()?;
    owner.role = strongest(owner.role, group_role);
    owner.is_team_admin = group_role == Some(GroupRole::TeamAdmin);
    Ok(owner)
}

impl Owned for LiveCredential {
    fn user(&self) -> UserId {
        self.user.id
    }
}

/// What the parts of a credential that people fill as they like may take in memory, in bytes of text. One that takes more
/// is read anew at each check: the table is bounded by number, and nobody is to fill the memory with what it keeps there
/// (threat T45).
const SMALL: usize = 16 * 1024;

impl LiveCredential {
    fn is_small(&self) -> bool {
        let paths: usize = self.constraints.iter().map(|constraint| constraint.path.len()).sum();
        let scopes: usize = self.scopes.iter().map(String::len).sum();
        paths + scopes <= SMALL
    }
}

impl Store {
    /// What the token with this hash stands for, expired or not; `None` if it was never issued or has ended.
    pub async fn find_live_credential(
        &self,
        kind: CredentialKind,
        hash: &TokenHash,
    ) -> Result<Option<Arc<LiveCredential>>, Error> {
        if self.engine() == Engine::Postgres {
            return Box::pin(self.read_credential(kind, hash)).await;
        }
        let miss = match self.live().check(&hash.0) {
            Check::Hit(credential) => {
                return Ok(Some(credential).filter(|found| found.kind == kind));
            }
            Check::Miss(miss) => miss,
        };
        // In a box: a check that finds its answer in memory need not carry along what reads the database.
        let Some(credential) = Box::pin(self.read_credential(kind, hash)).await? else {
            return Ok(None);
        };
        if credential.is_small() {
            self.live().fill(miss, credential.clone());
        }
        Ok(Some(credential))
    }

    /// As [`find_live_credential`](Self::find_live_credential), from the database even if memory has an answer: for a
    /// credential whose end has moved since it was read.
    pub async fn reread_live_credential(
        &self,
        kind: CredentialKind,
        hash: &TokenHash,
    ) -> Result<Option<Arc<LiveCredential>>, Error> {
        self.live().forget_token(&hash.0);
        self.find_live_credential(kind, hash).await
    }

    async fn read_credential(
        &self,
        kind: CredentialKind,
        hash: &TokenHash,
    ) -> Result<Option<Arc<LiveCredential>>, Error> {
        let found = self.point_read(async |tx: &mut Tx| match kind {
            CredentialKind::Session => tx.find_live_session(hash).await,
            CredentialKind::ApiKey => tx.find_live_api_key(hash).await,
        });
        Ok(found.await?.map(Arc::new))
    }
}

impl Tx {
    async fn find_live_session(
        &mut self,
        hash: &TokenHash,
    ) -> Result<Option<LiveCredential>, Error> {
        self.find(
            concat!(
                "SELECT ",
                owner_columns!(),
                ", sessions.id, sessions.uuid, sessions.door, \
                 sessions.method, sessions.mfa_at, sessions.impersonator_id, \
                 sessions.created_at, sessions.last_used_at, sessions.expires_at, \
                 sessions.ends_at \
                 FROM sessions JOIN users ON users.id = sessions.user_id \
                 WHERE sessions.token_hash = $1"
            ),
            &[hash],
            session,
        )
        .await
    }

    async fn find_live_api_key(
        &mut self,
        hash: &TokenHash,
    ) -> Result<Option<LiveCredential>, Error> {
        self.find(
            concat!(
                "SELECT ",
                owner_columns!(),
                ", api_keys.id, api_keys.uuid, api_keys.scopes, \
                 api_keys.constraints, api_keys.created_at, api_keys.last_used_at, \
                 api_keys.expires_at \
                 FROM api_keys JOIN users ON users.id = api_keys.user_id \
                 WHERE api_keys.token_hash = $1 AND api_keys.revoked_at IS NULL"
            ),
            &[hash],
            api_key,
        )
        .await
    }
}

fn session(row: &Row<'_>) -> Result<LiveCredential, Error> {
    let mut columns = row.columns();
    Ok(LiveCredential {
        kind: CredentialKind::Session,
        user: owner_of(&mut columns)?,
        id: columns.take()?,
        uuid: columns.take()?,
        door: columns.take()?,
        method: columns.take()?,
        mfa_at: columns.take()?,
        impersonator_id: columns.take()?,
        scopes: Vec::new(),
        constraints: Vec::new(),
        created_at: columns.take()?,
        last_used_at: columns.take()?,
        expires_at: columns.take()?,
        ends_at: columns.take()?,
    })
}

fn api_key(row: &Row<'_>) -> Result<LiveCredential, Error> {
    let mut columns = row.columns();
    let user = owner_of(&mut columns)?;
    let (id, uuid) = (columns.take()?, columns.take()?);
    let (scopes, constraints) = (columns.take_json()?, columns.take_json()?);
    Ok(LiveCredential {
        kind: CredentialKind::ApiKey,
        user,
        id,
        uuid,
        door: String::new(),
        method: AuthenticationMethod::Password,
        mfa_at: None,
        impersonator_id: None,
        scopes,
        constraints,
        created_at: columns.take()?,
        last_used_at: columns.take()?,
        expires_at: columns.take()?,
        ends_at: None,
    })
}

#[cfg(test)]
mod tests {
    use roster_model::ConstraintKind;

    use super::*;
    use crate::testing::{hash, noon, on_both_databases, user, uuid, write};
    use crate::{api_keys, sessions};

    async fn find(store: &Store, kind: CredentialKind, name: &str) -> Option<Arc<LiveCredential>> {
        store.find_live_credential(kind, &hash(name)).await.unwrap()
    }

    on_both_databases! {
        async fn a_token_is_found_under_its_own_kind_with_its_owner(store: Store) {
            let ann = write(&store, async |tx: &mut Tx| {
                let ann = user(tx, "ann").await?;
                sessions::tests::open(tx, ann.id, "session").await?;
                api_keys::tests::make(tx, ann.id, "key", "key", None).await?;
                Ok(ann)
            })
            .await;
            for _ in 0..2 {
                let session = find(&store, CredentialKind::Session, "session").await.unwrap();
                assert_eq!((session.user.id, session.door.as_str()), (ann.id, "native"));
                let key = find(&store, CredentialKind::ApiKey, "key").await.unwrap();
                assert_eq!((key.user == session.user, key.scopes.len()), (true, 1));
                assert_eq!((&key.user.username, key.constraints.len()), (&ann.username, 1));
                assert!(find(&store, CredentialKind::ApiKey, "session").await.is_none());
                assert!(find(&store, CredentialKind::Session, "key").await.is_none());
            }
            let in_memory = if store.engine() == Engine::Sqlite { 2 } else { 0 };
            assert_eq!(store.live().len(), in_memory);
        }

        async fn t45_what_takes_much_memory_is_read_at_each_check(store: Store) {
            write(&store, async |tx: &mut Tx| {
                let ann = user(tx, "ann").await?.id;
                let (kind, path) = (ConstraintKind::Prefix, "x".repeat(SMALL));
                tx.insert_api_key(&api_keys::NewApiKeyRow {
                    uuid: uuid("key"),
                    user_id: ann,
                    name: "key",
                    token_hash: hash("key"),
                    prefix: "ros_k",
                    scopes: &["user.get".to_owned()],
                    constraints: &[Constraint { kind, path, methods: vec!["GET".to_owned()] }],
                    created_at: noon(),
                    expires_at: None,
                    shares_name: false,
                    copy_of: None,
                })
                .await
            })
            .await;
            for _ in 0..2 {
                assert!(find(&store, CredentialKind::ApiKey, "key").await.is_some());
                assert!(store.live().is_empty());
            }
        }

        async fn t32_what_has_changed_or_ended_is_seen_by_the_very_next_look(store: Store) {
            let ann = write(&store, async |tx: &mut Tx| {
                let ann = user(tx, "ann").await?;
                sessions::tests::open(tx, ann.id, "session").await?;
                api_keys::tests::make(tx, ann.id, "key", "key", None).await?;
                Ok(ann)
            })
            .await;
            for (kind, name) in [(CredentialKind::Session, "session"), (CredentialKind::ApiKey, "key")] {
                find(&store, kind, name).await.unwrap();
                write(&store, async |tx: &mut Tx| tx.count_sign_in(ann.id, noon()).await).await;
                let found = find(&store, kind, name).await.unwrap();
                assert_eq!(found.user.status, roster_model::Status::Active);
            }
            write(&store, async |tx: &mut Tx| {
                tx.end_sessions_of(ann.id, None).await?;
                tx.revoke_api_keys_of_user(ann.id, noon()).await
            })
            .await;
            assert!(find(&store, CredentialKind::Session, "session").await.is_none());
            assert!(find(&store, CredentialKind::ApiKey, "key").await.is_none());
        }
    }
}
