//! One request and its answer: headers, retries, and the reading of refusals.

use std::{fmt, time::Duration};

use http::{HeaderMap, HeaderValue, Method, header};
use roster_api::{IDEMPOTENCY_HEADER, OTP_HEADER};
use roster_model::{Problem, Secret};
use url::Url;
use uuid::Uuid;

use crate::{
    Error, Result,
    error::TransportError,
    retry::{Repeat, RetryPolicy},
};

/// Longer answers are refused: no record or page comes near it.
const LONGEST_ANSWER: usize = 64 << 20;

/// By what the caller is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Credentials {
    pub(crate) token: Option<Secret>,
    /// A code for operations that ask for one.
    pub(crate) code: Option<Secret>,
}

/// A request before it has an address and credentials.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Percent-encoded, with a slash before it.
    pub(crate) path: String,
    /// Encoded, without the question mark; empty: none.
    pub(crate) query: String,
    pub(crate) body: Option<Vec<u8>>,
    /// What the body is.
    pub(crate) body_type: &'static str,
    /// What the answer may be.
    pub(crate) reply_types: &'static [&'static str],
    /// Makes something, so that sending it twice must not make two.
    pub(crate) creates: bool,
    /// Only if the record still has this version.
    pub(crate) if_match: Option<i64>,
}

/// The body of a success.
pub(crate) struct Answer {
    pub(crate) body: Vec<u8>,
    /// What it is said to be.
    pub(crate) media_type: Option<String>,
}

/// What all clones of a client share.
pub(crate) struct Transport {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) retry: RetryPolicy,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Transport {
    /// Sends the request, again if that is harmless and may help, and gives the body of a success.
    pub(crate) async fn send(&self, as_: &Credentials, request: &Request) -> Result<Answer> {
        let url = self.url(request)?;
        let headers = headers(as_, request)?;
        // A one-time code is spent by the first request that arrives with it, so such a request
        // can be repeated only while it is certain that it did not arrive.
        let repeat = match (as_.code.is_some(), request.method.is_safe() || request.creates) {
            (false, true) => Repeat::Freely,
            _ => Repeat::IfUnsent,
        };
        self.retry.run(repeat, || self.send_once(&url, &headers, request)).await
    }

    fn url(&self, request: &Request) -> Result<Url> {
        let mut text = format!("{}{}", self.base, request.path.trim_start_matches('/'));
        if !request.query.is_empty() {
            text = format!("{text}?{}", request.query);
        }
        Url::parse(&text).map_err(|error| Error::Setup(format!("cannot build an address: {error}")))
    }

    async fn send_once(&self, url: &Url, headers: &HeaderMap, request: &Request) -> Result<Answer> {
        let mut sending =
            self.http.request(request.method.clone(), url.clone()).headers(headers.clone());
        if let Some(body) = &request.body {
            sending = sending.body(body.clone());
        }
        let answer = sending.send().await.map_err(|error| self.broken(error))?;
        let status = answer.status().as_u16();
        let retry_after = retry_after(answer.headers());
        let media_type = media_type(answer.headers()).map(str::to_owned);
        let is_success = answer.status().is_success();
        let body = self.body(answer).await?;
        if is_success {
            return Ok(Answer { body, media_type });
        }
        if media_type.as_deref() == Some("application/problem+json")
            && let Ok(mut problem) = serde_json::from_slice::<Problem>(&body)
        {
            problem.retry_after = problem.retry_after.or(retry_after.map(|wait| wait.as_secs()));
            return Err(Error::Refused(Box::new(problem)));
        }
        Err(self.unexpected(status, "it refuses without saying why", retry_after))
    }

    async fn body(&self, mut answer: reqwest::Response) -> Result<Vec<u8>> {
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.broken(error))? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(self.unexpected(status, "its answer is too long", None));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// Scheme, host and port: what messages name.
    fn server(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    fn broken(&self, error: reqwest::Error) -> Error {
        TransportError::new(&self.server(), error).into()
    }

    pub(crate) fn unexpected(
        &self,
        status: u16,
        what: impl Into<String>,
        retry_after: Option<Duration>,
    ) -> Error {
        Error::Unexpected { server: self.server(), status, what: what.into(), retry_after }
    }
}

fn headers(as_: &Credentials, request: &Request) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, visible(&request.reply_types.join(", ")));
    if let Some(token) = &as_.token {
        headers
            .insert(header::AUTHORIZATION, secret("token", &format!("Bearer {}", token.expose()))?);
    }
    if let Some(code) = &as_.code {
        headers.insert(OTP_HEADER, secret("one-time code", code.expose())?);
    }
    if request.body.is_some() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(request.body_type));
    }
    if request.creates {
        headers.insert(IDEMPOTENCY_HEADER, visible(&new_key()));
    }
    if let Some(version) = request.if_match {
        headers.insert(header::IF_MATCH, visible(&format!("\"{version}\"")));
    }
    Ok(headers)
}

/// A header that is kept out of all debug texts.
fn secret(what: &str, text: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Error::Setup(format!("the {what} holds characters that cannot be sent")))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A header made of visible ASCII, which ids, numbers and media types are.
fn visible(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a client has no injected randomness, and needs none"
)]
fn new_key() -> String {
    Uuid::new_v4().to_string()
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or(value).trim())
}

/// The wait that the answer asks for, in its form of seconds; Roster sends no dates.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
