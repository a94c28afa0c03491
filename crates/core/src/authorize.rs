//! The beginning of every operation: may this caller, and has it shown a second factor?

use roster_model::{CredentialKind, GroupId, OrganizationId, Role, User, UserId, UserRef};
use roster_store::Tx;

use crate::{
    Actor, Core, Error, Kind, Principal, Result,
    authenticate::must_enrol,
    authz::{self, Caller, Decision, Operation, Relation, Who},
};

impl Core {
    /// Asks the table alone, where a second factor is not to be asked for again.
    pub(crate) fn permit(actor: &Actor, operation: Operation) -> Result<()> {
        let relation = match authz::rule(operation).who {
            Who::Oneself => Relation::Oneself,
            _ => Relation::SameOrganization,
        };
        allow(actor, operation, relation, None, Kind::User)
    }

    /// Asks the table about an operation that is about nobody in particular.
    pub(crate) async fn authorize(&self, actor: &Actor, operation: Operation) -> Result<()> {
        let relation = Relation::SameOrganization;
        allow(actor, operation, relation, None, Kind::User)?;
        self.step_up(actor, operation, "").await
    }

    /// Asks the table about an operation on an organization, or on something in it.
    pub(crate) async fn authorize_in(
        &self,
        actor: &Actor,
        operation: Operation,
        organization: OrganizationId,
        kind: Kind,
    ) -> Result<()> {
        self.authorize_in_also(actor, operation, &[], organization, kind).await
    }

    /// As [`authorize_in`](Self::authorize_in), where other lines of the table must agree, too. The second factor is
    /// asked for once, for the first of them.
    pub(crate) async fn authorize_in_also(
        &self,
        actor: &Actor,
        operation: Operation,
        others: &[Operation],
        organization: OrganizationId,
        kind: Kind,
    ) -> Result<()> {
        for operation in [operation].iter().chain(others) {
            allow(actor, *operation, in_organization(actor, organization), None, kind)?;
        }
        self.step_up(actor, operation, "").await
    }

    /// Asks the table about an operation on a group.
    pub(crate) async fn authorize_on_group(
        &self,
        actor: &Actor,
        operation: Operation,
        group: GroupId,
        organization: OrganizationId,
        owner: Option<UserId>,
    ) -> Result<()> {
        let mut relation = in_organization(actor, organization);
        if actor.keeps_to_account()
            && relation == Relation::SameOrganization
            && is_in_other_account(actor, owner)
        {
            relation = Relation::OtherAccount;
        } else if let Some(caller) = actor.user_id()
            && relation == Relation::SameOrganization
        {
            let manages = self
                .store()
                .point_read(async |tx: &mut Tx| tx.is_group_manager(group, caller).await)
                .await?;
            if manages {
                relation = Relation::Managed;
            }
        }
        allow(actor, operation, relation, None, Kind::Group)?;
        self.step_up(actor, operation, "").await
    }

    /// Finds the user that an operation is about and asks the table. Deleted users are found by
    /// nobody but `RestoreUser`.
    pub(crate) async fn authorize_on(
        &self,
        actor: &Actor,
        operation: Operation,
        user: &UserRef,
    ) -> Result<User> {
        self.authorize_on_as(actor, |_| operation, user, "").await
    }

    /// As [`authorize_on`](Self::authorize_on), about something of the user's: a code that is good for one target is
    /// good for that thing.
    pub(crate) async fn authorize_on_part(
        &self,
        actor: &Actor,
        operation: Operation,
        user: &UserRef,
        part: &str,
    ) -> Result<User> {
        self.authorize_on_as(actor, |_| operation, user, part).await
    }

    /// As [`authorize_on`](Self::authorize_on), where the operation depends on whether the caller
    /// means itself.
    pub(crate) async fn authorize_on_as(
        &self,
        actor: &Actor,
        operation: impl Fn(bool) -> Operation,
        user: &UserRef,
        part: &str,
    ) -> Result<User> {
        self.authorize_on_also(actor, operation, &[], user, part).await
    }

    /// As [`authorize_on_as`](Self::authorize_on_as), where other lines of the table must agree, too. The second factor
    /// is asked for once, for the first of them.
    pub(crate) async fn authorize_on_also(
        &self,
        actor: &Actor,
        operation: impl Fn(bool) -> Operation,
        others: &[Operation],
        user: &UserRef,
        part: &str,
    ) -> Result<User> {
        let found = self.find_target(actor, user).await?;
        let is_oneself = found.as_ref().is_some_and(|(found, _)| Some(found.id) == actor.user_id());
        let operation = operation(is_oneself);
        let wants_deleted = operation == Operation::RestoreUser;
        let Some((found, is_managed)) =
            found.filter(|(found, _)| found.deleted_at.is_some() == wants_deleted)
        else {
            // Nothing is there: whoever may do it to nobody hears the same as for another
            // organization; a system admin hears what is true, once a second factor was shown.
            allow(actor, operation, Relation::Elsewhere, None, Kind::User)?;
            self.step_up(actor, operation, "nobody").await?;
            return Err(Error::NotFound(Kind::User));
        };
        let relation = to_user(actor, &found, is_managed);
        for operation in [operation].iter().chain(others) {
            allow(actor, *operation, relation, Some(found.role), Kind::User)?;
        }
        self.step_up(actor, operation, &format!("{}/{part}", found.id)).await?;
        Ok(found)
    }

