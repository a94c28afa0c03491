//! `roster user set-password`, `reset-password` and `access-email`

use anyhow::{Context, Result};
use roster_client::{
    Client, Error,
    model::{ChangePassword, CodePurpose, PasswordReset, Secret},
};

use crate::{
    codes::{self, Otp},
    ui::Ui,
};

/// Change a password: your own, or as an administrator that of somebody else
#[derive(Debug, clap::Args)]
pub(crate) struct SetPassword {
    /// Whose: id, UUID, username or e-mail address
    #[arg(default_value = "me")]
    user: String,
    #[command(flatten)]
    otp: Otp,
}

impl SetPassword {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let caller = roster.whoami().await?.user;
        let user = roster.get_user(&self.user).await?;
        let password = match user.id == caller.id {
            true => Some(ui.talk.ask_secret("Present password")?),
            false => None,
        };
        let new_password = ui.talk.ask_new_password("New password")?;
        let change = ChangePassword { password, new_password };
        let call = self
            .otp
            .call(roster, &ui.talk, async |roster| roster.change_password(user.id, &change).await);
        call.await?;
        ui.talk.say(&format!("The password of {} is changed.", user.username));
        Ok(())
    }
}

/// Set a new password with a code of your authenticator app or one sent by SMS
///
/// This is for who has forgotten the password, so it needs no login.
#[derive(Debug, clap::Args)]
pub(crate) struct ResetPassword {
    /// Username or e-mail address; without it you are asked [-un]
    #[arg(short, long, alias = "un")]
    username: Option<String>,
    /// The password from now on; without it you are asked [-np]
    #[arg(long, alias = "np", allow_hyphen_values = true)]
    new_password: Option<Secret>,
    /// One-time code; without it you are asked
    #[arg(long, value_name = "CODE")]
    otp: Option<Secret>,
}

impl ResetPassword {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let talk = &ui.talk;
        let login = match self.username {
            Some(username) => username,
            None => talk.ask("Username")?,
        };
        let new_password = match self.new_password {
            Some(password) => {
                talk.warn_about_option("--new-password");
                password
            }
            None => talk.ask_new_password("New password")?,
        };
        let reset = async |code: Secret| -> Result<(), Error> {
            let reset = PasswordReset {
                login: Some(login.clone()),
                code: Some(code),
                token: None,
                new_password: new_password.clone(),
            };
            roster.reset_password(&reset).await
        };
        match self.otp {
            Some(code) => {
                talk.warn_about_option("--otp");
                reset(code).await?;
            }
            None => {
                codes::choose_way(roster, talk, CodePurpose::ResetPassword, &login).await?;
                codes::ask_until_right(talk, reset).await?;
            }
        }
        talk.say("The password is changed. Sessions that were open are ended: log in again.");
        Ok(())
    }
}

/// Mail users a link to set a password with: a welcome to those who never had one
///
/// Whoever has no account yet is invited with roster user invite.
#[derive(Debug, clap::Args)]
pub(crate) struct AccessEmail {
    /// Ids, UUIDs, usernames or e-mail addresses
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
    #[command(flatten)]
    otp: Otp,
}

impl AccessEmail {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        for user in &self.users {
            let mail = async |roster: &Client| roster.invite_user(user).await;
            let mailed = self.otp.call(roster, &ui.talk, mail).await;
            ui.talk.say(&mailed.with_context(|| format!("user {user}"))?.detail);
        }
        Ok(())
    }
}
