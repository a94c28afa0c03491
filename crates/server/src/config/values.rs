//! The types of single values, and how each is read from text.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use roster_core::{Profile, Registration};
use roster_model::Secret;
use serde::{Deserialize, Deserializer, de};
use url::{Host, Url};

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object per line.
    Json,
}

/// The value of `log`: a format, a level and filter directives, in any order, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// How lines are written.
    pub format: LogFormat,
    /// Level and directives, as `tracing` reads them.
    pub filter: String,
}

impl FromStr for LogSettings {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut format = LogFormat::Pretty;
        let mut directives = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part {
                "pretty" => format = LogFormat::Pretty,
                "json" => format = LogFormat::Json,
                _ => {
                    let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
                    if !["off", "error", "warn", "info", "debug", "trace"].contains(&level) {
                        return Err(format!(
                            "{part:?} is neither a format (pretty, json) nor a level (off, error, warn, info, \
                             debug, trace) nor target=level"
                        ));
                    }
                    directives.push(part);
                }
            }
        }
        if !directives.iter().any(|directive| !directive.contains('=')) {
            directives.insert(0, "info");
        }
        Ok(Self { format, filter: directives.join(",") })
    }
}

/// Where text messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sms {
    /// Nowhere: an operation that needs one is refused.
    Off,
    /// One JSON line per message at the end of this file.
    File(PathBuf),
    /// Any gateway, by the HTTP request described in `sms_gateway`.
    Http,
    /// Twilio.
    Twilio,
    /// Vonage, formerly Nexmo.
    Vonage,
    /// Amazon SNS.
    Sns,
    /// MessageBird, now Bird.
    MessageBird,
}

impl FromStr for Sms {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.trim() {
            "off" | "" => Self::Off,
            "http" => Self::Http,
            "twilio" => Self::Twilio,
            "vonage" => Self::Vonage,
            "sns" => Self::Sns,
            "messagebird" => Self::MessageBird,
            other => match other.strip_prefix("file:") {
                Some(path) if !path.is_empty() => Self::File(path.into()),
                Some(_) => {
                    return Err(
                        "\"file:\" needs a path behind it, as in file:messages.jsonl".into()
                    );
                }
                None => {
                    return Err(format!(
                        "{other:?} is none of off, file:PATH, http, twilio, vonage, sns, messagebird"
                    ));
                }
            },
        })
    }
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// Plain at first, then TLS or nothing is sent.
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// No protection: for a mail server on this machine.
    None,
}

/// Where e-mail goes.
#[derive(Clone)]
pub enum Email {
    /// Nowhere: an operation that needs one is refused.
    Off,
    /// One JSON line per message at the end of this file.
    File(PathBuf),
    /// A mail server.
    Smtp {
        /// Name or address of the server.
        host: String,
        /// Its port.
        port: u16,
        /// How the connection is protected.
        tls: SmtpTls,
        /// User name and password, where the server wants them.
        login: Option<(String, Secret)>,
    },
}

impl FromStr for Email {
    type Err = String;

    // No error repeats the address: a password may stand in it.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text == "off" {
            return Ok(Self::Off);
        }
        if let Some(path) = text.strip_prefix("file:") {
            return match path {
                "" => Err("\"file:\" needs a path behind it, as in file:messages.jsonl".into()),
                path => Ok(Self::File(path.into())),
            };
        }
        let url = Url::parse(text)
            .map_err(|error| format!("is none of off, file:PATH, smtp://…, smtps://… ({error})"))?;
        let implicit = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err("is none of off, file:PATH, smtp://…, smtps://…".into()),
        };
        let host = url.host().filter(|host| !host.to_string().is_empty());
        let host = host.ok_or("names no host, as in smtp://mail.example.com")?;
        let mut tls = match (implicit, is_loopback(&host)) {
            (true, _) => SmtpTls::Implicit,
            (false, true) => SmtpTls::None,
            (false, false) => SmtpTls::StartTls,
        };
        for (name, value) in url.query_pairs() {
            tls = match (&*name, &*value) {
                ("tls", "starttls") => SmtpTls::StartTls,
                ("tls", "implicit") => SmtpTls::Implicit,
                ("tls", "none") if is_loopback(&host) => SmtpTls::None,
                ("tls", "none") => {
                    return Err(
                        "tls=none is for a mail server on this machine (127.0.0.1, ::1, localhost)"
                            .into(),
                    );
                }
                ("tls", _) => return Err("tls= is one of starttls, implicit, none".into()),
                _ => {
                    return Err(
                        "has an unknown parameter behind the question mark; only tls= is known"
                            .into(),
                    );
                }
            };
        }
        let port = url.port().unwrap_or(match tls {
            SmtpTls::StartTls => 587,
            SmtpTls::Implicit => 465,
            SmtpTls::None => 25,
        });
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => {
                Some((percent_decoded(user)?, Secret::new(percent_decoded(password)?)))
            }
            _ => {
                return Err(
                    "needs both a user name and a password, as in smtp://user:password@host".into(),
                );
            }
        };
        let host = match host {
            Host::Ipv6(address) => address.to_string(),
            other => other.to_string(),
        };
        Ok(Self::Smtp { host, port, tls, login })
    }
}