    /// The user that `user` names, with whether the caller manages its primary group.
    async fn find_target(&self, actor: &Actor, user: &UserRef) -> Result<Option<(User, bool)>> {
        let user = match (user, actor.user_id()) {
            (UserRef::Me, Some(caller)) => &UserRef::Id(caller),
            (UserRef::Me, None) => return Ok(None),
            (user, _) => user,
        };
        let caller = actor.user_id();
        let found = self
            .store()
            .read(async |tx: &mut Tx| {
                let Some(found) = tx.find_user(user).await? else {
                    return Ok::<_, roster_store::Error>(None);
                };
                let is_managed = match caller {
                    Some(caller) if caller != found.id => {
                        tx.is_group_manager(found.primary_group_id, caller).await?
                    }
                    _ => false,
                };
                Ok(Some((found, is_managed)))
            })
            .await?;
        Ok(found)
    }
}

/// The user with this number, who must be there, in the transaction that is about to change it.
pub(crate) async fn get_user(tx: &mut Tx, id: UserId) -> Result<User> {
    let found = tx.find_user(&UserRef::Id(id)).await?;
    found.filter(|user| user.deleted_at.is_none()).ok_or(Error::NotFound(Kind::User))
}

/// The user that was asked about before, in the transaction that is about to change it. If it has become somebody else's
/// business meanwhile, the table is asked again.
pub(crate) async fn get_authorized(
    tx: &mut Tx,
    actor: &Actor,
    operations: &[Operation],
    before: &User,
) -> Result<User> {
    let now = get_user(tx, before.id).await?;
    let concern = |user: &User| (user.role, user.organization_id, user.parent_id);
    if concern(&now) != concern(before) {
        for operation in operations {
            allow(actor, *operation, to_user(actor, &now, false), Some(now.role), Kind::User)?;
        }
    }
    Ok(now)
}

/// How the caller stands to a user.
fn to_user(actor: &Actor, user: &User, is_managed: bool) -> Relation {
    if Some(user.id) == actor.user_id() {
        return Relation::Oneself;
    }
    match in_organization(actor, user.organization_id) {
        Relation::SameOrganization if is_in_other_account(actor, user.parent_id) => {
            Relation::OtherAccount
        }
        Relation::SameOrganization if is_managed => Relation::Managed,
        relation => relation,
    }
}

/// Whether what belongs to `owner` is no business of the account admin who asks. What belongs to nobody is the
/// organization's, unless the door keeps to accounts.
fn is_in_other_account(actor: &Actor, owner: Option<UserId>) -> bool {
    actor.role() == Some(Role::AccountAdmin)
        && match owner {
            Some(owner) => Some(owner) != actor.user_id(),
            None => actor.keeps_to_account(),
        }
}

/// How the caller stands to an organization.
fn in_organization(actor: &Actor, organization: OrganizationId) -> Relation {
    match actor.credential() {
        Some(credential) if credential.user.organization_id == organization => {
            Relation::SameOrganization
        }
        _ => Relation::Elsewhere,
    }
}

fn allow(
    actor: &Actor,
    operation: Operation,
    relation: Relation,
    target: Option<Role>,
    kind: Kind,
) -> Result<()> {
    match authz::decide(operation, caller(actor), relation, target) {
        Decision::Allow if !is_in_scope(actor, operation) => Err(Error::Forbidden),
        Decision::Allow => Ok(()),
        Decision::Unauthenticated => Err(Error::Unauthenticated),
        Decision::Forbid => Err(Error::Forbidden),
        Decision::Hide => Err(Error::NotFound(kind)),
    }
}

/// Whether the scopes of an API key hold the operation: its word, or the part before the dot for all of its kind. A key
/// without scopes may do whatever its owner may; every key may ask what it is.
fn is_in_scope(actor: &Actor, operation: Operation) -> bool {
    let Some(credential) = actor.credential().filter(|credential| !credential.scopes.is_empty())
    else {
        return true;
    };
    let word = operation.as_str();
    let kind = word.split_once('.').map_or(word, |(kind, _)| kind);
    operation == Operation::Whoami
        || credential.scopes.iter().any(|scope| scope == word || scope == kind)
}

/// What the table wants to know of an actor.
fn caller(actor: &Actor) -> Caller {
    match &actor.principal {
        Principal::Nobody => Caller::Nobody,
        Principal::System(_) => Caller::System,
        Principal::Credential(credential) => {
            let role = credential.user.role;
            match credential.kind {
                CredentialKind::Session if credential.impersonator_id.is_some() => {
                    Caller::Impersonator(role)
                }
                CredentialKind::Session if must_enrol(credential) => Caller::Unenrolled(role),
                CredentialKind::Session => Caller::User(role),
                CredentialKind::ApiKey
                    if credential.scopes.is_empty() && credential.constraints.is_empty() =>
                {
                    Caller::Key(role)
                }
                CredentialKind::ApiKey => Caller::LimitedKey(role),
            }
        }
    }
}
