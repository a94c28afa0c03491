//! One request of this door: what every handler takes.

use std::sync::Arc;

use axum::extract::Request;
use bytes::Bytes;
use http::request::Parts;
use roster_core::{Actor, Core, Door, Proof};
use roster_http_kit::{Kit, RequestContext, read};
use roster_model::Secret;

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
        let query = Query::parse(parts.uri.query())?;
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

    /// Somebody not signed in, whatever the header `Authorization` says.
    pub(super) fn nobody(&self) -> Result<Actor, Refusal> {
        Ok(self.kit.stranger(&self.context, Door::Airt, &self.parts.headers)?)
    }

    /// The caller, by token or API key; without a code, which this door demands where one is needed.
    pub(super) async fn caller(&self) -> Result<Actor, Refusal> {
        let actor = self.kit.caller(&self.context, Door::Airt, &self.parts).await?;
        Ok(actor.with_proof(Proof::Missing))
    }

    /// The caller with the code of the query.
    pub(super) async fn caller_with_code(&self) -> Result<Actor, Refusal> {
        let actor = self.caller().await?;
        let code = self.query.text("otp")?.map(Secret::new);
        Ok(actor.with_proof(code.map_or(Proof::Missing, Proof::Code)))
    }
}
