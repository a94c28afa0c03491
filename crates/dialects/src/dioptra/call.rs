//! One request of this door: what every handler takes.

use std::sync::Arc;

use axum::extract::Request;
use bytes::Bytes;
use http::{HeaderValue, Method, Uri, request::Parts};
use roster_core::{Actor, Core, Door, Error};
use roster_http_kit::{Kit, RequestContext, Site, has_json_type, read};
use roster_model::{CredentialKind, Secret};

use super::{PREFIX, cookie, requests::Body, translate::Refusal};

/// The path of a request as errors name it: below the mount, with its query.
#[derive(Clone, Debug, Default)]
pub(super) struct Path(String);

impl Path {
    pub(super) fn of(uri: &Uri) -> Self {
        let path = uri.path().strip_prefix(PREFIX).unwrap_or_default();
        Self(format!("{path}?{}", uri.query().unwrap_or_default()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A request, read but not yet understood.
pub(super) struct Call {
    body: Bytes,
    kit: Kit,
    context: Arc<RequestContext>,
    parts: Parts,
}

impl Call {
    /// Reads a request to its end.
    pub(super) async fn read(
        kit: Kit,
        context: Arc<RequestContext>,
        request: Request,
    ) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let body = read(body, &context).await?;
        let call = Self { body, kit, context, parts };
        call.refuse_other_sites()?;
        Ok(call)
    }

    /// A cookie goes along with whatever a browser sends here, whoever has told it to. So nothing that could change
    /// something is taken from another site's page, nor a log-in; programs, which name no site, never notice (threat
    /// T41).
    fn refuse_other_sites(&self) -> Result<(), Refusal> {
        if matches!(self.parts.method, Method::GET | Method::HEAD) {
            return Ok(());
        }
        match Site::of(&self.parts.headers, &self.core().settings().public_url) {
            Site::Here | Site::Unsaid => Ok(()),
            Site::Elsewhere | Site::Hidden => Err(Refusal::from_another_site()),
        }
    }

    /// The rulebook.
    pub(super) fn core(&self) -> &Core {
        &self.kit.core
    }

    /// The method's name; what is asked for with `HEAD` is what `GET` gives.
    pub(super) fn method(&self) -> &str {
        match self.parts.method {
            Method::HEAD => "GET",
            ref method => method.as_str(),
        }
    }

    /// The same call, noted as one of `route`.
    pub(super) fn at(&self, route: &'static str) -> &Self {
        self.context.set_route(route);
        self
    }

    /// The query, not decoded.
    pub(super) fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// The body, which must be a JSON object.
    pub(super) fn json(&self) -> Result<Body, Refusal> {
        if !has_json_type(&self.parts.headers) {
            return Err(Refusal::no_json("the body must be JSON, and said to be"));
        }
        Body::read(&self.body)
    }

    /// Somebody not signed in, whatever cookie has come.
    pub(super) fn nobody(&self) -> Result<Actor, Refusal> {
        Ok(self.kit.stranger(&self.context, Door::Dioptra, &self.parts.headers)?)
    }

    /// The caller, by the cookie. Nothing else counts: not a header `Authorization`, which the client's HTTP library may
    /// add by itself, and not a session that was opened through another door.
    pub(super) async fn caller(&self) -> Result<Actor, Refusal> {
        let token = self.token();
        let actor = self.kit.holder(&self.context, Door::Dioptra, &self.parts, token).await?;
        let is_of_this_door = actor.credential().is_some_and(|credential| {
            credential.kind == CredentialKind::Session && credential.door == Door::Dioptra.as_str()
        });
        if is_of_this_door { Ok(actor) } else { Err(Error::Unauthenticated.into()) }
    }

    /// The caller if there is one, else somebody not signed in.
    pub(super) async fn anybody(&self) -> Result<Actor, Refusal> {
        if self.token().is_some()
            && let Ok(actor) = self.caller().await
        {
            return Ok(actor);
        }
        self.nobody()
    }

    /// The token in the cookie.
    fn token(&self) -> Option<&str> {
        cookie::token(self.core(), self.context.is_by_host(), &self.parts.headers)
    }

    /// The header that gives the client the session.
    pub(super) fn set_cookie(&self, token: &Secret) -> Result<HeaderValue, Refusal> {
        self.header(&cookie::set(self.core(), self.context.is_by_host(), token))
    }

    /// The header that takes it away.
    pub(super) fn clear_cookie(&self) -> Result<HeaderValue, Refusal> {
        self.header(&cookie::clear(self.core(), self.context.is_by_host()))
    }

    fn header(&self, text: &str) -> Result<HeaderValue, Refusal> {
        let mut value = HeaderValue::from_str(text).map_err(Error::internal)?;
        value.set_sensitive(true);
        Ok(value)
    }
}
