//! Mailed links: an invitation to set a password, a new address to be confirmed. A link is good
//! once, for one purpose, one user and one address (threats T13, T14, T17).

use jiff::Timestamp;
use roster_model::{
    Accepted, Channel, CodeChannel, CodePurpose, ConfirmEmail, EmailAddress, Field, Reason, Secret,
    User, UserRef, fold,
};
use roster_store::{Link, Tx};
use serde_json::json;

use super::{
    codes::Sent,
    token::{Token, TokenKind},
};
use crate::{
    Actor, Core, Error, Kind, Result,
    audit::Entry,
    authorize::get_authorized,
    authz::Operation,
    messages::templates::{Invited, Parameters, Template},
    users::{claim_name, find_inviter},
};

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkPurpose {
    /// Choosing a password.
    SetPassword,
    /// Confirming an address.
    ConfirmEmail,
}

impl LinkPurpose {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SetPassword => "set_password",
            Self::ConfirmEmail => "confirm_email",
        }
    }

    /// The page that the link leads to.
    fn path(self) -> &'static str {
        match self {
            Self::SetPassword => "account/password",
            Self::ConfirmEmail => "account/email",
        }
    }
}

/// A mail with a link in it.
struct LinkMail<'a> {
    purpose: LinkPurpose,
    template: Template,
    /// Where it goes: to the user's address, or to what is to become it.
    email: &'a str,
    invited: Option<Invited<'a>>,
}

/// What a link that was mailed or printed leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPage {
    /// Making the first administrator.
    SetUp,
    /// Choosing a password.
    Password,
    /// Confirming an address.
    Email,
    /// Making an account by an invitation or a registration.
    Account,
}

impl Core {
    /// Whether the link to `page` is still good, so that nobody fills in a form for nothing. Looking spends nothing:
    /// programs that look into mail do it, too.
    ///
    /// # Errors
    /// Those with which the link would be refused if it were used.
    pub async fn check_link(&self, actor: &Actor, page: LinkPage, token: &Secret) -> Result<()> {
        self.authorize(actor, Operation::CheckLink).await?;
        let now = self.now();
        let purpose = match page {
            LinkPage::SetUp => return self.check_set_up_token(token).await.map(drop),
            LinkPage::Account => return self.find_admission(token, "", now).await.map(drop),
            LinkPage::Password => LinkPurpose::SetPassword,
            LinkPage::Email => LinkPurpose::ConfirmEmail,
        };
        self.store()
            .read(async |tx: &mut Tx| self.find_link(tx, purpose, token, now).await.map(drop))
            .await
    }

