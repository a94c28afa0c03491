//! Links of accounts to providers. Their owners make them; a provider's word about an address alone never does (threats
//! T19, T20).

use roster_model::{
    EmailAddress, Field, Reason, SsoLink, SsoProvider, UserId, UserRef, fold, is_same_mailbox,
};
use roster_store::{SsoSignInRow, Tx};
use serde_json::json;

use super::provider::Identity;
use crate::{
    Actor, Core, Error, Kind, Result, audit::Entry, authorize::get_user, authz::Operation,
};

impl Core {
    /// The providers at which people can sign in.
    ///
    /// # Errors
    /// None but a fault of the server.
    pub async fn sso_providers(&self, actor: &Actor) -> Result<Vec<SsoProvider>> {
        self.authorize(actor, Operation::ListSsoProviders).await?;
        let providers = self.providers().providers();
        Ok(providers.into_iter().map(|provider| SsoProvider { name: provider.name }).collect())
    }

    /// The links of a user, by provider.
    ///
    /// # Errors
    /// `NotFound` or `Forbidden` for those whom it does not concern.
    pub async fn list_sso_links(&self, actor: &Actor, user: &UserRef) -> Result<Vec<SsoLink>> {
        let user = self.authorize_on(actor, Operation::ListSsoLinks, user).await?.id;
        Ok(self.store().read(async |tx: &mut Tx| tx.list_sso_links(user).await).await?)
    }

    /// Links the caller to a provider by `email`, or by its own address; a link that is there already gets that address
    /// and is switched on again.
    ///
    /// # Errors
    /// Those of step-up; `Invalid` for a provider that is not configured and for what is no address.
    pub async fn enable_sso(
        &self,
        actor: &Actor,
        user: &UserRef,
        provider: &str,
        email: Option<&str>,
    ) -> Result<SsoLink> {
        let user = self.authorize_on(actor, Operation::EnableSso, user).await?;
        if !self.has_provider(provider) {
            return Err(Error::invalid(Field::Provider, Reason::Unknown));
        }
        let email = email.map(|email| self.read_email(actor, email)).transpose()?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let user = get_user(tx, user.id).await?;
                let email = email.as_ref().map_or(user.email.as_str(), EmailAddress::as_str);
                let key = fold(email);
                let link = tx.put_sso_link(user.id, provider, email, key.as_str(), now).await?;
                Entry::done("sso.enabled", user.id)
                    .about(format!("provider:{provider}"))
                    .write(tx, actor, now)
                    .await?;
                Ok(link)
            })
            .await
    }

    /// Switches the link of a user to a provider off.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` if there is none that is on.
    pub async fn disable_sso(
        &self,
        actor: &Actor,
        user: &UserRef,
        provider: &str,
    ) -> Result<SsoLink> {
        let user = self.authorize_on(actor, Operation::DisableSso, user).await?.id;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                if !tx.disable_sso_link(user, provider, now).await? {
                    let sentence = "sign-in at this provider is not enabled for this account";
                    return Err(Error::WrongState(sentence));
                }
                // A sign-in that is under way must not outlive the link it goes through.
                tx.end_sso_sign_ins_of(user).await?;
                Entry::done("sso.disabled", user)
                    .about(format!("provider:{provider}"))
                    .with(json!({ "fields": ["disabled_at"] }))
                    .write(tx, actor, now)
                    .await?;
                let link = tx.find_sso_link(user, provider).await?;
                link.ok_or(Error::NotFound(Kind::SsoLink))
            })
            .await
    }

    /// Whether a provider of this name is configured.
    pub(super) fn has_provider(&self, name: &str) -> bool {
        self.providers().providers().iter().any(|provider| provider.name == name)
    }
}

/// Whose account `identity` is linked to, fixing the provider's subject in a link that waits for it.
///
/// An identity is issuer and subject. Its address counts only where the provider has verified it, and then for two
/// things: to fix the subject of a link that waits for that address, and, where an account was named at the start, to be
/// the one that its link was made with (contract of the airt door, section 5).
pub(super) async fn find_linked(
    tx: &mut Tx,
    row: &SsoSignInRow,
    identity: &Identity,
) -> Result<Option<UserId>> {
    let Identity { issuer, subject, .. } = identity;
    let verified = identity.email.as_deref().filter(|_| identity.email_verified);
    let is_verified = |email: &str| verified.is_some_and(|found| is_same_mailbox(found, email));
    let found = tx.find_user_by_sso_subject(&row.provider, issuer, subject).await?;
    if let Some((user, link)) = found {
        let is_right = match row.user_id {
            Some(wanted) => wanted == user && is_verified(&link.email),
            None => true,
        };
        return Ok((is_right && !link.is_disabled).then_some(user));
    }
    let Some(address) = verified else { return Ok(None) };
    // Anybody may link somebody else's address to an account of one's own and wait for its owner to sign in there: so the
    // password must have been shown, or the address must be the account's, and shown to be.
    let user = match row.user_id {
        Some(wanted) => Some(wanted),
        None => find_proved_owner(tx, address).await?,
    };
    let Some(user) = user else { return Ok(None) };
    let link = tx.find_sso_link(user, &row.provider).await?;
    let waits =
        |link: &SsoLink| !link.is_disabled && !link.is_confirmed && is_verified(&link.email);
    if !link.as_ref().is_some_and(waits) {
        return Ok(None);
    }
    let is_confirmed = tx.confirm_sso_link(user, &row.provider, issuer, subject).await?;
    Ok(is_confirmed.then_some(user))
}

/// The user whose proved address this is.
async fn find_proved_owner(tx: &mut Tx, address: &str) -> Result<Option<UserId>> {
    let found = tx.find_user(&UserRef::Name(fold(address))).await?;
    let owner = found
        .filter(|user| user.deleted_at.is_none() && is_same_mailbox(&user.email, address))
        .map(|user| user.id);
    match owner {
        Some(owner) if tx.has_proved_email(owner).await? => Ok(Some(owner)),
        _ => Ok(None),
    }
}
