//! One's own account, with the groups one is in.

use roster_model::{Group, User, UserRef};
use roster_store::Tx;

use crate::{Actor, Core, Error, Result, authz::Operation};

/// Somebody with the groups it is in, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Who it is.
    pub user: User,
    /// The groups.
    pub groups: Vec<Group>,
}

impl Core {
    /// The caller, with the groups it is in.
    ///
    /// # Errors
    /// `Unauthenticated` from nobody.
    pub async fn get_own_account(&self, actor: &Actor) -> Result<Account> {
        self.authorize(actor, Operation::Whoami).await?;
        let caller = UserRef::Id(actor.user_id().ok_or(Error::Unauthenticated)?);
        let found = self
            .store()
            .point_read(async |tx: &mut Tx| {
                let Some(user) = tx.find_user(&caller).await? else { return Ok(None) };
                let groups = tx.list_groups_of(user.id).await?;
                Ok::<_, Error>(Some(Account { user, groups }))
            })
            .await?;
        let mut account = found.ok_or(Error::Unauthenticated)?;
        self.usage().add_to_user(&mut account.user);
        Ok(account)
    }
}
