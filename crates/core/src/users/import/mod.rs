//! Making many users at once, out of files of other systems (`roster import`).

mod together;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use jiff::Timestamp;
use roster_model::{
    Field, Group, GroupId, IdentityKey, ImportReport, MembershipRank, NewUser, NewUserFlags,
    OrganizationId, Plan, Profile, Reason, RefusedRow, Role, Status, User, UserId, UserImport,
    UserRef, UserRow, fold,
};
use roster_store::{FoldedUser, NewMembership, Tx, Window};

pub(crate) use together::Imports;
use together::{Claim, Hindrance, Part};

use super::Person;
use super::fields::{check_adoption, check_grant, check_parent, find_home, plan_end};
use crate::{
    Actor, Core, Error, Kind, Result,
    authorize::check_bestowal,
    authz::Operation,
    clock::whole_microseconds,
    credentials::formats::ImportedHash,
    installation::{PUBLIC, first_organization},
    sessions::later,
};

/// How many users a request makes at most.
const MAX_ROWS: usize = 1000;
/// How many plans are known by name.
const PLANS: i64 = 1000;
/// Whom the column `parent` names.
const ADMINISTRATOR: &str = "an administrator of the organization";

/// A row that may become a user.
struct Candidate {
    row: u32,
    folded: FoldedUser,
    keys: [IdentityKey; 2],
    hash: Option<String>,
    groups: Vec<(GroupId, Place)>,
}

impl Candidate {
    fn record(&self) -> &User {
        self.folded.user()
    }

    /// Every group it is to be in.
    fn groups(&self) -> impl Iterator<Item = GroupId> {
        self.groups.iter().map(|(group, _)| *group).chain([self.record().primary_group_id])
    }

    /// What it is in each of them, once it has its number. Of two ranks in one group the last counts.
    fn memberships(&self, user: UserId) -> Vec<NewMembership> {
        let mut all: Vec<NewMembership> = Vec::with_capacity(1 + self.groups.len());
        let primary = (self.record().primary_group_id, Place::Member);
        for &(group, place) in std::iter::once(&primary).chain(&self.groups) {
            let rank = match place {
                Place::Everybody | Place::Member => MembershipRank::Member,
                Place::Manager | Place::Owner => MembershipRank::Manager,
            };
            let is_chosen = place != Place::Everybody;
            let membership = NewMembership { group, user, rank, is_chosen };
            match all.iter_mut().find(|one| one.group == group) {
                Some(known) if is_chosen => *known = membership,
                Some(_) => {}
                None => all.push(membership),
            }
        }
        all
    }
}

/// What somebody is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the group of everybody, by nobody's choice.
    Everybody,
    Member,
    Manager,
    Owner,
}

/// What rows refer to by name.
struct Surroundings {
    home: Group,
    plans: HashMap<IdentityKey, Plan>,
    groups: HashMap<String, Option<Group>>,
    /// The account admins who are there; others are in no account's name.
    parents: HashMap<IdentityKey, UserId>,
    /// How long a password is good that was set now.
    password_life: Option<Duration>,
}

impl Core {
    /// Makes users of rows, in one transaction, perhaps with those of others. A row that is refused does not hold the
    /// others up, and one whose user is there already is passed over, so an import can be made again.
    ///
    /// # Errors
    /// `Forbidden` for all but administrators; those of step-up; `Invalid` for too many rows; `Unavailable` where what
    /// a row names has changed since it was read: made again, the import says what is wrong.
    pub async fn import_users(&self, actor: &Actor, import: UserImport) -> Result<ImportReport> {
        let own = actor.credential().map(|credential| credential.user.organization_id);
        let place = import.organization_id.or(own);
        let (operation, kind) = (Operation::ImportUsers, Kind::Organization);
        self.authorize_in(actor, operation, place.unwrap_or(OrganizationId(0)), kind).await?;
        if import.users.len() > MAX_ROWS {
            let sentence = format!("has more than {MAX_ROWS} users");
            return Err(Error::invalid(Field::Body, Reason::Other(sentence)));
        }
        let around = self.look_around(place, &import.users).await?;
        let now = self.now();
        let mut report = ImportReport::default();
        let mut candidates = Vec::with_capacity(import.users.len());
        // Each row goes when its candidate has come: many may wait to be written.
        for (row, given) in (0..).zip(import.users) {
            match self.candidate(actor, row, &given, &around, now) {
                Ok(candidate) => candidates.push(candidate),
                Err(error) => report.refused.push(refused(row, &error)),
            }
        }
        let claim = Claim::on(self, &candidates);
        let owners = self
            .store()
            .scan(async |tx: &mut Tx| {
                // A dry run is told of it, too, and whoever names nobody new.
                find_giving(tx, actor, &candidates).await?;
                Ok::<_, Hindrance>(find_owners(tx, &candidates).await?)
            })
            .await?;
        let mut placed = Placed::default();
        candidates.retain(|one| placed.count(one, |key| owners.get(key).copied()));
        if import.dry_run {
            let (free, others) = sort_out(&candidates, &HashMap::new());
            placed.created = free.len() as u64;
            placed.add(others);
        } else if !candidates.is_empty() {
            let (actor, organization) = (actor.clone(), around.home.organization_id);
            placed.add(self.place(Part { actor, candidates, claim, organization, now }).await?);
        }
        (report.created, report.present) = (placed.created, placed.present);
        for (row, field) in placed.taken {
            report.refused.push(refused(row, &Error::AlreadyExists { field }));
        }
        report.refused.sort_by_key(|refused| refused.row);
        Ok(report)
    }

