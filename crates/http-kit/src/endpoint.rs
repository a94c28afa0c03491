//! From a declared endpoint and a handler to a route.

use std::{borrow::Cow, future::Future, pin::Pin, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, RawPathParams, Request, State},
    response::Response,
    routing::{MethodFilter, on},
};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG},
    request::Parts,
};
use roster_api::{Body as _, Endpoint, EndpointDescription, Query, Reply, Shape};
use roster_core::{Actor, Core, Door, Error};
use roster_model::{Field, Misread};
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

/// Answers the requests of one endpoint, whatever their types: what axum and the reading of requests are made of would
/// otherwise be compiled anew for each of them.
type Answer = Arc<dyn Fn(Kit, Arc<RequestContext>, Request) -> Answering + Send + Sync>;
type Answering = Pin<Box<dyn Future<Output = Result<Response, Refusal>> + Send>>;

/// The route of endpoint `E`.
pub fn endpoint<E, F>(handler: fn(Call<E>) -> F) -> Router<Kit>
where
    E: Endpoint,
    F: Future<Output = Result<E::Reply, Error>> + Send + 'static,
{
    let answer = move |kit, context, request| -> Answering {
        Box::pin(answer::<E, F>(kit, context, request, handler))
    };
    route(&E::METHOD, E::PATH, Arc::new(answer))
}

fn route(method: &Method, path: &'static str, answer: Answer) -> Router<Kit> {
    let route = on(filter(method), async move |State(kit): State<Kit>, request: Request| {
        let context = RequestContext::of(request.extensions());
        context.set_route(path);
        match answer(kit, Arc::clone(&context), request).await {
            Ok(response) => response,
            Err(refusal) => refusal.into_problem(context.id()),
        }
    });
    Router::new().route(path, route)
}

async fn answer<E, F>(
    kit: Kit,
    context: Arc<RequestContext>,
    request: Request,
    handler: fn(Call<E>) -> F,
) -> Result<Response, Refusal>
where
    E: Endpoint,
    F: Future<Output = Result<E::Reply, Error>> + Send + 'static,
{
    let core = kit.core.clone();
    let Read { actor, path, query, body, expected_version, room } =
        read(kit, &context, request, E::DESCRIPTION).await?;
    let values: Vec<_> = path.iter().map(String::as_str).collect();
    let path = E::from_path(&values).ok_or_else(|| no_such_place(E::DESCRIPTION, &values))?;
    let query = read_query::<E::Query>(query.as_deref())?;
    let body = match body {
        Some(bytes) => E::Body::read(&bytes, json::Strictly)?,
        None => E::Body::read(&Bytes::new(), json::Nothing)?,
    };
    let wanted = match query.fields() {
        Some(names) => Some(wanted_fields(names, E::DESCRIPTION)?),
        None => None,
    };
    let call = Call { core, actor, path, query, body, expected_version };
    let reply = handler(call).await.map_err(|error| context.refusal(error))?;
    render::<E>(reply, wanted.as_deref(), room)
}

/// A request as far as it can be read without knowing the endpoint's types.
struct Read {
    actor: Actor,
    path: Vec<String>,
    query: Option<String>,
    /// Where the endpoint takes one.
    body: Option<Bytes>,
    expected_version: Option<i64>,
    /// The request's headers, emptied. Their table is for those of the answer: hyper has taken it from the answer before,
    /// so on a connection that lives there is one, which has grown to its size once.
    room: HeaderMap,
}

async fn read(
    kit: Kit,
    context: &RequestContext,
    request: Request,
    described: &EndpointDescription,
) -> Result<Read, Refusal> {
    let (mut parts, body) = request.into_parts();
    let mut actor = if described.is_open {
        kit.stranger(context, Door::Native, &parts.headers)?
    } else {
        kit.caller(context, Door::Native, &parts).await?
    };
    actor = actor.with_proof(conditions::proof(&parts.headers)?);
    let path = match described.params.is_empty() {
        true => Vec::new(),
        false => read_path(&mut parts).await?,
    };
    let expected_version =
        if described.takes_if_match { conditions::if_match(&parts.headers)? } else { None };
    let body = match &described.body {
        Some(shape) => Some(read_body(&parts, body, shape, context).await?),
        None => None,
    };
    if described.is_idempotent_creation {
        let Parts { headers, method, uri, .. } = &parts;
        let bytes = body.as_deref().unwrap_or_default();
        let once = conditions::idempotency(headers, method, uri.path(), bytes)?;
        actor = actor.with_idempotency(once);
    }
    let query = parts.uri.query().filter(|query| !query.is_empty()).map(str::to_owned);
    let mut room = parts.headers;
    room.clear();
    Ok(Read { actor, path, query, body, expected_version, room })
}

