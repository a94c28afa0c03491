//! Phone numbers: stored at once, counted once a code that was sent there has come back.

use roster_model::{
    Channel, CodeChannel, CodePurpose, Field, PhoneNumber, Reason, SetPhone, User, UserRef,
    VerifyPhone,
};
use roster_store::Tx;
use serde_json::json;

use super::{
    codes::{Sent, Verdict},
    one_time_code,
};
use crate::{Actor, Core, Error, Result, audit::Entry, authorize::get_user, authz::Operation};

impl Core {
    /// Stores a phone number, unverified, and sends a code to it; without a number the code goes to
    /// the one that is stored.
    ///
    /// # Errors
    /// Those of step-up; `Invalid` for what is no phone number, or for none where none is stored;
    /// `ChannelUnavailable` without a transport; `RateLimited` when the budget for codes is used up.
    pub async fn set_phone(&self, actor: &Actor, user: &UserRef, input: &SetPhone) -> Result<User> {
        let user = self.authorize_on(actor, Operation::SetPhone, user).await?;
        let number = input
            .phone
            .as_deref()
            .map(PhoneNumber::parse)
            .transpose()
            .map_err(|reason| Error::invalid(Field::Phone, reason))?;
        self.require_channel(Channel::Sms)?;
        let now = self.now();
        let code = one_time_code::generate(self.random());
        self.store()
            .write(async |tx: &mut Tx| {
                let mut user = get_user(tx, user.id).await?;
                if let Some(number) = &number {
                    // Whoever has the old telephone can do nothing more with what was sent there.
                    tx.delete_one_time_codes(user.id).await?;
                    user.phone = Some(number.clone());
                    user.phone_verified_at = None;
                    user.updated_at = now;
                    user.updated_by = actor.user_id();
                    tx.update_user(&mut user).await?;
                    Entry::done("phone.set", user.id)
                        .with(json!({ "fields": ["phone"] }))
                        .write(tx, actor, now)
                        .await?;
                }
                let Some(phone) = &user.phone else {
                    return Err(Error::invalid(Field::Phone, Reason::Empty));
                };
                let sent = Sent {
                    purpose: CodePurpose::VerifyPhone,
                    channel: CodeChannel::Sms,
                    to: phone.e164.clone(),
                };
                let asking = self.spend_asking_budget(tx, &actor.origin, sent.channel, now).await?;
                asking.required(now)?;
                let sending = self.send(tx, &user, &sent, &code, actor.origin.door, now).await?;
                sending.required(now)?;
                Ok(user)
            })
            .await
    }

    /// Marks the stored number as the user's own, with the code that was sent to it.
    ///
    /// # Errors
    /// `WrongState` without a stored number; `OtpInvalid` for a wrong code, `OtpExpired` for one that
    /// came too late, `OtpExhausted` from the tenth wrong one on: then a new code is needed.
    pub async fn verify_phone(
        &self,
        actor: &Actor,
        user: &UserRef,
        input: &VerifyPhone,
    ) -> Result<User> {
        let user = self.authorize_on(actor, Operation::VerifyPhone, user).await?;
        let now = self.now();
        let (user, verdict) = self
            .store()
            .write(async |tx: &mut Tx| {
                let mut user = get_user(tx, user.id).await?;
                let Some(phone) = user.phone.clone() else {
                    return Err(Error::WrongState("no phone number is stored"));
                };
                let purpose = CodePurpose::VerifyPhone;
                let sent_to = tx.find_one_time_code(user.id, purpose).await?;
                let is_for_this = sent_to.is_none_or(|code| code.destination == phone.e164);
                let verdict = self.spend_code(tx, user.id, purpose, &input.code, now).await?;
                let verdict =
                    if verdict.is_right() && !is_for_this { Verdict::Wrong } else { verdict };
                if verdict.is_right() {
                    user.phone_verified_at = Some(now);
                    user.updated_at = now;
                    user.updated_by = actor.user_id();
                    tx.update_user(&mut user).await?;
                    Entry::done("phone.verified", user.id).write(tx, actor, now).await?;
                } else {
                    Entry::refused("phone.verified", Some(user.id)).write(tx, actor, now).await?;
                }
                Ok((user, verdict))
            })
            .await?;
        match verdict {
            Verdict::Right => Ok(user),
            Verdict::Wrong => Err(Error::OtpInvalid),
            Verdict::Expired => Err(Error::OtpExpired),
            Verdict::Exhausted => Err(Error::OtpExhausted),
        }
    }

    /// Removes the phone number.
    ///
    /// # Errors
    /// Those of step-up; `Forbidden` or `NotFound` for those whom it does not concern.
    pub async fn remove_phone(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        let user = self.authorize_on(actor, Operation::RemovePhone, user).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let mut user = get_user(tx, user.id).await?;
                if user.phone.is_some() {
                    tx.delete_one_time_codes(user.id).await?;
                    user.phone = None;
                    user.phone_verified_at = None;
                    user.updated_at = now;
                    user.updated_by = actor.user_id();
                    tx.update_user(&mut user).await?;
                    Entry::done("phone.removed", user.id).write(tx, actor, now).await?;
                }
                Ok(user)
            })
            .await
    }
}
