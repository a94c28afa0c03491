//! Codes sent by SMS or e-mail: who gets one, how many, and what becomes of wrong ones
//! (design section 3.4, threats T01, T02, T07, T11).

use std::time::Duration;

use jiff::Timestamp;
use roster_model::{
    Accepted, Channel, CodeChannel, CodePurpose, CodeRequest, Field, PhoneNumber, Reason, Secret,
    User, UserId, UserRef, fold,
};
use roster_store::{Destination, OneTimeCode, Sends, Tx};
use serde_json::json;

use super::one_time_code;
use crate::{
    Actor, Core, Door, Error, Origin, Result,
    audit::Entry,
    authz::Operation,
    clock::wait,
    messages::templates::{Parameters, Template},
};

/// What became of a presented code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was right, and is spent.
    Right,
    /// It was wrong, or there is none.
    Wrong,
    /// It was right, but its time is over.
    Expired,
    /// Too many wrong ones came; the code is dead.
    Exhausted,
}

impl Verdict {
    pub(crate) fn is_right(self) -> bool {
        self == Self::Right
    }
}

/// Budgets look back so far.
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Core {
    /// Sends a code to the verified number or confirmed address of an account. Whether there is
    /// such an account, and whether it got one, is not told.
    ///
    /// # Errors
    /// `Invalid` for a purpose that nobody can ask for without signing in, `ChannelUnavailable` if
    /// no transport is configured: both say nothing of the account.
    pub async fn send_code(&self, actor: &Actor, request: &CodeRequest) -> Result<Accepted> {
        self.authorize(actor, Operation::SendCode).await?;
        if matches!(request.purpose, CodePurpose::VerifyPhone | CodePurpose::ConfirmEmail) {
            let words = vec!["reset_password", "disable_mfa", "get_token"];
            return Err(Error::invalid(Field::Purpose, Reason::NotOneOf(words)));
        }
        self.require_channel(channel(request.channel))?;
        let login = UserRef::Name(fold(&request.login));
        let now = self.now();
        let code = one_time_code::generate(self.random());
        self.store()
            .write(async |tx: &mut Tx| {
                let budget =
                    self.spend_asking_budget(tx, &actor.origin, request.channel, now).await?;
                let user = tx.find_user(&login).await?.filter(may_get_codes);
                if budget == Budget::Counted
                    && let Some(user) = &user
                    && let Some(to) = self.destination(tx, user, request.channel).await?
                {
                    let sent = Sent { purpose: request.purpose, channel: request.channel, to };
                    // Whether it got one is told to nobody.
                    let _ = self.send(tx, user, &sent, &code, actor.origin.door, now).await?;
                }
                // Written for unknown names, too: the two paths must not differ by a commit.
                let purpose = json!({ "purpose": request.purpose, "channel": request.channel });
                Entry::requested("code.requested", user.map(|user| user.id))
                    .with(purpose)
                    .write(tx, actor, now)
                    .await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(Accepted {
            detail: "If there is such an account and it can be reached, a code is on its way."
                .to_owned(),
        })
    }

    /// Where codes for `user` go over `channel`: nowhere but to what the user has proved to own.
    async fn destination(
        &self,
        tx: &mut Tx,
        user: &User,
        channel: CodeChannel,
    ) -> Result<Option<String>> {
        match channel {
            CodeChannel::Email => Ok(Some(user.email.clone())),
            CodeChannel::Sms if user.phone_verified_at.is_none() => Ok(None),
            CodeChannel::Sms => {
                let organization = tx.find_organization(user.organization_id).await?;
                let is_forbidden = organization.is_some_and(|it| it.settings.sms_otp_disabled)
                    && !user.flags.exempt_from_org_sms_otp_disabled;
                Ok(user.phone.as_ref().filter(|_| !is_forbidden).map(|phone| phone.e164.clone()))
            }
        }
    }

    /// Makes `code` the live one for its purpose and puts it into the outbox, unless a budget is
    /// used up: then nothing has changed.
    pub(super) async fn send(
        &self,
        tx: &mut Tx,
        user: &User,
        sent: &Sent,
        code: &Secret,
        door: Door,
        now: Timestamp,
    ) -> Result<Budget> {
        if let spent @ Budget::Spent { .. } = self.spend_sending_budget(tx, user, sent, now).await?
        {
            return Ok(spent);
        }
        let limits = &self.settings().limits;
        let Sent { purpose, channel: over, to } = sent;
        let life = self.settings().code_life(door);
        let stored = OneTimeCode {
            hash: one_time_code::hash(self.keys(), user.id, purpose.as_str(), code),
            channel: *over,
            destination: to.clone(),
            attempts_left: limits.code_attempts,
            created_at: now,
            expires_at: now + life,
        };
        tx.put_one_time_code(user.id, *purpose, &stored).await?;
        let parameters = Parameters {
            username: &user.username,
            code: Some(code.expose()),
            link: None,
            minutes: life.as_secs() / 60,
            ..Parameters::default()
        };
        self.post(tx, template(*purpose), channel(*over), to, Some(user.id), parameters).await?;
        Ok(Budget::Counted)
    }

    /// Counts something that is about to be sent, unless a budget is used up: then nothing was counted.
    pub(super) async fn spend_sending_budget(
        &self,
        tx: &mut Tx,
        user: &User,
        sent: &Sent,
        now: Timestamp,
    ) -> Result<Budget> {
        let limits = &self.settings().limits;
        let Sent { purpose, channel, .. } = sent;
        // However it is spelt, it is one mailbox.
        let to = fold(&sent.to);
        let is_sms = *channel == CodeChannel::Sms;
        let number = user.phone.as_ref().filter(|phone| is_sms && phone.e164 == sent.to);
        let destination = Destination {
            channel: *channel,
            to: to.as_str(),
            prefix: number.map(PhoneNumber::prefix),
        };
        let per_user = Sends::ToUser(user.id, *purpose);
        let per_destination = Sends::ToDestination(destination.to);
        let mut budgets = vec![
            ("of one user", per_user, limits.codes_per_user, limits.code_window),
            ("of one number or address", per_destination, limits.codes_per_destination, DAY),
        ];
        if let Some(prefix) = destination.prefix {
            let sends = Sends::ToPrefix(prefix);
            budgets.push(("of numbers that begin alike", sends, limits.sms_per_prefix, DAY));
        }
        if is_sms {
            let sends = Sends::Over(CodeChannel::Sms);
            budgets.push(("of the installation", sends, limits.sms_per_day, DAY));
        }
        // Of several that are used up, the one counts that has room last.
        let mut spent = None;
        for (budget, sends, most, over) in budgets {
            let oldest = tx.find_code_send(&sends, most, now - over).await?;
            spent = spent.max(oldest.map(|oldest| (oldest + over, budget)));
        }
        if let Some((until, budget)) = spent {
            tell_of_spent(budget, *channel, destination.prefix);
            return Ok(Budget::Spent { until });
        }
        tx.insert_code_send(user.id, *purpose, &destination, now).await?;
        Ok(Budget::Counted)
    }

    /// Counts that a client asks for something to be sent, to whomever, unless its address has asked so often that it gets
    /// nothing any more: then nothing was counted. Names that nobody has count, too, or the budget would tell which they
    /// are (threat T01).
    pub(crate) async fn spend_asking_budget(
        &self,
        tx: &mut Tx,
        origin: &Origin,
        channel: CodeChannel,
        now: Timestamp,
    ) -> Result<Budget> {
        let Some(network) = origin.network() else { return Ok(Budget::Counted) };
        let most = self.settings().limits.codes_per_address;
        if let Some(oldest) = tx.find_code_request(network, channel, most, now - DAY).await? {
            tell_of_spent("of one client address", channel, Some(&network.to_string()));
            return Ok(Budget::Spent { until: oldest + DAY });
        }
        tx.insert_code_request(network, channel, now).await?;
        Ok(Budget::Counted)
    }

    /// Spends a sent code. The transaction must commit whatever the verdict is, or the try was free.
    pub(crate) async fn spend_code(
        &self,
        tx: &mut Tx,
        user: UserId,
        purpose: CodePurpose,
        code: &Secret,
        now: Timestamp,
    ) -> Result<Verdict> {
        let Some(stored) = tx.find_one_time_code(user, purpose).await? else {
            return Ok(Verdict::Wrong);
        };
        if stored.attempts_left == 0 {
            return Ok(Verdict::Exhausted);
        }
        let is_right =
            one_time_code::matches(self.keys(), user, purpose.as_str(), code, &stored.hash);
        if !is_right {
            tx.count_wrong_code(user, purpose).await?;
            let is_last = stored.attempts_left == 1;
            return Ok(if is_last { Verdict::Exhausted } else { Verdict::Wrong });
        }
        if stored.expires_at <= now {
            return Ok(Verdict::Expired);
        }
        let is_spent = tx.spend_one_time_code(user, purpose, &stored.hash).await?;
        Ok(if is_spent { Verdict::Right } else { Verdict::Wrong })
    }
}

/// What has become of something that is about to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Budget {
    /// It is counted, and may be sent.
    Counted,
    /// It is not: there is no room for it before then.
    Spent { until: Timestamp },
}

impl Budget {
    /// # Errors
    /// `RateLimited` until there is room.
    pub(super) fn required(self, now: Timestamp) -> Result<()> {
        match self {
            Self::Counted => Ok(()),
            Self::Spent { until } => Err(Error::RateLimited { retry_after: wait(until, now) }),
        }
    }
}

/// Where a code or link goes, and for what.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) purpose: CodePurpose,
    pub(super) channel: CodeChannel,
    pub(super) to: String,
}

/// Whoever waits for a code in vain is not told why, but the operator is.
fn tell_of_spent(budget: &'static str, channel: CodeChannel, whose: Option<&str>) {
    let whose = whose.unwrap_or_default();
    tracing::warn!(?channel, whose, "not sent: the budget {budget} is used up");
}

/// Whether codes are of any use to `user`.
fn may_get_codes(user: &User) -> bool {
    user.deleted_at.is_none() && user.status.may_sign_in()
}

fn channel(channel: CodeChannel) -> Channel {
    match channel {
        CodeChannel::Sms => Channel::Sms,
        CodeChannel::Email => Channel::Email,
    }
}

fn template(purpose: CodePurpose) -> Template {
    match purpose {
        CodePurpose::ResetPassword => Template::ResetPassword,
        CodePurpose::DisableMfa => Template::DisableMfa,
        CodePurpose::VerifyPhone => Template::VerifyPhone,
        CodePurpose::GetToken => Template::GetToken,
        CodePurpose::ConfirmEmail => Template::ConfirmEmail,
    }
}
