//! `roster user disable`, `enable`, `suspend`, `unsuspend`, `end-sessions`, `delete`, `restore` and `impersonate`

use anyhow::{Context, Result};
use roster_client::{
    Client, EndSessionsQuery, Error,
    model::{DeleteAccount, User},
};

use super::row::show_all;
use crate::{codes::Otp, commands::Sure, output::Show, ui::Ui};

/// Users to whom the same is done, one after the other.
#[derive(Debug, clap::Args)]
struct Targets {
    /// Ids, UUIDs, usernames or e-mail addresses
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
    #[command(flatten)]
    otp: Otp,
    #[command(flatten)]
    show: Show,
}

impl Targets {
    /// Does it to each, and shows those to whom it was done even if one of them is refused.
    async fn run(
        self,
        roster: &Client,
        ui: &mut Ui,
        change: impl AsyncFn(&Client, &str) -> Result<User, Error>,
    ) -> Result<()> {
        let mut changed = Vec::new();
        let mut outcome = Ok(());
        for user in &self.users {
            let call = self.otp.call(roster, &ui.talk, async |roster| change(roster, user).await);
            match call.await {
                Ok(user) => changed.push(user),
                Err(error) => {
                    outcome = Err(error).with_context(|| format!("user {user}"));
                    break;
                }
            }
        }
        if !changed.is_empty() || outcome.is_ok() {
            show_all(roster, changed, &self.show, ui).await?;
        }
        outcome
    }
}

macro_rules! changes {
    ($($(#[doc = $doc:literal])+ $name:ident = $method:ident;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, clap::Args)]
        pub(crate) struct $name {
            #[command(flatten)]
            targets: Targets,
        }

        impl $name {
            pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
                self.targets.run(roster, ui, async |roster, user| roster.$method(user).await).await
            }
        }
    )+};
}

changes! {
    /// Switch users off; their sessions and keys end at once
    Disable = disable_user;
    /// Let users sign in again who are pending, suspended or disabled
    Enable = enable_user;
    /// Suspend users; their sessions end at once, their keys rest until the suspension is lifted
    Suspend = suspend_user;
    /// Lift suspensions; idle days count anew
    Unsuspend = unsuspend_user;
    /// Bring back deleted users
    Restore = restore_user;
}

/// End all sessions of users; their API keys live on
#[derive(Debug, clap::Args)]
pub(crate) struct EndSessions {
    /// Ids, UUIDs, usernames or e-mail addresses
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
}

impl EndSessions {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        for user in &self.users {
            let all = EndSessionsQuery { keep_current: None };
            let ended = roster.end_sessions(user, &all).await;
            let count = ended.with_context(|| format!("user {user}"))?.count;
            let plural = if count == 1 { "" } else { "s" };
            ui.talk.say(&format!("{user}: {count} session{plural} ended."));
        }
        Ok(())
    }
}

/// Delete users; for thirty days they can be restored, their names stay taken
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// Ids, UUIDs, usernames or e-mail addresses
    #[arg(required_unless_present = "own", value_name = "USER")]
    users: Vec<String>,
    /// Delete yourself; you are asked for your password
    #[arg(long = "self", conflicts_with = "users")]
    own: bool,
    #[command(flatten)]
    sure: Sure,
    #[command(flatten)]
    otp: Otp,
}

impl Delete {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        if self.own {
            return self.delete_self(roster, ui).await;
        }
        for name in &self.users {
            let user = roster.get_user(name).await.with_context(|| format!("user {name}"))?;
            let question = format!("Delete {} ({})?", user.username, user.email);
            self.sure.ask(&question, &ui.talk)?;
            let delete = async |roster: &Client| roster.delete_user(user.id).await;
            let deleted = self.otp.call(roster, &ui.talk, delete).await;
            deleted.with_context(|| format!("user {name}"))?;
            ui.talk.say(&format!(
                "{} is deleted. To bring the user back within thirty days: roster user restore {}",
                user.username, user.id
            ));
        }
        Ok(())
    }
    async fn delete_self(self, roster: &Client, ui: &Ui) -> Result<()> {
        let user = roster.whoami().await?.user;
        self.sure.ask(&format!("Delete yourself, {}?", user.username), &ui.talk)?;
        let deletion = DeleteAccount { password: ui.talk.ask_secret("Password")? };
        let delete = async |roster: &Client| roster.delete_own_account(user.id, &deletion).await;
        self.otp.call(roster, &ui.talk, delete).await?;
        ui.talk.say("You are deleted. An administrator can bring you back within thirty days.");
        Ok(())
    }
}

/// Act in the name of a user: print the token of a short session, for ROSTER_TOKEN
///
/// Everything done with it is recorded under your name as well.
#[derive(Debug, clap::Args)]
pub(crate) struct Impersonate {
    /// Id, UUID, username or e-mail address
    user: String,
    #[command(flatten)]
    otp: Otp,
}

impl Impersonate {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let user = &self.user;
        let call =
            self.otp.call(roster, &ui.talk, async |roster| roster.impersonate_user(user).await);
        let signed_in = call.await?;
        let (name, end) = (&signed_in.user.username, signed_in.session.expires_at);
        ui.talk.say(&format!("You act as {name} with this token, until {end}:"));
        ui.out.line(signed_in.token.expose())
    }
}
