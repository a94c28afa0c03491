//! The routes of this door: one table, of which requests are found and read (`call`) and the description is made
//! (`description`). Fixed names stand before the names in braces that would fit, too.

use std::{future::Future, pin::Pin};

use super::{
    Reply, activity, api_keys,
    call::Call,
    description, favorites,
    fields::{Field, integer, text},
    groups, me, organizations,
    paging::Paging,
    shares, themes, users,
};

/// What a route answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// A list; the library calls the method `list…`.
    List,
    /// A record; the library calls the method `get…`.
    Object,
    /// An empty body.
    Nothing,
}

type Handler = for<'a> fn(&'a Call) -> Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// A route.
pub(super) struct Route {
    /// The method, in capitals. HEAD is answered where GET is.
    pub(super) method: &'static str,
    /// The path below the mount, with names in braces.
    pub(super) path: &'static str,
    /// The whole path, for logs and metrics.
    pub(super) label: &'static str,
    /// What it does.
    pub(super) summary: &'static str,
    /// What may stand in the query, pages aside.
    query: &'static [Field],
    /// Its pages, if it has any.
    pub(super) paging: Option<Paging>,
    /// What may stand in the body.
    pub(super) body: &'static [Field],
    /// The status of success.
    pub(super) status: u16,
    /// What success gives.
    pub(super) gives: Gives,
    /// Whether nobody needs to be signed in.
    pub(super) is_open: bool,
    /// Whether its `id` may be `me`.
    pub(super) takes_me: bool,
    /// Whether, for oneself, a name and a password do for a key.
    pub(super) takes_password: bool,
    /// What answers.
    pub(super) answer: Handler,
}

/// What each list with pages has in its query.
const PAGES: &[Field] = &[integer("limit"), integer("page_num"), text("order"), text("order_dir")];

impl Route {
    const fn new(
        method: &'static str,
        path: &'static str,
        label: &'static str,
        summary: &'static str,
        answer: Handler,
    ) -> Self {
        Self {
            method,
            path,
            label,
            summary,
            query: &[],
            paging: None,
            body: &[],
            status: 200,
            gives: Gives::Object,
            is_open: false,
            takes_me: false,
            takes_password: false,
            answer,
        }
    }

    const fn query(self, query: &'static [Field]) -> Self {
        Self { query, ..self }
    }

    const fn body(self, body: &'static [Field]) -> Self {
        Self { body, ..self }
    }

    const fn list(self) -> Self {
        Self { gives: Gives::List, ..self }
    }

    const fn pages(
        self,
        (limit, most): (u32, u32),
        orders: &'static [&'static str],
        is_descending: bool,
    ) -> Self {
        let paging = Some(Paging { limit, most, orders, is_descending });
        Self { gives: Gives::List, paging, ..self }
    }

    const fn created(self) -> Self {
        Self { status: 201, ..self }
    }

    const fn nothing(self) -> Self {
        Self { status: 204, gives: Gives::Nothing, ..self }
    }

    const fn open(self) -> Self {
        Self { is_open: true, ..self }
    }

    const fn me(self) -> Self {
        Self { takes_me: true, ..self }
    }

    const fn password(self) -> Self {
        Self { takes_password: true, ..self }
    }

    /// Everything that may stand in the query.
    pub(super) fn query_fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        let pages = if self.paging.is_some() { PAGES } else { &[] };
        self.query.iter().chain(pages)
    }

    /// The names in braces.
    pub(super) fn parameter_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.path.split('/').filter_map(in_braces)
    }
}

macro_rules! route {
    ($method:ident $path:literal $summary:literal $handler:path) => {
        Route::new(stringify!($method), $path, concat!("/civis/", $path), $summary, |call| {
            Box::pin($handler(call))
        })
    };
}

const DOWN: bool = true;
const UP: bool = false;

