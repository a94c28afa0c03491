//! Saying what is wrong with a form, next to the field that it is about.

use roster_core::Error;
use roster_model::{Field, Reason};

use crate::page::sentence;

/// What is wrong with a form.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// With the username.
    pub(crate) username: Option<String>,
    /// With the address.
    pub(crate) email: Option<String>,
    /// With the password.
    pub(crate) password: Option<String>,
    /// With its repetition.
    pub(crate) again: Option<String>,
    /// With none of these in particular.
    pub(crate) whole: Option<String>,
    /// The link is no good, so there is nothing to be filled in.
    pub(crate) is_link_dead: bool,
}

impl Faults {
    /// Nothing was sent yet.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// The link is no good, for the reason `why`.
    pub(crate) fn dead_link(why: &str) -> Self {
        Self { whole: Some(why.to_owned()), is_link_dead: true, ..Self::default() }
    }

    /// The password and its repetition differ.
    pub(crate) fn differ() -> Self {
        let text = "The two passwords are not the same.".to_owned();
        Self { again: Some(text), ..Self::default() }
    }

    /// What the rulebook has refused; `link` says what is wrong where the link is no good.
    pub(crate) fn of(error: &Error, link: &str) -> Self {
        if matches!(error, Error::OtpInvalid | Error::OtpExpired)
            || error.field() == Some(Field::Token)
        {
            return Self::dead_link(link);
        }
        let mut faults = Self::default();
        let (place, text) = match (error, error.field()) {
            (_, Some(field)) => {
                let (place, name) = match field {
                    Field::Username => (&mut faults.username, "The username"),
                    Field::Email => (&mut faults.email, "The e-mail address"),
                    Field::Password | Field::NewPassword => (&mut faults.password, "The password"),
                    other => (&mut faults.whole, other.as_str()),
                };
                let what = match error {
                    // Whoever types counts characters; where they are not bytes, this promises too little.
                    Error::Invalid { reason: Reason::TooShort { min, .. }, .. } => {
                        format!("must have at least {min} characters")
                    }
                    Error::Invalid { reason, .. } => reason.to_string(),
                    _ => "is already in use".to_owned(),
                };
                (place, format!("{name} {what}."))
            }
            (error, None) => (&mut faults.whole, sentence(&error.to_string())),
        };
        *place = Some(text);
        faults
    }

    /// Whether anything is wrong.
    pub(crate) fn is_any(&self) -> bool {
        [&self.username, &self.email, &self.password, &self.again, &self.whole]
            .iter()
            .any(|fault| fault.is_some())
    }
}
