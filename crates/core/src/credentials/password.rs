//! What a password must be, and the one form in which it is hashed.
//!
//! No rule here asks for capitals or signs: length and not being guessable first are what counts (NIST SP 800-63B).

mod breached;
mod common;

use std::{borrow::Cow, io, sync::Arc};

pub use breached::BreachedPasswords;
use roster_model::{Reason, Secret, Unit, fold};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::Profile;

/// The most bytes a password may have, under every profile. It is hashed whole, so it needs some end.
pub const MAX_BYTES: usize = 1024;

const MIN_BYTES: usize = 8;
const STRICT_MIN_BYTES: usize = 15;

/// Who chose the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy {
    /// The person it belongs to.
    Owner,
    /// An administrator, for somebody else; often a program.
    Administrator,
}

/// A password somebody wants to set.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// The password.
    pub password: &'a Secret,
    /// The name of the user it is for.
    pub username: &'a str,
    /// The address of the user it is for; may be empty.
    pub email: &'a str,
    /// Whether signing in takes a second factor as well.
    pub has_second_factor: bool,
    /// Who chose it.
    pub chosen_by: ChosenBy,
}

/// The rules for new passwords. What is already set stays valid.
#[derive(Debug, Default)]
pub struct PasswordPolicy {
    /// How much is asked.
    pub profile: Profile,
    /// The list of breached passwords of the strict profile.
    pub breached: Option<Arc<BreachedPasswords>>,
}

impl PasswordPolicy {
    /// Whether the password may be set; if not, why. An error when the list of breached passwords cannot be read: then
    /// nothing is set, rather than something bad.
    pub fn check(&self, proposal: &Proposal<'_>) -> io::Result<Result<(), Reason>> {
        let password = canonical(proposal.password.expose());
        if let Err(reason) = self.check_length(&password, proposal.has_second_factor) {
            return Ok(Err(reason));
        }
        if self.profile == Profile::Compat {
            return Ok(Ok(()));
        }
        let is_strict = self.profile == Profile::Strict;
        if is_strict && proposal.chosen_by == ChosenBy::Administrator {
            return Ok(Err(Reason::NotAllowed));
        }
        let folded = fold(&password);
        if is_personal(folded.as_str(), proposal) {
            return Ok(Err(Reason::TooPersonal));
        }
        if (is_strict || proposal.chosen_by == ChosenBy::Owner)
            && common::is_common(folded.as_str())
        {
            return Ok(Err(Reason::TooCommon));
        }
        let is_breached = match &self.breached {
            Some(list) if is_strict => list.contains(&password)?,
            _ => false,
        };
        Ok(if is_breached { Err(Reason::TooCommon) } else { Ok(()) })
    }

    fn check_length(&self, password: &str, has_second_factor: bool) -> Result<(), Reason> {
        let min = match self.profile {
            Profile::Compat => 1,
            Profile::Strict if !has_second_factor => STRICT_MIN_BYTES,
            Profile::Default | Profile::Strict => MIN_BYTES,
        };
        match password.len() {
            0 => Err(Reason::Empty),
            length if length < min => Err(Reason::TooShort { min, unit: Unit::Bytes }),
            length if length > MAX_BYTES => {
                Err(Reason::TooLong { max: MAX_BYTES, unit: Unit::Bytes })
            }
            _ => Ok(()),
        }
    }
}

/// Whether the password is the username or address with little around it: without them, less is left than a password
/// must have. Names of one or two letters are in every sentence and do not count.
fn is_personal(folded: &str, proposal: &Proposal<'_>) -> bool {
    let local_part = proposal.email.split('@').next().unwrap_or_default();
    [proposal.username, proposal.email, local_part].into_iter().map(fold).any(|name| {
        let name = name.as_str();
        name.chars().count() > 2
            && folded.contains(name)
            && folded.replace(name, "").len() < MIN_BYTES
    })
}

/// The form of a password that is hashed: RFC 8265's OpaqueString, which is NFC with every kind of blank made a plain
/// one. So the same keys give the same password on a keyboard that sends `é` as one character and on one that sends two.
pub(crate) fn canonical(password: &str) -> Cow<'_, str> {
    let has_plain_blanks = || password.chars().all(|c| c == ' ' || !is_blank(c));
    if is_nfc_quick(password.chars()) == IsNormalized::Yes && has_plain_blanks() {
        return Cow::Borrowed(password);
    }
    Cow::Owned(password.chars().map(|c| if is_blank(c) { ' ' } else { c }).nfc().collect())
}

/// Unicode's space separators (Zs).
const fn is_blank(c: char) -> bool {
    matches!(
        c,
        ' ' | '\u{A0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}'
    )
}

#[cfg(test)]
mod tests;
