//! The replicas of a PostgreSQL database.

use roster_store::{Error, Lag, Options, ReplicaStanding, Store};

use super::Findings;
use crate::config::Settings;

const SUBJECT: &str = "database_replicas";

impl Findings {
    /// Whether each follows the database, and how far it has come.
    pub(super) async fn replicas(&mut self, settings: &Settings) {
        if settings.database_replicas.is_empty() {
            return;
        }
        let standings = match look(settings).await {
            Ok(standings) => standings,
            Err(error) => {
                let said = match std::error::Error::source(&error) {
                    Some(cause) => format!("they cannot be compared: {error}: {cause}"),
                    None => format!("they cannot be compared: {error}"),
                };
                return self.bad(SUBJECT, said);
            }
        };
        for ReplicaStanding { name, found } in standings {
            match found {
                Ok(Lag { bytes: 0, .. }) => self
                    .good(SUBJECT, format!("{name} follows the database and has all its changes")),
                Ok(Lag { bytes, age }) => self.note(
                    SUBJECT,
                    format!(
                        "{name} follows the database; {bytes} bytes of its log are missing there, and the last change \
                         that is there was made {} s ago",
                        age.as_secs()
                    ),
                ),
                Err(why) => {
                    self.bad(SUBJECT, format!("{name} is not used, and lists take no harm: {why}"));
                }
            }
        }
    }
}

async fn look(settings: &Settings) -> Result<Vec<ReplicaStanding>, Error> {
    let options = Options { replicas: settings.replicas()?, ..settings.store_options() };
    Store::look_at_replicas(&settings.location()?, &options).await
}
