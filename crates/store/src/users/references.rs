//! Several users at once, however they are named.

use std::collections::HashMap;

use roster_model::{UserId, UserRef};

use crate::query::Query;
use crate::{Error, Tx};

impl Tx {
    /// The living users among those that are named; nobody for `me`. However many there are, it takes three statements.
    pub async fn find_living_users(
        &mut self,
        named: &[UserRef],
    ) -> Result<HashMap<UserRef, UserId>, Error> {
        let (mut ids, mut uuids, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for name in named {
            match name {
                UserRef::Me => {}
                UserRef::Id(id) => ids.push(*id),
                UserRef::Uuid(uuid) => uuids.push(*uuid),
                // No name holds a NUL, and PostgreSQL does not take one even in a question.
                UserRef::Name(key) if key.as_str().contains('\0') => {}
                UserRef::Name(key) => keys.push(key),
            }
        }
        let mut found = HashMap::new();
        let by_id = "SELECT id FROM users WHERE deleted_at IS NULL AND id IN (";
        if let Some(query) = Query::among(self.engine(), by_id, &ids) {
            let ids: Vec<UserId> = query.list(self, |row| row.get(0)).await?;
            found.extend(ids.into_iter().map(|id| (UserRef::Id(id), id)));
        }
        let by_uuid = "SELECT uuid, id FROM users WHERE deleted_at IS NULL AND uuid IN (";
        if let Some(query) = Query::among(self.engine(), by_uuid, &uuids) {
            let rows = query.list(self, |row| Ok((row.get(0)?, row.get(1)?))).await?;
            found.extend(rows.into_iter().map(|(uuid, id)| (UserRef::Uuid(uuid), id)));
        }
        let by_name = "SELECT identifiers.key, users.id FROM identifiers \
             JOIN users ON users.id = identifiers.user_id \
             WHERE users.deleted_at IS NULL AND identifiers.key IN (";
        let texts: Vec<_> = keys.iter().map(|key| key.as_str().to_owned()).collect();
        if let Some(query) = Query::among(self.engine(), by_name, &texts) {
            let rows: Vec<(String, UserId)> =
                query.list(self, |row| Ok((row.get(0)?, row.get(1)?))).await?;
            let by_key: HashMap<_, _> = rows.into_iter().collect();
            found.extend(keys.into_iter().filter_map(|key| {
                let id = by_key.get(key.as_str())?;
                Some((UserRef::Name(key.clone()), *id))
            }));
        }
        Ok(found)
    }
}
