//! What each SMS gateway wants to be asked, and how it says what became of it.

use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use roster_model::Secret;
use url::Url;

use crate::config::{Sms, SmsGateway};

use super::escape::{Escape, fill, form};
use super::sigv4::{SignedRequest, sign};
use super::{DeliveryError, TransportError};

const FORM: &str = "application/x-www-form-urlencoded";

/// One call of a gateway.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// A gateway and the account there.
pub(super) struct Gateway {
    kind: Sms,
    base: String,
    from: String,
    account: String,
    secret: Secret,
    region: String,
    template: Option<Template>,
}

/// The call of a gateway that has no preset.
struct Template {
    method: Method,
    url: String,
    headers: Vec<(HeaderName, String)>,
    content_type: String,
    escape: Escape,
    body: String,
}

impl Gateway {
    pub(super) fn new(kind: &Sms, settings: &SmsGateway) -> Result<Self, TransportError> {
        let public = match kind {
            Sms::Twilio => "https://api.twilio.com".to_owned(),
            Sms::Vonage => "https://rest.nexmo.com".to_owned(),
            Sms::Sns => format!("https://sns.{}.amazonaws.com", settings.region),
            Sms::MessageBird => "https://rest.messagebird.com".to_owned(),
            Sms::Off | Sms::File(_) | Sms::Http => String::new(),
        };
        let base = settings
            .base_url
            .as_ref()
            .map_or(public, |url| url.as_str().trim_end_matches('/').to_owned());
        let template = match kind {
            Sms::Http => Some(Template::new(settings).map_err(TransportError)?),
            _ => None,
        };
        Ok(Self {
            kind: kind.clone(),
            base,
            from: settings.from.clone().unwrap_or_default(),
            account: settings.account.clone().unwrap_or_default(),
            secret: settings.secret.clone().unwrap_or_else(|| Secret::new("")),
            region: settings.region.clone(),
            template,
        })
    }

    /// The call that sends `text` to the number `to`.
    pub(super) fn call(&self, to: &str, text: &str, now: Timestamp) -> Result<Call, DeliveryError> {
        match (&self.kind, &self.template) {
            (_, Some(template)) => template.call(&self.values(to, text)),
            (Sms::Vonage, _) => self.vonage(to, text),
            (Sms::Sns, _) => self.sns(to, text, now),
            (Sms::MessageBird, _) => self.message_bird(to, text),
            _ => self.twilio(to, text),
        }
    }

    fn values<'a>(&'a self, to: &'a str, text: &'a str) -> [(&'static str, &'a str); 5] {
        [
            ("to", to),
            ("from", &self.from),
            ("text", text),
            ("account", &self.account),
            ("secret", self.secret.expose()),
        ]
    }

    fn twilio(&self, to: &str, text: &str) -> Result<Call, DeliveryError> {
        // A messaging service stands in for a number and has an id of this shape.
        let sender = if self.from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        let path =
            format!("/2010-04-01/Accounts/{}/Messages.json", super::escape::percent(&self.account));
        let login = BASE64.encode(format!("{}:{}", self.account, self.secret.expose()).as_bytes());
        let body = form(&[("To", to), (sender, &self.from), ("Body", text)]);
        self.post(&path, &[(header::AUTHORIZATION, format!("Basic {login}"))], FORM, body)
    }

    fn vonage(&self, to: &str, text: &str) -> Result<Call, DeliveryError> {
        let body = form(&[
            ("api_key", &self.account),
            ("api_secret", self.secret.expose()),
            ("from", self.from.trim_start_matches('+')),
            ("to", to.trim_start_matches('+')),
            ("type", if text.is_ascii() { "text" } else { "unicode" }),
            ("text", text),
        ]);
        self.post("/sms/json", &[], FORM, body)
    }

    fn sns(&self, to: &str, text: &str, now: Timestamp) -> Result<Call, DeliveryError> {
        const ATTRIBUTE: &str = "MessageAttributes.entry";
        let names: Vec<String> = (1..=2)
            .flat_map(|n| {
                ["Name", "Value.DataType", "Value.StringValue"]
                    .map(|part| format!("{ATTRIBUTE}.{n}.{part}"))
            })
            .collect();
        let mut fields = vec![
            ("Action", "Publish"),
            ("Version", "2010-03-31"),
            ("PhoneNumber", to),
            ("Message", text),
            (names[0].as_str(), "AWS.SNS.SMS.SMSType"),
            (names[1].as_str(), "String"),
            (names[2].as_str(), "Transactional"),
        ];
        if !self.from.is_empty() {
            let kind = if self.from.starts_with('+') {
                "AWS.MM.SMS.OriginationNumber"
            } else {
                "AWS.SNS.SMS.SenderID"
            };
            fields.extend([
                (names[3].as_str(), kind),
                (names[4].as_str(), "String"),
                (names[5].as_str(), &self.from),
            ]);
        }
        let mut call = self.post("/", &[], FORM, form(&fields))?;
        let host = match call.url.port() {
            Some(port) => format!("{}:{port}", call.url.host_str().unwrap_or_default()),
            None => call.url.host_str().unwrap_or_default().to_owned(),
        };
        let signed = sign(
            &SignedRequest {
                access_key: &self.account,
                secret_key: self.secret.expose(),
                region: &self.region,
                service: "sns",
                host: &host,
                path: call.url.path(),
                content_type: FORM,
                body: &call.body,
            },
            now,
        );
        call.headers.insert(HeaderName::from_static("x-amz-date"), header_value(&signed.date)?);
        call.headers.insert(header::AUTHORIZATION, header_value(&signed.authorization)?);
        Ok(call)
    }

    fn message_bird(&self, to: &str, text: &str) -> Result<Call, DeliveryError> {
        let body = serde_json::json!({
            "originator": self.from, "recipients": [to.trim_start_matches('+')], "body": text, "datacoding": "auto",
        });
        let key = format!("AccessKey {}", self.secret.expose());
        self.post(
            "/messages",
            &[(header::AUTHORIZATION, key)],
            "application/json",
            body.to_string(),
        )
    }

    fn post(
        &self,
        path: &str,
        headers: &[(HeaderName, String)],
        content_type: &'static str,
        body: String,
    ) -> Result<Call, DeliveryError> {
        let url = Url::parse(&format!("{}{path}", self.base)).map_err(|error| {
            DeliveryError::Retry(format!("sms_gateway.base_url is not an address: {error}"))
        })?;
        let mut map = HeaderMap::new();
        map.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        for (name, value) in headers {
            map.insert(name, header_value(value)?);
        }
        Ok(Call { method: Method::POST, url, headers: map, body })
    }

    /// What the answer means. Texts of the gateway are not passed on: some repeat the message.
    pub(super) fn outcome(&self, status: StatusCode, body: &[u8]) -> Result<(), DeliveryError> {
        let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        if status.is_success() {
            return if self.kind == Sms::Vonage { vonage_outcome(&json) } else { Ok(()) };
        }
        let code = [&json["code"], &json["errors"][0]["code"]]
            .into_iter()
            .find_map(serde_json::Value::as_i64);
        let said = match code {
            Some(code) => format!("the SMS gateway answered {status}, code {code}"),
            None => format!("the SMS gateway answered {status}"),
        };
        // Refused logins and wrong addresses are the operator's to mend, and the message can wait for that.
        let is_final = status.is_client_error()
            && ![401, 403, 404, 407, 408, 425, 429].contains(&status.as_u16());
        Err(if is_final { DeliveryError::Permanent(said) } else { DeliveryError::Retry(said) })
    }
}

