//! Doors, and how the rulebook goes by the contract of each. A rule that is another one behind some door asks for a habit
//! by its name; which door has it stands here and nowhere else.

use std::time::Duration;

use roster_model::Status;

use crate::SessionLife;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Through which door a request came. The word is kept with sessions and in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// The native API.
    Native,
    /// The dialect of airt.
    Airt,
    /// The dialect of Geobox.
    Geobox,
    /// The dialect of Civis.
    Civis,
    /// The dialect of NIST Dioptra.
    Dioptra,
    /// The pages.
    Console,
    /// No door: the server itself, or the operator at the terminal.
    System,
}

/// What is otherwise behind a door than elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Habits {
    /// Super users and plain users are all that is known: whoever is less than a system admin has nothing to say about
    /// others, not even about the members of groups that it manages.
    pub(crate) knows_super_users_only: bool,
    /// An account admin's power ends at the people who belong to it. Elsewhere it reaches everybody in its organization
    /// who belongs to no other account admin.
    pub(crate) keeps_to_account: bool,
    /// Whoever is no administrator hears of an account that is none of its business that it may not, whether the account
    /// is there or not; elsewhere that there is none.
    pub(crate) forbids_strangers: bool,
    /// The statuses that the one word for "disabled" stands for: nobody means to make the one of the other.
    pub(crate) shown_as_disabled: &'static [Status],
    /// In every profile an address has the form `a@b.c`.
    pub(crate) wants_dotted_addresses: bool,
    /// A name or an address that a user has already is refused as another's would be.
    pub(crate) refuses_own_names: bool,
    /// A change that changes nothing is a change, with a time of its own.
    pub(crate) notes_empty_changes: bool,
    /// One's own password is changed without the old one: clients have no place for it.
    pub(crate) changes_password_without_old: bool,
    /// One code of the authenticator does for a list of targets, while its step lasts.
    pub(crate) repeats_codes: bool,
    /// In the `compat` profile anybody makes an account, at once.
    pub(crate) registers_in_compat: bool,
    /// Several live keys of a user may have one name.
    pub(crate) shares_key_names: bool,
    /// A key with constraints makes others with the same.
    pub(crate) copies_keys: bool,
    /// Keys for others are made by system admins only.
    pub(crate) reserves_issuing: bool,
    /// How long an API key is good whose end nobody has said; none: for ever.
    pub(crate) key_life: Option<Duration>,
    /// How long a one-time code is good at least, whatever is configured.
    pub(crate) least_code_life: Duration,
    /// How long sessions live, unless it is configured.
    pub(crate) session_life: SessionLife,
}

impl Habits {
    /// Roster's own.
    const OWN: Self = Self {
        knows_super_users_only: false,
        keeps_to_account: false,
        forbids_strangers: false,
        shown_as_disabled: &[Status::Disabled],
        wants_dotted_addresses: false,
        refuses_own_names: false,
        notes_empty_changes: false,
        changes_password_without_old: false,
        repeats_codes: false,
        registers_in_compat: false,
        shares_key_names: false,
        copies_keys: false,
        reserves_issuing: false,
        key_life: Some(DAY.saturating_mul(365)),
        least_code_life: Duration::ZERO,
        session_life: SessionLife { idle: DAY, absolute: DAY.saturating_mul(30) },
    };

    /// airt's (its contract, sections 5 and 9.1; of one code for a list, 6).
    const AIRT: Self = Self {
        knows_super_users_only: true,
        forbids_strangers: true,
        shown_as_disabled: &[Status::Pending, Status::Suspended, Status::Disabled],
        wants_dotted_addresses: true,
        refuses_own_names: true,
        repeats_codes: true,
        key_life: None,
        least_code_life: MINUTE.saturating_mul(15),
        session_life: SessionLife::fixed(DAY.saturating_mul(30)),
        ..Self::OWN
    };

    /// Geobox's (its contract, section 4; of keys, 7; of statuses, 4 and 7.1).
    const GEOBOX: Self = Self {
        keeps_to_account: true,
        forbids_strangers: true,
        shown_as_disabled: &[Status::Suspended, Status::Disabled],
        changes_password_without_old: true,
        key_life: None,
        session_life: SessionLife::fixed(DAY),
        ..Self::OWN
    };

    /// Civis' (its contract, sections 8 and 8.1).
    const CIVIS: Self =
        Self { shares_key_names: true, copies_keys: true, reserves_issuing: true, ..Self::OWN };

    /// Dioptra's (its contract, sections 3 and 4.8; of registration, 11).
    const DIOPTRA: Self = Self {
        notes_empty_changes: true,
        registers_in_compat: true,
        session_life: SessionLife::fixed(DAY.saturating_mul(14)),
        ..Self::OWN
    };
}

impl Door {
    /// Every one of them.
    pub const ALL: [Self; 7] = [
        Self::Native,
        Self::Airt,
        Self::Geobox,
        Self::Civis,
        Self::Dioptra,
        Self::Console,
        Self::System,
    ];

    /// The word that stands for it in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Airt => "airt",
            Self::Geobox => "geobox",
            Self::Civis => "civis",
            Self::Dioptra => "dioptra",
            Self::Console => "console",
            Self::System => "system",
        }
    }

    /// The door that `word` stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|door| door.as_str() == word)
    }

    /// What is otherwise behind it than elsewhere.
    pub(crate) const fn habits(self) -> &'static Habits {
        match self {
            Self::Native | Self::Console | Self::System => &Habits::OWN,
            Self::Airt => &Habits::AIRT,
            Self::Geobox => &Habits::GEOBOX,
            Self::Civis => &Habits::CIVIS,
            Self::Dioptra => &Habits::DIOPTRA,
        }
    }
}
