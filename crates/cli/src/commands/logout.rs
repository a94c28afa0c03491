//! `roster logout`

use anyhow::Result;
use roster_client::model::ErrorCode;

use crate::{connection::Connection, logins::LoginsFile, ui::Ui};

/// Log out: end the session, and forget its token
#[derive(Debug, clap::Args)]
pub(crate) struct Logout {
    #[command(flatten)]
    connection: Connection,
}

impl Logout {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let file = LoginsFile::locate()?;
        let mut logins = file.read()?;
        let Some((name, login)) = self.connection.saved(&logins)? else {
            ui.talk.say("You are not logged in.");
            return Ok(());
        };
        let roster = self.connection.nobody(&login.server)?.with_token(login.token);
        let ended = roster.sign_out().await;
        // The token is forgotten even where the server cannot be told, or knows it no more.
        logins.logins.remove(&name);
        if logins.current.as_deref() == Some(&name) {
            logins.current = logins.logins.keys().next().cloned();
        }
        file.write(&logins)?;
        match ended {
            Err(error) if error.code() != Some(ErrorCode::Unauthenticated) => {
                ui.talk.warn(&format!(
                    "the token is forgotten here, but its session goes on: {error}"
                ));
            }
            _ => ui.talk.say(&format!("You are logged out at {}.", login.server)),
        }
        if let Some(current) = &logins.current {
            ui.talk.say(&format!("Commands go to {current} now."));
        }
        Ok(())
    }
}
