//! Signing in with a password, and a second factor where the account has one (design section 3.5).

use jiff::Timestamp;
use roster_model::{AuthenticationMethod, LoginType, Role, SignIn, SignedIn, User};
use roster_store::Tx;

use crate::{
    Actor, Core, Error, Result,
    authz::Operation,
    credentials::{Authenticator, Claimed},
    sessions::Opening,
    users::is_available,
};

/// What a sign-in is called in the audit log.
const ACTION: &str = "session.opened";

/// Somebody who has shown everything that a sign-in asks for.
pub(crate) struct Proven<'c> {
    claimed: Claimed<'c>,
    /// When the second factor was shown, if the account has one.
    mfa_at: Option<Timestamp>,
}

impl Proven<'_> {
    /// Who it is.
    pub(crate) fn user(&self) -> &User {
        &self.claimed.user
    }

    /// When the second factor was shown, if the account has one.
    pub(crate) fn mfa_at(&self) -> Option<Timestamp> {
        self.mfa_at
    }

    /// Puts down that the password was right, if it still is: the user as it is now.
    ///
    /// # Errors
    /// `InvalidCredentials` for a password that was changed meanwhile; `OtpRequired` if a second factor was turned on.
    pub(crate) async fn settle(&self, core: &Core, tx: &mut Tx) -> Result<User> {
        let Claimed { user, hash, new_hash, .. } = &self.claimed;
        // The comparison took its time: whoever has changed the password meanwhile has ended this sign-in.
        let now = tx.find_claimant_by_id(user.id).await?;
        let now = now.filter(|now| now.hash.as_ref() == Some(hash));
        let now = now.ok_or(Error::InvalidCredentials)?.user;
        if now.is_mfa_active && self.mfa_at.is_none() {
            return Err(Error::OtpRequired);
        }
        core.forget_attempts(tx, now.id, Authenticator::Password).await?;
        if let Some(new_hash) = new_hash {
            tx.replace_password_hash(now.id, new_hash).await?;
        }
        Ok(now)
    }
}

impl Core {
    /// Opens a session for whoever has the password, and the second factor where the account has one.
    ///
    /// # Errors
    /// `InvalidCredentials` for an unknown name and a wrong password alike, and for any code of an account without second
    /// factors; after the right password `AccountUnavailable`, `PasswordExpired`, `OtpRequired`, or `OtpInvalid` for a
    /// wrong code; `RateLimited` after too many failures.
    pub async fn sign_in(&self, actor: &Actor, input: &SignIn) -> Result<SignedIn> {
        self.authorize(actor, Operation::SignIn).await?;
        let proven = self.prove(actor, input).await?;
        let method = match proven.mfa_at {
            Some(_) => AuthenticationMethod::Otp,
            None => AuthenticationMethod::Password,
        };
        let opening = Opening::new(self, actor.origin.door, method, proven.mfa_at);
        let opened: Result<_> = self
            .store()
            .write(async |tx: &mut Tx| {
                let mut now = proven.settle(self, tx).await?;
                let session = self.open_session(tx, actor, &mut now, &opening).await?;
                Ok((session, now))
            })
            .await;
        let (session, user) = opened?;
        Ok(opening.signed_in(session, user))
    }

    /// Asks for everything that a sign-in asks for, without opening a session.
    ///
    /// # Errors
    /// Those of [`sign_in`](Self::sign_in).
    pub(crate) async fn prove(&self, actor: &Actor, input: &SignIn) -> Result<Proven<'_>> {
        self.prove_as(actor, input, false).await
    }

    /// As [`prove`](Self::prove), before a sign-in at a provider: then the organization need not let the user in by
    /// password alone.
    ///
    /// # Errors
    /// Those of [`sign_in`](Self::sign_in).
    pub(crate) async fn prove_for_provider(
        &self,
        actor: &Actor,
        input: &SignIn,
    ) -> Result<Proven<'_>> {
        self.prove_as(actor, input, true).await
    }

    async fn prove_as(
        &self,
        actor: &Actor,
        input: &SignIn,
        for_provider: bool,
    ) -> Result<Proven<'_>> {
        let claimed = self.claim(actor, ACTION, &input.login, &input.password).await?;
        match self.prove_rest(&claimed.user, input, for_provider).await {
            Ok(mfa_at) => Ok(Proven { claimed, mfa_at }),
            Err(error) => {
                self.note_right_password(actor, ACTION, &claimed.user, &error).await?;
                Err(error)
            }
        }
    }

    /// What is asked for once the password has proved right. Gives when a second factor was shown.
    async fn prove_rest(
        &self,
        user: &User,
        input: &SignIn,
        for_provider: bool,
    ) -> Result<Option<Timestamp>> {
        if !is_available(user, self.now()) || !(for_provider || self.may_use_password(user).await?)
        {
            return Err(Error::AccountUnavailable);
        }
        if user.password_expires_at.is_some_and(|end| end <= self.now()) {
            return Err(Error::PasswordExpired);
        }
        match &input.code {
            None if user.is_mfa_active => Err(Error::OtpRequired),
            None => Ok(None),
            // Nobody asked for this code: whoever sends it takes the account for another.
            Some(_) if !user.is_mfa_active => Err(Error::InvalidCredentials),
            Some(code) => {
                self.verify_second_factor(user.id, code).await?;
                Ok(Some(self.now()))
            }
        }
    }

    /// Whether the organization lets this user in by password. System admins always may: a broken provider must not
    /// lock everybody out.
    pub(crate) async fn may_use_password(&self, user: &User) -> Result<bool> {
        if user.role == Role::SystemAdmin || user.flags.sso_disabled {
            return Ok(true);
        }
        let organization = user.organization_id;
        let found = self
            .store()
            .point_read(async |tx: &mut Tx| tx.find_organization(organization).await)
            .await?;
        Ok(found.is_none_or(|found| found.settings.login_type != LoginType::Sso))
    }
}
