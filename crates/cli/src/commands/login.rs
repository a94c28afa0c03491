//! `roster login`

use std::time::Duration;

use anyhow::{Context, Result, bail};
use roster_client::{
    Client, Error,
    model::{
        ChangeExpiredPassword, CodePurpose, ErrorCode, RedeemSsoTicket, Secret, SignIn, SignedIn,
        SsoSignIn, SsoTicket,
    },
};

use crate::{
    ago::now,
    codes,
    connection::Connection,
    logins::{Login as Saved, LoginsFile},
    talk::Talk,
    ui::Ui,
};

/// How often a person may mistype the password.
const TRIES: usize = 3;

/// Log in at a server, and keep the session for further commands
///
/// The session's token is kept in a file that only you can read
/// ($XDG_CONFIG_HOME/roster/logins.toml). Scripts use an API key in ROSTER_TOKEN instead.
#[derive(Debug, clap::Args)]
pub(crate) struct Login {
    /// Address of the server [default: that of the present login, or http://127.0.0.1:8750]
    url: Option<String>,
    /// Username or e-mail address
    #[arg(short, long, alias = "un")]
    username: Option<String>,
    /// Password; without it you are asked
    #[arg(short, long, allow_hyphen_values = true)]
    password: Option<Secret>,
    /// One-time code, if your account needs one; without it you are asked
    #[arg(long, value_name = "CODE")]
    otp: Option<Secret>,
    /// Log in at this provider, in your browser; with --username, show first that the account is yours, as is needed
    /// the first time where your address there is another one
    #[arg(long, aliases = ["provider", "sp", "sso_provider"], value_name = "PROVIDER")]
    sso: Option<String>,
    /// Keep a token or API key, read from standard input, instead of a new session
    #[arg(long, conflicts_with_all = ["username", "password", "otp", "sso"])]
    with_token: bool,
    /// Save the login under this name [default: the server's host]
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

impl Login {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let server = match &self.url {
            Some(url) => url.clone(),
            None => self.connection.server()?,
        };
        let roster = self.connection.nobody(&server)?;
        warn_if_open(&roster, &ui.talk);
        let (token, username) = if self.with_token {
            let token = ui.talk.ask_secret("Token or API key")?;
            let caller = roster.with_token(token.clone()).whoami().await?;
            (token, caller.user.username)
        } else {
            let signed_in = match &self.sso {
                Some(provider) => self.at_provider(&roster, provider, &ui.talk).await?,
                None => self.with_password(&roster, &ui.talk).await?,
            };
            (signed_in.token, signed_in.user.username)
        };
        let name = self.name.as_deref().or(self.connection.login_name());
        let name = name.map_or_else(|| host(&roster), Into::into);
        save(&name, Saved { server, username: username.clone(), token: Some(token) })?;
        ui.talk.say(&format!("You are logged in at {} as {username}.", roster.base_url()));
        Ok(())
    }

    async fn with_password(&self, roster: &Client, talk: &Talk) -> Result<SignedIn> {
        let login = match &self.username {
            Some(username) => username.clone(),
            None => talk.ask("Username")?,
        };
        if let Some(password) = &self.password {
            talk.warn_about_option("--password");
            return self.sign_in(roster, talk, login, password.clone()).await;
        }
        let mut tries = if talk.is_with_person() { TRIES } else { 1 };
        loop {
            let password = talk.ask_secret("Password")?;
            tries -= 1;
            match self.sign_in(roster, talk, login.clone(), password).await {
                Err(error) if tries > 0 && is(&error, ErrorCode::InvalidCredentials) => {
                    talk.say(&error.to_string());
                }
                other => return other,
            }
        }
    }

    /// Signs in with a password, and whatever the server wants beside it.
    async fn sign_in(
        &self,
        roster: &Client,
        talk: &Talk,
        login: String,
        password: Secret,
    ) -> Result<SignedIn> {
        let mut sign_in = SignIn { login, password, code: self.otp.clone() };
        if self.otp.is_some() {
            talk.warn_about_option("--otp");
        }
        let refused = match roster.sign_in(&sign_in).await {
            Ok(signed_in) => return Ok(signed_in),
            Err(refused) => refused,
        };
        if refused.code() == Some(ErrorCode::PasswordExpired) {
            talk.say(&refused.to_string());
            let new_password = talk.ask_new_password("New password")?;
            let change = ChangeExpiredPassword {
                login: sign_in.login.clone(),
                password: sign_in.password,
                new_password: new_password.clone(),
            };
            roster.replace_expired_password(&change).await?;
            sign_in.password = new_password;
            return with_code(roster, talk, &sign_in, None).await;
        }
        if refused.wants_code() && self.otp.is_none() {
            return with_code(roster, talk, &sign_in, Some(refused)).await;
        }
        Err(refused.into())
    }

