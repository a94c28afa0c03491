//! One request of this door: what every handler takes.

use std::sync::Arc;

use axum::extract::Request;
use bytes::Bytes;
use http::{header::AUTHORIZATION, request::Parts};
use roster_core::{Actor, Core, Door};
use roster_http_kit::{Kit, RequestContext, read};

use super::{query::Query, translate::Refusal};

/// A request, read but not yet understood.
pub(super) struct Call {
    pub(super) query: Query,
    pub(super) body: Bytes,
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
        let query = Query::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let body = read(body, &context).await?;
        Ok(Self { query, body, kit, context, parts })
    }

    /// The rulebook.
    pub(super) fn core(&self) -> &Core {
        &self.kit.core
    }

    /// The method's name.
    pub(super) fn method(&self) -> &str {
        self.parts.method.as_str()
    }

    /// The same call, noted as one of `route`.
    pub(super) fn at(&self, route: &'static str) -> &Self {
        self.context.set_route(route);
        self
    }

    /// Somebody not signed in, whatever credential has come.
    pub(super) fn nobody(&self) -> Result<Actor, Refusal> {
        Ok(self.kit.stranger(&self.context, Door::Geobox, &self.parts.headers)?)
    }

    /// The caller, by the header `Authorization` if there is one, whatever it holds, else by the `apikey` of the query.
    pub(super) async fn caller(&self) -> Result<Actor, Refusal> {
        if self.parts.headers.contains_key(AUTHORIZATION) {
            return Ok(self.kit.caller(&self.context, Door::Geobox, &self.parts).await?);
        }
        let key = self.query.secret("apikey");
        let key = key.as_ref().map(|key| key.expose());
        Ok(self.kit.key_holder(&self.context, Door::Geobox, &self.parts, key).await?)
    }
}