/// Vonage answers 200 and tells for each part of the message what became of it.
fn vonage_outcome(json: &serde_json::Value) -> Result<(), DeliveryError> {
    let parts = json["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    if parts.is_empty() {
        return Err(DeliveryError::Retry("the SMS gateway's answer is not one of Vonage's".into()));
    }
    for part in parts {
        let status = part["status"].as_str().unwrap_or("missing");
        let said = || format!("the SMS gateway answered status {status}");
        match status {
            "0" => {}
            // Missing or wrong parameters, barred and unroutable numbers.
            "2" | "3" | "6" | "7" | "15" | "29" => return Err(DeliveryError::Permanent(said())),
            _ => return Err(DeliveryError::Retry(said())),
        }
    }
    Ok(())
}

impl Template {
    fn new(settings: &SmsGateway) -> Result<Self, String> {
        let url = settings.url.clone().ok_or("sms_gateway.url is missing")?;
        let method = settings.method.to_ascii_uppercase();
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| "sms_gateway.method is not a method")?;
        let escape = Escape::of_content_type(&settings.content_type)
            .ok_or("sms_gateway.content_type must be application/json, application/x-www-form-urlencoded or text/plain")?;
        let headers = settings.headers.iter().map(|(name, value)| {
            let known = HeaderName::from_bytes(name.as_bytes());
            known
                .map(|known| (known, value.clone()))
                .map_err(|_| format!("{name:?} is not the name of a header"))
        });
        let template = Self {
            method,
            url,
            headers: headers.collect::<Result<_, _>>()?,
            content_type: settings.content_type.clone(),
            escape,
            body: settings.body.clone().unwrap_or_default(),
        };
        for placeholder in ["{to}", "{text}"] {
            if !template.url.contains(placeholder) && !template.body.contains(placeholder) {
                return Err(format!(
                    "{placeholder} occurs neither in sms_gateway.url nor in sms_gateway.body"
                ));
            }
        }
        let sample = [
            ("to", "+15550100"),
            ("from", "x"),
            ("text", "\"x\""),
            ("account", "x"),
            ("secret", "x"),
        ];
        let call = template.call(&sample).map_err(|error| error.to_string())?;
        if escape == Escape::Json && !call.body.is_empty() {
            serde_json::from_str::<serde::de::IgnoredAny>(&call.body)
                .map_err(|error| format!("sms_gateway.body is not JSON: {error}"))?;
        }
        Ok(template)
    }

    fn call(&self, values: &[(&str, &str)]) -> Result<Call, DeliveryError> {
        let url = Url::parse(&fill(&self.url, values, Escape::Percent)).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let url =
            url.ok_or_else(|| DeliveryError::Retry("sms_gateway.url is not a web address".into()))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(name, header_value(&fill(value, values, Escape::Raw))?);
        }
        if !self.body.is_empty() {
            headers.insert(header::CONTENT_TYPE, header_value(&self.content_type)?);
        }
        Ok(Call {
            method: self.method.clone(),
            url,
            headers,
            body: fill(&self.body, values, self.escape),
        })
    }
}

/// Whether the template of an `http` gateway can be used.
pub(super) fn check_template(settings: &SmsGateway) -> Result<(), String> {
    if settings.url.is_none() {
        // Said already, by the check for what the gateway needs.
        return Ok(());
    }
    Template::new(settings).map(drop)
}

fn header_value(text: &str) -> Result<HeaderValue, DeliveryError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        DeliveryError::Permanent(
            "a header for the SMS gateway would have control characters".into(),
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}
