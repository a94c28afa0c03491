//! Setting a password that was forgotten or never set (design section 3.3, threats T01, T02, T14).

use roster_model::{
    CodeChannel, CodePurpose, Field, PasswordReset, Reason, Secret, User, UserId, UserRef, fold,
};
use roster_store::Tx;

use super::{Authenticator, HashedPassword, links::LinkPurpose, password::ChosenBy};
use crate::{
    Actor, Core, Error, Result, audit::Entry, authz::Operation, messages::templates::Template,
};

/// What it is called in the audit log.
const ACTION: &str = "password.reset";

impl Core {
    /// Sets a password with a code that was sent for this, a code of the authenticator app where one
    /// is active, or a mailed link. Ends all sessions, codes and links of the user. API keys and links to providers stay,
    /// unless this is the first proof that the address is the user's.
    ///
    /// # Errors
    /// `Invalid` for a password against the policy; `OtpInvalid` for every other refusal, an unknown
    /// account included, after the same work; `RateLimited` after too many wrong codes.
    pub async fn reset_password(&self, actor: &Actor, input: &PasswordReset) -> Result<()> {
        self.authorize(actor, Operation::ResetPassword).await?;
        let proof = match (&input.login, &input.code, &input.token) {
            (None, None, Some(token)) => ResetProof::Link(token),
            (Some(login), Some(code), None) => ResetProof::Code(UserRef::Name(fold(login)), code),
            (None, _, None) => return Err(Error::invalid(Field::Username, Reason::Empty)),
            (Some(_), None, None) => return Err(Error::invalid(Field::Code, Reason::Empty)),
            (_, _, Some(_)) => {
                let sentence = "stands for login and code; send one or the other".to_owned();
                return Err(Error::invalid(Field::Token, Reason::Other(sentence)));
            }
        };
        // The same work whoever it is for; what depends on the account is told once it is proved to be the caller's.
        let password = &input.new_password;
        self.judge_new_password(None, password, ChosenBy::Owner).await?;
        let owner = self.find_owner(&proof).await?;
        let verdict = self.judge_new_password(owner.as_ref(), password, ChosenBy::Owner).await;
        let hash = self.hasher().hash(password).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let mut is_mailed = true;
                let user = match &proof {
                    ResetProof::Link(token) => {
                        Ok(self.spend_link(tx, LinkPurpose::SetPassword, token, now).await?.0)
                    }
                    ResetProof::Code(login, code) => {
                        let checked = self.check_reset(tx, login, code).await?;
                        checked.map(|(user, is_mailed_code)| {
                            is_mailed = is_mailed_code;
                            user
                        })
                    }
                };
                let user = match user {
                    Ok(user) if user.status.may_sign_in() => user,
                    Ok(User { id, .. }) => {
                        Entry::refused(ACTION, Some(id)).write(tx, actor, now).await?;
                        return Ok(Err(Error::OtpInvalid));
                    }
                    Err(user) => {
                        // Written for unknown names, too: the two paths must not differ by a commit.
                        Entry::refused(ACTION, user).write(tx, actor, now).await?;
                        return Ok(Err(Error::OtpInvalid));
                    }
                };
                let lasts = verdict.clone()?;
                if is_mailed {
                    self.prove_email(tx, &user, now).await?;
                }
                let new = HashedPassword { hash: hash.clone(), lasts };
                self.set_password_in(tx, &user, &new, None, now).await?;
                self.notify(tx, Template::PasswordChanged, &user).await?;
                Entry::done(ACTION, user.id).write(tx, actor, now).await?;
                Ok::<_, Error>(Ok(()))
            })
            .await?
    }

    /// Whose password it would be.
    async fn find_owner(&self, proof: &ResetProof<'_>) -> Result<Option<User>> {
        let now = self.now();
        self.store()
            .read(async |tx: &mut Tx| match proof {
                ResetProof::Link(token) => {
                    let link = self.find_link(tx, LinkPurpose::SetPassword, token, now).await;
                    Ok(link.ok().map(|(user, _)| user))
                }
                ResetProof::Code(login, _) => Ok(tx.find_user(login).await?),
            })
            .await
    }

    /// The user whose code it is, and whether it was mailed to its address; else whom the failure counts for.
    async fn check_reset(
        &self,
        tx: &mut Tx,
        login: &UserRef,
        code: &Secret,
    ) -> Result<std::result::Result<(User, bool), Option<UserId>>> {
        let now = self.now();
        let found = tx.find_user(login).await?;
        let Some(user) =
            found.filter(|user| user.deleted_at.is_none() && user.status.may_sign_in())
        else {
            return Ok(Err(None));
        };
        if let Err(error) = self.count_attempt(tx, user.id, Authenticator::PasswordReset, now).await
        {
            return match error {
                // Whether there is such an account to wait for must not be told.
                Error::RateLimited { .. } => Ok(Err(Some(user.id))),
                error => Err(error),
            };
        }
        let purpose = CodePurpose::ResetPassword;
        let is_mailed = if self.spend_totp_code(tx, user.id, code, now).await? {
            false
        } else {
            let sent = tx.find_one_time_code(user.id, purpose).await?;
            if !self.spend_code(tx, user.id, purpose, code, now).await?.is_right() {
                return Ok(Err(Some(user.id)));
            }
            sent.is_some_and(|sent| sent.channel == CodeChannel::Email)
        };
        self.forget_attempts(tx, user.id, Authenticator::PasswordReset).await?;
        Ok(Ok((user, is_mailed)))
    }
}

enum ResetProof<'a> {
    Link(&'a Secret),
    Code(UserRef, &'a Secret),
}