/// The fields that records are to be cut down to.
fn wanted_fields(names: &str, described: &EndpointDescription) -> Result<Vec<String>, Refusal> {
    let known = described.reply.map(|page| page.record_fields()).unwrap_or_default();
    let wanted: Vec<_> = names.split(',').map(|name| name.trim().to_owned()).collect();
    if wanted.iter().all(|name| known.contains(name)) {
        return Ok(wanted);
    }
    let detail = format!("fields must be some of {}, with commas between", known.join(", "));
    Err(Refusal::invalid(Field::Fields.as_str(), "not_one_of", detail))
}

async fn read_path(parts: &mut Parts) -> Result<Vec<String>, Refusal> {
    // The gate lets only UTF-8 through.
    let params =
        RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Refusal::not_found())?;
    Ok(params.iter().map(|(_, value)| value.to_owned()).collect())
}

/// The refusal of a path that nothing has. Where one of several words is due, it says which there are.
fn no_such_place(described: &EndpointDescription, values: &[&str]) -> Refusal {
    let wrong = described.params.iter().zip(values).find_map(|(param, value)| {
        let schema = serde_json::to_value((param.schema)()).ok()?;
        let words: Vec<_> =
            schema.get("enum")?.as_array()?.iter().filter_map(Value::as_str).collect();
        (!words.contains(value)).then(|| (param.name, words.join(", ")))
    });
    let Some((name, words)) = wrong else { return Refusal::not_found() };
    Refusal {
        detail: format!("there is nothing at this address: {name} must be one of {words}").into(),
        field: Some(name.into()),
        reason: Some("not_one_of"),
        ..Refusal::not_found()
    }
}

fn read_query<Q: Query>(query: Option<&str>) -> Result<Q, Refusal> {
    let Some(query) = query else { return Ok(Q::default()) };
    check_names(query, Q::NAMES)?;
    Q::read(query).map_err(|error| {
        // The reader does not say which parameter is wrong, so each is read alone.
        let wrong = query.split('&').find_map(|pair| Some((name_of(pair), Q::read(pair).err()?)));
        let (name, error) = wrong.unwrap_or(("", error));
        let Misread { key, code, sentence } = Misread::of(name, &error.to_string());
        json::about(key.as_deref().unwrap_or(name), code, &sentence)
    })
}

/// The name of a parameter, as it was sent.
fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default()
}

fn check_names(query: &str, known: &[&str]) -> Result<(), Refusal> {
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let name = name_of(pair);
        if !known.contains(&name) {
            let sentence = match known {
                [] => "is not known: this endpoint takes no query parameters".to_owned(),
                known => format!("is no query parameter; known are {}", known.join(", ")),
            };
            return Err(json::about(name, "unknown_field", &sentence));
        }
    }
    Ok(())
}

async fn read_body(
    parts: &Parts,
    body: Body,
    shape: &Shape,
    context: &RequestContext,
) -> Result<Bytes, Refusal> {
    let refuse = |detail| Err(Refusal::http(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    if shape.is_json() {
        if !body::has_json_type(&parts.headers) {
            let detail = "the body must be JSON, with Content-Type: application/json";
            return refuse(Cow::Borrowed(detail));
        }
    } else if !body::has_type(&parts.headers, shape.media_types) {
        let known = shape.media_types.join(" or ");
        let detail = format!("the body must be the file by itself, with Content-Type: {known}");
        return refuse(Cow::Owned(detail));
    }
    body::read(body, context).await
}

fn render<E: Endpoint>(
    reply: E::Reply,
    wanted: Option<&[String]>,
    mut headers: HeaderMap,
) -> Result<Response, Refusal> {
    if let Some(version) = reply.version()
        && let Ok(tag) = HeaderValue::try_from(format!("\"{version}\""))
    {
        headers.insert(ETAG, tag);
    }
    let body = match &E::DESCRIPTION.reply {
        None => Body::empty(),
        Some(shape) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.media_type()));
            if !shape.is_json() {
                keep_harmless(&mut headers);
            }
            let mut body = reply.write().map_err(Error::internal)?;
            if let Some(wanted) = wanted {
                body = cut(&body, wanted).map_err(Error::internal)?;
            }
            Body::from(body)
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = E::STATUS;
    *response.headers_mut() = headers;
    Ok(response)
}

/// What somebody has sent in is shown as what it is said to be, and runs and loads nothing, whatever it holds (threat
/// T37); that it is not taken for anything else, the gate says of every answer. The address of a file is never another's.
fn keep_harmless(headers: &mut HeaderMap) {
    let policy =
        "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, policy),
        (CONTENT_DISPOSITION, "inline"),
        (CACHE_CONTROL, "private, max-age=86400"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// A page whose records have these fields only.
fn cut(page: &[u8], wanted: &[String]) -> Result<Vec<u8>, serde_json::Error> {
    let mut page: Value = serde_json::from_slice(page)?;
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
