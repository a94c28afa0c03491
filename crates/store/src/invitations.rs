//! Invitations of people who have no account yet. Accepting one ends it.

use jiff::Timestamp;
use roster_model::{OrganizationId, Role, TokenHash, UserId, fold};

use crate::{Error, Tx};

/// An invitation, bound to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The address it was mailed to.
    pub email: String,
    /// What whoever accepts it may do.
    pub role: Role,
    /// Where whoever accepts it belongs.
    pub organization_id: OrganizationId,
    /// Who has sent it.
    pub invited_by: Option<UserId>,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Tx {
    /// Keeps a new invitation; an earlier one of the same address is void.
    pub async fn put_invitation(
        &mut self,
        token: TokenHash,
        invitation: &Invitation,
        now: Timestamp,
    ) -> Result<(), Error> {
        let key = fold(&invitation.email);
        self.execute("DELETE FROM invitations WHERE email_key = $1", &[&key.as_str()]).await?;
        self.execute(
            "INSERT INTO invitations (token_hash, email, email_key, role, organization_id, \
             invited_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                &token.0.as_slice(),
                &invitation.email,
                &key.as_str(),
                &invitation.role,
                &invitation.organization_id,
                &invitation.invited_by,
                &now,
                &invitation.expires_at,
            ],
        )
        .await?;
        Ok(())
    }

    /// The invitation with this token, over or not.
    pub async fn find_invitation(&mut self, token: TokenHash) -> Result<Option<Invitation>, Error> {
        self.find(
            "SELECT email, role, organization_id, invited_by, expires_at FROM invitations \
             WHERE token_hash = $1",
            &[&token.0.as_slice()],
            |row| {
                Ok(Invitation {
                    email: row.get(0)?,
                    role: row.get(1)?,
                    organization_id: row.get(2)?,
                    invited_by: row.get(3)?,
                    expires_at: row.get(4)?,
                })
            },
        )
        .await
    }

    /// Spends an invitation: true if it was still there. Of parallel calls one hears true.
    pub async fn spend_invitation(&mut self, token: TokenHash) -> Result<bool, Error> {
        let sql = "DELETE FROM invitations WHERE token_hash = $1";
        Ok(self.execute(sql, &[&token.0.as_slice()]).await? == 1)
    }

    /// Withdraws what a user has sent.
    pub async fn withdraw_invitations_by(&mut self, user: UserId) -> Result<(), Error> {
        self.execute("DELETE FROM invitations WHERE invited_by = $1", &[&user]).await?;
        Ok(())
    }

    /// Forgets invitations that ended before `now`.
    pub async fn delete_invitations_expired(&mut self, now: Timestamp) -> Result<u64, Error> {
        self.execute("DELETE FROM invitations WHERE expires_at <= $1", &[&now]).await
    }
}
