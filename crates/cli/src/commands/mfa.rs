//! `roster mfa`, which is `roster user mfa` as well

use anyhow::{Result, bail};
use clap::Subcommand;
use roster_client::{
    Client, Qr,
    model::{ActivateMfa, CodePurpose, ErrorCode, RecoveryCodes},
};

use crate::{codes::Otp, connection::Connection, output::Show, ui::Ui};

/// How many codes a person may mistype before the enrolment is void.
const TRIES: usize = 3;

/// Turn multi-factor authentication on and off
#[derive(Debug, clap::Args)]
pub(crate) struct MfaCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: MfaVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MfaVerb {
    Enable(Enable),
    Disable(Disable),
    #[command(alias = "details")]
    Status(Status),
    RecoveryCodes(NewRecoveryCodes),
}

impl MfaCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        self.verb.run(&self.connection.client()?, ui).await
    }
}

impl MfaVerb {
    pub(crate) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        match self {
            Self::Enable(command) => command.run(roster, ui).await,
            Self::Disable(command) => command.run(roster, ui).await,
            Self::Status(command) => {
                let status = roster.get_mfa(&command.user).await?;
                ui.out.one(&status, &command.show)
            }
            Self::RecoveryCodes(command) => command.run(roster, ui).await,
        }
    }
}

/// Enrol an authenticator app: scan the QR code, then type the code that the app shows
#[derive(Debug, clap::Args)]
pub(crate) struct Enable {
    #[command(flatten)]
    otp: Otp,
}

impl Enable {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let begin = async |roster: &Client| roster.begin_totp("me").await;
        let enrolment = self.otp.call(roster, &ui.talk, begin).await?;
        ui.talk.say("Scan this with your authenticator app:");
        ui.out.raw(Qr::of(&enrolment)?.to_text().as_bytes())?;
        ui.talk.say("Or type the secret into it:");
        ui.out.line(enrolment.secret.expose())?;
        for _ in 0..TRIES {
            let code = ui.talk.ask_code("Code that the app shows")?;
            match roster.activate_totp("me", &ActivateMfa { code }).await {
                Ok(codes) => {
                    ui.talk.say("Multi-factor authentication is on.");
                    show_recovery_codes(&codes, ui)?;
                    return hint_at_phone(roster, ui).await;
                }
                Err(error) if error.code() == Some(ErrorCode::OtpInvalid) => {
                    ui.talk.say(&error.to_string());
                }
                Err(error) => return Err(error.into()),
            }
        }
        bail!(
            "{TRIES} codes were wrong: multi-factor authentication is off; begin again for a new QR code"
        )
    }
}

fn show_recovery_codes(codes: &RecoveryCodes, ui: &mut Ui) -> Result<()> {
    ui.talk.say(
        "Keep these recovery codes in a safe place. Each lets you in once without the app, \
         and they are not shown again:",
    );
    codes.codes.iter().try_for_each(|code| ui.out.line(code.expose()))
}

/// Whoever loses the app gets in by SMS, if there is a number to send one to.
async fn hint_at_phone(roster: &Client, ui: &Ui) -> Result<()> {
    let user = roster.get_user("me").await?;
    if user.phone.is_none() {
        ui.talk.say(
            "You have no phone number. To get codes by SMS when the app is lost, run \
             roster user register-phone-number.",
        );
    } else if user.phone_verified_at.is_none() {
        ui.talk.say(
            "Your phone number is not verified. To get codes by SMS when the app is lost, run \
             roster user register-phone-number.",
        );
    }
    Ok(())
}

/// Turn multi-factor authentication off
#[derive(Debug, clap::Args)]
pub(crate) struct Disable {
    /// Whose: id, UUID, username or e-mail address
    #[arg(short, long, default_value = "me")]
    user: String,
    #[command(flatten)]
    otp: Otp,
}

impl Disable {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        // The code asked for is always the caller's, also for somebody else's account.
        let caller = roster.whoami().await?.user.username;
        let user = &self.user;
        let call = self.otp.call_with_choice(
            roster,
            &ui.talk,
            CodePurpose::DisableMfa,
            &caller,
            async |roster| roster.disable_mfa(user).await,
        );
        let user = call.await?;
        ui.talk.say(&format!("Multi-factor authentication is off for {}.", user.username));
        Ok(())
    }
}

/// Show whether multi-factor authentication is on
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// Whose: id, UUID, username or e-mail address
    #[arg(short, long, default_value = "me")]
    user: String,
    #[command(flatten)]
    show: Show,
}

/// Make ten new recovery codes; the old ones are void
#[derive(Debug, clap::Args)]
pub(crate) struct NewRecoveryCodes {
    #[command(flatten)]
    otp: Otp,
}

impl NewRecoveryCodes {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let renew = async |roster: &Client| roster.renew_recovery_codes("me").await;
        let codes = self.otp.call(roster, &ui.talk, renew).await?;
        show_recovery_codes(&codes, ui)
    }
}
