//! Accepting an invitation.

use jiff::Timestamp;
use roster_model::{OrganizationId, Role, TokenHash, User, UserRef};
use roster_store::Tx;

use super::fields::is_available;
use crate::{Error, Result, authorize::may_in, authz::Operation};

/// Spends an invitation, in the transaction that makes the account. It gives no more than whoever has sent it could give
/// now: the right to may have gone since (threats T17, T24).
///
/// # Errors
/// `OtpInvalid` for one that is spent, and for one of somebody who could not send it any more.
pub(super) async fn accept_invitation(tx: &mut Tx, token: TokenHash, now: Timestamp) -> Result<()> {
    let invitation = tx.find_invitation(token).await?.ok_or(Error::OtpInvalid)?;
    let may = match invitation.invited_by {
        // The operator of the server.
        None => true,
        Some(inviter) => {
            let (role, place) = (invitation.role, invitation.organization_id);
            let inviter = tx.find_user(&UserRef::Id(inviter)).await?;
            inviter.is_some_and(|inviter| {
                is_available(&inviter, now) && may_invite(&inviter, role, place)
            })
        }
    };
    match may && tx.spend_invitation(token).await? {
        true => Ok(()),
        false => Err(Error::OtpInvalid),
    }
}

/// Whether a user could invite somebody of this role into an organization.
fn may_invite(inviter: &User, role: Role, organization: OrganizationId) -> bool {
    let is_enough = |operation| may_in(inviter, operation, organization);
    role.rank() <= inviter.effective_role().rank()
        && is_enough(Operation::InvitePerson)
        && (!role.is_administrator() || is_enough(Operation::GrantAdministration))
}
