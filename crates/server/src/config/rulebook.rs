//! The configuration as store, hashing pool and rulebook want it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use roster_core::credentials::hasher::HashingSettings;
use roster_core::{Door, SessionLife};
use roster_model::Channel;
use roster_store::Location;
use url::Url;

use super::{Email, Settings, Sms};

impl Settings {
    /// What the rulebook wants to know; `public_url` stands in where none is configured.
    pub fn rulebook(&self, public_url: &Url) -> roster_core::Settings {
        let public_url = self.public_url.as_ref().unwrap_or(public_url).clone();
        let mut settings = roster_core::Settings::new(public_url);
        settings.profile = self.profile;
        settings.registration = self.registration;
        settings.channels = self.channels();
        settings.code_life = self.codes.life;
        settings.mfa_freshness = self.sessions.step_up;
        let limits = &mut settings.limits;
        limits.failures_before_wait = self.lockout.tries.get();
        limits.first_wait = self.lockout.first_wait;
        limits.longest_wait = self.lockout.longest_wait;
        limits.code_attempts = self.codes.tries.get();
        limits.codes_per_user = self.codes.sends_per_purpose.get();
        limits.codes_per_destination = self.codes.sends_per_destination.get();
        limits.sms_per_prefix = self.codes.sends_per_prefix.get();
        limits.codes_per_address = self.codes.sends_per_address.get();
        limits.sms_per_day = self.codes.sms_per_day.get();
        let sessions = &self.sessions;
        let sliding = SessionLife { idle: sessions.idle, absolute: sessions.absolute };
        let fixed = |life| SessionLife { idle: life, absolute: life };
        settings.session_lives = [
            (Door::Native, sliding),
            (Door::Console, sliding),
            (Door::Airt, fixed(sessions.airt)),
            (Door::Geobox, fixed(sessions.geobox)),
            (Door::Dioptra, fixed(sessions.dioptra)),
        ]
        .map(|(door, life)| (door.as_str(), life))
        .into();
        settings
    }

    /// The channels that have a transport.
    pub fn channels(&self) -> Vec<Channel> {
        let sms = (!matches!(self.sms, Sms::Off)).then_some(Channel::Sms);
        let email = (!matches!(self.email, Email::Off)).then_some(Channel::Email);
        sms.into_iter().chain(email).collect()
    }

    /// What the hashing pool wants to know.
    pub fn hashing(&self) -> HashingSettings {
        let defaults = HashingSettings::default();
        let threads =
            NonZeroUsize::new(self.passwords.threads).map_or(defaults.threads, NonZeroUsize::get);
        HashingSettings {
            memory_kib: self.passwords.memory_kib.get(),
            passes: self.passwords.passes.get(),
            lanes: self.passwords.lanes.get(),
            threads,
            queue: NonZeroUsize::new(self.passwords.queue).map_or(64 * threads, NonZeroUsize::get),
        }
    }

    /// Where the database is.
    ///
    /// # Errors
    /// `database_url` is none that the store knows.
    pub fn location(&self) -> Result<Location, roster_store::Error> {
        match &self.database_url {
            Some(url) => url.expose().parse(),
            None => Ok(Location::File(self.data_dir.join("roster.sqlite"))),
        }
    }

    /// Where its replicas are.
    ///
    /// # Errors
    /// One of `database_replicas` is no address of a database.
    pub fn replicas(&self) -> Result<Vec<Location>, roster_store::Error> {
        self.database_replicas.iter().map(|url| url.expose().parse()).collect()
    }

    /// How the store uses its database; replicas are for servers only, which have a memory of what they wrote.
    pub fn store_options(&self) -> roster_store::Options {
        roster_store::Options {
            readers: self.database.sqlite_readers.get(),
            connections: self.database.postgres_connections.get(),
            ..roster_store::Options::default()
        }
    }

    /// The file of the secret key.
    pub fn secret_key_path(&self) -> PathBuf {
        self.secret_key_file.clone().unwrap_or_else(|| self.data_dir.join("secret.key"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Inputs, Overrides, load};
    use super::*;

    #[test]
    fn what_nobody_configures_is_as_the_rulebook_has_it() {
        let inputs = Inputs {
            overrides: Overrides::new(),
            environment: Vec::new(),
            file: None,
            directory: "/nowhere".into(),
        };
        let settings = load(&inputs).unwrap_or_else(|problems| panic!("{problems}")).settings;
        let url: Url = "http://127.0.0.1:8750/".parse().unwrap();
        let (ours, theirs) = (settings.rulebook(&url), roster_core::Settings::new(url));
        assert_eq!(ours.limits, theirs.limits);
        assert_eq!(ours.code_life, theirs.code_life);
        assert_eq!(ours.mfa_freshness, theirs.mfa_freshness);
        assert_eq!((ours.profile, ours.registration), (theirs.profile, theirs.registration));
        for door in Door::ALL {
            assert_eq!(ours.session_life(door), theirs.session_life(door), "{door:?}");
        }
        assert_eq!(settings.hashing(), HashingSettings::default());
        let (ours, theirs) = (settings.store_options(), roster_store::Options::default());
        assert_eq!((ours.readers, ours.connections), (theirs.readers, theirs.connections));
    }
}
