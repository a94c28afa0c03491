//! Signing in at a provider: the way there (design section 3.5).
//!
//! A sign-in is a row. `pending` until the browser comes back, `returned` while the provider is asked who it is, `asked`
//! while the person is asked whether the sign-in is its own, then `signed_in` until its session is fetched, or `failed`.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use roster_model::{Secret, SignIn, SsoTicket, TokenHash};
use roster_store::{SsoSignInRow, Tx};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::provider::{AuthorizationRequest, ProviderError};
use crate::{
    Actor, Core, Error, Kind, Result,
    authz::Operation,
    credentials::{
        secret_key::Purpose,
        token::{Token, TokenKind},
    },
    random::RandomExt,
    sessions::later,
};

/// What a sign-in remembers until its end; sealed in its row.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// Must stand in the identity token.
    pub(super) nonce: String,
    /// What the challenge was made of.
    pub(super) verifier: String,
    /// When the account's second factor was shown, at the start.
    pub(super) mfa_at: Option<Timestamp>,
    /// From where it was begun.
    pub(super) address: Option<String>,
    /// With what it was begun.
    pub(super) user_agent: Option<String>,
}

impl Core {
    /// Begins to sign in at a provider: the address to be opened in a browser, and the ticket for the session.
    ///
    /// With `account`, its password (and second factor) are asked for first, and it is the only account that this
    /// sign-in can end in; it must have the provider enabled.
    ///
    /// # Errors
    /// `NotFound` for a provider that is not configured; with `account` those of signing in, and `WrongState` where it
    /// has not enabled the provider; `SsoFailed` if the provider cannot be reached.
    pub async fn begin_sso_sign_in(
        &self,
        actor: &Actor,
        provider: &str,
        account: Option<&SignIn>,
    ) -> Result<SsoTicket> {
        self.authorize(actor, Operation::BeginSsoSignIn).await?;
        if !self.has_provider(provider) {
            return Err(Error::NotFound(Kind::Provider));
        }
        let proven = match account {
            Some(account) => Some(self.prove_for_provider(actor, account).await?),
            None => None,
        };
        let origin = &actor.origin;
        let kept = Kept {
            nonce: self.unguessable(),
            verifier: self.unguessable(),
            mfa_at: proven.as_ref().and_then(|proven| proven.mfa_at()),
            address: origin.address.map(|address| address.to_string()),
            user_agent: origin.user_agent.as_deref().map(str::to_owned),
        };
        let state = self.unguessable();
        let request = AuthorizationRequest {
            state: state.clone(),
            nonce: kept.nonce.clone(),
            pkce_challenge: BASE64URL_NOPAD.encode(&Sha256::digest(&kept.verifier)),
            redirect_uri: self.redirect_uri(provider),
        };
        let url = self.providers().authorization_url(provider, &request).await;
        let url = url.map_err(|error| match (refuse(provider, &error), error) {
            // Nobody has done anything wrong, and nothing has begun.
            (_, ProviderError::Unavailable(_)) => Error::ProviderUnavailable(provider.to_owned()),
            (refused, _) => refused,
        })?;
        let ticket = Token::issue(TokenKind::Ticket, self.random());
        let now = self.now();
        let mut row = SsoSignInRow {
            state_hash: hash(&state),
            ticket_hash: ticket.hash(),
            provider: provider.to_owned(),
            door: origin.door.as_str().to_owned(),
            user_id: proven.as_ref().map(|proven| proven.user().id),
            signed_in_user_id: None,
            sealed: Vec::new(),
            phase: "pending".to_owned(),
            created_at: now,
            expires_at: later(now, self.settings().sso_life),
        };
        row.sealed = self.seal_kept(&row, &kept)?;
        self.store()
            .write(async |tx: &mut Tx| {
                if let Some(proven) = &proven {
                    let user = proven.settle(self, tx).await?;
                    let link = tx.find_sso_link(user.id, provider).await?;
                    if link.is_none_or(|link| link.is_disabled) {
                        // The password was right all the same, so what was settled stays.
                        return Ok(Err(Error::WrongState(
                            "sign-in at this provider is not enabled for this account",
                        )));
                    }
                }
                tx.insert_sso_sign_in(&row).await?;
                Ok::<_, Error>(Ok(()))
            })
            .await??;
        Ok(SsoTicket {
            authorization_url: Secret::new(url),
            ticket: Secret::new(ticket.expose()),
            expires_at: row.expires_at,
        })
    }

    /// Where `provider` sends the browser back to.
    pub(super) fn redirect_uri(&self, provider: &str) -> String {
        self.public_link(&format!("sso/{provider}/callback"), &[]).into()
    }

    /// 256 random bits, in characters that stand in addresses as they are.
    pub(super) fn unguessable(&self) -> String {
        BASE64URL_NOPAD.encode(&self.random().array::<32>())
    }

    fn seal_kept(&self, row: &SsoSignInRow, kept: &Kept) -> Result<Vec<u8>> {
        let kept = Zeroizing::new(serde_json::to_vec(kept).map_err(Error::internal)?);
        Ok(self.keys().seal(Purpose::SignInState, owner(row), &kept, self.random()))
    }

    pub(super) fn open_kept(&self, row: &SsoSignInRow) -> Result<Kept> {
        let opened = self.keys().open(Purpose::SignInState, owner(row), &row.sealed);
        let opened = opened.map_err(Error::internal)?;
        serde_json::from_slice(&opened).map_err(Error::internal)
    }
}

/// By what a row is found: the text itself is with the browser alone.
pub(super) fn hash(state: &str) -> TokenHash {
    TokenHash(Sha256::digest(state).into())
}

/// Ties what is sealed to its row, by the hash that stays the same from beginning to end.
fn owner(row: &SsoSignInRow) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = row.ticket_hash.0;
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// What went wrong at the provider is for the log; the answer says only that it did.
pub(super) fn refuse(provider: &str, error: &ProviderError) -> Error {
    tracing::warn!(provider, %error, "a sign-in at a provider failed");
    Error::SsoFailed
}
