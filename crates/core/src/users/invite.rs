//! Inviting people who have no account yet. An invitation is good once, for one address, for a while (threats T14, T17).

use std::time::Duration;

use roster_model::{Accepted, Channel, Field, NewInvitation, OrganizationId, Reason, Role};
use roster_store::{Invitation, Tx};
use serde_json::json;

use super::{
    create::name_taken,
    fields::{check_grant, is_administrator},
};
use crate::{
    Actor, Core, Error, Kind, Registration, Result,
    audit::Entry,
    authz::Operation,
    credentials::token::{Token, TokenKind},
    installation::first_organization,
    messages::templates::{Parameters, Template},
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
    pub async fn invite_person(&self, actor: &Actor, new: &NewInvitation) -> Result<Accepted> {
        let role = new.role.unwrap_or(Role::Viewer);
        check_grant(actor, role)?;
        let others: &[_] = match is_administrator(role) {
            true => &[Operation::GrantAdministration],
            false => &[],
        };
        let own = actor.credential().map(|credential| credential.user.organization_id);
        let place = new.organization_id.or(own);
        let (operation, kind) = (Operation::InvitePerson, Kind::Organization);
        let asked = place.unwrap_or(OrganizationId(0));
        self.authorize_in_also(actor, operation, others, asked, kind).await?;
        if self.settings().registration == Registration::Closed {
            return Err(Error::RegistrationClosed);
        }
        self.require_channel(Channel::Email)?;
        let email = self.read_email(actor, &new.email)?;
        let token = Token::issue(TokenKind::Link, self.random());
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let organization = match place {
                    Some(place) => place,
                    None => first_organization(tx).await?,
                };
                tx.find_organization(organization)
                    .await?
                    .ok_or_else(|| Error::invalid(Field::Organization, Reason::Unknown))?;
                if tx.find_identifier(email.key()).await?.is_some() {
                    return Err(name_taken(tx, email.key(), Field::Email).await?);
                }
                let invitation = Invitation {
                    email: email.as_str().to_owned(),
                    role,
                    organization_id: organization,
                    invited_by: actor.user_id(),
                    expires_at: now + LIFE,
                };
                tx.put_invitation(token.hash(), &invitation, now).await?;
                let link = self.public_link("account/invitation", &[("token", token.expose())]);
                let parameters = Parameters {
                    username: "",
                    code: None,
                    link: Some(link.as_str()),
                    minutes: LIFE.as_secs() / 60,
                    ..Parameters::default()
                };
                let (template, channel) = (Template::Invitation, Channel::Email);
                self.post(tx, template, channel, email.as_str(), None, parameters).await?;
                Entry::done_to_nobody("invitation.created")
                    .with(json!({ "role": role, "organization_id": organization }))
                    .write(tx, actor, now)
                    .await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(Accepted { detail: "The invitation is on its way.".to_owned() })
    }
}
