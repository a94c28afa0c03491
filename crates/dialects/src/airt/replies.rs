//! What airt's client reads: flat objects, times without a zone, exactly `application/json`.

use http::StatusCode;
use jiff::Timestamp;
use roster_model::{ApiKey, PhoneNumber, Plan, Role, Secret, SsoLink, TotpEnrolment, User};
use serde::Serialize;

use crate::json;

/// The reply to what was done.
pub(super) fn done(body: &impl Serialize) -> super::Reply {
    Ok(json::reply(StatusCode::OK, body))
}

/// Everything the client knows of a user: exactly twelve scalars.
#[derive(Serialize)]
pub(super) struct UserReply<'a> {
    uuid: uuid::Uuid,
    username: &'a str,
    email: &'a str,
    super_user: bool,
    is_mfa_active: bool,
    disabled: bool,
    created: String,
    subscription_type: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    phone_number: Option<String>,
    is_phone_number_verified: bool,
}

impl<'a> UserReply<'a> {
    /// The user as airt sees it, with its plan, if it has one: airt shows the name as the type of subscription.
    pub(super) fn new(user: &'a User, plan: Option<&'a Plan>) -> Self {
        Self {
            uuid: user.uuid,
            username: &user.username,
            // airt knows no confirmation: the address is the one that was given last.
            email: user.unconfirmed_email.as_deref().unwrap_or(&user.email),
            super_user: user.role == Role::SystemAdmin,
            is_mfa_active: user.is_mfa_active,
            disabled: !user.status.may_sign_in(),
            created: time(user.created_at),
            subscription_type: plan.map_or("small", |plan| &plan.name),
            first_name: &user.first_name,
            last_name: &user.last_name,
            phone_number: user.phone.as_ref().map(digits),
            is_phone_number_verified: user.phone.is_some() && user.phone_verified_at.is_some(),
        }
    }
}

/// The digits of a phone number as its owner wrote it: airt keeps a zero that nobody dials.
fn digits(phone: &PhoneNumber) -> String {
    let digits: String = phone.as_typed.chars().filter(char::is_ascii_digit).collect();
    digits.strip_prefix("00").map(Into::into).unwrap_or(digits)
}

/// An API key.
#[derive(Serialize)]
pub(super) struct ApiKeyReply<'a> {
    uuid: uuid::Uuid,
    name: &'a str,
    created: String,
    expiry: String,
    disabled: bool,
}

impl<'a> From<&'a ApiKey> for ApiKeyReply<'a> {
    fn from(key: &'a ApiKey) -> Self {
        Self {
            uuid: key.uuid,
            name: &key.name,
            created: time(key.created_at),
            // Never null: a list that mixes null and times makes the commands crash.
            expiry: key.expires_at.map(time).unwrap_or_default(),
            disabled: key.revoked_at.is_some(),
        }
    }
}

/// A setting for signing in at a provider.
#[derive(Serialize)]
pub(super) struct SsoReply<'a> {
    sso_provider: &'a str,
    sso_email: &'a str,
    disabled: bool,
}

impl<'a> From<&'a SsoLink> for SsoReply<'a> {
    fn from(link: &'a SsoLink) -> Self {
        Self { sso_provider: &link.provider, sso_email: &link.email, disabled: link.is_disabled }
    }
}

/// A new authenticator, as the address that a QR code is drawn from.
#[derive(Serialize)]
pub(super) struct MfaReply {
    mfa_url: Secret,
}

impl From<TotpEnrolment> for MfaReply {
    fn from(enrolment: TotpEnrolment) -> Self {
        Self { mfa_url: enrolment.otpauth_url }
    }
}

/// A token or an API key, shown once.
#[derive(Serialize)]
pub(super) struct TokenReply {
    access_token: Secret,
    token_type: &'static str,
}

impl From<Secret> for TokenReply {
    fn from(access_token: Secret) -> Self {
        Self { access_token, token_type: "bearer" }
    }
}

/// UTC without zone or fraction, the only form that the commands can read.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_neither_zone_nor_fraction() {
        let at: Timestamp = "2026-11-24T01:02:03.999999Z".parse().unwrap();
        assert_eq!(time(at), "2026-11-24T01:02:03");
    }

    #[test]
    fn a_phone_number_is_shown_as_the_digits_that_were_typed() {
        for typed in [
            "440123456789",
            "+440123456789",
            "00440123456789",
            "+44 0123456789",
            "(+44) 012 345 6789",
        ] {
            assert_eq!(digits(&PhoneNumber::parse(typed).unwrap()), "440123456789");
        }
    }
}
