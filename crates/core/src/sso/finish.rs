//! Signing in at a provider: the session at the end.

use jiff::Timestamp;
use roster_model::{AuthenticationMethod, LoginType, Secret, SignedIn, User, UserId};
use roster_store::{SsoSignInRow, Tx};
use url::Url;

use super::sign_in::hash;
use crate::{
    Actor, Core, Error, Proof, Result,
    authorize::get_user,
    authz::Operation,
    credentials::token::{Token, TokenKind},
    sessions::Opening,
    users::is_available,
};

impl Core {
    /// Opens the session of a sign-in at a provider, once. An account with second factors shows one here, in the proof
    /// of `actor`, unless it did so at the start.
    ///
    /// # Errors
    /// `SsoPending` before the sign-in there is done; `SsoFailed` for a ticket that is unknown, used, expired or of
    /// another door, and after a failure there; `AccountUnavailable`, `OtpRequired` and `OtpInvalid` as for every
    /// sign-in.
    pub async fn finish_sso_sign_in(&self, actor: &Actor, ticket: &Secret) -> Result<SignedIn> {
        self.authorize(actor, Operation::FinishSsoSignIn).await?;
        let ticket = Token::parse(ticket.expose()).map_err(|_| Error::SsoFailed)?;
        if ticket.kind() != TokenKind::Ticket {
            return Err(Error::SsoFailed);
        }
        let ticket = ticket.hash();
        let found = self
            .store()
            .point_read(async |tx: &mut Tx| tx.find_sso_sign_in_by_ticket(ticket).await)
            .await?;
        self.open_sso_session(actor, found).await
    }

    /// As [`finish_sso_sign_in`](Self::finish_sso_sign_in), for a client that has only the address which it was told to
    /// open. Browsers and providers know that address, so it does only for a sign-in that began with a password.
    ///
    /// # Errors
    /// The same.
    pub async fn finish_sso_sign_in_at(
        &self,
        actor: &Actor,
        authorization_url: &str,
    ) -> Result<SignedIn> {
        self.authorize(actor, Operation::FinishSsoSignIn).await?;
        let url = Url::parse(authorization_url).map_err(|_| Error::SsoFailed)?;
        let state = url.query_pairs().find(|(name, _)| name == "state");
        let state = hash(&state.ok_or(Error::SsoFailed)?.1);
        let found = self
            .store()
            .point_read(async |tx: &mut Tx| tx.find_sso_sign_in_by_state(state).await)
            .await?;
        self.open_sso_session(actor, found.filter(|row| row.user_id.is_some())).await
    }

    async fn open_sso_session(&self, actor: &Actor, row: Option<SsoSignInRow>) -> Result<SignedIn> {
        let door = actor.origin.door;
        let row = row.filter(|row| row.expires_at > self.now() && row.door == door.as_str());
        let row = row.ok_or(Error::SsoFailed)?;
        let user = match (row.phase.as_str(), row.signed_in_user_id) {
            ("signed_in", Some(user)) => user,
            ("pending" | "returned" | "asked", _) => return Err(Error::SsoPending),
            _ => return Err(Error::SsoFailed),
        };
        let mfa_at = self.show_second_factor(actor, &row, user).await?;
        let opening = Opening::new(self, door, AuthenticationMethod::Sso, mfa_at);
        let now = self.now();
        let (session, user) = self
            .store()
            .write(async |tx: &mut Tx| {
                let mut user = self.signed_in_user(tx, &row, user).await?;
                if user.is_mfa_active && mfa_at.is_none() {
                    return Err(Error::OtpRequired);
                }
                // Of those who come at once, one finds it.
                if !tx.delete_sso_sign_in(row.state_hash).await? {
                    return Err(Error::SsoFailed);
                }
                tx.touch_sso_link(user.id, &row.provider, now).await?;
                let session = self.open_session(tx, actor, &mut user, &opening).await?;
                Ok((session, user))
            })
            .await?;
        Ok(opening.signed_in(session, user))
    }

    /// When the account's second factor was shown, if it has one: a provider's word does not stand in for it.
    async fn show_second_factor(
        &self,
        actor: &Actor,
        row: &SsoSignInRow,
        user: UserId,
    ) -> Result<Option<Timestamp>> {
        let mfa_at = self.open_kept(row)?.mfa_at;
        if mfa_at.is_some() {
            return Ok(mfa_at);
        }
        let user =
            self.store().read(async |tx: &mut Tx| self.signed_in_user(tx, row, user).await).await?;
        match &actor.proof {
            Proof::Code(_) if !user.is_mfa_active => Err(Error::OtpInvalid),
            Proof::Code(code) => {
                self.verify_second_factor(user.id, code).await?;
                Ok(Some(self.now()))
            }
            Proof::RecentMfa | Proof::Missing if user.is_mfa_active => Err(Error::OtpRequired),
            Proof::RecentMfa | Proof::Missing => Ok(None),
        }
    }

    /// The user who signed in, if it may still do so in this way.
    async fn signed_in_user(&self, tx: &mut Tx, row: &SsoSignInRow, user: UserId) -> Result<User> {
        let user = get_user(tx, user).await.map_err(|error| match error {
            Error::NotFound(_) => Error::SsoFailed,
            error => error,
        })?;
        if !is_available(&user, self.now()) {
            return Err(Error::AccountUnavailable);
        }
        let link = tx.find_sso_link(user.id, &row.provider).await?;
        if link.is_none_or(|link| link.is_disabled) {
            return Err(Error::SsoFailed);
        }
        let organization = tx.find_organization(user.organization_id).await?;
        match organization.map(|found| found.settings.login_type) {
            Some(LoginType::Password) => Err(Error::AccountUnavailable),
            _ => Ok(user),
        }
    }
}
