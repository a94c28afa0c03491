//! The configuration: one declaration of every key, read from flags, the environment and `roster.toml`.
//!
//! A key is declared once, as a field of [`Settings`] or of one of its sections. Its path in the file
//! (`limits.body_bytes`), its environment variable (`ROSTER_LIMITS_BODY_BYTES`), the commented template and the
//! reference page all come from that declaration. Flags win over the environment, the environment over the file.

mod check;
mod keys;
mod load;
mod problem;
mod reference;
mod rulebook;
mod sections;
mod settings;
mod sso;
#[cfg(test)]
mod tests;
mod validate;
mod values;

pub use check::{Effective, report};
pub use load::{Inputs, Loaded, Overrides, load};
pub use problem::{Problem, Problems, Source};
pub use reference::{reference, template};
pub use sections::{
    Admin, Codes, Database, Dialects, Limits, Lockout, Passwords, Rates, Sessions, SmsGateway,
};
pub use settings::Settings;
pub use sso::SsoProvider;
pub use values::{Email, LogFormat, LogSettings, Sms, SmtpTls};
