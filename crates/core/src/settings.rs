//! What the operator decides, as far as the rulebook wants to know.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use roster_model::Channel;
use url::Url;

use crate::{Door, credentials::password::BreachedPasswords};

/// How strict the installation is about passwords and addresses (design section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Profile {
    /// What NIST SP 800-63B asks for: eight bytes, not personal, not common when its owner chooses it.
    #[default]
    Default,
    /// Fifteen bytes unless a second factor is asked for too, never common or breached, chosen by the owner alone.
    Strict,
    /// What the four platforms allow: anything but nothing, changed yearly.
    Compat,
}

/// Who may make an account for oneself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Registration {
    /// Nobody.
    #[default]
    Closed,
    /// Whoever holds an invitation.
    Invite,
    /// Everybody.
    Open,
}

/// How long sessions live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLife {
    /// Without use.
    pub idle: Duration,
    /// However much they are used.
    pub absolute: Duration,
}

impl SessionLife {
    /// So long from the beginning, used or not.
    pub const fn fixed(life: Duration) -> Self {
        Self { idle: life, absolute: life }
    }
}

/// How often a thing may happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Failures of one user with one kind of proof that are borne; with the next one waiting begins.
    pub failures_before_wait: u32,
    /// The first wait; each further failure doubles it.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// Wrong tries that kill a one-time code.
    pub code_attempts: u32,
    /// Wrong codes that use up a pending enrolment.
    pub enrolment_attempts: u32,
    /// Codes sent to one user for one purpose in `code_window`.
    pub codes_per_user: u32,
    /// See `codes_per_user`.
    pub code_window: Duration,
    /// Codes sent to one number or address in a day.
    pub codes_per_destination: u32,
    /// Text messages sent in a day to numbers that begin alike.
    pub sms_per_prefix: u32,
    /// Text messages, and as many mails, that one client address may ask for in a day.
    pub codes_per_address: u32,
    /// Text messages sent by the installation in a day.
    pub sms_per_day: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            failures_before_wait: 10,
            first_wait: Duration::from_secs(30),
            longest_wait: Duration::from_secs(15 * 60),
            code_attempts: 10,
            enrolment_attempts: 3,
            codes_per_user: 10,
            code_window: Duration::from_secs(10 * 60),
            codes_per_destination: 30,
            sms_per_prefix: 300,
            codes_per_address: 500,
            sms_per_day: 1000,
        }
    }
}

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How strict the installation is.
    pub profile: Profile,
    /// The list of breached passwords that the strict profile looks into, if the operator has one.
    pub breached_passwords: Option<Arc<BreachedPasswords>>,
    /// Where people reach the server: every link begins with it.
    pub public_url: Url,
    /// Who may make an account for oneself.
    pub registration: Registration,
    /// The life of sessions opened through a door; others live as long as the door is used to.
    pub session_lives: BTreeMap<&'static str, SessionLife>,
    /// Channels with a transport.
    pub channels: Vec<Channel>,
    /// How often things may happen.
    pub limits: Limits,
    /// How long one-time codes are good; no door makes it shorter.
    pub code_life: Duration,
    /// How long a sign-in at a provider may take.
    pub sso_life: Duration,
    /// How long a session counts as freshly proved by a second factor.
    pub mfa_freshness: Duration,
    /// How long mailed links are good with which a password is set.
    pub link_life: Duration,
    /// How long mailed links are good that confirm an address.
    pub confirmation_life: Duration,
    /// The time zone of people who have none, and whose primary group has none: a name of the IANA database.
    pub time_zone: String,
    /// How long deleted users can be restored.
    pub restore_window: Duration,
}

impl Settings {
    /// The settings of a server at `public_url`, all else as the design says.
    pub fn new(public_url: Url) -> Self {
        const HOUR: Duration = Duration::from_secs(3600);
        Self {
            profile: Profile::default(),
            breached_passwords: None,
            public_url,
            registration: Registration::default(),
            session_lives: BTreeMap::new(),
            channels: Vec::new(),
            limits: Limits::default(),
            code_life: HOUR / 6,
            sso_life: HOUR / 6,
            mfa_freshness: HOUR / 6,
            link_life: 24 * HOUR,
            confirmation_life: 3 * 24 * HOUR,
            time_zone: "UTC".to_owned(),
            restore_window: 30 * 24 * HOUR,
        }
    }

    /// How long sessions live that are opened through `door`.
    pub fn session_life(&self, door: Door) -> SessionLife {
        let configured = self.session_lives.get(door.as_str());
        configured.copied().unwrap_or(door.habits().session_life)
    }

    /// How long a one-time code is good that was asked for through `door`.
    pub fn code_life(&self, door: Door) -> Duration {
        self.code_life.max(door.habits().least_code_life)
    }
}
