//! Making an account for oneself. Where anybody may have one the address comes first: a link is mailed to it, and
//! whoever opens that chooses a name and a password. Until then nothing is taken and nothing is told (threats T01, T17),
//! and nobody prepares an account for somebody else (T20).

use std::time::Duration;

use jiff::Timestamp;
use roster_model::{
    Accepted, Channel, CodeChannel, EmailAddress, Field, NewAccount, NewRegistration, NewUser,
    OrganizationId, Reason, Role, Secret, Username,
};
use roster_store::Tx;
use serde_json::json;

use super::{Account, Person, accept::accept_invitation, fields::find_home};
use crate::{
    Actor, Core, Error, Profile, Registration, Result,
    audit::Entry,
    authz::Operation,
    credentials::{
        Budget,
        password::ChosenBy,
        token::{Token, TokenKind},
    },
    installation::home,
    messages::templates::{Parameters, Template},
};

/// Where there is nobody yet, the first to come must be an administrator.
const NOBODY_YET: Error = Error::WrongState(
    "this installation has no administrator yet; its operator must make one first",
);
/// How often an account may be tried to be made with one link: each try tells whether a name is free.
const ATTEMPTS: u32 = 10;
/// Budgets look back so far.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What became of somebody who came with a name, an address and a password at once.
#[derive(Debug)]
pub enum SignUp {
    /// There is an account now.
    Made(Box<Account>),
    /// A link is on its way to the address, if it may have an account.
    Mailed(Accepted),
}

/// What lets somebody make an account.
pub(crate) struct Admission {
    /// By what it is known.
    token: Token,
    /// For which address.
    email: String,
    /// What the account may do.
    role: Role,
    /// Where it belongs; none: where everybody does.
    place: Option<OrganizationId>,
    /// Whether an administrator has sent it.
    is_invitation: bool,
}

impl Core {
    /// Mails a link with which an account of this address can be made, or, to an address that is in use, that it is.
    /// Which of them, and whether so many were mailed lately that none is, is told to nobody but the mailbox: both leave
    /// the same traces.
    ///
    /// # Errors
    /// `RegistrationClosed` where not anybody may have an account; `Invalid` for what can be no address or name;
    /// `ChannelUnavailable` without a mail transport; `WrongState` before there is an administrator.
    pub async fn request_registration(
        &self,
        actor: &Actor,
        new: &NewRegistration,
    ) -> Result<Accepted> {
        self.authorize(actor, Operation::Register).await?;
        if self.settings().registration != Registration::Open {
            return Err(Error::RegistrationClosed);
        }
        // In every profile: what has not this form is no mailbox.
        let email = EmailAddress::parse(&new.email)
            .map_err(|reason| Error::invalid(Field::Email, reason))?;
        let username = new.username.as_deref().map(Self::read_username).transpose()?;
        self.mail_registration(actor, &email, username.as_ref()).await
    }

