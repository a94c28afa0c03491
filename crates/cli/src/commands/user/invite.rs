//! `roster user invite`

use anyhow::{Context, Result};
use roster_client::{
    Client,
    model::{NewInvitation, OrganizationId, Role},
};

use crate::{codes::Otp, output::Show, ui::Ui};

/// Invite people who have no account yet: mail them a link to make one with
///
/// An invitation is good once, for a week, for an account of that address. See roster invitation.
#[derive(Debug, clap::Args)]
pub(crate) struct Invite {
    /// E-mail addresses
    #[arg(required = true, value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// What they may do once they have an account [default: viewer]
    #[arg(long)]
    role: Option<Role>,
    /// Id of the organization they will belong to [default: yours]
    #[arg(long, value_name = "ORGANIZATION")]
    org: Option<OrganizationId>,
    #[command(flatten)]
    otp: Otp,
    #[command(flatten)]
    show: Show,
}

impl Invite {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let mut sent = Vec::new();
        let mut outcome = Ok(());
        for email in &self.addresses {
            let (role, organization_id) = (self.role, self.org);
            let new = NewInvitation { email: email.clone(), role, organization_id };
            let invite = async |roster: &Client| roster.invite_person(&new).await;
            match self.otp.call(roster, &ui.talk, invite).await {
                Ok(invitation) => sent.push(invitation),
                Err(error) => {
                    outcome = Err(error).with_context(|| email.clone());
                    break;
                }
            }
        }
        if !sent.is_empty() {
            ui.out.list(&sent, &self.show)?;
        }
        outcome
    }
}
