//! Bodies of requests, as `airt-client` writes them: `null` for what is not given, unknown keys ignored.

use http::StatusCode;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use roster_core::Proof;
use roster_model::{NewApiKey, NewUser, Role, Secret, UserUpdate};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use super::translate::Refusal;

/// Reads a JSON object, whatever the content type says.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    roster_http_kit::parse(body).map_err(|refusal| {
        // airt tells bodies that cannot be read from refusals by the one status.
        Refusal::from(refusal).with_status(StatusCode::UNPROCESSABLE_ENTITY)
    })
}

/// The one-time code of a body. A number has lost its leading zeros.
#[derive(Default)]
pub(super) struct Otp(pub(super) Option<Secret>);

impl Otp {
    /// The proof it is; airt's callers can always send one.
    pub(super) fn proof(self) -> Proof {
        self.0.map_or(Proof::Missing, Proof::Code)
    }
}

impl<'de> Deserialize<'de> for Otp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "invalid type, expected a string or a number of six digits")]
        enum Code {
            Text(Secret),
            Number(u32),
        }
        Ok(Self(Option::<Code>::deserialize(from)?.map(|code| match code {
            Code::Text(text) => text,
            Code::Number(number) => Secret::new(format!("{number:06}")),
        })))
    }
}

/// `POST /token`, a form.
#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) username: String,
    pub(super) password: Secret,
}

/// `POST /sso/initiate`.
#[derive(Deserialize)]
pub(super) struct BeginSso {
    pub(super) username: String,
    pub(super) password: Secret,
    pub(super) sso_provider: String,
}

/// A password and, if the text is the client's envelope for both, the code beside it.
pub(super) fn password_and_code(password: Secret) -> (Secret, Option<Secret>) {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Envelope {
        password: Secret,
        user_otp: Otp,
    }
    // Only an object with exactly these keys is an envelope; any other JSON is somebody's password.
    match roster_http_kit::parse(password.expose().as_bytes()) {
        Ok(Envelope { password, user_otp: Otp(Some(code)) }) => (password, Some(code)),
        _ => (password, None),
    }
}

/// `POST /user/`.
#[derive(Deserialize)]
pub(super) struct CreateUser {
    username: String,
    first_name: String,
    last_name: String,
    email: String,
    subscription_type: String,
    password: Secret,
    super_user: Option<bool>,
    phone_number: Option<String>,
    #[serde(default)]
    otp: Otp,
}

impl CreateUser {
    /// The new user, and the caller's code.
    pub(super) fn into_parts(self) -> (NewUser, Proof) {
        let role = if self.super_user == Some(true) { Role::SystemAdmin } else { Role::Viewer };
        let new = NewUser {
            username: self.username,
            email: self.email,
            first_name: Some(self.first_name),
            last_name: Some(self.last_name),
            password: Some(self.password),
            phone: self.phone_number,
            role: Some(role),
            plan: Some(plan(self.subscription_type)),
            ..NewUser::default()
        };
        (new, self.otp.proof())
    }
}

/// The plan of a type of subscription, to the letter. What airt doesn't know names no plan, though there be one.
fn plan(subscription_type: String) -> String {
    match subscription_type.as_str() {
        "small" | "medium" | "large" => subscription_type,
        _ => String::new(),
    }
}

/// `POST /user/{user}/update`.
#[derive(Deserialize)]
pub(super) struct UpdateUser {
    username: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    #[serde(default)]
    otp: Otp,
}

impl UpdateUser {
    /// What is to change, and the caller's code. An empty text changes nothing.
    pub(super) fn into_parts(self) -> (UserUpdate, Proof) {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let update = UserUpdate {
            username: given(self.username),
            first_name: given(self.first_name),
            last_name: given(self.last_name),
            email: given(self.email),
            ..UserUpdate::default()
        };
        (update, self.otp.proof())
    }
}

/// `POST /user/mfa/activate`.
#[derive(Deserialize)]
pub(super) struct ActivateMfa {
    #[serde(default)]
    pub(super) user_otp: Otp,
}

/// `POST /user/sso/enable`.
#[derive(Deserialize)]
pub(super) struct EnableSso {
    pub(super) sso_provider: String,
    pub(super) sso_email: Option<String>,
    #[serde(default)]
    pub(super) otp: Otp,
}

/// `POST /user/register_phone_number`.
#[derive(Deserialize)]
pub(super) struct RegisterPhone {
    pub(super) phone_number: Option<String>,
    #[serde(default)]
    pub(super) otp: Otp,
}

/// `POST /user/reset_password`.
#[derive(Deserialize)]
pub(super) struct ResetPassword {
    pub(super) username: String,
    pub(super) new_password: Secret,
    #[serde(default)]
    pub(super) otp: Otp,
}

/// `POST /apikey`.
#[derive(Deserialize)]
pub(super) struct CreateApiKey {
    name: String,
    #[serde(default, deserialize_with = "minute")]
    expiry: Option<Timestamp>,
    #[serde(default)]
    otp: Otp,
}

