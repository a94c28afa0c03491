//! One request of this door: what every handler takes.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::Request,
};
use http::{Method, request::Parts};
use roster_core::{Actor, Core, Door, Error, Kind, RequestLine, paths};
use roster_http_kit::{Kit, RequestContext, read};
use roster_model::{OrganizationId, Secret, SignIn, UserId, UserRef};

use super::{
    PREFIX,
    credentials::{Credential, unauthenticated},
    fields::MAX_ID,
    paging::Page,
    parameters::Values,
    routes::{self, Route},
    translate::Refusal,
};

/// A request of a known route by somebody known, with its parameters read.
pub(super) struct Call {
    /// Who asks.
    pub(super) actor: Actor,
    /// The declaration that it is read by.
    pub(super) route: &'static Route,
    /// What stands after the `?`.
    pub(super) query: Values,
    /// The body.
    pub(super) body: Values,
    parameters: Vec<String>,
    kit: Kit,
    /// Whether the caller came with a password and has a session for this one request.
    is_passing: bool,
}

impl Call {
    /// Reads a request to its end. Who asks is found out first, then what.
    pub(super) async fn read(
        kit: Kit,
        context: Arc<RequestContext>,
        request: Request,
    ) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        // The gate has made the path canonical; what is left to do is to decode it. Router and constraints read this.
        let path = paths::canonical(parts.uri.path()).ok_or_else(Refusal::no_such_route)?;
        let path = path.strip_prefix(PREFIX).ok_or_else(Refusal::no_such_route)?;
        let found = routes::find(parts.method.as_str(), path);
        let (actor, is_passing) =
            authenticate(&kit, &context, &parts, path, found.as_ref()).await?;
        let (route, parameters) = found.ok_or_else(Refusal::no_such_route)?;
        context.set_route(route.label);
        let (query, body) = match read_values(&context, &parts, body, route).await {
            Ok(values) => values,
            Err(refusal) => {
                if is_passing {
                    kit.core.sign_out(&actor).await?;
                }
                return Err(refusal);
            }
        };
        Ok(Self { actor, route, query, body, parameters, kit, is_passing })
    }

    /// The rulebook.
    pub(super) fn core(&self) -> &Core {
        &self.kit.core
    }

    /// What the path has in place of a name in braces.
    pub(super) fn parameter(&self, place: usize) -> &str {
        self.parameters.get(place).map_or("", String::as_str)
    }

    /// The number in the path.
    pub(super) fn id(&self, place: usize, kind: Kind) -> Result<i64, Refusal> {
        id(self.parameter(place)).ok_or_else(|| Error::NotFound(kind).into())
    }

    /// The user that the path names by number.
    pub(super) fn user(&self) -> Result<UserRef, Refusal> {
        Ok(UserRef::Id(UserId(self.id(0, Kind::User)?)))
    }

    /// The user that the path names by number or as `me`.
    pub(super) fn user_or_me(&self) -> Result<UserRef, Refusal> {
        if self.parameter(0) == "me" { Ok(UserRef::Me) } else { self.user() }
    }

    /// The caller's organization.
    pub(super) fn own_organization(&self) -> Result<OrganizationId, Refusal> {
        let credential = self.actor.credential().ok_or(Error::Unauthenticated)?;
        Ok(credential.user.organization_id)
    }

    /// The page that is asked for.
    pub(super) fn page(&self) -> Result<Page, Refusal> {
        match &self.route.paging {
            Some(paging) => paging.read(&self.query),
            None => Err(Refusal::no_such_route()),
        }
    }

    /// Ends the session of a caller who came with a password.
    pub(super) async fn close(&self) -> Result<(), Refusal> {
        if self.is_passing {
            self.core().sign_out(&self.actor).await?;
        }
        Ok(())
    }
}

/// What the request says, in its query and its body.
async fn read_values(
    context: &RequestContext,
    parts: &Parts,
    body: Body,
    route: &Route,
) -> Result<(Values, Values), Refusal> {
    let query = Values::of_query(parts.uri.query().unwrap_or_default(), route.query_fields())?;
    let has_body = !matches!(parts.method, Method::GET | Method::HEAD | Method::DELETE);
    let bytes = if has_body { read(body, context).await? } else { Bytes::new() };
    Ok((query, Values::of_body(&bytes, route.body)?))
}

/// The number of a record in a path. None if no record can have it. There is one way to write each (threat T33): to the
/// constraints of keys `007` would be another path than `7`.
fn id(segment: &str) -> Option<i64> {
    let is_number = !segment.starts_with('0') && segment.bytes().all(|byte| byte.is_ascii_digit());
    segment.parse().ok().filter(|id| is_number && (1..=MAX_ID).contains(id))
}

/// Who asks; with whether the session is for this request only.
async fn authenticate(
    kit: &Kit,
    context: &RequestContext,
    parts: &Parts,
    path: &str,
    found: Option<&(&'static Route, Vec<String>)>,
) -> Result<(Actor, bool), Refusal> {
    let Parts { method, uri, headers, .. } = parts;
    if found.is_some_and(|(route, _)| route.is_open) {
        return Ok((kit.stranger(context, Door::Civis, headers)?, false));
    }
    let line = RequestLine { method: method.as_str(), path };
    let origin = context.origin(Door::Civis, headers);
    match Credential::read(headers, uri)? {
        Credential::None => Ok((kit.holder_at(context, line, origin, None).await?, false)),
        Credential::Token(token) => {
            Ok((kit.holder_at(context, line, origin, Some(token.expose())).await?, false))
        }
        Credential::Password(login, password) => {
            let makes_first_key = found.is_some_and(|(route, parameters)| {
                route.takes_password && parameters.first().is_some_and(|user| user == "me")
            });
            let nobody = kit.stranger(context, Door::Civis, headers)?;
            if !makes_first_key {
                return Err(unauthenticated());
            }
            let token = sign_in(kit, &nobody, login, password).await?;
            Ok((kit.holder_at(context, line, origin, Some(token.expose())).await?, true))
        }
    }
}

async fn sign_in(
    kit: &Kit,
    nobody: &Actor,
    login: String,
    password: Secret,
) -> Result<Secret, Refusal> {
    let sign_in = SignIn { login, password, code: None };
    Ok(kit.core.sign_in(nobody, &sign_in).await?.token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t46_what_is_no_number_of_a_record_names_none() {
        assert_eq!(id("7"), Some(7));
        assert_eq!(id("9007199254740991"), Some(MAX_ID));
        for text in
            ["0", "007", "-1", "+1", "9007199254740992", "99999999999999999999", "1.0", "", "me"]
        {
            assert_eq!(id(text), None, "{text}");
        }
    }
}
