//! What single values cannot tell: settings that do not fit together.

use roster_core::credentials::secret_key::Keyring;
use roster_model::Secret;
use url::Url;

use super::problem::{Problem, Source};
use super::values::{Email, Sms};
use super::{Settings, SsoProvider};

/// The providers that need no address.
const KNOWN_PROVIDERS: [&str; 2] = ["google", "github"];

/// Collects what does not fit.
struct Check<'a> {
    source: &'a dyn Fn(&str) -> Source,
    problems: &'a mut Vec<Problem>,
}

impl Check<'_> {
    fn refuse(&mut self, key: &str, reason: impl Into<String>, fix: impl Into<String>) {
        let (reason, fix) = (reason.into(), fix.into());
        self.problems.push(Problem {
            key: key.to_owned(),
            source: (self.source)(key),
            reason,
            fix,
        });
    }
}

/// Adds to `problems` what is wrong with `settings` as a whole.
pub(super) fn validate(
    settings: &Settings,
    source: &dyn Fn(&str) -> Source,
    problems: &mut Vec<Problem>,
) {
    let mut check = Check { source, problems };
    addresses(settings, &mut check);
    messages(settings, &mut check);
    times(settings, &mut check);
    administrator(settings, &mut check);
    for (name, provider) in &settings.sso {
        sso_provider(name, provider, &mut check);
    }
}

fn addresses(settings: &Settings, check: &mut Check<'_>) {
    if let Some(url) = &settings.public_url {
        let is_bare =
            url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !is_web(url) || !is_bare || url.path() != "/" {
            check.refuse(
                "public_url",
                "this is not the address of a site",
                "Write scheme and host only, such as https://roster.example.com.",
            );
        }
    }
    databases(settings, check);
    if let Some(key) = &settings.secret_key
        && let Err(error) = Keyring::parse(key.expose())
    {
        check.refuse(
            "secret_key",
            error.to_string(),
            "Make one with `openssl rand -hex 32`, or leave it out to have one made in data_dir.",
        );
    }
    let dialects = &settings.dialects;
    for (key, host) in [
        ("dialects.airt_host", &dialects.airt_host),
        ("dialects.dioptra_host", &dialects.dioptra_host),
        ("dialects.geobox_host", &dialects.geobox_host),
        ("dialects.civis_host", &dialects.civis_host),
    ] {
        if host.as_deref().is_some_and(|host| !is_host_name(host)) {
            let what = "Write only the name, as in airt.example.com.";
            check.refuse(key, "this is not a host name", what);
        }
    }
}

fn databases(settings: &Settings, check: &mut Check<'_>) {
    let is_postgres = |url: &Secret| {
        ["postgres://", "postgresql://"].iter().any(|scheme| url.expose().starts_with(scheme))
    };
    let url = settings.database_url.as_ref();
    if url.is_some_and(|url| !is_postgres(url) && !url.expose().starts_with("sqlite:")) {
        check.refuse(
            "database_url",
            "this is not the address of a database that Roster speaks to",
            "Write postgres://user:password@host/name or sqlite:PATH, or leave it out.",
        );
    }
    let replicas = &settings.database_replicas;
    if !replicas.is_empty() && !url.is_some_and(is_postgres) {
        check.refuse(
            "database_replicas",
            "only a PostgreSQL database has replicas",
            "Write the address of the primary in database_url, or leave the replicas out.",
        );
    } else if let Some(wrong) = replicas.iter().position(|url| !is_postgres(url)) {
        check.refuse(
            "database_replicas",
            format!("number {} is not the address of a PostgreSQL database", wrong + 1),
            "Write each as postgres://user:password@host/name, and a comma in a password as %2C.",
        );
    }
}

fn is_host_name(host: &str) -> bool {
    host.split('.').all(|label| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    })
}

fn messages(settings: &Settings, check: &mut Check<'_>) {
    match (&settings.email, &settings.email_from) {
        (Email::Smtp { .. }, None) => check.refuse(
            "email_from",
            "a mail server needs a sender",
            "Write for example ROSTER_EMAIL_FROM='Roster <roster@example.com>'.",
        ),
        (_, Some(from)) if from.parse::<lettre::message::Mailbox>().is_err() => check.refuse(
            "email_from",
            "this is not an e-mail address",
            "Write roster@example.com or Roster <roster@example.com>.",
        ),
        _ => {}
    }
    let gateway = &settings.sms_gateway;
    let needs: &[(&str, bool)] = &[
        ("sms_gateway.from", gateway.from.is_none()),
        ("sms_gateway.account", gateway.account.is_none()),
        ("sms_gateway.secret", gateway.secret.is_none()),
        ("sms_gateway.url", gateway.url.is_none()),
    ];
    let needed: &[&str] = match settings.sms {
        Sms::Off | Sms::File(_) => &[],
        Sms::Http => &["url"],
        Sms::Twilio | Sms::Vonage => &["from", "account", "secret"],
        Sms::Sns => &["account", "secret"],
        Sms::MessageBird => &["from", "secret"],
    };
    for (key, is_missing) in needs {
        if *is_missing && needed.iter().any(|name| key.ends_with(&format!(".{name}"))) {
            let fix = format!("Set it in [sms_gateway] or as {}.", super::keys::variable(key));
            check.refuse(key, "the chosen gateway needs it", fix);
        }
    }
    if let Some(url) = &gateway.base_url
        && !is_web(url)
    {
        check.refuse("sms_gateway.base_url", "this is not a web address", "Write https://host.");
    }
    if settings.sms == Sms::Http
        && let Err(reason) = crate::delivery::check_template(gateway)
    {
        check.refuse(
            "sms_gateway",
            reason,
            "Compare it with the example in the configuration reference.",
        );
    }
}