impl CreateApiKey {
    /// The new key, and the caller's code.
    pub(super) fn into_parts(self) -> (NewApiKey, Proof) {
        let new = NewApiKey { name: self.name, expires_at: self.expiry, ..NewApiKey::default() };
        (new, self.otp.proof())
    }
}

/// `YYYY-MM-DDTHH:MM`, the client's local time; there is no zone in it, so it is taken as UTC.
fn minute<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    let time = (text.len() == 16)
        .then(|| DateTime::strptime("%Y-%m-%dT%H:%M", &text).ok())
        .flatten()
        .and_then(|time| time.to_zoned(TimeZone::UTC).ok());
    match time {
        Some(time) => Ok(Some(time.timestamp())),
        None => Err(serde::de::Error::custom(
            "invalid value, expected a time of the form YYYY-MM-DDTHH:MM",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
        json(text.as_bytes()).ok()
    }

    fn otp(text: &str) -> Option<String> {
        read::<ActivateMfa>(text).unwrap().user_otp.0.map(|code| code.expose().to_owned())
    }

    #[test]
    fn a_code_that_is_a_number_gets_its_zeros_back() {
        assert_eq!(otp(r#"{"user_otp": 12345}"#).as_deref(), Some("012345"));
        assert_eq!(otp(r#"{"user_otp": 0}"#).as_deref(), Some("000000"));
        assert_eq!(otp(r#"{"user_otp": "12345"}"#).as_deref(), Some("12345"));
        assert_eq!(otp(r#"{"user_otp": null}"#), None);
        assert_eq!(otp("{}"), None);
        for bad in ["-1", "1.5", "true", "[]", "99999999999"] {
            assert!(read::<ActivateMfa>(&format!(r#"{{"user_otp": {bad}}}"#)).is_none(), "{bad}");
        }
    }

    #[test]
    fn only_an_object_with_exactly_both_keys_is_an_envelope() {
        let open = |text: &str| {
            let (password, code) = password_and_code(text.into());
            (password.expose().to_owned(), code.map(|code| code.expose().to_owned()))
        };
        let envelope = r#" {"user_otp": 1234, "password": "x\"y"} "#;
        assert_eq!(open(envelope), ("x\"y".into(), Some("001234".into())));
        for password in [
            r#"{"password": "x"}"#,
            r#"{"password": "x", "user_otp": "1", "more": 1}"#,
            r#"{"password": "x", "password": "x", "user_otp": "1"}"#,
            r#"{"password": 1, "user_otp": "1"}"#,
            r#"{"password": "x", "user_otp": null}"#,
            r#"["x", "1"]"#,
            "x",
            "",
        ] {
            assert_eq!(open(password), (password.into(), None));
        }
    }

    #[test]
    fn an_expiry_is_a_minute_in_utc() {
        let expiry = |text: &str| {
            let body = format!(r#"{{"name": "k", "expiry": {text}, "otp": null}}"#);
            read::<CreateApiKey>(&body).map(|key| key.into_parts().0.expires_at)
        };
        assert_eq!(expiry("null"), Some(None));
        assert_eq!(expiry(r#""2040-02-29T12:34""#).flatten(), "2040-02-29T12:34:00Z".parse().ok());
        for bad in [
            "",
            "2040-02-30T12:34",
            "2040-02-29",
            "2040-02-29T12:34Z",
            "2040-02-29T12:34:56",
            "2040-2-29T12:34",
        ] {
            assert_eq!(expiry(&format!("{bad:?}")), None, "{bad}");
        }
    }

    #[test]
    fn an_empty_text_changes_nothing() {
        let body = r#"{"username": "", "first_name": null, "email": "", "last_name": "x"}"#;
        let (update, _) = read::<UpdateUser>(body).unwrap().into_parts();
        assert_eq!(update, UserUpdate { last_name: Some("x".into()), ..UserUpdate::default() });
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        for body in ["", "null", "[]", "1", "\"x\"", "{", "{}x", "\u{feff}{}"] {
            assert!(read::<ActivateMfa>(body).is_none(), "{body}");
        }
    }

    #[test]
    fn what_is_due_is_said_without_what_came() {
        let said = |refusal: Refusal| format!("{refusal:?}");
        let bad = json::<CreateApiKey>(br#"{"name": "k", "expiry": "tomorrow"}"#);
        let said_of = said(bad.err().unwrap());
        assert!(
            said_of.contains("expiry must be a time of the form YYYY-MM-DDTHH:MM"),
            "{said_of}"
        );
        let bad = json::<ActivateMfa>(br#"{"user_otp": ["123456"]}"#);
        let said_of = said(bad.err().unwrap());
        assert!(
            said_of.contains("user_otp must be a string or a number of six digits"),
            "{said_of}"
        );
        assert!(!said_of.contains("123456"), "{said_of}");
    }

    #[test]
    fn an_array_does_not_fill_an_objects_keys_in_order() {
        assert!(read::<Token>(r#"["ann", "password"]"#).is_none());
    }
}
