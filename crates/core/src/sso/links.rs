//! Links of accounts to providers. Their owners make them; a provider's word about an address alone never does (threats
//! T19, T20).

use roster_model::{EmailAddress, Field, Reason, SsoLink, SsoProvider, UserId, UserRef, fold};
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
    let verified = identity.email.as_deref().filter(|_| identity.email_verified).map(fold);
    let found = tx.find_user_by_sso_subject(&row.provider, issuer, subject).await?;
    if let Some((user, link)) = found {
        let is_right = match row.user_id {
            Some(wanted) => wanted == user && verified == Some(fold(&link.email)),
            None => true,
        };
        return Ok((is_right && !link.is_disabled).then_some(user));
    }
    let Some(email) = verified else { return Ok(None) };
    let waiting = match row.user_id {
        Some(wanted) => {
            let link = tx.find_sso_link(wanted, &row.provider).await?;
            link.filter(|link| {
                !link.is_disabled && !link.is_confirmed && fold(&link.email) == email
            })
            .map(|_| wanted)
        }
        None => {
            let found = tx.list_unconfirmed_sso_links(&row.provider, email.as_str()).await?;
            let mut owners = Vec::new();
            for (owner, _) in found {
                // Anybody may link somebody else's address to an account of one's own and wait for its owner to sign
                // in there: so the address must be the account's, or the password must have been shown.
                let owner = get_user(tx, owner).await.ok();
                owners.extend(owner.filter(|owner| fold(&owner.email) == email));
            }
            match &owners[..] {
                [owner] => Some(owner.id),
                _ => None,
            }
        }
    };
    let Some(user) = waiting else { return Ok(None) };
    let is_confirmed = tx.confirm_sso_link(user, &row.provider, issuer, subject).await?;
    Ok(is_confirmed.then_some(user))
}
