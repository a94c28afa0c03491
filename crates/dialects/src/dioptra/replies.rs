//! What Dioptra's client reads: exactly these keys.

use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use roster_core::Account;
use roster_model::{DirectoryEntry, Group, GroupId, GroupPerson, GroupWithPeople, UserId};
use serde::{Serialize, Serializer};

use crate::json;

/// The reply to what was done.
pub(super) fn done(body: &impl Serialize) -> super::Reply {
    Ok(json::reply(StatusCode::OK, body))
}

/// The reply to what will be done when somebody has opened a mailed link.
pub(super) fn accepted(body: &impl Serialize) -> super::Reply {
    Ok(json::reply(StatusCode::ACCEPTED, body))
}

/// What was done, with a cookie.
pub(super) fn done_with(cookie: HeaderValue, body: &impl Serialize) -> super::Reply {
    let mut reply = json::reply(StatusCode::OK, body);
    reply.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(reply)
}

/// A sign-in.
#[derive(Serialize)]
pub(super) struct LoginReply<'a> {
    pub(super) username: &'a str,
    pub(super) status: &'static str,
}

/// A sign-out.
#[derive(Serialize)]
pub(super) struct LogoutReply<'a> {
    pub(super) username: &'a str,
    pub(super) everywhere: bool,
    pub(super) status: &'static str,
}

/// What was done, and nothing more.
#[derive(Serialize)]
pub(super) struct StatusReply {
    pub(super) status: &'static str,
}

/// What was done, and how it goes on.
#[derive(Serialize)]
pub(super) struct MailedReply<'a> {
    pub(super) status: &'static str,
    pub(super) message: &'a str,
}

/// Whom something was done to.
#[derive(Serialize)]
pub(super) struct DeletedReply {
    pub(super) id: [i64; 1],
    pub(super) status: &'static str,
}

/// A user as everybody sees it.
#[derive(Serialize)]
pub(super) struct UserReply<'a> {
    id: i64,
    username: &'a str,
    email: &'a str,
}

impl<'a> From<&'a DirectoryEntry> for UserReply<'a> {
    fn from(entry: &'a DirectoryEntry) -> Self {
        Self { id: entry.id.0, username: &entry.username, email: &entry.email }
    }
}

/// A user as it sees itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrentUserReply<'a> {
    id: i64,
    username: &'a str,
    email: &'a str,
    groups: Vec<GroupRef<'a>>,
    created_on: Time,
    last_modified_on: Time,
    last_login_on: Option<Time>,
    password_expires_on: Time,
}

impl<'a> From<&'a Account> for CurrentUserReply<'a> {
    fn from(Account { user, groups }: &'a Account) -> Self {
        Self {
            id: user.id.0,
            username: &user.username,
            // Dioptra knows no confirmation: the address is the one that was given last.
            email: user.unconfirmed_email.as_deref().unwrap_or(&user.email),
            groups: groups.iter().map(GroupRef::from).collect(),
            created_on: Time(user.created_at),
            last_modified_on: Time(user.updated_at),
            last_login_on: user.current_sign_in_at.map(Time),
            // There is no word for a password that never expires.
            password_expires_on: Time(user.password_expires_at.unwrap_or(NEVER)),
        }
    }
}

/// A group.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupReply<'a> {
    id: i64,
    name: &'a str,
    user: UserRef<'a>,
    members: Vec<MemberReply<'a>>,
    created_on: Time,
    last_modified_on: Time,
}

impl<'a> From<&'a GroupWithPeople> for GroupReply<'a> {
    fn from(GroupWithPeople { group, creator, people }: &'a GroupWithPeople) -> Self {
        let creator = creator.as_ref().map_or((UserId(0), ""), |(id, name)| (*id, name));
        Self {
            id: group.id.0,
            name: &group.name,
            user: UserRef::new(creator.0, creator.1),
            members: people.iter().map(|person| MemberReply::new(group, person)).collect(),
            created_on: Time(group.created_at),
            last_modified_on: Time(group.updated_at),
        }
    }
}

/// A member of a group.
#[derive(Serialize)]
struct MemberReply<'a> {
    user: UserRef<'a>,
    group: GroupRef<'a>,
    permissions: Permissions,
}

impl<'a> MemberReply<'a> {
    fn new(group: &'a Group, person: &'a GroupPerson) -> Self {
        let manages = person.is_manager;
        Self {
            user: UserRef::new(person.id, &person.username),
            group: GroupRef::from(group),
            permissions: Permissions {
                read: true,
                write: true,
                share_read: manages,
                share_write: manages,
                owner: manages,
                admin: manages,
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Permissions {
    read: bool,
    write: bool,
    share_read: bool,
    share_write: bool,
    owner: bool,
    admin: bool,
}

/// A user, named.
#[derive(Serialize)]
struct UserRef<'a> {
    id: i64,
    username: &'a str,
    url: Url,
}

impl<'a> UserRef<'a> {
    fn new(id: UserId, username: &'a str) -> Self {
        Self { id: id.0, username, url: Url::User(id) }
    }
}

/// A group, named.
#[derive(Serialize)]
struct GroupRef<'a> {
    id: i64,
    name: &'a str,
    url: Url,
}

impl<'a> From<&'a Group> for GroupRef<'a> {
    fn from(group: &'a Group) -> Self {
        Self { id: group.id.0, name: &group.name, url: Url::Group(group.id) }
    }
}

/// Where a thing is, below what the client calls the address of the platform.
enum Url {
    User(UserId),
    Group(GroupId),
}

impl Serialize for Url {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::User(id) => to.collect_str(&format_args!("/api/v1/users/{id}")),
            Self::Group(id) => to.collect_str(&format_args!("/api/v1/groups/{id}")),
        }
    }
}

/// A time in UTC with its offset, as Python writes it.
#[derive(Clone, Copy)]
struct Time(Timestamp);

/// As late as both Python and Roster can count.
const NEVER: Timestamp = Timestamp::constant(253_402_128_000, 0);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0.strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_microseconds_and_an_offset() {
        let written = |at: Timestamp| serde_json::to_value(Time(at)).unwrap();
        let at: Timestamp = "2026-02-02T18:47:44.794278Z".parse().unwrap();
        assert_eq!(written(at), "2026-02-02T18:47:44.794278+00:00");
        assert_eq!(written(NEVER), "9999-12-30T00:00:00.000000+00:00");
    }
}
