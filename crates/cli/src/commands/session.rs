//! `roster session`

use anyhow::Result;
use clap::Subcommand;
use roster_client::EndSessionsQuery;
use uuid::Uuid;

use super::NarrowedLs;
use crate::{connection::Connection, output::Show, ui::Ui};

/// See where people are signed in, and sign them out
#[derive(Debug, clap::Args)]
pub(crate) struct SessionCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    #[command(alias = "list")]
    Ls(LsSessions),
    #[command(alias = "show")]
    Details(Details),
    End(End),
}

impl SessionCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(ls) => ls.narrowed.run(roster.sessions(&ls.user), ui).await,
            Verb::Details(details) => {
                let session = roster.get_session(&details.user, details.session).await?;
                ui.out.one(&session, &details.show)
            }
            Verb::End(end) => {
                for session in &end.sessions {
                    roster.end_session(&end.user, session).await?;
                }
                let mut count = end.sessions.len() as u64;
                if end.all || end.others {
                    let which = EndSessionsQuery { keep_current: end.others.then_some(true) };
                    count += roster.end_sessions(&end.user, &which).await?.count;
                }
                let plural = if count == 1 { "" } else { "s" };
                ui.talk.say(&format!("{count} session{plural} ended."));
                Ok(())
            }
        }
    }
}

/// List the sessions of a user, the newest first
#[derive(Debug, clap::Args)]
struct LsSessions {
    /// Whose: id, UUID, username or e-mail address
    #[arg(short, long, default_value = "me")]
    user: String,
    #[command(flatten)]
    narrowed: NarrowedLs,
}

fn session_id(text: &str) -> Result<Uuid, &'static str> {
    text.parse().map_err(|_| "this is not the UUID of a session; `roster session ls` shows them")
}

/// Show a session
#[derive(Debug, clap::Args)]
struct Details {
    /// UUID of the session
    #[arg(value_parser = session_id)]
    session: Uuid,
    /// Whose: id, UUID, username or e-mail address
    #[arg(short, long, default_value = "me")]
    user: String,
    #[command(flatten)]
    show: Show,
}

/// End sessions of a user
#[derive(Debug, clap::Args)]
struct End {
    /// UUIDs of the sessions
    #[arg(required_unless_present_any = ["all", "others"], value_name = "SESSION", value_parser = session_id)]
    sessions: Vec<Uuid>,
    /// Whose: id, UUID, username or e-mail address
    #[arg(short, long, default_value = "me")]
    user: String,
    /// End all of them, the one of this command included
    #[arg(long, conflicts_with_all = ["sessions", "others"])]
    all: bool,
    /// End all of them but the one of this command
    #[arg(long, conflicts_with = "sessions")]
    others: bool,
}