fn times(settings: &Settings, check: &mut Check<'_>) {
    let sessions = &settings.sessions;
    if sessions.idle > sessions.absolute {
        check.refuse(
            "sessions.idle",
            "it is longer than sessions.absolute",
            "Lower it, or raise sessions.absolute.",
        );
    }
    if settings.lockout.first_wait > settings.lockout.longest_wait {
        check.refuse(
            "lockout.first_wait",
            "it is longer than lockout.longest_wait",
            "Lower it, or raise the other.",
        );
    }
    let positive = [
        ("sessions.idle", sessions.idle),
        ("sessions.absolute", sessions.absolute),
        ("sessions.airt", sessions.airt),
        ("sessions.geobox", sessions.geobox),
        ("sessions.dioptra", sessions.dioptra),
        ("codes.life", settings.codes.life),
        ("limits.header_time", settings.limits.header_time),
        ("limits.request_time", settings.limits.request_time),
        ("sms_gateway.timeout", settings.sms_gateway.timeout),
    ];
    for (key, duration) in positive {
        if duration.is_zero() {
            check.refuse(key, "nothing can happen in no time", "Write a longer time, such as 10s.");
        }
    }
    let passwords = &settings.passwords;
    let memory = passwords.memory_kib.get();
    if memory < 8 * passwords.lanes.get().min(1 << 20) || memory > 1 << 20 {
        check.refuse(
            "passwords.memory_kib",
            "Argon2id needs at least 8 KiB per lane, and more than 1 GiB per sign-in is a mistake",
            "The default, 19456, is what OWASP recommends.",
        );
    }
    if passwords.passes.get() > 64 || passwords.lanes.get() > 64 {
        check.refuse(
            "passwords.passes",
            "passes and lanes go up to 64",
            "The defaults are 2 passes and 1 lane.",
        );
    }
    if settings.sms_gateway.timeout > std::time::Duration::from_secs(45) {
        check.refuse(
            "sms_gateway.timeout",
            "a message that is not sent within a minute is tried by another node",
            "Write at most 45s.",
        );
    }
    if settings.limits.header_bytes.get() < 8192 {
        check.refuse("limits.header_bytes", "browsers send more than this", "Write at least 8192.");
    }
}

fn administrator(settings: &Settings, check: &mut Check<'_>) {
    let admin = &settings.admin;
    let given = [
        ("admin.username", admin.username.is_some()),
        ("admin.email", admin.email.is_some()),
        ("admin.password", admin.password.is_some()),
    ];
    if given.iter().any(|(_, is_given)| *is_given) {
        for (key, _) in given.iter().filter(|(_, is_given)| !is_given) {
            check.refuse(
                key,
                "the first administrator needs all of admin.username, admin.email and admin.password",
                format!("Set {}, or unset the others.", super::keys::variable(key)),
            );
        }
    }
}

fn sso_provider(name: &str, provider: &SsoProvider, check: &mut Check<'_>) {
    let key = |field: &str| format!("sso.{name}.{field}");
    match (&provider.issuer, &provider.base_url) {
        (Some(_), Some(_)) => check.refuse(
            &key("base_url"),
            "a provider is reached by its issuer (OpenID Connect) or its base_url (the GitHub kind), not both",
            "Remove one of them.",
        ),
        (None, None) if !KNOWN_PROVIDERS.contains(&name) => check.refuse(
            &key("issuer"),
            "only google and github are known by name",
            format!("Set {} to the provider's issuer.", super::keys::variable(&key("issuer"))),
        ),
        _ => {}
    }
    for (field, url) in [("issuer", &provider.issuer), ("base_url", &provider.base_url)] {
        let Some(url) = url else { continue };
        // Whoever can change the answers of a provider can sign in as anybody.
        if url.scheme() != "https" && !is_local(url) {
            check.refuse(
                &key(field),
                "a provider elsewhere must be reached over https",
                "Write https://…; plain http is for a provider on this machine.",
            );
        }
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

fn is_local(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
}
