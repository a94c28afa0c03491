//! `users/{id}/api_keys`.

use jiff::{SignedDuration, Timestamp};
use roster_core::{Error, KeyRef, Kind, Selection};
use roster_model::{
    ApiKey, ApiKeyField, ApiKeyId, Constraint, ConstraintKind, Field as Part, Filter, NewApiKey,
    Reason,
};
use serde_json::{Value, json};

use super::{
    Reply,
    call::Call,
    fields::{Field, boolean, integer, objects, text, text_up_to},
    parameters::Values,
    replies::{done, page},
    times,
    translate::Refusal,
};

/// A constraint.
const CONSTRAINT: &[Field] = &[
    text_up_to("constraint", 1000).nullable(),
    text("constraint_type").required(),
    boolean("get_allowed").nullable(),
    boolean("head_allowed").nullable(),
    boolean("post_allowed").nullable(),
    boolean("put_allowed").nullable(),
    boolean("patch_allowed").nullable(),
    boolean("delete_allowed").nullable(),
];

/// The methods of a constraint and their flags.
const METHODS: [(&str, &str); 6] = [
    ("GET", "get_allowed"),
    ("HEAD", "head_allowed"),
    ("POST", "post_allowed"),
    ("PUT", "put_allowed"),
    ("PATCH", "patch_allowed"),
    ("DELETE", "delete_allowed"),
];

/// What a new key is to be.
pub(super) const NEW: &[Field] = &[
    integer("expires_in").required(),
    text("name").required(),
    objects("constraints", CONSTRAINT).nullable(),
];

/// The longest life of a key, in seconds: ten years.
const LONGEST_LIFE: i64 = 315_360_000;

pub(super) async fn list(call: &Call) -> Reply {
    let (owner, wanted) = (call.user_or_me()?, call.page()?);
    let found = call.core().select_api_keys(&call.actor, &owner, &everything()).await?;
    let now = call.core().now();
    let keys = wanted.of(found.items);
    let rows: Vec<_> = keys.iter().map(|key| summary(key, now)).collect();
    page(&wanted, found.total, &rows)
}

pub(super) async fn get(call: &Call) -> Reply {
    let (owner, key) = (call.user_or_me()?, key(call)?);
    let found = call.core().get_api_key(&call.actor, &owner, &key).await?;
    done(&detail(&found, call.core().now()))
}

pub(super) async fn create(call: &Call) -> Reply {
    let owner = call.user_or_me()?;
    let now = call.core().now();
    let life = call.body.integer("expires_in").filter(|life| (1..=LONGEST_LIFE).contains(life));
    let end = life.and_then(|life| now.checked_add(SignedDuration::from_secs(life)).ok());
    let reason = Reason::OutOfRange { min: 1, max: LONGEST_LIFE };
    let end = end.ok_or_else(|| Error::invalid(Part::ExpiresAt, reason))?;
    let constraints = call.body.objects("constraints", CONSTRAINT)?;
    let new = NewApiKey {
        name: call.body.text("name").unwrap_or_default().to_owned(),
        expires_at: Some(end),
        constraints: constraints.iter().enumerate().map(constraint).collect::<Result<_, _>>()?,
        ..NewApiKey::default()
    };
    let issued = call.core().create_api_key(&call.actor, &owner, &new).await?;
    let mut reply = detail(&issued.api_key, now);
    reply["token"] = issued.token.expose().into();
    done(&reply)
}

pub(super) async fn revoke(call: &Call) -> Reply {
    let (owner, key) = (call.user_or_me()?, key(call)?);
    let revoked = match call.core().revoke_api_key(&call.actor, &owner, &key).await {
        // It is as it is to be.
        Err(Error::WrongState(_)) => call.core().get_api_key(&call.actor, &owner, &key).await,
        revoked => revoked,
    };
    done(&detail(&revoked?, call.core().now()))
}

/// A user's keys, of which pages are taken here.
fn everything() -> Selection<ApiKeyField> {
    Selection { filter: Filter::default(), order: Vec::new(), skip: 0, limit: u64::MAX }
}

fn key(call: &Call) -> Result<KeyRef, Refusal> {
    Ok(KeyRef::Id(ApiKeyId(call.id(1, Kind::ApiKey)?)))
}

/// A constraint as the rulebook has it. What it may hold is decided there.
fn constraint((at, given): (usize, &Values)) -> Result<Constraint, Refusal> {
    let wrong = |what: &str| Refusal::invalid(format!("constraints[{at}]{what}"));
    let kind = given.text("constraint_type").and_then(ConstraintKind::from_word);
    let kind = kind.ok_or_else(|| wrong(".constraintType must be exact, prefix, regex or verb"))?;
    let text = given.text("constraint");
    if kind == ConstraintKind::Verb && text.is_some() {
        return Err(wrong(" of type verb takes no constraint"));
    }
    let is_allowed = |flag: &&(&str, &str)| given.boolean(flag.1).unwrap_or(false);
    let methods = METHODS.iter().filter(is_allowed).map(|(method, _)| (*method).to_owned());
    Ok(Constraint { kind, path: text.unwrap_or_default().to_owned(), methods: methods.collect() })
}

fn summary(key: &ApiKey, now: Timestamp) -> Value {
    let mut row = common(key, now);
    row["constraintCount"] = key.constraints.len().into();
    row
}

fn detail(key: &ApiKey, now: Timestamp) -> Value {
    let mut record = common(key, now);
    record["constraints"] = key.constraints.iter().map(shown).collect();
    record
}

fn common(key: &ApiKey, now: Timestamp) -> Value {
    let is_expired = key.expires_at.is_some_and(|end| end <= now);
    let scopes = if key.scopes.is_empty() { vec!["public".to_owned()] } else { key.scopes.clone() };
    json!({
        "id": key.id,
        "name": key.name,
        "expiresAt": key.expires_at.map(times::written),
        "createdAt": times::written(key.created_at),
        "revokedAt": key.revoked_at.map(times::written),
        "lastUsedAt": key.last_used_at.map(times::written),
        "scopes": scopes,
        "useCount": key.use_count,
        "expired": is_expired,
        "active": !is_expired && key.revoked_at.is_none(),
    })
}

fn shown(constraint: &Constraint) -> Value {
    let may = |method: &str| constraint.methods.iter().any(|one| one == method);
    let text = (constraint.kind != ConstraintKind::Verb).then_some(&constraint.path);
    json!({
        "constraint": text,
        "constraintType": constraint.kind,
        "getAllowed": may("GET"),
        "headAllowed": may("HEAD"),
        "postAllowed": may("POST"),
        "putAllowed": may("PUT"),
        "patchAllowed": may("PATCH"),
        "deleteAllowed": may("DELETE"),
    })
}
