//! Invitations of people who have no account yet. Accepting one ends it.

use jiff::Timestamp;
use roster_model::{Invitation, InvitationId, OrganizationId, TokenHash, UserId, fold};

use crate::query::Query;
use crate::sql::Row;
use crate::{Error, Tx, Window};

macro_rules! select_invitation {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, role, organization_id, invited_by, created_at, expires_at \
             FROM invitations ",
            $rest
        )
    };
}

/// An invitation is open until it ends, or the address has an account by another way.
macro_rules! is_open {
    () => {
        "NOT EXISTS (SELECT 1 FROM identifiers WHERE identifiers.key = invitations.email_key)"
    };
}

fn invitation(row: &Row<'_>) -> Result<Invitation, Error> {
    let mut columns = row.columns();
    Ok(Invitation {
        id: columns.take()?,
        email: columns.take()?,
        role: columns.take()?,
        organization_id: columns.take()?,
        invited_by: columns.take()?,
        created_at: columns.take()?,
        expires_at: columns.take()?,
    })
}

impl Tx {
    /// Keeps a new invitation, whose number it gives; an earlier one of the same address is void.
    pub async fn put_invitation(
        &mut self,
        token: TokenHash,
        new: &Invitation,
    ) -> Result<InvitationId, Error> {
        let key = fold(&new.email);
        self.execute("DELETE FROM invitations WHERE email_key = $1", &[&key.as_str()]).await?;
        self.one(
            "INSERT INTO invitations (token_hash, email, email_key, role, organization_id, \
             invited_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             RETURNING id",
            &[
                &token.0.as_slice(),
                &new.email,
                &key.as_str(),
                &new.role,
                &new.organization_id,
                &new.invited_by,
                &new.created_at,
                &new.expires_at,
            ],
            |row| row.get(0),
        )
        .await
    }

    /// The invitation with this token, over or not.
    pub async fn find_invitation(&mut self, token: TokenHash) -> Result<Option<Invitation>, Error> {
        let sql = select_invitation!("WHERE token_hash = $1");
        self.find(sql, &[&token.0.as_slice()], invitation).await
    }

    /// An open invitation.
    pub async fn find_open_invitation(
        &mut self,
        id: InvitationId,
        now: Timestamp,
    ) -> Result<Option<Invitation>, Error> {
        let sql = concat!(select_invitation!("WHERE id = $1 AND expires_at > $2 AND "), is_open!());
        self.find(sql, &[&id, &now], invitation).await
    }

    /// Open invitations by number, of one organization or of all.
    pub async fn list_open_invitations(
        &mut self,
        organization: Option<OrganizationId>,
        now: Timestamp,
        window: &Window,
    ) -> Result<Vec<Invitation>, Error> {
        let mut query =
            Query::new(self.engine(), concat!(select_invitation!("WHERE "), is_open!()));
        query.push_with(" AND expires_at > ?", &now);
        if let Some(organization) = &organization {
            query.push_with(" AND organization_id = ?", organization);
        }
        query.push_with(" AND id > ?", &window.after_id());
        query.push(" ORDER BY id");
        query.push_with(" LIMIT ?", &window.limit);
        query.push_with(" OFFSET ?", &window.offset);
        query.list(self, invitation).await
    }

    /// How many open invitations there are, of one organization or of all.
    pub async fn count_open_invitations(
        &mut self,
        organization: Option<OrganizationId>,
        now: Timestamp,
    ) -> Result<u64, Error> {
        let mut query = Query::new(
            self.engine(),
            concat!("SELECT COUNT(*) FROM invitations WHERE ", is_open!()),
        );
        query.push_with(" AND expires_at > ?", &now);
        if let Some(organization) = &organization {
            query.push_with(" AND organization_id = ?", organization);
        }
        query.one(self, |row| row.get(0)).await
    }

    /// Gives an invitation another token, sender and end: the token that it had is void.
    pub async fn renew_invitation(
        &mut self,
        id: InvitationId,
        token: TokenHash,
        invited_by: Option<UserId>,
        expires_at: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "UPDATE invitations SET token_hash = $2, invited_by = $3, expires_at = $4 WHERE id = $1",
            &[&id, &token.0.as_slice(), &invited_by, &expires_at],
        )
        .await?;
        Ok(())
    }

    /// Takes an invitation back: true if it was still there.
    pub async fn delete_invitation(&mut self, id: InvitationId) -> Result<bool, Error> {
        Ok(self.execute("DELETE FROM invitations WHERE id = $1", &[&id]).await? == 1)
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use roster_model::Role;

    use super::*;
    use crate::testing::{noon, on_both_databases, user, write};
    use crate::{Mark, Store};

    fn token(byte: u8) -> TokenHash {
        TokenHash([byte; 32])
    }

    on_both_databases! {
        async fn open_invitations_are_those_that_can_be_accepted(store: Store) {
            write(&store, async |tx: &mut Tx| {
                let ann = user(tx, "ann").await?;
                let organization_id = ann.organization_id;
                let mut ids = Vec::new();
                let emails = ["one@x.org", "two@x.org", "ann", "late@x.org", "three@x.org"];
                for (number, email) in emails.into_iter().enumerate() {
                    let is_late = email.starts_with("late");
                    let life = Duration::from_secs(if is_late { 0 } else { 60 });
                    let new = Invitation {
                        id: InvitationId(0),
                        email: email.to_owned(),
                        role: Role::Viewer,
                        organization_id,
                        invited_by: Some(ann.id),
                        created_at: noon(),
                        expires_at: noon() + life,
                    };
                    ids.push(tx.put_invitation(token(number as u8), &new).await?);
                }
                let mut window = Window { after: None, offset: 0, limit: 2 };
                let page = tx.list_open_invitations(None, noon(), &window).await?;
                let numbers = |page: &[Invitation]| page.iter().map(|one| one.id).collect::<Vec<_>>();
                assert_eq!(numbers(&page), [ids[0], ids[1]]);
                window.after = Some(Mark::id(ids[1].0));
                let place = Some(organization_id);
                let page = tx.list_open_invitations(place, noon(), &window).await?;
                assert_eq!(numbers(&page), [ids[4]], "neither of somebody who is there, nor over");
                assert_eq!(tx.count_open_invitations(place, noon()).await?, 3);
                let elsewhere = Some(OrganizationId(organization_id.0 + 1));
                assert_eq!(tx.count_open_invitations(elsewhere, noon()).await?, 0);
                assert_eq!(tx.find_open_invitation(ids[2], noon()).await?, None);
                assert_eq!(tx.find_open_invitation(ids[3], noon()).await?, None);

                let end = noon() + Duration::from_secs(600);
                tx.renew_invitation(ids[0], token(9), None, end).await?;
                assert_eq!(tx.find_invitation(token(0)).await?, None);
                let renewed = tx.find_invitation(token(9)).await?.unwrap();
                assert_eq!((renewed.id, renewed.invited_by, renewed.expires_at), (ids[0], None, end));
                assert!(tx.delete_invitation(ids[0]).await?);
                assert!(!tx.delete_invitation(ids[0]).await?);
                Ok(())
            })
            .await;
        }
    }
}
