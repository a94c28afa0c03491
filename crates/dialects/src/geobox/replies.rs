//! What Geobox's client reads. Every key is always there, empty or not: the client fails on one that is missing.

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use roster_model::{ApiKey, DirectoryEntry, GroupSummary, IssuedApiKey, Plan, Session, User};
use serde::Serialize;

use super::{times::written, words};
use crate::json;

/// The reply to what was done.
pub(super) fn done(body: &impl Serialize) -> super::Reply {
    Ok(json::reply(StatusCode::OK, body))
}

/// The reply to what leaves nothing to say.
pub(super) fn nothing() -> super::Reply {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(reply)
}

/// How many there are.
#[derive(Serialize)]
pub(super) struct CountReply {
    pub(super) count: u64,
}

/// An access token.
#[derive(Serialize)]
pub(super) struct TokenReply {
    pub(super) access_token: roster_model::Secret,
    pub(super) token_type: &'static str,
    pub(super) expires_in: i64,
}

/// A user, whole or as much of it as everybody in its organization may know.
#[derive(Serialize)]
pub(super) struct UserReply<'a> {
    id: i64,
    username: &'a str,
    email: Option<&'a str>,
    first_name: &'a str,
    last_name: &'a str,
    mobile: Option<&'a str>,
    role: Option<&'static str>,
    status: Option<&'static str>,
    plan: Option<PlanReply<'a>>,
    plan_id: Option<i64>,
    parent_id: Option<i64>,
    expiration_date: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

impl<'a> UserReply<'a> {
    /// A user with its plan, if it has one.
    pub(super) fn new(user: &'a User, plan: Option<&'a Plan>) -> Self {
        Self {
            id: user.id.0,
            username: &user.username,
            // The confirmed one: what reads it here may trust it, and finds by it.
            email: Some(&user.email),
            first_name: &user.first_name,
            last_name: &user.last_name,
            mobile: user.phone.as_ref().map(|phone| phone.as_typed.as_str()),
            role: Some(words::of_role(user.role)),
            status: Some(words::of_status(user.status)),
            plan: plan.map(PlanReply::from),
            plan_id: plan.map(|plan| plan.id.0),
            parent_id: user.parent_id.map(|parent| parent.0),
            expiration_date: user.plan_expires_at.map(written),
            created_at: Some(written(user.created_at)),
            updated_at: Some(written(user.updated_at)),
        }
    }
}

impl<'a> From<&'a DirectoryEntry> for UserReply<'a> {
    fn from(entry: &'a DirectoryEntry) -> Self {
        Self {
            id: entry.id.0,
            username: &entry.username,
            email: None,
            first_name: &entry.first_name,
            last_name: &entry.last_name,
            mobile: None,
            role: None,
            status: None,
            plan: None,
            plan_id: None,
            parent_id: None,
            expiration_date: None,
            created_at: None,
            updated_at: None,
        }
    }
}

/// A plan.
#[derive(Serialize)]
pub(super) struct PlanReply<'a> {
    id: i64,
    name: &'a str,
    display_name: Option<&'a str>,
    description: Option<&'a str>,
    plan_color: &'a str,
    storage: i64,
    concurrent_tasks: i64,
    daily_api_calls: i64,
    monthly_api_calls: i64,
    daily_traffic: i64,
    monthly_traffic: i64,
    daily_process: i64,
    monthly_process: i64,
    number_of_days: Option<i64>,
    created_at: String,
    updated_at: String,
}

impl<'a> From<&'a Plan> for PlanReply<'a> {
    fn from(plan: &'a Plan) -> Self {
        Self {
            id: plan.id.0,
            name: &plan.name,
            display_name: plan.display_name.as_deref(),
            description: plan.description.as_deref(),
            plan_color: &plan.plan_color,
            storage: plan.storage,
            concurrent_tasks: plan.concurrent_tasks,
            daily_api_calls: plan.daily_api_calls,
            monthly_api_calls: plan.monthly_api_calls,
            daily_traffic: plan.daily_traffic,
            monthly_traffic: plan.monthly_traffic,
            daily_process: plan.daily_process,
            monthly_process: plan.monthly_process,
            number_of_days: plan.number_of_days,
            created_at: written(plan.created_at),
            updated_at: written(plan.updated_at),
        }
    }
}

/// A session.
#[derive(Serialize)]
pub(super) struct SessionReply<'a> {
    uuid: uuid::Uuid,
    id: i64,
    user_id: i64,
    agent: &'a str,
    ip: Option<&'a str>,
    created_at: String,
    last_used_at: String,
    expires_at: String,
}

impl<'a> From<&'a Session> for SessionReply<'a> {
    fn from(session: &'a Session) -> Self {
        Self {
            uuid: session.uuid,
            id: session.id.0,
            user_id: session.user_id.0,
            agent: session.user_agent.as_deref().unwrap_or_default(),
            ip: session.address.as_deref(),
            created_at: written(session.created_at),
            last_used_at: written(session.last_used_at),
            expires_at: written(session.expires_at),
        }
    }
}

/// An API key, with its token only when it was just made.
#[derive(Serialize)]
pub(super) struct ApiKeyReply<'a> {
    id: i64,
    name: &'a str,
    key: String,
    revoked: bool,
    expiration_mode: Option<&'static str>,
    expiration_interval: Option<&'static str>,
    expires_at: Option<String>,
    user_id: i64,
    created_at: String,
    last_used_at: Option<String>,
}

impl<'a> From<&'a ApiKey> for ApiKeyReply<'a> {
    fn from(key: &'a ApiKey) -> Self {
        Self {
            id: key.id.0,
            name: &key.name,
            key: format!("{}********", key.prefix),
            revoked: key.revoked_at.is_some(),
            // However its end was said, it is an instant from then on.
            expiration_mode: key.expires_at.map(|_| "datetime"),
            expiration_interval: None,
            expires_at: key.expires_at.map(written),
            user_id: key.user_id.0,
            created_at: written(key.created_at),
            last_used_at: key.last_used_at.map(written),
        }
    }
}

impl<'a> From<&'a IssuedApiKey> for ApiKeyReply<'a> {
    fn from(issued: &'a IssuedApiKey) -> Self {
        Self { key: issued.token.expose().to_owned(), ..Self::from(&issued.api_key) }
    }
}

/// A group.
#[derive(Serialize)]
pub(super) struct GroupReply<'a> {
    id: i64,
    name: &'a str,
    description: &'a str,
    owner_id: Option<i64>,
    owner_name: Option<&'a str>,
    member_count: u64,
}

impl<'a> From<&'a GroupSummary> for GroupReply<'a> {
    fn from(summary: &'a GroupSummary) -> Self {
        let group = &summary.group;
        Self {
            id: group.id.0,
            name: &group.name,
            description: &group.description,
            owner_id: group.owner_id.map(|owner| owner.0),
            owner_name: summary.owner_name.as_deref(),
            member_count: summary.member_count,
        }
    }
}
