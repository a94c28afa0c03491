//! The names that a user signs in with.

use jiff::Timestamp;
use roster_model::{EmailAddress, Field, User, UserId, Username, fold, is_same_mailbox};
use roster_store::Tx;

use crate::{
    Actor, Core, Error, Result,
    credentials::{Authenticator, Subject},
    users::create::{claim_name, name_taken},
};

/// The names that an update sets, read.
pub(super) struct Names {
    pub(super) username: Option<Username>,
    pub(super) email: Option<EmailAddress>,
    /// Whether a new address counts at once.
    pub(super) is_confirmed: bool,
    /// Whether the caller answers for a new address being the user's.
    pub(super) vouches: bool,
    /// Whether the names that the user has already are refused like those of others.
    pub(super) must_be_new: bool,
}

impl Names {
    /// Whether any of them is not the user's already.
    fn are_new_to(&self, user: &User) -> bool {
        self.username.as_ref().is_some_and(|name| *name.key() != fold(&user.username))
            || self.email.as_ref().is_some_and(|email| *email.key() != fold(&user.email))
    }
}

/// Somebody who wants to have another name, which has been counted.
pub(super) struct Asking(UserId);

impl Core {
    /// Counts that somebody wants another name, before it is looked for: the answer tells whether anybody has it, in any
    /// organization (threat T01). The platforms' contracts want it told (airt's, section 5; Geobox's, 3; Civis', 7;
    /// Dioptra's, 4.8), and a session is good at all doors, so what keeps people from going through a list of addresses is
    /// that refusals cost a wait. Administrators may ask as often as they like.
    ///
    /// # Errors
    /// `RateLimited` after too many that somebody had.
    pub(super) async fn count_asking(
        &self,
        actor: &Actor,
        user: &User,
        names: &Names,
        now: Timestamp,
    ) -> Result<Option<Asking>> {
        let asks = actor.is_ordinary() && names.are_new_to(user);
        let Some(caller) = actor.user_id().filter(|_| asks) else { return Ok(None) };
        let counted =
            async |tx: &mut Tx| self.count_attempt(tx, caller, Authenticator::Name, now).await;
        self.store().write(counted).await?;
        Ok(Some(Asking(caller)))
    }

    /// Nobody else had the name: asking for it does not count.
    pub(super) async fn take_asking_back(&self, tx: &mut Tx, asking: &Asking) -> Result<()> {
        self.take_attempt_back(tx, &Subject::User(asking.0), Authenticator::Name).await
    }

    /// Sets names and claims them. True if a link was mailed to a new address.
    pub(super) async fn set_names(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        user: &mut User,
        names: &Names,
        now: Timestamp,
    ) -> Result<bool> {
        if names.must_be_new {
            must_be_new(user, names)?;
        }
        if let Some(username) = &names.username {
            claim_name(tx, username.key(), Field::Username, user.id).await?;
            user.username = username.as_str().to_owned();
        }
        let Some(email) = &names.email else { return Ok(false) };
        if is_same_mailbox(email.as_str(), &user.email) {
            // Whoever comes back to it waits for no new one.
            user.email = email.as_str().to_owned();
            user.unconfirmed_email = None;
            return Ok(false);
        }
        if names.is_confirmed {
            claim_name(tx, email.key(), Field::Email, user.id).await?;
            user.email = email.as_str().to_owned();
            user.unconfirmed_email = None;
            tx.note_email_proof(user.id, names.vouches).await?;
            return Ok(false);
        }
        if tx.find_identifier(email.key()).await?.is_some_and(|owner| owner != user.id) {
            return Err(name_taken(tx, email.key(), Field::Email).await?);
        }
        self.request_email_confirmation(tx, actor, user, email, now).await?;
        Ok(true)
    }
}

/// Refuses the names that a user has already; its address is the one that was given last.
fn must_be_new(user: &User, names: &Names) -> Result<()> {
    let email = user.unconfirmed_email.as_ref().unwrap_or(&user.email);
    let refuse = |field| Err(Error::NameTaken { field, holder: user.id, held_as: field });
    if names.username.as_ref().is_some_and(|new| *new.key() == fold(&user.username)) {
        return refuse(Field::Username);
    }
    if names.email.as_ref().is_some_and(|new| *new.key() == fold(email)) {
        return refuse(Field::Email);
    }
    Ok(())
}
