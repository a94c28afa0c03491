//! `roster logout`

use anyhow::Result;
use roster_client::model::ErrorCode;

use crate::{connection::Connection, logins::LoginsFile, ui::Ui};

/// Log out: end the session, and forget its token
///
/// The server stays the one that commands go to; log in again with roster login.
#[derive(Debug, clap::Args)]
pub(crate) struct Logout {
    #[command(flatten)]
    connection: Connection,
}

impl Logout {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let file = LoginsFile::locate()?;
        let mut logins = file.read()?;
        let saved = self.connection.saved(&logins)?;
        let Some((name, server, token)) =
            saved.and_then(|(name, login)| Some((name, login.server, login.token?)))
        else {
            ui.talk.say("You are not logged in.");
            return Ok(());
        };
        let roster = self.connection.nobody(&server)?.with_token(token);
        let ended = roster.sign_out().await;
        // The token is forgotten even where the server cannot be told, or knows it no more.
        if let Some(login) = logins.logins.get_mut(&name) {
            login.token = None;
        }
        file.write(&logins)?;
        match ended {
            Err(error) if error.code() != Some(ErrorCode::Unauthenticated) => {
                ui.talk.warn(&format!(
                    "the token is forgotten here, but its session goes on: {error}"
                ));
            }
            _ => ui.talk.say(&format!("You are logged out at {server}.")),
        }
        Ok(())
    }
}