    /// Has the person sign in in a browser, and waits for it.
    async fn at_provider(&self, roster: &Client, provider: &str, talk: &Talk) -> Result<SignedIn> {
        let begun = self.begin_at_provider(roster, provider, talk).await?;
        talk.say("Open this address in a browser, and sign in there:");
        talk.say(begun.authorization_url.expose());
        let waiting = talk.wait("Waiting for the provider…");
        let redeem = RedeemSsoTicket { ticket: begun.ticket };
        while now() < begun.expires_at {
            match roster.finish_sso_sign_in(&redeem).await {
                Err(error) if error.code() == Some(ErrorCode::SsoPending) => {}
                // The provider's word does not stand in for the account's second factor.
                Err(refused) if refused.wants_code() => {
                    waiting.finish_and_clear();
                    return codes::repeat(talk, refused, async |code| {
                        roster.with_code(code).finish_sso_sign_in(&redeem).await
                    })
                    .await;
                }
                other => {
                    waiting.finish_and_clear();
                    return Ok(other?);
                }
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        waiting.finish_and_clear();
        bail!("the sign-in at {provider} was not finished in time")
    }

    /// The address to open; with an account, whose password is shown first.
    async fn begin_at_provider(
        &self,
        roster: &Client,
        provider: &str,
        talk: &Talk,
    ) -> Result<SsoTicket> {
        let begin = async |account| {
            roster.begin_sso_sign_in(&SsoSignIn { provider: provider.into(), account }).await
        };
        if self.username.is_none() && self.password.is_none() && self.otp.is_none() {
            return Ok(begin(None).await?);
        }
        let account = self.account(talk)?;
        match begin(Some(account.clone())).await {
            Err(refused) if refused.wants_code() && self.otp.is_none() => {
                codes::choose_way(roster, talk, CodePurpose::GetToken, &account.login).await?;
                codes::repeat(talk, refused, async |code| {
                    begin(Some(SignIn { code: Some(code), ..account.clone() })).await
                })
                .await
            }
            other => Ok(other?),
        }
    }

    /// Name and password, asked for where they are not given.
    fn account(&self, talk: &Talk) -> Result<SignIn> {
        let login = match &self.username {
            Some(username) => username.clone(),
            None => talk.ask("Username")?,
        };
        let password = match &self.password {
            Some(password) => {
                talk.warn_about_option("--password");
                password.clone()
            }
            None => talk.ask_secret("Password")?,
        };
        if self.otp.is_some() {
            talk.warn_about_option("--otp");
        }
        Ok(SignIn { login, password, code: self.otp.clone() })
    }
}

/// Signs in, and with a code if one is wanted (or was wanted when this was tried before).
async fn with_code(
    roster: &Client,
    talk: &Talk,
    sign_in: &SignIn,
    refused: Option<Error>,
) -> Result<SignedIn> {
    let refused = match refused {
        Some(refused) => refused,
        None => match roster.sign_in(sign_in).await {
            Err(refused) if refused.wants_code() => refused,
            other => return Ok(other?),
        },
    };
    codes::choose_way(roster, talk, CodePurpose::GetToken, &sign_in.login).await?;
    codes::repeat(talk, refused, async |code| {
        roster.sign_in(&SignIn { code: Some(code), ..sign_in.clone() }).await
    })
    .await
}

fn is(error: &anyhow::Error, code: ErrorCode) -> bool {
    error.downcast_ref::<Error>().and_then(Error::code) == Some(code)
}

/// A password that travels in the clear is anybody's.
fn warn_if_open(roster: &Client, talk: &Talk) {
    let url = roster.base_url();
    let is_here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() == "http" && !is_here {
        talk.warn("the connection is not encrypted: others can read what you send");
    }
}

/// Host and port: a name that tells servers apart.
fn host(roster: &Client) -> String {
    let url = roster.base_url();
    let host = url.host_str().unwrap_or("server");
    url.port().map_or_else(|| host.into(), |port| format!("{host}:{port}"))
}

fn save(name: &str, login: Saved) -> Result<()> {
    let file = LoginsFile::locate()?;
    let mut logins = file.read()?;
    logins.logins.insert(name.into(), login);
    logins.current = Some(name.into());
    file.write(&logins).context("you are logged in, but the token cannot be kept")
}
