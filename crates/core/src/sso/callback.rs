//! Signing in at a provider: the way back.

use roster_model::Secret;
use roster_store::{SsoSignInRow, Tx};
use serde_json::json;

use super::{
    links::find_linked,
    provider::{AuthorizationResponse, Identity},
    sign_in::{hash, refuse},
};
use crate::{Actor, Core, Error, Result, audit::Entry, authorize::get_user, authz::Operation};

/// What the browser brought back from a provider.
#[derive(Clone, Debug)]
pub struct SsoReturn {
    /// What it was sent away with.
    pub state: Secret,
    /// The code to be exchanged; none where the provider refused.
    pub code: Option<Secret>,
    /// The provider's word for why it refused.
    pub error: Option<String>,
    /// The provider's name for itself, where it sends it (RFC 9207).
    pub issuer: Option<String>,
}

/// What is to be shown to the person who came back.
#[derive(Clone, Debug)]
pub enum SsoOutcome {
    /// It is done: the session can be fetched.
    SignedIn,
    /// Nobody has shown a password, so whoever sent the link may not be who opened it: the person must say that the
    /// sign-in is its own.
    Asked {
        /// To be sent with the answer.
        token: Secret,
        /// The account.
        username: String,
        /// From where the sign-in was begun.
        address: Option<String>,
        /// With what it was begun.
        user_agent: Option<String>,
    },
}

impl Core {
    /// Takes in the browser that comes back from a provider. Each state is good once, at the provider it was made for.
    ///
    /// # Errors
    /// `SsoFailed` for a state that is unknown, used or expired, and for whatever the provider says that does not lead
    /// to a linked account; then this sign-in has failed for good.
    pub async fn sso_callback(
        &self,
        actor: &Actor,
        provider: &str,
        returned: &SsoReturn,
    ) -> Result<SsoOutcome> {
        self.authorize(actor, Operation::SsoCallback).await?;
        let row = self.take_state(provider, &returned.state).await?;
        let identity = match self.identify(&row, returned).await {
            Ok(identity) => identity,
            Err(error) => {
                self.fail(actor, &row).await?;
                return Err(error);
            }
        };
        let outcome = self.land(actor, &row, &identity).await;
        if let Err(Error::SsoFailed) = &outcome {
            self.fail(actor, &row).await?;
        }
        outcome
    }

    /// Says whether a sign-in that [`SsoOutcome::Asked`] about is the person's own.
    ///
    /// # Errors
    /// `SsoFailed` for a token that is unknown, used or expired.
    pub async fn answer_sso_sign_in(
        &self,
        actor: &Actor,
        token: &Secret,
        is_own: bool,
    ) -> Result<()> {
        self.authorize(actor, Operation::SsoCallback).await?;
        let state = hash(token.expose());
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let row = tx.find_sso_sign_in_by_state(state).await?;
                let row = row.filter(|row| row.expires_at > now).ok_or(Error::SsoFailed)?;
                let (to, user) = match is_own {
                    true => ("signed_in", row.signed_in_user_id),
                    false => ("failed", None),
                };
                if !tx.advance_sso_sign_in(state, "asked", to, user).await? {
                    return Err(Error::SsoFailed);
                }
                if !is_own {
                    let what = json!({ "why": "disowned", "provider": row.provider });
                    let entry = Entry::refused("session.opened", row.signed_in_user_id);
                    entry.with(what).write(tx, actor, now).await?;
                }
                Ok(())
            })
            .await
    }

    /// The sign-in of this state, which nobody can take again.
    async fn take_state(&self, provider: &str, state: &Secret) -> Result<SsoSignInRow> {
        let state = hash(state.expose());
        let now = self.now();
        let taken = self
            .store()
            .write(async |tx: &mut Tx| {
                let Some(row) = tx.find_sso_sign_in_by_state(state).await? else {
                    return Ok::<_, Error>(None);
                };
                // The answer of one provider in the place of another's ends the sign-in (mix-up).
                let is_right = row.provider == provider;
                let to = if is_right { "returned" } else { "failed" };
                let is_taken = tx.advance_sso_sign_in(state, "pending", to, None).await?;
                Ok((is_taken && is_right && row.expires_at > now).then_some(row))
            })
            .await?;
        taken.ok_or(Error::SsoFailed)
    }

    /// Asks the provider who it is.
    async fn identify(&self, row: &SsoSignInRow, returned: &SsoReturn) -> Result<Identity> {
        let provider = &row.provider;
        let Some(code) = &returned.code else {
            let error = returned.error.as_deref().unwrap_or("it sent no code");
            tracing::info!(provider, error, "a provider refused a sign-in");
            return Err(Error::SsoFailed);
        };
        let kept = self.open_kept(row)?;
        let response = AuthorizationResponse {
            code: code.expose().to_owned(),
            issuer: returned.issuer.clone(),
            pkce_verifier: kept.verifier,
            nonce: kept.nonce,
            redirect_uri: self.redirect_uri(provider),
        };
        let identity = self.providers().identity(provider, &response).await;
        identity.map_err(|error| refuse(provider, &error))
    }

    /// Finds the account of the identity, and goes on to the next phase.
    async fn land(
        &self,
        actor: &Actor,
        row: &SsoSignInRow,
        identity: &Identity,
    ) -> Result<SsoOutcome> {
        let kept = self.open_kept(row)?;
        let token = self.unguessable();
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let user = find_linked(tx, row, identity).await?.ok_or(Error::SsoFailed)?;
                let user = get_user(tx, user).await.map_err(|_| Error::SsoFailed)?;
                let state = row.state_hash;
                if row.user_id.is_some() {
                    let next =
                        tx.advance_sso_sign_in(state, "returned", "signed_in", Some(user.id));
                    return if next.await? {
                        Ok(SsoOutcome::SignedIn)
                    } else {
                        Err(Error::SsoFailed)
                    };
                }
                // Whoever began this knows the state, so the answer needs a secret of its own.
                if !tx.ask_sso_sign_in(state, hash(&token), user.id).await? {
                    return Err(Error::SsoFailed);
                }
                Entry::requested("sso.asked", Some(user.id))
                    .about(format!("provider:{}", row.provider))
                    .write(tx, actor, now)
                    .await?;
                Ok(SsoOutcome::Asked {
                    token: Secret::new(token.as_str()),
                    username: user.username,
                    address: kept.address.clone(),
                    user_agent: kept.user_agent.clone(),
                })
            })
            .await
    }

    async fn fail(&self, actor: &Actor, row: &SsoSignInRow) -> Result<()> {
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                tx.advance_sso_sign_in(row.state_hash, "returned", "failed", None).await?;
                let what =
                    json!({ "why": Error::SsoFailed.code().as_str(), "provider": row.provider });
                let entry = Entry::refused("session.opened", row.user_id).with(what);
                entry.write(tx, actor, now).await?;
                Ok(())
            })
            .await
    }
}
