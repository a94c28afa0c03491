//! Every key of the configuration outside a section.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use confique::Config;
use ipnet::IpNet;
use url::Url;

use roster_core::{Profile, Registration};
use roster_model::Secret;

use super::values::{self, Email, LogSettings, Sms, from_text};
use super::{
    Admin, Codes, Database, Dialects, Limits, Lockout, Passwords, Rates, Sessions, SmsGateway,
    SsoProvider,
};

/// The whole configuration of a server.
#[derive(Config)]
pub struct Settings {
    /// Address and port to listen on. `0.0.0.0:8750` or `[::]:8750` listens on every interface.
    #[config(default = "127.0.0.1:8750")]
    pub listen: SocketAddr,

    /// Directory of the SQLite database and the secret key; made with mode 0700 if it is not there.
    #[config(default = "roster-data")]
    pub data_dir: PathBuf,

    /// Database: `postgres://user:password@host/name`, or `sqlite:PATH`. Without it, `roster.sqlite` in `data_dir`.
    pub database_url: Option<Secret>,

    /// Replicas of a PostgreSQL database: hot standbys, each written as `database_url` is. Lists, searches and counts may be
    /// answered by any of them that is not too far behind; everything else, and they while none can be used, by
    /// `database_url`. A comma in a password is written `%2C`.
    #[config(default = [])]
    pub database_replicas: Vec<Secret>,

    /// Address under which people reach this server. Links in messages and sign-in redirects are built from it,
    /// never from a request. Without it, `http://` and the address listened on.
    pub public_url: Option<Url>,

    /// Set of password and registration rules: `default`; `strict` for longer passwords that no administrator
    /// chooses; `compat` for what the platforms that Roster replaces allow.
    #[config(default = "default", deserialize_with = values::profile)]
    pub profile: Profile,

    /// Who may make an account: `closed` (administrators), `invite` (who was invited), `open` (everybody, with a link that
    /// is mailed to the address).
    #[config(default = "closed", deserialize_with = values::registration)]
    pub registration: Registration,

    /// Key under which stored secrets are encrypted: 32 bytes in hexadecimal digits or base64; several keys, the newest
    /// first, are separated by commas. Without it, the key is read from `secret_key_file`. Every node of one database
    /// needs the same key.
    pub secret_key: Option<Secret>,

    /// File of the secret key, readable by its owner only; made at the first start. Without it, `secret.key` in
    /// `data_dir`.
    pub secret_key_file: Option<PathBuf>,

    /// Log format (`pretty`, `json`), level (`off`, `error`, `warn`, `info`, `debug`, `trace`) and levels of single
    /// targets, separated by commas: `json,info,hyper=warn`.
    #[config(default = "pretty,info", deserialize_with = from_text)]
    pub log: LogSettings,

    /// Where text messages go: `off`, `file:PATH` (one JSON line each, for trying out), or a gateway described in
    /// `sms_gateway`: `twilio`, `vonage`, `sns`, `messagebird`, or `http` for any other.
    #[config(default = "off", deserialize_with = from_text)]
    pub sms: Sms,

    /// Where e-mail goes: `off`, `file:PATH` (one JSON line each, for trying out), or a mail server:
    /// `smtp://user:password@host:port`, with `?tls=starttls` (the default, port 587), `?tls=implicit` (also
    /// `smtps://`, port 465) or, for a server on this machine, `?tls=none`.
    #[config(default = "off", deserialize_with = from_text)]
    pub email: Email,

    /// Sender of e-mail, such as `Roster <roster@example.com>`; needed with a mail server.
    pub email_from: Option<String>,

    /// Addresses and networks (`10.0.0.0/8`) of the proxies in front of this server. Only what these say about a
    /// client's address, in `Forwarded` or `X-Forwarded-For`, is believed.
    #[config(default = [], deserialize_with = values::networks)]
    pub trusted_proxies: Vec<IpNet>,

    /// Whether `/metrics` answers.
    #[config(default = true)]
    pub metrics: bool,

    /// Administrator made unattended while there are no users. All three or none.
    #[config(nested)]
    pub admin: Admin,

    /// Sizes of the connections to the database.
    #[config(nested)]
    pub database: Database,

    /// How long sessions live, by the door they were started at.
    #[config(nested)]
    pub sessions: Sessions,

    /// Hashing of passwords.
    #[config(nested)]
    pub passwords: Passwords,

    /// The wait after wrong passwords and codes.
    #[config(nested)]
    pub lockout: Lockout,

    /// One-time codes by text message and e-mail.
    #[config(nested)]
    pub codes: Codes,

    /// Sizes and times that a request may take.
    #[config(nested)]
    pub limits: Limits,

    /// Requests that one client address may make in a minute. An IPv6 client is its /64 network.
    #[config(nested)]
    pub rates: Rates,

    /// The foreign platforms that Roster speaks for.
    #[config(nested)]
    pub dialects: Dialects,

    /// The gateway that `sms` names.
    #[config(nested)]
    pub sms_gateway: SmsGateway,

    /// Providers for single sign-on by name; read apart, because their names are free.
    #[config(default = {})]
    pub sso: BTreeMap<String, SsoProvider>,
}
