//! `roster message`

use anyhow::Result;
use clap::Subcommand;
use roster_client::model::MessageId;

use super::NarrowedLs;
use crate::{connection::Connection, output::Show, ui::Ui};

/// See outgoing SMS and e-mails, and try failed ones again
#[derive(Debug, clap::Args)]
pub(crate) struct MessageCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List messages, the newest first
    #[command(alias = "list")]
    Ls(NarrowedLs),
    Retry(Retry),
}

impl MessageCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(ls) => ls.run(roster.messages(), ui).await,
            Verb::Retry(retry) => {
                let mut messages = Vec::new();
                for id in retry.messages {
                    messages.push(roster.retry_message(id).await?);
                }
                ui.out.list(&messages, &retry.show)
            }
        }
    }
}

/// Try again to send messages that were given up
#[derive(Debug, clap::Args)]
struct Retry {
    /// Ids of the messages
    #[arg(required = true, value_name = "MESSAGE")]
    messages: Vec<MessageId>,
    #[command(flatten)]
    show: Show,
}
