//! `roster invitation`

use anyhow::{Context, Result};
use clap::Subcommand;
use roster_client::{Client, model::InvitationId};

use super::NarrowedLs;
use crate::{codes::Otp, connection::Connection, output::Show, ui::Ui};

/// See open invitations, take them back and send them again
///
/// roster user invite sends new ones.
#[derive(Debug, clap::Args)]
pub(crate) struct InvitationCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the invitations that can be accepted still
    #[command(alias = "list")]
    Ls(NarrowedLs),
    Revoke(Revoke),
    Resend(Resend),
}

impl InvitationCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(ls) => ls.run(roster.invitations(), ui).await,
            Verb::Revoke(revoke) => revoke.run(&roster, ui).await,
            Verb::Resend(resend) => resend.run(&roster, ui).await,
        }
    }
}

/// Take invitations back: their links are no good any more
#[derive(Debug, clap::Args)]
struct Revoke {
    /// Ids of the invitations
    #[arg(required = true, value_name = "INVITATION")]
    invitations: Vec<InvitationId>,
    #[command(flatten)]
    otp: Otp,
}

impl Revoke {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        for id in &self.invitations {
            let revoke = async |roster: &Client| roster.revoke_invitation(id).await;
            let revoked = self.otp.call(roster, &ui.talk, revoke).await;
            revoked.with_context(|| format!("invitation {id}"))?;
            ui.talk.say(&format!("Invitation {id} is taken back."));
        }
        Ok(())
    }
}

/// Mail invitations again, each with another link; the earlier ones are void
#[derive(Debug, clap::Args)]
struct Resend {
    /// Ids of the invitations
    #[arg(required = true, value_name = "INVITATION")]
    invitations: Vec<InvitationId>,
    #[command(flatten)]
    otp: Otp,
    #[command(flatten)]
    show: Show,
}

impl Resend {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let mut sent = Vec::new();
        for id in &self.invitations {
            let resend = async |roster: &Client| roster.resend_invitation(id).await;
            let resent = self.otp.call(roster, &ui.talk, resend).await;
            sent.push(resent.with_context(|| format!("invitation {id}"))?);
        }
        ui.out.list(&sent, &self.show)
    }
}
