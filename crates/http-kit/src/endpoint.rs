//! From a declared endpoint and a handler to a route.

use std::{future::Future, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, RawPathParams, Request, State},
    response::Response,
    routing::{MethodFilter, on},
};
use bytes::Bytes;
use http::{
    HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, ETAG},
    request::Parts,
};
use roster_api::{Endpoint, Query, Reply};
use roster_core::{Actor, Core, Door, Error};
use roster_model::Field;
use serde::Serialize;
use serde_json::Value;

use crate::{Kit, Refusal, RequestContext, body, conditions, json};

/// A call of an endpoint: everything read, nothing decided.
#[derive(Debug)]
pub struct Call<E: Endpoint> {
    /// The rulebook.
    pub core: Core,
    /// Who asks.
    pub actor: Actor,
    /// What the path names.
    pub path: E,
    /// What stands after the `?`.
    pub query: E::Query,
    /// The body.
    pub body: E::Body,
    /// The version in `If-Match`, where the endpoint takes it.
    pub expected_version: Option<i64>,
}

/// The route of endpoint `E`.
pub fn endpoint<E, F>(handler: fn(Call<E>) -> F) -> Router<Kit>
where
    E: Endpoint,
    F: Future<Output = Result<E::Reply, Error>> + Send + 'static,
{
    let route =
        on(filter(&E::METHOD), move |State(kit): State<Kit>, request: Request| async move {
            let context = RequestContext::of(request.extensions());
            context.set_route(E::PATH);
            match answer::<E, F>(kit, &context, request, handler).await {
                Ok(response) => response,
                Err(refusal) => refusal.into_problem(context.id()),
            }
        });
    Router::new().route(E::PATH, route)
}

async fn answer<E, F>(
    kit: Kit,
    context: &Arc<RequestContext>,
    request: Request,
    handler: fn(Call<E>) -> F,
) -> Result<Response, Refusal>
where
    E: Endpoint,
    F: Future<Output = Result<E::Reply, Error>> + Send + 'static,
{
    let described = E::DESCRIPTION;
    let (mut parts, body) = request.into_parts();
    let mut actor = if described.is_open {
        kit.stranger(context, Door::Native, &parts.headers)?
    } else {
        kit.caller(context, Door::Native, &parts.method, &parts.uri, &parts.headers).await?
    };
    actor = actor.with_proof(conditions::proof(&parts.headers)?);
    let path = read_path::<E>(&mut parts).await?;
    let query = read_query::<E>(parts.uri.query())?;
    let expected_version =
        if described.takes_if_match { conditions::if_match(&parts.headers)? } else { None };
    let bytes = match described.body {
        Some(_) => read_body(&parts, body, context).await?,
        None => Bytes::new(),
    };
    if described.is_idempotent_creation {
        let Parts { headers, method, uri, .. } = &parts;
        let once = conditions::idempotency(headers, method, uri.path(), &bytes)?;
        actor = actor.with_idempotency(once);
    }
    let body = match described.body {
        Some(_) => json::parse(&bytes)?,
        None => json::nothing()?,
    };
    let wanted = query.fields().map(|names| wanted_fields::<E>(names)).transpose()?;
    let call = Call { core: kit.core, actor, path, query, body, expected_version };
    let reply = handler(call).await.map_err(|error| context.refusal(error))?;
    render::<E>(&reply, wanted.as_deref())
}

/// The fields that records are to be cut down to.
fn wanted_fields<E: Endpoint>(names: &str) -> Result<Vec<String>, Refusal> {
    let known = E::DESCRIPTION.reply.map(|page| page.record_fields()).unwrap_or_default();
    let wanted: Vec<_> = names.split(',').map(|name| name.trim().to_owned()).collect();
    if wanted.iter().all(|name| known.contains(name)) {
        return Ok(wanted);
    }
    let detail = format!("fields must be some of {}, with commas between", known.join(", "));
    Err(Refusal::invalid(Field::Fields, "not_one_of", detail))
}

async fn read_path<E: Endpoint>(parts: &mut Parts) -> Result<E, Refusal> {
    if E::DESCRIPTION.params.is_empty() {
        return E::from_path(&[]).ok_or_else(Refusal::not_found);
    }
    // The gate lets only UTF-8 through.
    let params =
        RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Refusal::not_found())?;
    let values: Vec<_> = params.iter().map(|(_, value)| value).collect();
    E::from_path(&values).ok_or_else(Refusal::not_found)
}

fn read_query<E: Endpoint>(query: Option<&str>) -> Result<E::Query, Refusal> {
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        return Ok(E::Query::default());
    };
    let known = E::Query::NAMES;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split('=').next().unwrap_or_default();
        if !known.contains(&name) {
            let detail = if known.is_empty() {
                "this endpoint takes no query parameters".to_owned()
            } else {
                format!("a query parameter is not known here; known are {}", known.join(", "))
            };
            return Err(Refusal::invalid(Field::Query, "unknown_field", detail));
        }
    }
    E::Query::read(query).map_err(|error| {
        let detail: String =
            format!("a query parameter is wrong: {error}").chars().take(200).collect();
        Refusal::invalid(Field::Query, "malformed", detail)
    })
}

async fn read_body(parts: &Parts, body: Body, context: &RequestContext) -> Result<Bytes, Refusal> {
    if !body::has_json_type(&parts.headers) {
        return Err(Refusal::http(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the body must be JSON, with Content-Type: application/json",
        ));
    }
    body::read(body, context).await
}

fn render<E: Endpoint>(reply: &E::Reply, wanted: Option<&[String]>) -> Result<Response, Refusal> {
    let mut response = if E::DESCRIPTION.reply.is_some() {
        let body = match wanted {
            None => serde_json::to_vec(reply),
            Some(wanted) => cut(reply, wanted),
        };
        let body = body.map_err(Error::internal)?;
        let mut response = Response::new(Body::from(body));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    } else {
        Response::new(Body::empty())
    };
    *response.status_mut() = E::STATUS;
    if let Some(version) = reply.version()
        && let Ok(tag) = HeaderValue::try_from(format!("\"{version}\""))
    {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

/// A page whose records have these fields only.
fn cut(page: &impl Serialize, wanted: &[String]) -> Result<Vec<u8>, serde_json::Error> {
    let mut page = serde_json::to_value(page)?;
    let records = page.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten();
    for record in records.filter_map(Value::as_object_mut) {
        record.retain(|name, _| wanted.contains(name));
    }
    serde_json::to_vec(&page)
}

fn filter(method: &Method) -> MethodFilter {
    match *method {
        Method::POST => MethodFilter::POST,
        Method::PUT => MethodFilter::PUT,
        Method::PATCH => MethodFilter::PATCH,
        Method::DELETE => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}