    async fn look_around(
        &self,
        organization: Option<OrganizationId>,
        rows: &[UserRow],
    ) -> Result<Surroundings> {
        let named = rows.iter().flat_map(|row| {
            group_names(row).map(|(name, _)| name).chain(given(&row.primary_group))
        });
        let mut names: Vec<&str> = named.filter(|name| !name.contains('\0')).collect();
        names.sort_unstable();
        names.dedup();
        let mut admins: Vec<&str> = rows.iter().filter_map(|row| given(&row.parent)).collect();
        admins.sort_unstable();
        admins.dedup();
        let found = self
            .store()
            .read(async |tx: &mut Tx| {
                let organization = match organization {
                    Some(organization) => organization,
                    None => first_organization(tx).await?,
                };
                let (home, _) = find_home(tx, organization, None).await?;
                let window = Window { after: None, offset: 0, limit: PLANS };
                let plans = tx.list_plans(&window).await?;
                let mut groups = HashMap::new();
                for name in &names {
                    let found = match tx.find_group_by_slug(organization, name).await? {
                        Some(group) => Some(group),
                        None => tx.find_group_by_name(organization, name).await?,
                    };
                    groups.insert((*name).to_owned(), found);
                }
                let plans = plans.into_iter().map(|plan| (fold(&plan.name), plan)).collect();
                let mut parents = HashMap::new();
                for name in &admins {
                    let key = fold(name);
                    let Some(id) = tx.find_user(&UserRef::Name(key.clone())).await? else {
                        continue;
                    };
                    if check_parent(tx, organization, id.id, None).await.is_ok() {
                        parents.insert(key, id.id);
                    }
                }
                Ok::<_, Error>(Surroundings { home, plans, groups, parents, password_life: None })
            })
            .await;
        let around = found.map_err(|error| match error {
            Error::NotFound(Kind::Organization) => {
                Error::invalid(Field::OrganizationId, Reason::Unknown)
            }
            other => other,
        })?;
        let password_life = self.password_life_in(around.home.organization_id).await?;
        Ok(Surroundings { password_life, ..around })
    }

