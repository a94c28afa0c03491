//! E-mail through a mail server.

use roster_core::messages::Outgoing;
use roster_model::Secret;
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::config::SmtpTls;

use super::{DeliveryError, TransportError};

/// How long the mail server may take to accept a connection.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// How long the whole conversation may take, less than a message stays claimed; the library bounds nothing but the connecting.
const SEND_TIME: Duration = Duration::from_secs(45);

const NO_ANSWER: &str = "the mail server did not answer in time";

/// A mail server and the sender it is given.
pub(super) struct SmtpTransport {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpTransport {
    pub(super) fn new(
        (host, port): (&str, u16),
        tls: SmtpTls,
        login: Option<&(String, Secret)>,
        from: Option<&str>,
    ) -> Result<Self, TransportError> {
        let from = from.and_then(|from| from.parse().ok());
        let from =
            from.ok_or_else(|| TransportError("email_from is not an e-mail address".into()))?;
        let parameters = || {
            TlsParameters::new(host.to_owned())
                .map_err(|error| TransportError(format!("TLS for {host}: {error}")))
        };
        let tls = match tls {
            SmtpTls::StartTls => Tls::Required(parameters()?),
            SmtpTls::Implicit => Tls::Wrapper(parameters()?),
            SmtpTls::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .tls(tls)
            .timeout(Some(CONNECT_TIME));
        if let Some((user, password)) = login {
            builder =
                builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self { server: builder.build(), from })
    }

    pub(super) async fn send(&self, message: &Outgoing) -> Result<(), DeliveryError> {
        let message = self.compose(message)?;
        match tokio::time::timeout(SEND_TIME, self.server.send(message)).await {
            Ok(sent) => sent.map(drop).map_err(|error| classify(&error)),
            Err(_) => Err(DeliveryError::Retry(NO_ANSWER.into())),
        }
    }

    /// Connects, with TLS and login as configured, and sends nothing.
    pub(super) async fn try_out(&self) -> Result<(), DeliveryError> {
        match tokio::time::timeout(SEND_TIME, self.server.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => {
                Err(DeliveryError::Retry("the mail server does not take mail now".into()))
            }
            Ok(Err(error)) => Err(classify(&error)),
            Err(_) => Err(DeliveryError::Retry(NO_ANSWER.into())),
        }
    }

    /// The message as the mail server gets it.
    fn compose(&self, message: &Outgoing) -> Result<Message, DeliveryError> {
        let to: Address = message
            .to
            .parse()
            .map_err(|_| DeliveryError::Permanent("no mail server takes this address".into()))?;
        // The same message has the same id however often it is tried, so that mail programs show it once.
        let id = format!(
            "<{}.{}@{}>",
            message.id.0,
            message.created_at.as_microsecond(),
            self.from.email.domain()
        );
        let subject = one_line(message.subject.as_deref().unwrap_or("Roster"));
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .date(SystemTime::from(message.created_at))
            .message_id(Some(id))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN)
            .body(message.text.expose().to_owned())
            .map_err(|error| {
                DeliveryError::Permanent(format!("the message cannot be composed: {error}"))
            })
    }
}

/// `text` with nothing in it that could begin another header.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

fn classify(error: &lettre::transport::smtp::Error) -> DeliveryError {
    let code = error.status().map(u16::from);
    match code {
        // The server has spoken about this message or this receiver. Refused logins (530, 534, 535, 538) and protocol
        // errors (500 to 504) are the operator's to mend.
        Some(550..=555) => {
            DeliveryError::Permanent(format!("the mail server refused the message: {code:?}"))
        }
        Some(code) => DeliveryError::Retry(format!("the mail server answered {code}")),
        None if error.is_timeout() => DeliveryError::Retry(NO_ANSWER.into()),
        None => DeliveryError::Retry(format!("the mail server cannot be reached: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use roster_model::{Channel, MessageId};

    use super::*;

    #[tokio::test]
    async fn t39_no_header_is_smuggled_through_subject_or_receiver() {
        let transport = SmtpTransport::new(
            ("localhost", 25),
            SmtpTls::None,
            None,
            Some("Roster <r@example.com>"),
        )
        .map_err(|error| error.to_string())
        .unwrap();
        let mut message = Outgoing {
            id: MessageId(1),
            channel: Channel::Email,
            to: "ann@example.com".into(),
            template: "welcome".into(),
            subject: Some("Hello\r\nBcc: eve@example.com\u{2028}x".into()),
            text: "Line\r\n.\r\nRCPT TO:<eve@example.com>".into(),
            code: None,
            attempts: 1,
            created_at: "2026-11-24T00:00:00Z".parse().unwrap(),
        };
        let sent = String::from_utf8(transport.compose(&message).unwrap().formatted()).unwrap();
        let (headers, _) = sent.split_once("\r\n\r\n").unwrap();
        assert!(
            !headers.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")),
            "{headers}"
        );
        assert!(headers.contains("Auto-Submitted: auto-generated"));
        for to in [
            "ann@example.com\r\nRCPT TO:<eve@example.com>",
            "ann",
            "ann@example.com, eve@example.com",
            "",
        ] {
            message.to = to.into();
            assert!(
                matches!(transport.compose(&message), Err(DeliveryError::Permanent(_))),
                "{to}"
            );
        }
    }
}