/// Whether `host`, of a scheme whose hosts the URL parser leaves as text, is this machine.
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

fn percent_decoded(text: &str) -> Result<String, String> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "has percent-encoded text that is not UTF-8".to_owned())
}

/// Reads a value by its `FromStr`.
pub(super) fn from_text<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr,
    T::Err: fmt::Display,
    D: Deserializer<'de>,
{
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

/// Reads a list of networks; an address alone is the network of that address.
pub(super) fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let network = |text: &String| {
        let text = text.trim();
        text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| {
            de::Error::custom(format!(
                "{text:?} is neither an address nor a network such as 10.0.0.0/8"
            ))
        })
    };
    texts.iter().map(network).collect()
}

/// Reads the name of a profile.
pub(super) fn profile<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Profile, D::Error> {
    const KNOWN: [(&str, Profile); 3] =
        [("default", Profile::Default), ("strict", Profile::Strict), ("compat", Profile::Compat)];
    one_of(deserializer, KNOWN)
}

/// Reads who may register.
pub(super) fn registration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Registration, D::Error> {
    const KNOWN: [(&str, Registration); 3] = [
        ("closed", Registration::Closed),
        ("invite", Registration::Invite),
        ("open", Registration::Open),
    ];
    one_of(deserializer, KNOWN)
}

fn one_of<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    known: [(&str, T); 3],
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    let names = known.each_ref().map(|(name, _)| *name).join(", ");
    let found = known.into_iter().find(|(name, _)| *name == text.trim());
    found.map(|(_, value)| value).ok_or_else(|| de::Error::custom(format!("it is one of {names}")))
}

/// Reads a length of time such as `30s`, `15m`, `24h`, `30d`, `250ms`.
pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse_duration(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit.trim_start() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0_u64,
    };
    // A century is longer than anything that is configured, and short enough to be added to any date.
    let longest = Duration::from_secs(100 * 366 * 86_400);
    number
        .parse::<u64>()
        .ok()
        .filter(|_| milliseconds != 0)
        .and_then(|number| number.checked_mul(milliseconds))
        .map(Duration::from_millis)
        .filter(|duration| *duration <= longest)
        .ok_or_else(|| format!("{text:?} is not a length of time such as 30s, 15m, 24h or 30d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_a_unit() {
        assert_eq!(parse_duration("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("15 m"), Ok(Duration::from_secs(900)));
        for wrong in ["", "30", "d", "-1s", "1.5h", "1w", "99999999999999999999s", "40000d", "1s2m"]
        {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_log_setting_mixes_format_level_and_targets() {
        let log: LogSettings = "json,debug,hyper=warn".parse().unwrap();
        assert_eq!((log.format, log.filter.as_str()), (LogFormat::Json, "debug,hyper=warn"));
        let log: LogSettings = "roster_core=trace".parse().unwrap();
        assert_eq!(
            (log.format, log.filter.as_str()),
            (LogFormat::Pretty, "info,roster_core=trace")
        );
        assert!("loud".parse::<LogSettings>().is_err());
    }

    #[test]
    fn mail_servers_elsewhere_are_reached_over_tls_only() {
        let smtp = |text: &str| match text.parse::<Email>() {
            Ok(Email::Smtp { port, tls, .. }) => (port, tls),
            Ok(_) => panic!("{text} is a mail server"),
            Err(error) => panic!("{text}: {error}"),
        };
        assert_eq!(smtp("smtp://mail.example.com"), (587, SmtpTls::StartTls));
        assert_eq!(smtp("smtps://mail.example.com"), (465, SmtpTls::Implicit));
        assert_eq!(smtp("smtp://localhost:2525"), (2525, SmtpTls::None));
        assert_eq!(smtp("smtp://127.0.0.1"), (25, SmtpTls::None));
        assert_eq!(smtp("smtp://127.0.0.1?tls=starttls"), (587, SmtpTls::StartTls));
        assert!("smtp://mail.example.com?tls=none".parse::<Email>().is_err());
    }

    #[test]
    fn what_is_wrong_with_a_mail_server_is_said_without_its_password() {
        for wrong in
            ["smtp://ann:hunter2@", "http://ann:hunter2@host", "smtp://ann:hunter2@host?tsl=x"]
        {
            let error = wrong.parse::<Email>().err().unwrap();
            assert!(!error.contains("hunter2"), "{error}");
        }
        let Ok(Email::Smtp { login: Some((user, password)), .. }) =
            "smtp://a%40b:p%2Fw@host".parse()
        else {
            panic!("a login");
        };
        assert_eq!((user.as_str(), password.expose()), ("a@b", "p/w"));
    }

    #[test]
    fn an_sms_transport_is_a_file_or_a_known_gateway() {
        assert_eq!("file:out.jsonl".parse(), Ok(Sms::File("out.jsonl".into())));
        assert_eq!("twilio".parse(), Ok(Sms::Twilio));
        assert!("file:".parse::<Sms>().is_err());
        assert!("pigeon".parse::<Sms>().is_err());
    }
}