    fn candidate(
        &self,
        actor: &Actor,
        number: u32,
        row: &UserRow,
        around: &Surroundings,
        now: Timestamp,
    ) -> Result<Candidate> {
        let role = row.role.unwrap_or(Role::Viewer);
        if check_grant(actor, role).is_err() {
            return Err(Error::invalid(Field::Role, Reason::NotAllowed));
        }
        let person = Person::read(self, actor, &as_new(row), role)?;
        let mut record = person.record(self, actor, &around.home, now);
        record.status = row.status.unwrap_or(Status::New);
        let created_at = over(row.created_at, Field::CreatedAt, now)?;
        record.deleted_at = over(row.deleted_at, Field::DeletedAt, now)?;
        // Whoever was deleted was there before.
        record.created_at = created_at.or(record.deleted_at).unwrap_or(now);
        if record.deleted_at.is_some_and(|deleted_at| deleted_at < record.created_at) {
            let sentence = "must not be before created_at".to_owned();
            return Err(Error::invalid(Field::DeletedAt, Reason::Other(sentence)));
        }
        if let Some(name) = row.plan.as_deref().filter(|name| !name.is_empty()) {
            let plan = around.plans.get(&fold(name));
            let plan = plan.ok_or_else(|| no_such(Field::Plan, "a plan", name))?;
            record.plan_id = Some(plan.id);
            record.plan_expires_at = plan_end(plan, now);
        }
        record.plan_expires_at =
            row.plan_expires_at.map(whole_microseconds).or(record.plan_expires_at);
        let hash =
            row.password_hash.as_ref().map(|hash| hash.expose()).filter(|hash| !hash.is_empty());
        if let Some(hash) = hash {
            ImportedHash::parse(hash).map_err(|error| {
                Error::invalid(
                    Field::PasswordHash,
                    Reason::Other(format!("cannot be taken over: {error}")),
                )
            })?;
            record.password_changed_at = Some(now);
            let by_policy = around.password_life.map(|life| later(now, life));
            record.password_expires_at =
                row.password_expires_at.map(whole_microseconds).or(by_policy);
        }
        let find = |name: &str, field| {
            let found = around.groups.get(name).and_then(Option::as_ref);
            let group = found.ok_or_else(|| no_such_group(field, name))?;
            check_bestowal(actor, group.authority())?;
            Ok::<_, Error>(group.id)
        };
        let mut groups = group_names(row)
            .map(|(name, place)| Ok((find(name, Field::Groups)?, place)))
            .collect::<Result<Vec<_>>>()?;
        if let Some(name) = given(&row.primary_group) {
            record.primary_group_id = find(name, Field::PrimaryGroup)?;
            groups.push((around.home.id, Place::Everybody));
        }
        if let Some(name) = given(&row.parent) {
            let parent = around.parents.get(&fold(name)).copied();
            let parent = parent.ok_or_else(|| no_such(Field::Parent, ADMINISTRATOR, name))?;
            check_adoption(actor, None, Some(parent))
                .map_err(|_| Error::invalid(Field::Parent, Reason::NotAllowed))?;
            record.parent_id = Some(parent);
        }
        let keys = person.keys();
        let hash = hash.map(str::to_owned);
        Ok(Candidate { row: number, folded: FoldedUser::new(record), keys, hash, groups })
    }
}

/// What became of the candidates.
#[derive(Default)]
struct Placed {
    created: u64,
    present: u64,
    taken: Vec<(u32, Field)>,
}

impl Placed {
    /// Whether the names of a candidate are free; otherwise it is counted as what it is.
    fn count(&mut self, one: &Candidate, owner: impl Fn(&str) -> Option<UserId>) -> bool {
        let [username, email] = one.keys.each_ref().map(|key| owner(key.as_str()));
        match (username, email) {
            (None, None) => return true,
            (Some(user), Some(other)) if user == other => self.present += 1,
            (Some(_), _) => self.taken.push((one.row, Field::Username)),
            (None, Some(_)) => self.taken.push((one.row, Field::Email)),
        }
        false
    }

    fn add(&mut self, others: Self) {
        self.created += others.created;
        self.present += others.present;
        self.taken.extend(others.taken);
    }
}

/// Whose the names of the candidates are.
async fn find_owners(
    tx: &mut Tx,
    candidates: &[Candidate],
) -> Result<HashMap<String, UserId>, roster_store::Error> {
    let keys: Vec<_> = candidates.iter().flat_map(|one| &one.keys).collect();
    tx.find_identifiers(&keys).await
}

/// The candidates whose names are free, which each takes for itself, and what the others are.
fn sort_out<'c>(
    candidates: &'c [Candidate],
    owners: &HashMap<String, UserId>,
) -> (Vec<&'c Candidate>, Placed) {
    let (mut free, mut placed) = (Vec::with_capacity(candidates.len()), Placed::default());
    let mut owners: HashMap<_, _> =
        owners.iter().map(|(key, user)| (key.as_str(), *user)).collect();
    for (one, number) in candidates.iter().zip(1..) {
        if placed.count(one, |key| owners.get(key).copied()) {
            // Nobody has a number below nought.
            owners.extend(one.keys.iter().map(|key| (key.as_str(), UserId(-number))));
            free.push(one);
        }
    }
    (free, placed)
}

/// Those of the groups that let their members do anything, as they are now: they may have changed since the rows were
/// read, and nobody gives others more than it has itself (threat T24).
async fn find_giving(
    tx: &mut Tx,
    actor: &Actor,
    candidates: &[Candidate],
) -> Result<HashSet<GroupId>, Hindrance> {
    let groups: HashSet<_> = candidates.iter().flat_map(Candidate::groups).collect();
    let mut giving = HashSet::new();
    for group in groups {
        let group = tx.find_group(group).await?.ok_or(Hindrance::Changed)?;
        if let Some(authority) = group.authority() {
            if group.slug != PUBLIC {
                check_bestowal(actor, Some(authority)).map_err(|_| Hindrance::Changed)?;
            }
            giving.insert(group.id);
        }
    }
    Ok(giving)
}

