//! One-time codes: asked for when an operation wants one, three times at most.

use anyhow::Result;
use roster_client::{
    Client, Error,
    model::{CodeChannel, CodePurpose, CodeRequest, ErrorCode, Secret},
};

use crate::talk::Talk;

/// How often a person may mistype a code.
const TRIES: usize = 3;

/// A code given on the command line.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Otp {
    /// One-time code of your authenticator app; without it you are asked when one is needed
    #[arg(long = "otp", value_name = "CODE")]
    code: Option<Secret>,
}

impl Otp {
    /// The code, with the warning that goes with it.
    fn given(&self, talk: &Talk) -> Option<Secret> {
        self.code.clone().inspect(|_| talk.warn_about_option("--otp"))
    }

    /// Calls, and if a code is wanted, asks for it and calls again. A code given as an option is
    /// used for the one and only try.
    pub(crate) async fn call<T>(
        &self,
        roster: &Client,
        talk: &Talk,
        call: impl AsyncFn(&Client) -> Result<T, Error>,
    ) -> Result<T> {
        match self.call_once(roster, talk, &call).await? {
            Ok(done) => Ok(done),
            Err(refused) => {
                repeat(talk, refused, async |code| call(&roster.with_code(code)).await).await
            }
        }
    }

    /// As [`Otp::call`], but the code may also be one sent by SMS to `login`.
    pub(crate) async fn call_with_choice<T>(
        &self,
        roster: &Client,
        talk: &Talk,
        purpose: CodePurpose,
        login: &str,
        call: impl AsyncFn(&Client) -> Result<T, Error>,
    ) -> Result<T> {
        match self.call_once(roster, talk, &call).await? {
            Ok(done) => Ok(done),
            Err(refused) => {
                choose_way(roster, talk, purpose, login).await?;
                repeat(talk, refused, async |code| call(&roster.with_code(code)).await).await
            }
        }
    }

    /// Calls with the code that was given, or without one: what came of it, or the refusal that wants a code.
    async fn call_once<T>(
        &self,
        roster: &Client,
        talk: &Talk,
        call: &impl AsyncFn(&Client) -> Result<T, Error>,
    ) -> Result<Result<T, Error>> {
        if let Some(code) = self.given(talk) {
            return Ok(Ok(call(&roster.with_code(code)).await?));
        }
        match call(roster).await {
            Err(refused) if refused.wants_code() => Ok(Err(refused)),
            other => Ok(Ok(other?)),
        }
    }
}

/// Asks whether the code is to come from the authenticator app or by SMS, and has it sent.
pub(crate) async fn choose_way(
    roster: &Client,
    talk: &Talk,
    purpose: CodePurpose,
    login: &str,
) -> Result<()> {
    let ways = [
        "With a code of the authenticator app, or a recovery code",
        "With a code sent by SMS to your phone number",
    ];
    if talk.choose("How do you want to confirm that it is you?", &ways)? == 1 {
        let request = CodeRequest { login: login.into(), purpose, channel: CodeChannel::Sms };
        talk.say(&roster.send_code(&request).await?.detail);
    }
    Ok(())
}

/// Asks for a code and calls with it, until one is right or the tries are used up. `refused` is
/// how the call without a code was answered.
pub(crate) async fn repeat<T>(
    talk: &Talk,
    refused: Error,
    call: impl AsyncFn(Secret) -> Result<T, Error>,
) -> Result<T> {
    if refused.code() != Some(ErrorCode::OtpRequired) {
        talk.say(&refused.to_string());
    }
    ask_until_right(talk, call).await
}

/// Asks for a code and calls with it, until one is right or the tries are used up.
pub(crate) async fn ask_until_right<T>(
    talk: &Talk,
    call: impl AsyncFn(Secret) -> Result<T, Error>,
) -> Result<T> {
    let mut left = TRIES;
    loop {
        let code = talk.ask_code("One-time code")?;
        left -= 1;
        match call(code).await {
            Err(refused) if left > 0 && refused.wants_code() => talk.say(&refused.to_string()),
            other => return Ok(other?),
        }
    }
}
