//! Invitations: sending, seeing, taking back, sending again.

use axum::Router;
use roster_api::{InvitePerson, ListInvitations, ResendInvitation, RevokeInvitation};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{Invitation, Page};

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .merge(endpoint(invite))
        .merge(endpoint(list))
        .merge(endpoint(revoke))
        .merge(endpoint(resend))
}

async fn invite(call: Call<InvitePerson>) -> Result<Invitation> {
    call.core.invite_person(&call.actor, &call.body).await
}

async fn list(call: Call<ListInvitations>) -> Result<Page<Invitation>> {
    call.core.list_invitations(&call.actor, &call.query.0, &call.query.1).await
}

async fn revoke(call: Call<RevokeInvitation>) -> Result<()> {
    call.core.revoke_invitation(&call.actor, call.path.invitation).await
}

async fn resend(call: Call<ResendInvitation>) -> Result<Invitation> {
    call.core.resend_invitation(&call.actor, call.path.invitation).await
}