    async fn mail_registration(
        &self,
        actor: &Actor,
        email: &EmailAddress,
        username: Option<&Username>,
    ) -> Result<Accepted> {
        self.require_channel(Channel::Email)?;
        let token = Token::issue(TokenKind::Link, self.random());
        let mut query = vec![("token", token.expose())];
        query.extend(username.map(|username| ("username", username.as_str())));
        let link = self.public_link("account/invitation", &query);
        let (limits, life) = (&self.settings().limits, self.settings().link_life);
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                if !tx.has_users().await? {
                    return Err(NOBODY_YET);
                }
                let budget =
                    self.spend_asking_budget(tx, &actor.origin, CodeChannel::Email, now).await?;
                let holder = tx.find_identifier(email.key()).await?;
                let begun = tx
                    .count_registrations(email.key(), now - limits.code_window, now - DAY)
                    .await?;
                if budget == Budget::Counted
                    && begun.in_window < limits.codes_per_user.into()
                    && begun.in_day < limits.codes_per_destination.into()
                {
                    tx.insert_registration(token.hash(), email, ATTEMPTS, now, now + life).await?;
                    let (template, link) = match holder {
                        Some(_) => (Template::AlreadyRegistered, None),
                        None => (Template::Registration, Some(link.as_str())),
                    };
                    let minutes = life.as_secs() / 60;
                    let parameters = Parameters { link, minutes, ..Parameters::default() };
                    self.post(tx, template, Channel::Email, email.as_str(), None, parameters)
                        .await?;
                }
                Entry::requested("registration.requested", holder).write(tx, actor, now).await?;
                Ok(())
            })
            .await?;
        Ok(Accepted { detail: "A link to make the account with is on its way.".to_owned() })
    }

    /// Makes an account that can be used at once, with a token that was mailed: an invitation's or a registration's.
    /// Opens no session.
    ///
    /// # Errors
    /// `RegistrationClosed` where people may not register by themselves; `OtpInvalid` for a token that is used, expired
    /// or none; `Invalid` for what a field may not hold, for another address than the one that the token was mailed to,
    /// and without a token; `NameTaken` for a name that anybody has, or had before being deleted.
    pub async fn register(&self, actor: &Actor, new: &NewAccount) -> Result<Account> {
        self.authorize(actor, Operation::Register).await?;
        let Some(token) = &new.invitation else {
            if self.settings().registration != Registration::Open {
                return Err(Error::RegistrationClosed);
            }
            let sentence = "is missing: have one mailed to the address first".to_owned();
            return Err(Error::invalid(Field::Token, Reason::Other(sentence)));
        };
        let admission = self.find_admission(token, &new.email, self.now()).await?;
        self.make_account(actor, new, Some(&admission)).await
    }

    /// Takes somebody who comes with a name, an address and a password at once, through the door of a platform whose
    /// programs know no other way. What that platform promises, an account at once, is kept in the profile that takes
    /// its habits over, and to administrators; everybody else gets a link mailed where registration is open, and chooses
    /// the password anew when the address is shown to be its own.
    ///
    /// # Errors
    /// `RegistrationClosed` where people may not register by themselves; `Invalid` for what a field may not hold;
    /// `NameTaken`, where an account is made at once, for a name or address that anybody has, or had before being
    /// deleted; `ChannelUnavailable`, where a link is due, without a mail transport; `WrongState` before there is an
    /// administrator.
    pub async fn sign_up(&self, actor: &Actor, new: &NewAccount) -> Result<SignUp> {
        self.authorize(actor, Operation::Register).await?;
        let made = |account| Ok(SignUp::Made(Box::new(account)));
        if self.settings().profile == Profile::Compat && actor.habits().registers_in_compat {
            return made(self.make_account(actor, new, None).await?);
        }
        let user = NewUser::from(new);
        match self.create_user(actor, &user).await {
            Ok(user) => {
                let groups = async |tx: &mut Tx| tx.list_groups_of(user.id).await;
                let groups = self.store().point_read(groups).await?;
                return made(Account { user, groups });
            }
            Err(Error::Unauthenticated | Error::Forbidden) => {}
            Err(other) => return Err(other),
        }
        if self.settings().registration != Registration::Open {
            return Err(Error::RegistrationClosed);
        }
        // Told as where the account is made at once, as far as it does not depend on others.
        let person = Person::read(self, actor, &user, Role::Viewer)?;
        let home = self.store().point_read(async |tx: &mut Tx| home(tx).await).await?;
        let record = person.record(self, actor, &home, self.now());
        self.judge_first_password(&record, &new.password, ChosenBy::Owner).await?;
        let mailed = self.mail_registration(actor, person.email(), Some(person.username())).await;
        Ok(SignUp::Mailed(mailed?))
    }

    /// Makes an account as it is admitted, or an ordinary one.
    async fn make_account(
        &self,
        actor: &Actor,
        new: &NewAccount,
        admission: Option<&Admission>,
    ) -> Result<Account> {
        let now = self.now();
        let mut user = NewUser::from(new);
        let mut role = Role::Viewer;
        if let Some(admission) = admission {
            user.email.clone_from(&admission.email);
            role = admission.role;
        }
        let person = Person::read(self, actor, &user, role)?;
        let home = self
            .store()
            .point_read(async |tx: &mut Tx| match admission.and_then(|one| one.place) {
                Some(place) => {
                    let (home, _) = find_home(tx, place, None).await?;
                    Ok(home)
                }
                None => home(tx).await,
            })
            .await?;
        let record = person.record(self, actor, &home, now);
        let password = self.hash_first_password(&record, &new.password, ChosenBy::Owner).await?;
        if let Some(admission) = admission.filter(|admission| !admission.is_invitation) {
            let hash = admission.token.hash();
            let attempt = async |tx: &mut Tx| tx.attempt_registration(hash).await;
            // Counted before the name is looked at, in a transaction of its own: a refusal must not undo it.
            if !self.store().write(attempt).await? {
                return Err(Error::OtpInvalid);
            }
        }
        self.store()
            .write(async |tx: &mut Tx| {
                if !tx.has_users().await? {
                    return Err(NOBODY_YET);
                }
                let why = match admission {
                    Some(Admission { is_invitation: true, token, .. }) => {
                        accept_invitation(tx, token.hash(), now).await?;
                        "invitation"
                    }
                    Some(admission) => {
                        if !tx.spend_registration(admission.token.hash()).await? {
                            return Err(Error::OtpInvalid);
                        }
                        "registration"
                    }
                    None => "registration",
                };
                let password = Some(&password);
                let user = person.insert(self, tx, &record, home.id, password, now).await?;
                match admission {
                    Some(_) => tx.delete_ways_to_join(person.email().key()).await?,
                    // Anybody may write anybody's address here.
                    None => tx.note_email_proof(user.id, false).await?,
                }
                let what = json!({
                    "role": user.role, "organization_id": user.organization_id, "why": why,
                });
                Entry::done("user.created", user.id).with(what).write(tx, actor, now).await?;
                let groups = tx.list_groups_of(user.id).await?;
                Ok(Account { user, groups })
            })
            .await
    }

    /// What a token that was mailed lets its holder make.
    pub(crate) async fn find_admission(
        &self,
        token: &Secret,
        email: &str,
        now: Timestamp,
    ) -> Result<Admission> {
        let registration = self.settings().registration;
        if registration == Registration::Closed {
            return Err(Error::RegistrationClosed);
        }
        let token = Token::parse(token.expose()).map_err(|_| Error::OtpInvalid)?;
        let hash = token.hash();
        let (invitation, begun) = self
            .store()
            .read(async |tx: &mut Tx| {
                let invitation = tx.find_invitation(hash).await?;
                Ok::<_, Error>((invitation, tx.find_registration(hash).await?))
            })
            .await?;
        let invitation = invitation.filter(|found| found.expires_at > now);
        let begun = begun.filter(|found| found.expires_at > now);
        let admission = match (invitation, begun) {
            (Some(found), _) => Admission {
                token,
                email: found.email,
                role: found.role,
                place: Some(found.organization_id),
                is_invitation: true,
            },
            (None, Some(found)) if registration == Registration::Open => Admission {
                token,
                email: found.email,
                role: Role::Viewer,
                place: None,
                is_invitation: false,
            },
            _ => return Err(Error::OtpInvalid),
        };
        let same = |email: &str| EmailAddress::parse_any(email).ok().map(|one| one.key().clone());
        if !email.is_empty() && same(email) != same(&admission.email) {
            let sentence = "is not the address that the token was mailed to".to_owned();
            return Err(Error::invalid(Field::Email, Reason::Other(sentence)));
        }
        Ok(admission)
    }
}
