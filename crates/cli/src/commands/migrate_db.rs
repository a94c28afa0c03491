//! `roster migrate-db`

use anyhow::Result;
use roster_client::model::Secret;
use roster_server::operator;

use super::config::Settings;
use crate::ui::Ui;

/// Move everything from SQLite to PostgreSQL; stop the server first
///
/// The PostgreSQL database must be empty. Nothing stays in it when the move fails, and the SQLite database is only read,
/// so it can be made again.
#[derive(Debug, clap::Args)]
pub(crate) struct MigrateDb {
    /// The PostgreSQL database: postgres://user:password@host/name; - to read it from standard input
    #[arg(long, value_name = "URL")]
    to: Secret,
    #[command(flatten)]
    settings: Settings,
}

impl MigrateDb {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let settings = self.settings.load()?;
        let to = if self.to.expose() == "-" {
            ui.talk.ask_secret("Address of the PostgreSQL database")?
        } else {
            if url::Url::parse(self.to.expose()).is_ok_and(|url| url.password().is_some()) {
                ui.talk.warn_about_option("--to");
            }
            self.to
        };
        let waiting = ui.talk.wait("Moving the database…");
        let say = |table: &str, rows: u64| {
            waiting.set_message(format!("Moving the database… {rows} rows, now {table}"));
        };
        let moved = operator::migrate_database(&settings, &to, &say).await;
        waiting.finish_and_clear();
        ui.talk.say(&format!("Everything is in the PostgreSQL database: {} rows.", moved?));
        ui.talk.say(&format!(
            "Start the server with its address in ROSTER_DATABASE_URL and with the same secret key ({}). \
             The SQLite database stays as it is; no server should be started on it again.",
            settings.secret_key_path().display()
        ));
        Ok(())
    }
}
