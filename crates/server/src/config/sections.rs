//! The sections of the configuration.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use confique::Config;
use roster_model::Secret;
use url::Url;

use super::values::duration;

/// The administrator made unattended.
#[derive(Config)]
pub struct Admin {
    /// User name.
    pub username: Option<String>,

    /// E-mail address.
    pub email: Option<String>,

    /// Password; it must pass the rules of `profile`.
    pub password: Option<Secret>,
}

/// Connections to the database.
#[derive(Config)]
pub struct Database {
    /// SQLite connections for reading, beside the one that writes.
    #[config(default = 16)]
    pub sqlite_readers: NonZeroUsize,

    /// PostgreSQL connections of this node.
    #[config(default = 16)]
    pub postgres_connections: NonZeroUsize,
}

/// Lives of sessions.
#[derive(Config)]
pub struct Sessions {
    /// Native API, command line and pages: time without use.
    #[config(default = "24h", deserialize_with = duration)]
    pub idle: Duration,

    /// Native API, command line and pages: time from sign-in, however much it is used.
    #[config(default = "30d", deserialize_with = duration)]
    pub absolute: Duration,

    /// airt: time from sign-in. Its scripts keep a token in an environment variable and never renew it.
    #[config(default = "30d", deserialize_with = duration)]
    pub airt: Duration,

    /// Geobox: time from sign-in.
    #[config(default = "24h", deserialize_with = duration)]
    pub geobox: Duration,

    /// Dioptra: time from sign-in.
    #[config(default = "14d", deserialize_with = duration)]
    pub dioptra: Duration,

    /// How long after giving a code a session may do what needs a fresh one.
    #[config(default = "10m", deserialize_with = duration)]
    pub step_up: Duration,
}

/// Password hashing.
#[derive(Config)]
pub struct Passwords {
    /// Memory of one Argon2id hash in KiB. A changed cost applies to each password at its next use.
    #[config(default = 19456)]
    pub memory_kib: NonZeroU32,

    /// Passes of Argon2id over that memory.
    #[config(default = 2)]
    pub passes: NonZeroU32,

    /// Lanes of Argon2id.
    #[config(default = 1)]
    pub lanes: NonZeroU32,

    /// File of breached passwords that the `strict` profile refuses: SHA-1 hashes in ascending order, of 20 bytes each or
    /// in lines of 40 hexadecimal digits, as such lists are published.
    pub breached_list: Option<PathBuf>,

    /// Threads that hash; 0 is one per processor.
    #[config(default = 0)]
    pub threads: usize,

    /// Sign-ins that may wait for such a thread, the next being answered 503 with `Retry-After`; 0 is 64 per thread.
    #[config(default = 0)]
    pub queue: usize,
}

/// The wait after wrong guesses.
#[derive(Config)]
pub struct Lockout {
    /// Wrong passwords or codes in a row that are borne; with the next one waiting begins.
    #[config(default = 10)]
    pub tries: NonZeroU32,

    /// The first wait; each further failure doubles it.
    #[config(default = "30s", deserialize_with = duration)]
    pub first_wait: Duration,

    /// The longest wait.
    #[config(default = "15m", deserialize_with = duration)]
    pub longest_wait: Duration,
}

/// One-time codes.
#[derive(Config)]
pub struct Codes {
    /// How long a code lives.
    #[config(default = "10m", deserialize_with = duration)]
    pub life: Duration,

    /// Wrong tries that kill a code.
    #[config(default = 10)]
    pub tries: NonZeroU32,

    /// Codes sent to one user for one purpose within ten minutes.
    #[config(default = 10)]
    pub sends_per_purpose: NonZeroU32,

    /// Codes sent to one number or address in a day.
    #[config(default = 30)]
    pub sends_per_destination: NonZeroU32,

    /// Text messages sent in a day to numbers that begin alike: with the same country code and the same three digits after
    /// it. Raise it where most people have one operator and sign in with codes.
    #[config(default = 300)]
    pub sends_per_prefix: NonZeroU32,

    /// Codes by text message that one client address may ask for in a day, and as many codes and links by e-mail, whoever
    /// they are for; an IPv6 client is its /64 network. An office behind one address needs a few for each person. Behind a
    /// proxy all clients have its address unless `trusted_proxies` names it.
    #[config(default = 500)]
    pub sends_per_address: NonZeroU32,

