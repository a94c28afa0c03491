//! Calling an SMS gateway.

use jiff::Timestamp;
use roster_core::messages::Outgoing;

use crate::config::{Sms, SmsGateway};

use super::gateways::Gateway;
use super::{DeliveryError, TransportError};

/// More of an answer is not read.
const ANSWER_BYTES: usize = 64 * 1024;

/// A gateway and the client that calls it.
pub(super) struct SmsTransport {
    client: reqwest::Client,
    gateway: Gateway,
}

impl SmsTransport {
    pub(super) fn new(kind: &Sms, settings: &SmsGateway) -> Result<Self, TransportError> {
        let client = reqwest::Client::builder()
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("roster/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| TransportError(error.to_string()))?;
        Ok(Self { client, gateway: Gateway::new(kind, settings)? })
    }

    pub(super) async fn send(
        &self,
        message: &Outgoing,
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
        let call = self.gateway.call(&message.to, message.text.expose(), now)?;
        let mut request = self.client.request(call.method, call.url).headers(call.headers);
        if !call.body.is_empty() {
            request = request.body(call.body);
        }
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        self.gateway.outcome(status, &body)
    }
}

/// The address is left out: a number, a text or a key may stand in it.
fn unreachable(error: reqwest::Error) -> DeliveryError {
    let what = if error.is_timeout() { "did not answer in time" } else { "cannot be reached" };
    let mut said = format!("the SMS gateway {what}");
    let error = error.without_url();
    let mut source: Option<&dyn std::error::Error> = Some(&error);
    let mut cause = String::new();
    while let Some(error) = source {
        cause = error.to_string();
        source = error.source();
    }
    said.push_str(": ");
    said.push_str(&cause);
    DeliveryError::Retry(said)
}
