//! How messages leave the house: to a file, by a mail server, by an SMS gateway.
//!
//! Transports try once. When to try again is decided by whoever claimed the message; a transport only tells whether
//! there is a point in it.

mod escape;
mod file;
mod gateways;
mod http;
mod sigv4;
mod smtp;

use jiff::Timestamp;
use roster_core::messages::Outgoing;
use roster_model::Channel;

use crate::config::{Email, Settings, Sms, SmsGateway};

use self::file::FileTransport;
use self::http::SmsTransport;
use self::smtp::SmtpTransport;

/// Why a message was not sent. Neither text nor code of the message are in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// It may work later, or once the operator has mended something.
    #[error("{0}")]
    Retry(String),
    /// It will never work.
    #[error("{0}")]
    Permanent(String),
}

/// The configuration names a transport that cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("messages cannot be sent: {0}")]
pub struct TransportError(String);

enum SmsRoute {
    Off,
    File(FileTransport),
    Gateway(Box<SmsTransport>),
}

enum EmailRoute {
    Off,
    File(FileTransport),
    Smtp(Box<SmtpTransport>),
}

/// The transports of this installation.
pub struct Transports {
    sms: SmsRoute,
    email: EmailRoute,
}

impl Transports {
    /// The transports that `settings` name.
    ///
    /// # Errors
    /// A sender or a template that cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, TransportError> {
        let sms = match &settings.sms {
            Sms::Off => SmsRoute::Off,
            Sms::File(path) => SmsRoute::File(FileTransport::new(path)),
            preset => {
                SmsRoute::Gateway(Box::new(SmsTransport::new(preset, &settings.sms_gateway)?))
            }
        };
        let email = match &settings.email {
            Email::Off => EmailRoute::Off,
            Email::File(path) => EmailRoute::File(FileTransport::new(path)),
            Email::Smtp { host, port, tls, login } => {
                EmailRoute::Smtp(Box::new(SmtpTransport::new(
                    (host, *port),
                    *tls,
                    login.as_ref(),
                    settings.email_from.as_deref(),
                )?))
            }
        };
        Ok(Self { sms, email })
    }

    /// Tries the mail server, where there is one, without sending anything.
    ///
    /// # Errors
    /// Why nothing could be sent.
    pub async fn try_mail_server(&self) -> Result<(), DeliveryError> {
        match &self.email {
            EmailRoute::Smtp(server) => server.try_out().await,
            EmailRoute::Off | EmailRoute::File(_) => Ok(()),
        }
    }

    /// Sends one message, once. `now` goes into signatures.
    ///
    /// # Errors
    /// Why it was not sent, and whether to try again.
    pub async fn send(&self, message: &Outgoing, now: Timestamp) -> Result<(), DeliveryError> {
        match (message.channel, &self.sms, &self.email) {
            (Channel::Sms, SmsRoute::File(file), _)
            | (Channel::Email, _, EmailRoute::File(file)) => file.send(message).await,
            (Channel::Sms, SmsRoute::Gateway(gateway), _) => gateway.send(message, now).await,
            (Channel::Email, _, EmailRoute::Smtp(server)) => server.send(message).await,
            (Channel::Sms, SmsRoute::Off, _) => {
                Err(DeliveryError::Retry("no SMS transport is configured".into()))
            }
            (Channel::Email, _, EmailRoute::Off) => {
                Err(DeliveryError::Retry("no e-mail transport is configured".into()))
            }
        }
    }
}

/// Whether the template of an `http` gateway can be used.
///
/// # Errors
/// What is wrong with it.
pub fn check_template(gateway: &SmsGateway) -> Result<(), String> {
    gateways::check_template(gateway)
}
