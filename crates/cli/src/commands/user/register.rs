//! `roster user register`

use anyhow::Result;
use roster_client::{
    Client,
    model::{NewAccount, Secret},
};

use crate::ui::Ui;

/// Make an account for yourself, where the server lets people do that
///
/// With an invitation the account has the address that was invited.
#[derive(Debug, clap::Args)]
pub(crate) struct Register {
    /// Username; without it you are asked [-un]
    #[arg(short, long, alias = "un")]
    username: Option<String>,
    /// E-mail address; without it you are asked, unless you have an invitation [-em]
    #[arg(short, long, alias = "em")]
    email: Option<String>,
    /// Given name
    #[arg(long)]
    first_name: Option<String>,
    /// Family name
    #[arg(long)]
    last_name: Option<String>,
    /// The token of an invitation: what stands behind `token=` in its link
    #[arg(long, value_name = "TOKEN")]
    invitation: Option<Secret>,
}

impl Register {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let talk = &ui.talk;
        let username = match self.username {
            Some(username) => username,
            None => talk.ask("Username")?,
        };
        let email = match self.email {
            Some(email) => email,
            None if self.invitation.is_some() => String::new(),
            None => talk.ask("E-mail address")?,
        };
        let new = NewAccount {
            username,
            email,
            password: talk.ask_new_password("Password")?,
            first_name: self.first_name,
            last_name: self.last_name,
            invitation: self.invitation,
        };
        let user = roster.register(&new).await?;
        talk.say(&format!("{} is made. Go on with: roster login", user.username));
        Ok(())
    }
}
