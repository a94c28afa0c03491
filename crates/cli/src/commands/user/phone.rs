//! `roster user register-phone-number` and `remove-phone-number`

use anyhow::{Result, bail};
use roster_client::{
    Client,
    model::{ErrorCode, SetPhone, VerifyPhone},
};

use super::row::show_changed;
use crate::{codes::Otp, output::Show, ui::Ui};

/// Set your phone number, and prove with the code that is sent to it that it is yours
#[derive(Debug, clap::Args)]
pub(crate) struct Register {
    /// The number, with country code; without it the one that is set already, or you are asked
    #[arg(
        short,
        long,
        visible_alias = "phone",
        alias = "phone_number",
        allow_hyphen_values = true
    )]
    phone_number: Option<String>,
    #[command(flatten)]
    otp: Otp,
}

impl Register {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let phone = match self.phone_number {
            None if roster.get_user("me").await?.phone.is_none() => {
                Some(ui.talk.ask("Phone number, with country code")?)
            }
            given => given,
        };
        let phone = SetPhone { phone };
        let set = async |roster: &Client| roster.set_phone("me", &phone).await;
        let user = self.otp.call(roster, &ui.talk, set).await?;
        let number = user.phone.map(|phone| phone.e164).unwrap_or_default();
        ui.talk.say(&format!("A code is on its way to {number}."));
        loop {
            let code = ui.talk.ask_code("Code from the SMS")?;
            match roster.verify_phone("me", &VerifyPhone { code }).await {
                Ok(_) => break,
                Err(error) if error.code() == Some(ErrorCode::OtpInvalid) => {
                    ui.talk.say(&error.to_string());
                }
                // The code is dead: too old, or tried too often.
                Err(error) => bail!("{error} The number is set, but not verified."),
            }
        }
        ui.talk.say(&format!("The number {number} is verified."));
        Ok(())
    }
}

/// Remove a phone number
#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    /// Whose: id, UUID, username or e-mail address
    #[arg(default_value = "me")]
    user: String,
    #[command(flatten)]
    otp: Otp,
    #[command(flatten)]
    show: Show,
}

impl Remove {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let user = &self.user;
        let call = self.otp.call(roster, &ui.talk, async |roster| roster.remove_phone(user).await);
        show_changed(roster, call.await?, &self.show, ui).await
    }
}
