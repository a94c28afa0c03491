//! Inviting people who have no account yet. An invitation is good once, for one address, for a while (threats T14, T17).

use std::time::Duration;

use roster_model::{
    Channel, Field, INVITATION_FIELDS, Invitation, InvitationField, InvitationId, ListFilter,
    NewInvitation, Organization, OrganizationId, Page, PageRequest, Reason, Role, UserRef,
};
use roster_store::{Mark, Tx};
use serde_json::json;

use super::{create::name_taken, fields::check_grant, list::organization_of};
use crate::{
    Actor, Core, Error, Kind, Registration, Result,
    audit::Entry,
    authz::Operation,
    credentials::token::{Token, TokenKind},
    installation::first_organization,
    messages::templates::{Invited, Parameters, Template},
    paging::Paging,
    selection::{ALL, ShortList},
};

/// How long an invitation is good.
const LIFE: Duration = Duration::from_secs(7 * 24 * 3600);

impl Core {
    /// Mails somebody a link with which an account can be made, of that address and role. An earlier invitation of the
    /// address is void.
    ///
    /// # Errors
    /// `Forbidden` for all but administrators, and for a role above the caller's own; those of step-up;
    /// `RegistrationClosed` where nobody may make an account for oneself; `ChannelUnavailable` without a mail transport;
    /// `NameTaken` for an address in use.
    pub async fn invite_person(&self, actor: &Actor, new: &NewInvitation) -> Result<Invitation> {
        let role = new.role.unwrap_or(Role::Viewer);
        check_grant(actor, role)?;
        let own = actor.credential().map(|credential| credential.user.organization_id);
        let place = new.organization_id.or(own);
        let (operation, kind) = (Operation::InvitePerson, Kind::Organization);
        let asked = place.unwrap_or(OrganizationId(0));
        self.authorize_in_also(actor, operation, also(role), asked, kind).await?;
        self.check_inviting()?;
        let email = self.read_email(actor, &new.email)?;
        let token = Token::issue(TokenKind::Link, self.random());
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let organization = match place {
                    Some(place) => place,
                    None => first_organization(tx).await?,
                };
                let host = tx.find_organization(organization).await?;
                let host =
                    host.ok_or_else(|| Error::invalid(Field::OrganizationId, Reason::Unknown))?;
                if tx.find_identifier(email.key()).await?.is_some() {
                    return Err(name_taken(tx, email.key(), Field::Email).await?);
                }
                let mut invitation = Invitation {
                    id: InvitationId(0),
                    email: email.as_str().to_owned(),
                    role,
                    organization_id: organization,
                    invited_by: actor.user_id(),
                    created_at: now,
                    expires_at: now + LIFE,
                };
                invitation.id = tx.put_invitation(token.hash(), &invitation).await?;
                self.mail_invitation(tx, actor, &invitation, &host, &token).await?;
                let what = json!({ "role": role, "organization_id": organization });
                entry("invitation.created", &invitation).with(what).write(tx, actor, now).await?;
                Ok::<_, Error>(invitation)
            })
            .await
    }

    /// The invitations that can be accepted still, of the caller's organization; all for a system admin.
    ///
    /// # Errors
    /// `Forbidden` for all but administrators; `Invalid` for a filter, order or page that cannot be.
    pub async fn list_invitations(
        &self,
        actor: &Actor,
        filter: &ListFilter,
        page: &PageRequest,
    ) -> Result<Page<Invitation>> {
        self.authorize(actor, Operation::ListInvitations).await?;
        let list = ShortList::read(filter, &INVITATION_FIELDS, InvitationField::SEARCHED)?;
        let paging = Paging::read(page, list.name("invitations"))?;
        let (place, now) = (organization_of(actor), self.now());
        if !list.is_plain() {
            let all = async |tx: &mut Tx| tx.list_open_invitations(place, now, &ALL).await;
            return Ok(list.page(self.store().scan(all).await?, &paging));
        }
        let (rows, total) = self
            .store()
            .read(async |tx: &mut Tx| {
                let rows = tx.list_open_invitations(place, now, &paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_open_invitations(place, now).await?),
                    false => None,
                };
                Ok::<_, Error>((rows, total))
            })
            .await?;
        Ok(paging.page(rows, total, |invitation| Mark::id(invitation.id.0)))
    }

    /// Takes an invitation back: its link is no good any more.
    ///
    /// # Errors
    /// `NotFound` for one that is none, or over, or of an organization that is not the caller's; `Forbidden` for one to
    /// more than the caller has; those of step-up.
    pub async fn revoke_invitation(&self, actor: &Actor, id: InvitationId) -> Result<()> {
        self.find_invitation_for(actor, id, |_| vec![Operation::RevokeInvitation]).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let invitation = get_open(tx, id, now).await?;
                tx.delete_invitation(id).await?;
                entry("invitation.revoked", &invitation).write(tx, actor, now).await?;
                Ok(())
            })
            .await
    }

    /// Mails an invitation again, with a link that is good from now on. The earlier link is void.
    ///
    /// # Errors
    /// As [`revoke_invitation`](Self::revoke_invitation); `RegistrationClosed` where nobody may make an account for
    /// oneself any more; `ChannelUnavailable` without a mail transport.
    pub async fn resend_invitation(&self, actor: &Actor, id: InvitationId) -> Result<Invitation> {
        let operations = |role| [&[Operation::ResendInvitation], also(role)].concat();
        self.find_invitation_for(actor, id, operations).await?;
        self.check_inviting()?;
        let token = Token::issue(TokenKind::Link, self.random());
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let mut invitation = get_open(tx, id, now).await?;
                // Whoever sends it now answers for it: the first sender may have lost the right to.
                invitation.invited_by = actor.user_id();
                invitation.expires_at = now + LIFE;
                let Invitation { invited_by, expires_at, .. } = invitation;
                tx.renew_invitation(id, token.hash(), invited_by, expires_at).await?;
                let host = tx.find_organization(invitation.organization_id).await?;
                let host = host.ok_or(Error::NotFound(Kind::Organization))?;
                self.mail_invitation(tx, actor, &invitation, &host, &token).await?;
                entry("invitation.resent", &invitation).write(tx, actor, now).await?;
                Ok(invitation)
            })
            .await
    }

    /// Asks the table about an invitation. Its organization and its role never change.
    async fn find_invitation_for(
        &self,
        actor: &Actor,
        id: InvitationId,
        operations: impl Fn(Role) -> Vec<Operation>,
    ) -> Result<()> {
        let now = self.now();
        let found = self
            .store()
            .point_read(async |tx: &mut Tx| tx.find_open_invitation(id, now).await)
            .await?;
        let role = found.as_ref().map_or(Role::Viewer, |found| found.role);
        self.authorize_on_invitation(actor, &operations(role), found.as_ref()).await?;
        found.map(|_| ()).ok_or(Error::NotFound(Kind::Invitation))
    }

    /// Refuses to invite anybody where an invitation would be of no use.
    fn check_inviting(&self) -> Result<()> {
        if self.settings().registration == Registration::Closed {
            return Err(Error::RegistrationClosed);
        }
        self.require_channel(Channel::Email)
    }

    async fn mail_invitation(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        invitation: &Invitation,
        host: &Organization,
        token: &Token,
    ) -> Result<()> {
        let by = find_inviter(tx, actor).await?;
        let link = self.public_link("account/invitation", &[("token", token.expose())]);
        let parameters = Parameters {
            username: "",
            code: None,
            link: Some(link.as_str()),
            minutes: LIFE.as_secs() / 60,
            invited: Some(Invited { by: by.as_deref(), organization: &host.name }),
            ..Parameters::default()
        };
        let (template, channel) = (Template::Invitation, Channel::Email);
        self.post(tx, template, channel, &invitation.email, None, parameters).await
    }
}

/// What must be allowed besides of whoever invites somebody of `role`.
fn also(role: Role) -> &'static [Operation] {
    match role.is_administrator() {
        true => &[Operation::GrantAdministration],
        false => &[],
    }
}

/// The invitation that was asked about before, unless it has been accepted or taken back meanwhile.
async fn get_open(tx: &mut Tx, id: InvitationId, now: jiff::Timestamp) -> Result<Invitation> {
    let found = tx.find_open_invitation(id, now).await?;
    found.ok_or(Error::NotFound(Kind::Invitation))
}

/// Who invites, as people call that person. Whoever has no name is known by the username.
pub(crate) async fn find_inviter(tx: &mut Tx, actor: &Actor) -> Result<Option<String>> {
    let Some(id) = actor.user_id() else { return Ok(None) };
    let found = tx.find_user(&UserRef::Id(id)).await?;
    Ok(found.map(|user| Some(user.name()).filter(|name| !name.is_empty()).unwrap_or(user.username)))
}

fn entry(action: &'static str, invitation: &Invitation) -> Entry {
    Entry::done_to_nobody(action).about(format!("invitation:{}", invitation.id))
}
