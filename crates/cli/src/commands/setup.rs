//! `roster setup`

use anyhow::Result;
use roster_client::model::{NewUser, Secret, SetUp};

use crate::{connection::Connection, ui::Ui};

/// Make the first administrator of a new server
///
/// The server shows the token when it starts and has no users yet. It is good once.
#[derive(Debug, clap::Args)]
pub(crate) struct Setup {
    /// Address of the server [default: that of the present login, or http://127.0.0.1:8750]
    url: Option<String>,
    /// The token that the server showed; without it you are asked
    #[arg(long)]
    token: Option<Secret>,
    /// Username of the administrator; without it you are asked
    #[arg(short, long, alias = "un")]
    username: Option<String>,
    /// E-mail address of the administrator; without it you are asked
    #[arg(short, long, alias = "em")]
    email: Option<String>,
    /// Password of the administrator; without it you are asked
    #[arg(short, long, allow_hyphen_values = true)]
    password: Option<Secret>,
    #[command(flatten)]
    connection: Connection,
}

impl Setup {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let server = match &self.url {
            Some(url) => url.clone(),
            None => self.connection.server()?,
        };
        let roster = self.connection.nobody(&server)?;
        let ask = |given: Option<String>, what| match given {
            Some(given) => Ok(given),
            None => ui.talk.ask(what),
        };
        let token = match self.token {
            Some(token) => token,
            None => ui.talk.ask_secret("Token")?,
        };
        let username = ask(self.username, "Username")?;
        let email = ask(self.email, "E-mail address")?;
        let password = match self.password {
            Some(password) => {
                ui.talk.warn_about_option("--password");
                password
            }
            None => ui.talk.ask_new_password("Password")?,
        };
        let user = NewUser { username, email, password: Some(password), ..NewUser::default() };
        let user = roster.set_up(&SetUp { token, user }).await?;
        ui.talk.say(&format!(
            "{} is the administrator now. Go on with: roster login {server} --username {}",
            user.username, user.username
        ));
        Ok(())
    }
}