    /// Text messages sent by the whole installation in a day.
    #[config(default = 1000)]
    pub sms_per_day: NonZeroU32,
}

/// Sizes and times of requests.
#[derive(Config)]
pub struct Limits {
    /// Bytes of a request's body; more is answered 413.
    #[config(default = 1048576)]
    pub body_bytes: NonZeroUsize,

    /// Bytes of a request's line and headers; more is answered 431, which Geobox's client takes for success: so many hold its
    /// longest queries.
    #[config(default = 65536)]
    pub header_bytes: NonZeroUsize,

    /// Time for a client to send its headers, and for an open connection to wait for its next request.
    #[config(default = "60s", deserialize_with = duration)]
    pub header_time: Duration,

    /// Time for a whole request; longer is answered 408 or 503.
    #[config(default = "30s", deserialize_with = duration)]
    pub request_time: Duration,

    /// Time that a shutdown waits for requests under way.
    #[config(default = "25s", deserialize_with = duration)]
    pub drain_time: Duration,

    /// Connections open at once; more wait to be accepted.
    #[config(default = 10000)]
    pub connections: NonZeroUsize,
}

/// Rate limits.
#[derive(Config)]
pub struct Rates {
    /// Requests of any kind; 0 is no limit.
    #[config(default = 0)]
    pub requests: u32,

    /// Sign-ins, code requests and other calls without a credential; 0 is no limit.
    #[config(default = 600)]
    pub sign_ins: u32,
}

/// Foreign platforms.
#[derive(Config)]
pub struct Dialects {
    /// Whether the airt dialect answers below `/airt`.
    #[config(default = true)]
    pub airt: bool,

    /// Host name under which the airt dialect answers without its prefix, as well.
    pub airt_host: Option<String>,

    /// Whether the dialect of NIST Dioptra answers below `/dioptra`.
    #[config(default = true)]
    pub dioptra: bool,

    /// Host name under which the dialect of NIST Dioptra answers without its prefix, as well.
    pub dioptra_host: Option<String>,

    /// Whether the Geobox dialect answers below `/geobox`, and below `/v1` for hosts written without a slash at the end.
    #[config(default = true)]
    pub geobox: bool,

    /// Host name under which the Geobox dialect answers without its prefix, as well.
    pub geobox_host: Option<String>,

    /// Whether the Civis dialect answers below `/civis`.
    #[config(default = true)]
    pub civis: bool,

    /// Host name under which the Civis dialect answers without its prefix, as well.
    pub civis_host: Option<String>,
}

/// The SMS gateway.
#[derive(Config)]
pub struct SmsGateway {
    /// Sender: a number, or a name where the gateway allows one.
    pub from: Option<String>,

    /// User at the gateway: Twilio's account SID, Vonage's API key, the access key id of AWS.
    pub account: Option<String>,

    /// Secret of that user: Twilio's auth token, Vonage's API secret, the secret access key of AWS, MessageBird's
    /// access key. The `http` transport puts it where `{secret}` stands.
    pub secret: Option<Secret>,

    /// Region of AWS SNS.
    #[config(default = "us-east-1")]
    pub region: String,

    /// Address of the gateway, in place of its public one.
    pub base_url: Option<Url>,

    /// For `http`: address to call, with `{to}`, `{from}`, `{text}`, `{account}` and `{secret}` where they belong.
    pub url: Option<String>,

    /// For `http`: method of the call.
    #[config(default = "POST")]
    pub method: String,

    /// For `http`: headers of the call, with the same placeholders.
    #[config(default = {})]
    pub headers: BTreeMap<String, String>,

    /// For `http`: body of the call, with the same placeholders. Values are escaped as the content type needs.
    pub body: Option<String>,

    /// For `http`: content type of the body: `application/json`, `application/x-www-form-urlencoded` or `text/plain`.
    #[config(default = "application/json")]
    pub content_type: String,

    /// How long the gateway may take to answer, at most 45 s.
    #[config(default = "15s", deserialize_with = duration)]
    pub timeout: Duration,
}