/// Makes the users, table by table, and gives their numbers.
async fn insert_all(
    tx: &mut Tx,
    fresh: &[&Candidate],
    giving: &HashSet<GroupId>,
    now: Timestamp,
) -> Result<Vec<UserId>, roster_store::Error> {
    let folded: Vec<_> = fresh.iter().map(|one| &one.folded).collect();
    let ids = tx.insert_users(&folded).await?;
    let all = || fresh.iter().zip(ids.iter().copied());
    let names: Vec<_> =
        all().flat_map(|(one, id)| one.keys.iter().map(move |key| (key, id))).collect();
    tx.claim_all_identifiers(&names).await?;
    let memberships: Vec<_> = all().flat_map(|(one, id)| one.memberships(id)).collect();
    tx.add_memberships(&memberships, now).await?;
    let hashes: Vec<_> = all().filter_map(|(one, id)| Some((id, one.hash.as_deref()?))).collect();
    tx.add_password_hashes(&hashes).await?;
    for (one, id) in all() {
        if one.record().deleted_at.is_some() {
            tx.update_user(&mut User { id, ..one.record().clone() }).await?;
        }
        for (group, _) in one.groups.iter().filter(|(_, place)| *place == Place::Owner) {
            tx.ensure_owner(*group, id).await?;
        }
        if one.groups().any(|group| giving.contains(&group)) {
            tx.refresh_group_role_of(id).await?;
        }
    }
    Ok(ids)
}

/// The groups of a row, and what the user is to be there.
fn group_names(row: &UserRow) -> impl Iterator<Item = (&str, Place)> {
    let names = row.groups.as_deref().unwrap_or_default().split(';').map(str::trim);
    names.filter(|name| !name.is_empty()).map(|name| match name.rsplit_once(':') {
        Some((name, "manager")) => (name.trim_end(), Place::Manager),
        Some((name, "owner")) => (name.trim_end(), Place::Owner),
        _ => (name, Place::Member),
    })
}

/// A time at which something happened that is over. The bin, for one, is emptied by it.
fn over(at: Option<Timestamp>, field: Field, now: Timestamp) -> Result<Option<Timestamp>> {
    match at.map(whole_microseconds) {
        Some(at) if at > now => Err(Error::invalid(field, Reason::InTheFuture)),
        at => Ok(at),
    }
}

fn no_such(field: Field, what: &'static str, name: &str) -> Error {
    Error::invalid(field, Reason::NoSuch { what, name: name.to_owned() })
}

/// The same for a group, where what is meant for a rank may be taken for a part of the name.
fn no_such_group(field: Field, name: &str) -> Error {
    let what = match name.rsplit_once(':') {
        Some((_, rank)) if field == Field::Groups && !rank.is_empty() => {
            "a group, with no other rank behind it than :manager or :owner"
        }
        _ => "a group",
    };
    no_such(field, what, name)
}

/// What a cell holds.
fn given(cell: &Option<String>) -> Option<&str> {
    cell.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// The row as the rules for new users read it.
fn as_new(row: &UserRow) -> NewUser {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    NewUser {
        username: row.username.clone(),
        email: row.email.clone(),
        first_name: given(&row.first_name),
        last_name: given(&row.last_name),
        phone: given(&row.phone),
        profile: Some(Profile {
            city: given(&row.city),
            state: given(&row.state),
            time_zone: given(&row.time_zone),
            initials: given(&row.initials),
            department: given(&row.department),
            title: given(&row.title),
            github_username: given(&row.github_username),
        }),
        flags: Some(NewUserFlags {
            robot: row.robot,
            vpn_enabled: row.vpn_enabled,
            sso_disabled: row.sso_disabled,
            otp_required_for_login: row.otp_required_for_login,
            prefers_sms_otp: row.prefers_sms_otp,
            exempt_from_org_sms_otp_disabled: row.exempt_from_org_sms_otp_disabled,
        }),
        ..NewUser::default()
    }
}

/// Why a row is refused.
pub(crate) fn refused(row: u32, error: &Error) -> RefusedRow {
    let reason = match error {
        Error::Invalid { reason, .. } => reason.code(),
        other => other.code().as_str(),
    };
    RefusedRow { row, field: error.field(), reason: reason.to_owned(), detail: error.to_string() }
}
