//! `roster user register`

use anyhow::Result;
use roster_client::{
    Client,
    model::{NewAccount, NewRegistration, Secret},
};

use crate::ui::Ui;

/// Make an account for yourself, where the server lets people do that
///
/// First a link is mailed to your address. Open it, or come back with the token in it; with an invitation you have that
/// already. The account has the address that the token was mailed to.
#[derive(Debug, clap::Args)]
pub(crate) struct Register {
    /// Username; with a token you are asked without it [-un]
    #[arg(short, long, alias = "un")]
    username: Option<String>,
    /// E-mail address; without it you are asked, unless you have a token [-em]
    #[arg(short, long, alias = "em")]
    email: Option<String>,
    /// Given name
    #[arg(long, requires = "token")]
    first_name: Option<String>,
    /// Family name
    #[arg(long, requires = "token")]
    last_name: Option<String>,
    /// The token that was mailed to you: what stands behind `token=` in the link
    #[arg(long, visible_alias = "invitation", value_name = "TOKEN")]
    token: Option<Secret>,
}

impl Register {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let talk = &ui.talk;
        let Some(token) = self.token else {
            let email = match self.email {
                Some(email) => email,
                None => talk.ask("E-mail address")?,
            };
            let new = NewRegistration { email, username: self.username };
            talk.say(&roster.request_registration(&new).await?.detail);
            talk.say("Open it in a browser, or go on with: roster user register --token TOKEN");
            return Ok(());
        };
        let username = match self.username {
            Some(username) => username,
            None => talk.ask("Username")?,
        };
        let new = NewAccount {
            username,
            email: self.email.unwrap_or_default(),
            password: talk.ask_new_password("Password")?,
            first_name: self.first_name,
            last_name: self.last_name,
            invitation: Some(token),
        };
        let user = roster.register(&new).await?;
        talk.say(&format!("{} is made. Go on with: roster login", user.username));
        Ok(())
    }
}
