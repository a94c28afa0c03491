//! The beginning of every operation: may this caller, and has it shown a second factor?

use std::collections::HashMap;

use roster_model::{
    CredentialKind, Group, GroupId, GroupRole, Invitation, OrganizationId, PermissionLevel, Role,
    User, UserId, UserRef,
};
use roster_store::{Grant, Standing, Tx};

use crate::{
    Actor, Core, Error, Kind, Principal, Result,
    authenticate::must_enrol,
    authz::{self, Caller, Decision, Operation, Relation, Who},
};

impl Core {
    /// Asks the table alone, where a second factor is not to be asked for again: whether the caller may do such a thing
    /// somewhere.
    pub(crate) fn permit(actor: &Actor, operation: Operation) -> Result<()> {
        let relation = match authz::rule(operation).who {
            Who::Oneself => Relation::Oneself,
            _ if actor.is_ordinary() && actor.is_team_admin() => Relation::Granted,
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

    /// Asks the table about something that these organizations share.
    pub(crate) async fn authorize_among(
        &self,
        actor: &Actor,
        operation: Operation,
        organizations: &[OrganizationId],
        kind: Kind,
    ) -> Result<()> {
        allow_among(actor, operation, organizations, kind)?;
        self.step_up(actor, operation, "").await
    }

    /// Asks the table about making something; the second factor is asked for once, for the first of its operations.
    pub(crate) async fn authorize_creation(
        &self,
        actor: &Actor,
        creation: &Creation<'_>,
    ) -> Result<()> {
        match creation.depends_on_grants(actor) {
            true => {
                let asked = async |tx: &mut Tx| creation.allow(tx, actor).await;
                self.store().point_read(asked).await?;
            }
            false => creation.decide(actor, false)?,
        }
        match creation.operations.first() {
            Some(first) => self.step_up(actor, *first, "").await,
            None => Ok(()),
        }
    }

    /// Asks the table about an operation on a group, and others that must be allowed, too. The second factor is asked
    /// for once, for the first of them.
    pub(crate) async fn authorize_on_group(
        &self,
        actor: &Actor,
        operations: &[Operation],
        group: Option<&Group>,
    ) -> Result<()> {
        match group {
            Some(group) => {
                let asked = async |tx: &mut Tx| allow_on_group(tx, actor, operations, group).await;
                self.store().point_read(asked).await?;
            }
            None => {
                for operation in operations {
                    allow(actor, *operation, Relation::Elsewhere, None, Kind::Group)?;
                }
            }
        }
        match operations.first() {
            Some(first) => self.step_up(actor, *first, "").await,
            None => Ok(()),
        }
    }

    /// Asks the table about an operation on an invitation, which is worth what whoever accepts it may do, and others that
    /// must be allowed, too. The second factor is asked for once, for the first of them.
    pub(crate) async fn authorize_on_invitation(
        &self,
        actor: &Actor,
        operations: &[Operation],
        invitation: Option<&Invitation>,
    ) -> Result<()> {
        let relation = match invitation {
            Some(found) => in_organization(actor, found.organization_id),
            None => Relation::Elsewhere,
        };
        let target = invitation.map(|found| found.role);
        for operation in operations {
            allow(actor, *operation, relation, target, Kind::Invitation)?;
        }
        match (operations.first(), invitation) {
            (Some(first), Some(found)) => {
                self.step_up(actor, *first, &format!("invitation:{}", found.id)).await
            }
            (Some(first), None) => self.step_up(actor, *first, "nobody").await,
            (None, _) => Ok(()),
        }
    }

    /// Finds the user that an operation is about and asks the table. Deleted users are found by
    /// nobody but `RestoreUser`, which is about no others.
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
        let Some((found, relation)) =
            found.filter(|(found, _)| wants_deleted || found.deleted_at.is_none())
        else {
            // Nothing is there: whoever may do it to nobody hears the same as for another
            // organization; a system admin hears what is true, once a second factor was shown.
            allow(actor, operation, Relation::Elsewhere, None, Kind::User)?;
            self.step_up(actor, operation, "nobody").await?;
            return Err(Error::NotFound(Kind::User));
        };
        for operation in [operation].iter().chain(others) {
            allow(actor, *operation, relation, Some(found.effective_role()), Kind::User)?;
        }
        self.step_up(actor, operation, &format!("{}/{part}", found.id)).await?;
        if wants_deleted && found.deleted_at.is_none() {
            return Err(Error::WrongState("this user is not deleted"));
        }
        Ok(found)
    }

    /// The user that `user` names, with how the caller stands to it.
    async fn find_target(&self, actor: &Actor, user: &UserRef) -> Result<Option<(User, Relation)>> {
        let user = match (user, actor.user_id()) {
            (UserRef::Me, Some(caller)) => &UserRef::Id(caller),
            (UserRef::Me, None) => return Ok(None),
            (user, _) => user,
        };
        let found = self
            .store()
            .read(async |tx: &mut Tx| {
                let Some(found) = tx.find_user(user).await? else {
                    return Ok::<_, roster_store::Error>(None);
                };
                let relation = to_user(tx, actor, &found).await?;
                Ok(Some((found, relation)))
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

/// Something that is about to be made in an organization.
pub(crate) struct Creation<'c> {
    /// The lines of the table that must agree.
    pub(crate) operations: &'c [Operation],
    /// Where.
    pub(crate) organization: OrganizationId,
    /// The groups of a new user, as far as they were named; none for a new group. Team admins make users in groups that
    /// they were given to manage.
    pub(crate) groups: Option<&'c [GroupId]>,
}

impl Creation<'_> {
    /// Asks the table, once more in the transaction that makes it.
    pub(crate) async fn allow(&self, tx: &mut Tx, actor: &Actor) -> Result<()> {
        let is_granted = match (self.groups, actor.user_id()) {
            _ if !self.depends_on_grants(actor) => false,
            (None, _) => true,
            (Some([]), _) | (_, None) => false,
            (Some(groups), Some(caller)) => {
                let grants = Grants::new(tx.list_grants(caller).await?);
                groups.iter().all(|group| grants.may_manage(*group))
            }
        };
        self.decide(actor, is_granted)
    }

    fn decide(&self, actor: &Actor, is_granted: bool) -> Result<()> {
        let relation = match is_granted {
            true => Relation::Granted,
            false => in_organization(actor, self.organization),
        };
        for operation in self.operations {
            allow(actor, *operation, relation, None, Kind::Organization)?;
        }
        Ok(())
    }

    /// Whether it counts what the caller was given to manage.
    fn depends_on_grants(&self, actor: &Actor) -> bool {
        in_organization(actor, self.organization) == Relation::SameOrganization
            && actor.is_ordinary()
            && actor.is_team_admin()
    }
}

/// The user that was asked about before, in the transaction that is about to change it. The table is asked again: the
/// user, or what the caller was given, may have changed meanwhile.
pub(crate) async fn get_authorized(
    tx: &mut Tx,
    actor: &Actor,
    operations: &[Operation],
    before: &User,
) -> Result<User> {
    let now = get_user(tx, before.id).await?;
    allow_on_user(tx, actor, operations, &now).await?;
    Ok(now)
}

/// Asks the table about operations on a user as it is now.
pub(crate) async fn allow_on_user(
    tx: &mut Tx,
    actor: &Actor,
    operations: &[Operation],
    user: &User,
) -> Result<()> {
    let relation = to_user(tx, actor, user).await?;
    for operation in operations {
        allow(actor, *operation, relation, Some(user.effective_role()), Kind::User)?;
    }
    Ok(())
}

/// The group that was asked about before, in the transaction that is about to change it. The table is asked again: the
/// group, or what the caller was given, may have changed meanwhile.
pub(crate) async fn get_authorized_group(
    tx: &mut Tx,
    actor: &Actor,
    operations: &[Operation],
    before: &Group,
) -> Result<Group> {
    let now = tx.find_group(before.id).await?.ok_or(Error::NotFound(Kind::Group))?;
    allow_on_group(tx, actor, operations, &now).await?;
    Ok(now)
}

/// Asks the table about something that these organizations share, where a second factor was asked for before.
pub(crate) fn allow_among(
    actor: &Actor,
    operation: Operation,
    organizations: &[OrganizationId],
    kind: Kind,
) -> Result<()> {
    let relations: Vec<_> = organizations.iter().map(|one| in_organization(actor, *one)).collect();
    let is_own = |relation: &Relation| *relation == Relation::SameOrganization;
    let relation = match relations.iter().any(is_own) {
        true if relations.iter().all(is_own) => Relation::SameOrganization,
        true => Relation::OtherAccount,
        false => Relation::Elsewhere,
    };
    allow(actor, operation, relation, None, kind)
}

/// Asks the table about operations on a group as it is now.
async fn allow_on_group(
    tx: &mut Tx,
    actor: &Actor,
    operations: &[Operation],
    group: &Group,
) -> Result<()> {
    let relation = to_group(tx, actor, group).await?;
    let target = group.authority().and_then(GroupRole::as_role);
    for operation in operations {
        allow(actor, *operation, relation, target, Kind::Group)?;
    }
    Ok(())
}

/// How the caller stands to a user.
async fn to_user(
    tx: &mut Tx,
    actor: &Actor,
    user: &User,
) -> std::result::Result<Relation, roster_store::Error> {
    let plain = to_user_plainly(actor, user);
    let has_standing =
        plain == Relation::SameOrganization && !actor.habits().knows_super_users_only;
    let Some(caller) = actor.user_id().filter(|_| has_standing) else {
        return Ok(plain);
    };
    let standing = tx.find_standing(user.primary_group_id, caller).await?;
    if standing.may_manage
        && actor.is_team_admin()
        && tx.list_users_managing_more(caller, &[user.id]).await?.is_empty()
    {
        return Ok(Relation::Granted);
    }
    Ok(if standing.is_manager { Relation::Managed } else { plain })
}

/// The same, as far as groups do not matter.
fn to_user_plainly(actor: &Actor, user: &User) -> Relation {
    if Some(user.id) == actor.user_id() {
        return Relation::Oneself;
    }
    match in_organization(actor, user.organization_id) {
        Relation::SameOrganization if is_in_other_account(actor, user.parent_id) => {
            Relation::OtherAccount
        }
        relation => relation,
    }
}

/// How the caller stands to a group.
async fn to_group(
    tx: &mut Tx,
    actor: &Actor,
    group: &Group,
) -> std::result::Result<Relation, roster_store::Error> {
    let plain = in_organization(actor, group.organization_id);
    let Some(caller) = actor.user_id().filter(|_| plain == Relation::SameOrganization) else {
        return Ok(plain);
    };
    if actor.habits().keeps_to_account && is_in_other_account(actor, group.owner_id) {
        return Ok(Relation::OtherAccount);
    }
    let standing = tx.find_standing(group.id, caller).await?;
    Ok(match standing {
        Standing { may_manage: true, .. } => Relation::Granted,
        Standing { is_manager: true, .. } => Relation::Managed,
        _ => plain,
    })
}

/// What the caller was given to do with groups: read once, asked for each row of a list.
pub(crate) struct Grants {
    grants: HashMap<GroupId, (Option<PermissionLevel>, bool)>,
}

impl Grants {
    pub(crate) fn new(grants: Vec<Grant>) -> Self {
        let mut all: HashMap<GroupId, (Option<PermissionLevel>, bool)> = HashMap::new();
        for Grant { group, level } in grants {
            let (highest, is_manager) = all.entry(group).or_default();
            match level {
                None => *is_manager = true,
                Some(level) if highest.is_none_or(|highest| level.rank() > highest.rank()) => {
                    *highest = Some(level);
                }
                Some(_) => {}
            }
        }
        Self { grants: all }
    }

    pub(crate) fn may_manage(&self, group: GroupId) -> bool {
        matches!(self.grants.get(&group), Some((Some(PermissionLevel::Manage), _)))
    }

    fn is_manager(&self, group: GroupId) -> bool {
        matches!(self.grants.get(&group), Some((_, true)))
    }

    /// What the caller may do with a group that it sees.
    pub(crate) fn level_on_group(&self, actor: &Actor, group: &Group) -> PermissionLevel {
        let relation = match in_organization(actor, group.organization_id) {
            Relation::SameOrganization if self.may_manage(group.id) => Relation::Granted,
            Relation::SameOrganization if self.is_manager(group.id) => Relation::Managed,
            relation => relation,
        };
        let target = group.authority().and_then(GroupRole::as_role);
        let may = |operation| {
            authz::decide(operation, caller(actor), relation, target) == Decision::Allow
        };
        if may(Operation::WriteGroups) {
            PermissionLevel::Manage
        } else if may(Operation::WriteMembers) {
            PermissionLevel::Write
        } else {
            let level = self.grants.get(&group.id).and_then(|(level, _)| *level);
            // What it was given to manage and may not, because the group gives more than the caller has.
            level.filter(|level| *level != PermissionLevel::Manage).unwrap_or(PermissionLevel::Read)
        }
    }

    /// What the caller may do with a user whom it sees. `manages_more`: the user manages groups that the caller does
    /// not.
    pub(crate) fn level_on_user(
        &self,
        actor: &Actor,
        user: &User,
        manages_more: bool,
    ) -> PermissionLevel {
        let relation = match to_user_plainly(actor, user) {
            Relation::SameOrganization if self.is_candidate(actor, user) && !manages_more => {
                Relation::Granted
            }
            relation => relation,
        };
        let target = Some(user.effective_role());
        match authz::decide(Operation::ManageUser, caller(actor), relation, target) {
            Decision::Allow => PermissionLevel::Manage,
            _ if relation == Relation::Oneself => PermissionLevel::Write,
            _ => PermissionLevel::Read,
        }
    }

    /// Whether a team admin asks about a user whose primary group it was given to manage.
    pub(crate) fn is_candidate(&self, actor: &Actor, user: &User) -> bool {
        actor.is_team_admin() && self.may_manage(user.primary_group_id)
    }
}

/// Refuses to make anybody a member of a group, or to take a member out, where the caller may not; nobody gives others
/// more than it has itself (threat T24). What was shared with the group counts as given to whoever fills it: with a group
/// one shares a thing with those whom its managers will put into it, themselves among them.
pub(crate) async fn check_filling(tx: &mut Tx, actor: &Actor, group: &Group) -> Result<()> {
    check_bestowal(actor, group.authority())?;
    allow_on_group(tx, actor, &[Operation::WriteMembers], group).await
}

/// Refuses to give others what a group makes of its members, where the caller has not as much itself.
pub(crate) fn check_bestowal(actor: &Actor, authority: Option<GroupRole>) -> Result<()> {
    let Some(operation) = bestowal(authority) else { return Ok(()) };
    // A team admin was given that very thing.
    let relation = match actor.is_team_admin() {
        true => Relation::Granted,
        false => Relation::SameOrganization,
    };
    allow(actor, operation, relation, None, Kind::Group)
}

/// The line of the table about making somebody what a group of this authority makes of its members.
pub(crate) fn bestowal(authority: Option<GroupRole>) -> Option<Operation> {
    match authority? {
        GroupRole::OrganizationAdmin => Some(Operation::GrantAdministration),
        GroupRole::TeamAdmin => Some(Operation::GrantTeamAdministration),
        _ => None,
    }
}

/// Whether the table lets a user, as it is now, do something in an organization, whoever asks.
pub(crate) fn may_in(user: &User, operation: Operation, organization: OrganizationId) -> bool {
    let relation = match user.organization_id == organization {
        true => Relation::SameOrganization,
        false => Relation::Elsewhere,
    };
    let caller = Caller::User(user.effective_role());
    authz::decide(operation, caller, relation, None) == Decision::Allow
}

/// Whether what belongs to `owner` is no business of the account admin who asks. What belongs to nobody is the
/// organization's, unless the door keeps to accounts.
fn is_in_other_account(actor: &Actor, owner: Option<UserId>) -> bool {
    actor.role() == Some(Role::AccountAdmin)
        && match owner {
            Some(owner) => Some(owner) != actor.user_id(),
            None => actor.habits().keeps_to_account,
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
        Decision::Hide if kind == Kind::User && forbids_strangers(actor) => Err(Error::Forbidden),
        Decision::Hide => Err(Error::NotFound(kind)),
    }
}

/// Whether the caller is not told that an account is not there, but that it may not.
fn forbids_strangers(actor: &Actor) -> bool {
    actor.habits().forbids_strangers && actor.is_ordinary()
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
            let role = actor.role().unwrap_or(credential.user.role);
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