/// Every route.
pub(super) static ROUTES: &[Route] = &[
    route!(GET "endpoints" "List API endpoints" description::get).query(&[text("openapi_version")]),
    route!(GET "users" "List users" users::list)
        .query(users::WANTED).pages((20, 10_000), &["name", "user"], UP),
    route!(POST "users" "Create a new user" users::create).body(users::NEW),
    route!(POST "users/confirmation" "Confirm a new e-mail address" users::confirm)
        .body(users::CONFIRMATION).open(),
    route!(GET "users/me" "Show info about the logged-in user" me::get),
    route!(PATCH "users/me" "Update info about the logged-in user" me::patch).body(me::PART),
    route!(GET "users/me/organization_admins" "List who administers one's organization" me::list_admins)
        .list(),
    route!(GET "users/me/activity" "Show what happened to what one owns, and what one did" activity::list)
        .query(activity::WANTED).list(),
    route!(GET "users/me/themes" "List the themes of one's organization" themes::list_own).list(),
    route!(GET "users/me/themes/{id}" "Show a theme of one's organization" themes::get_own),
    route!(GET "users/me/favorites" "List one's favorites" favorites::list_own)
        .query(favorites::WANTED).pages((50, 1000), &["position", "created_at"], UP),
    route!(POST "users/me/favorites" "Favorite an item" favorites::add_own).body(favorites::NEW).created(),
    route!(DELETE "users/me/favorites/{id}" "Unfavorite an item" favorites::remove_own).nothing(),
    route!(PATCH "users/me/favorites/{id}/ranking/top" "Move a favorite to the top" favorites::move_to_top)
        .nothing(),
    route!(PATCH "users/me/favorites/{id}/ranking/bottom" "Move a favorite to the bottom" favorites::move_to_bottom)
        .nothing(),
    route!(PATCH "users/me/favorites/{id}/ranking/higher" "Move a favorite one place up" favorites::move_higher)
        .nothing(),
    route!(PATCH "users/me/favorites/{id}/ranking/lower" "Move a favorite one place down" favorites::move_lower)
        .nothing(),
    route!(GET "organizations/favorites" "List the organization's favorites" favorites::list_shared)
        .query(favorites::WANTED).pages((50, 1000), &["created_at", "object_type", "object_id"], DOWN),
    route!(POST "organizations/favorites" "Favorite an item for the organization" favorites::add_shared)
        .body(favorites::NEW).created(),
    route!(DELETE "organizations/favorites/{id}" "Unfavorite an item for the organization" favorites::remove_shared)
        .nothing(),
    route!(GET "users/{id}" "Show info about a user" users::get),
    route!(PATCH "users/{id}" "Update info about a user" users::patch).body(users::PART),
    route!(DELETE "users/{id}/2fa" "Wipe a user's second factors" users::delete_2fa),
    route!(DELETE "users/{id}/sessions" "End all sessions of a user" users::delete_sessions),
    route!(POST "users/{id}/unsuspend" "Lift the suspension of a user" users::unsuspend),
    route!(POST "users/{id}/access_email" "Mail a user a link to get in with" users::mail_access).nothing(),
    route!(GET "users/{id}/api_keys" "Show the API keys of a user" api_keys::list)
        .pages((50, 50), &["id"], DOWN).me(),
    route!(POST "users/{id}/api_keys" "Create an API key for the logged-in user" api_keys::create)
        .body(api_keys::NEW).me().password(),
    route!(GET "users/{id}/api_keys/{key_id}" "Show an API key" api_keys::get).me(),
    route!(DELETE "users/{id}/api_keys/{key_id}" "Revoke an API key" api_keys::revoke).me(),
    route!(GET "groups" "List groups" groups::list)
        .query(groups::WANTED).pages((50, 1000), &["name", "created_at"], UP),
    route!(POST "groups" "Create a group" groups::create).body(groups::WHOLE).created(),
    route!(GET "groups/{id}" "Show a group" groups::get),
    route!(PUT "groups/{id}" "Replace what a group is" groups::put).body(groups::WHOLE),
    route!(PATCH "groups/{id}" "Update some of a group" groups::patch).body(groups::PART),
    route!(DELETE "groups/{id}" "Delete a group" groups::delete).nothing(),
    route!(PUT "groups/{id}/members/{user_id}" "Add a user to a group" groups::add_member),
    route!(DELETE "groups/{id}/members/{user_id}" "Remove a user from a group" groups::remove_member)
        .nothing(),
    route!(GET "groups/{id}/shares" "List with whom a group is shared" shares::get),
    route!(PUT "groups/{id}/shares/users" "Share a group with users" shares::put_users)
        .body(shares::WITH_USERS),
    route!(DELETE "groups/{id}/shares/users/{user_id}" "Share a group with a user no more" shares::delete_user)
        .nothing(),
    route!(PUT "groups/{id}/shares/groups" "Share a group with groups" shares::put_groups)
        .body(shares::WITH_GROUPS),
    route!(DELETE "groups/{id}/shares/groups/{group_id}" "Share a group with a group no more" shares::delete_group)
        .nothing(),
    route!(GET "groups/{id}/child_groups" "Show the groups that are shared with a group" shares::list_child_groups),
    route!(GET "roles" "List the roles that groups give" groups::list_roles)
        .pages((50, 1000), &["id"], UP),
    route!(GET "admin/organizations" "List organizations" organizations::list)
        .query(organizations::WANTED).list(),
    route!(POST "admin/themes" "Create a theme" themes::create).body(themes::NEW).created(),
    route!(PATCH "admin/themes/{id}" "Update some of a theme" themes::patch).body(themes::PART).created(),
    route!(GET "announcements" "List announcements" organizations::list_announcements)
        .pages((10, 50), &["released_at"], DOWN),
    route!(GET "files" "Deprecated: there are no files here" organizations::placeholder).list(),
    route!(GET "notebooks" "Deprecated: there are no notebooks here" organizations::placeholder).list(),
    route!(GET "jobs" "Deprecated: there are no jobs here" organizations::placeholder).list(),
];

/// The route of a request, and what its path has in place of the names in braces.
pub(super) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    let method = if method == "HEAD" { "GET" } else { method };
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let mut routes = ROUTES.iter().filter(|route| route.method == method);
    routes.find_map(|route| Some((route, parameters(route.path, &segments)?)))
}

fn parameters(template: &str, segments: &[&str]) -> Option<Vec<String>> {
    let mut given = segments.iter();
    let mut parameters = Vec::new();
    for expected in template.split('/') {
        let segment = given.next()?;
        if in_braces(expected).is_some() {
            parameters.push((*segment).to_owned());
        } else if expected != *segment {
            return None;
        }
    }
    given.next().is_none().then_some(parameters)
}

fn in_braces(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}