    /// An address on this server, as people reach it. Never made of what a request says.
    pub fn public_link(&self, path: &str, query: &[(&str, &str)]) -> url::Url {
        let mut url = self.settings().public_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Mails a link. Its token stands beside it as a code.
    async fn mail_link(
        &self,
        tx: &mut Tx,
        user: &User,
        mail: &LinkMail<'_>,
        now: Timestamp,
    ) -> Result<()> {
        let &LinkMail { purpose, template, email, invited } = mail;
        let life = match purpose {
            LinkPurpose::SetPassword => self.settings().link_life,
            LinkPurpose::ConfirmEmail => self.settings().confirmation_life,
        };
        let token = Token::issue(TokenKind::Link, self.random());
        let link = Link {
            purpose: purpose.as_str().to_owned(),
            user_id: user.id,
            email: Some(email.to_owned()),
            expires_at: now + life,
        };
        tx.put_link(token.hash(), &link, now).await?;
        let address = self.public_link(purpose.path(), &[("token", token.expose())]);
        let parameters = Parameters {
            username: &user.username,
            code: Some(token.expose()),
            link: Some(address.as_str()),
            minutes: life.as_secs() / 60,
            invited,
            ..Parameters::default()
        };
        self.post(tx, template, Channel::Email, email, Some(user.id), parameters).await
    }

    /// A link that is good, and the user it was mailed to, as it is now.
    ///
    /// # Errors
    /// `OtpInvalid` for a token that is mangled, used, expired or for something else.
    pub(super) async fn find_link(
        &self,
        tx: &mut Tx,
        purpose: LinkPurpose,
        token: &Secret,
        now: Timestamp,
    ) -> Result<(User, Link)> {
        let token = Token::parse(token.expose()).map_err(|_| Error::OtpInvalid)?;
        let link = tx.find_link(token.hash(), purpose.as_str()).await?;
        let link = link.filter(|link| link.expires_at > now).ok_or(Error::OtpInvalid)?;
        let user = tx.find_user(&UserRef::Id(link.user_id)).await?;
        let user = user.filter(|user| user.deleted_at.is_none()).ok_or(Error::OtpInvalid)?;
        Ok((user, link))
    }

    /// Spends a link: the user it was mailed to, as it is now.
    ///
    /// # Errors
    /// `OtpInvalid` for a token that is mangled, used, expired or for something else.
    pub(super) async fn spend_link(
        &self,
        tx: &mut Tx,
        purpose: LinkPurpose,
        token: &Secret,
        now: Timestamp,
    ) -> Result<(User, Link)> {
        let found = self.find_link(tx, purpose, token, now).await?;
        let token = Token::parse(token.expose()).map_err(|_| Error::OtpInvalid)?;
        if tx.spend_link(token.hash()).await? { Ok(found) } else { Err(Error::OtpInvalid) }
    }

    /// Mails a user a link with which a password can be set: a welcome to somebody who never had one, else what somebody
    /// gets who has forgotten it.
    ///
    /// # Errors
    /// Those of step-up; `ChannelUnavailable` without a mail transport; `WrongState` for a user who
    /// may not sign in.
    pub async fn invite_user(&self, actor: &Actor, user: &UserRef) -> Result<Accepted> {
        let operation = Operation::InviteUser;
        let target = self.authorize_on(actor, operation, user).await?;
        self.require_channel(Channel::Email)?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let user = get_authorized(tx, actor, &[operation], &target).await?;
                if !user.status.may_sign_in() {
                    return Err(Error::WrongState("this user may not sign in"));
                }
                self.invite(tx, actor, &user, now).await?;
                Entry::done("user.invited", user.id).write(tx, actor, now).await?;
                Ok(())
            })
            .await?;
        Ok(Accepted { detail: "The link is on its way.".to_owned() })
    }

    /// Mails the link of an invitation.
    pub(crate) async fn invite(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        user: &User,
        now: Timestamp,
    ) -> Result<()> {
        let (template, host) = match user.password_changed_at {
            Some(_) => (Template::ResetPassword, None),
            None => {
                let organization = tx.find_organization(user.organization_id).await?;
                let organization = organization.ok_or(Error::NotFound(Kind::Organization))?;
                (Template::Welcome, Some((find_inviter(tx, actor).await?, organization.name)))
            }
        };
        let invited =
            host.as_ref().map(|(by, organization)| Invited { by: by.as_deref(), organization });
        let (purpose, email) = (LinkPurpose::SetPassword, &user.email);
        self.mail_link(tx, user, &LinkMail { purpose, template, email, invited }, now).await
    }

    /// Mails a link to a new address of `user`, which waits in `unconfirmed_email` until the link is
    /// used, and tells the old address. The caller stores the user.
    ///
    /// # Errors
    /// `ChannelUnavailable` without a mail transport; `RateLimited` when the budget for such mails is used up: anybody
    /// may write anybody's address here.
    pub(crate) async fn request_email_confirmation(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        user: &mut User,
        email: &EmailAddress,
        now: Timestamp,
    ) -> Result<()> {
        self.require_channel(Channel::Email)?;
        let sent = Sent {
            purpose: CodePurpose::ConfirmEmail,
            channel: CodeChannel::Email,
            to: email.as_str().to_owned(),
        };
        let asking = self.spend_asking_budget(tx, &actor.origin, sent.channel, now).await?;
        asking.required(now)?;
        self.spend_sending_budget(tx, user, &sent, now).await?.required(now)?;
        user.unconfirmed_email = Some(email.as_str().to_owned());
        let (purpose, template) = (LinkPurpose::ConfirmEmail, Template::ConfirmEmail);
        self.notify(tx, Template::EmailChanged, user).await?;
        let email = email.as_str();
        self.mail_link(tx, user, &LinkMail { purpose, template, email, invited: None }, now).await
    }

    /// Makes the address that a link was mailed to the user's own. The old address was told when the new one was asked
    /// for.
    ///
    /// # Errors
    /// `OtpInvalid` for a link that is used, expired, or for an address that waits no more;
    /// `NameTaken` if somebody has taken the address meanwhile.
    pub async fn confirm_email(&self, actor: &Actor, input: &ConfirmEmail) -> Result<User> {
        self.authorize(actor, Operation::ConfirmEmail).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let (mut user, link) =
                    self.spend_link(tx, LinkPurpose::ConfirmEmail, &input.token, now).await?;
                let waiting = user.unconfirmed_email.take();
                let Some(email) = link.email.filter(|email| waiting.as_ref() == Some(email)) else {
                    return Err(Error::OtpInvalid);
                };
                let email = EmailAddress::parse_any(&email)
                    .map_err(|reason| Error::internal_reason(&reason))?;
                user.email = email.as_str().to_owned();
                user.updated_at = now;
                user.updated_by = Some(user.id);
                claim_name(tx, email.key(), Field::Email, user.id).await?;
                tx.update_user(&mut user).await?;
                self.prove_email(tx, &user, now).await?;
                tx.release_identifiers(user.id, [&fold(&user.username), email.key()]).await?;
                // What was sent to the old address proves nothing any more (threat T17).
                tx.delete_links(user.id).await?;
                tx.delete_one_time_codes(user.id).await?;
                Entry::done("email.confirmed", user.id)
                    .with(json!({ "fields": ["email"] }))
                    .write(tx, actor, now)
                    .await?;
                Ok(user)
            })
            .await
    }
}

impl Core {
    /// Notes that a user has shown its address to be its own. If nobody had before, whoever made the account may have been
    /// somebody else, so the ways in that were laid meanwhile end: API keys and links to providers (threat T20).
    pub(super) async fn prove_email(&self, tx: &mut Tx, user: &User, now: Timestamp) -> Result<()> {
        if tx.has_proved_email(user.id).await? {
            return Ok(());
        }
        tx.note_email_proof(user.id, true).await?;
        tx.revoke_api_keys_of_user(user.id, now).await?;
        tx.disable_sso_links_of(user.id, now).await?;
        tx.end_sso_sign_ins_of(user.id).await?;
        Ok(())
    }
}

impl Error {
    /// A stored value that the rules refuse: a fault, not an input.
    fn internal_reason(reason: &Reason) -> Self {
        Self::internal(format!("a stored address {reason}"))
    }
}
