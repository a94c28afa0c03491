//! Features that are switched on for some, and who has them.

use jiff::Timestamp;
use roster_model::{
    FeatureFlag, FeatureFlagId, FeatureFlagScope, FeatureFlagState, FeatureFlagSwitch, GroupId,
    OrganizationId, UserId,
};

use crate::query::Query;
use crate::sql::Row;
use crate::{Error, Tx, Window};

/// For whom a feature flag is switched, everybody aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchFor {
    /// All people of an organization.
    Organization(OrganizationId),
    /// The members of a group.
    Group(GroupId),
    /// One user.
    User(UserId),
}

/// Flags with how many switches they have; what narrows them is the argument.
macro_rules! select_flag {
    ($rest:literal) => {
        concat!(
            "SELECT feature_flags.id, feature_flags.name, feature_flags.is_on_for_everybody, \
             COUNT(switches.organization_id), COUNT(switches.group_id), COUNT(switches.user_id), \
             feature_flags.created_at, feature_flags.updated_at FROM feature_flags \
             LEFT JOIN feature_flag_switches AS switches \
             ON switches.feature_flag_id = feature_flags.id WHERE ",
            $rest
        )
    };
}

fn flag(row: &Row<'_>) -> Result<FeatureFlag, Error> {
    let mut columns = row.columns();
    Ok(FeatureFlag {
        id: columns.take()?,
        name: columns.take()?,
        is_on_for_everybody: columns.take()?,
        organization_count: columns.take()?,
        group_count: columns.take()?,
        user_count: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

impl Tx {
    /// The feature flag with this number.
    pub async fn find_feature_flag(
        &mut self,
        id: FeatureFlagId,
    ) -> Result<Option<FeatureFlag>, Error> {
        let sql = select_flag!("feature_flags.id = $1 GROUP BY feature_flags.id");
        self.find(sql, &[&id], flag).await
    }

    /// The feature flag with this name.
    pub async fn find_feature_flag_by_name(
        &mut self,
        name: &str,
    ) -> Result<Option<FeatureFlag>, Error> {
        let sql = select_flag!("feature_flags.name = $1 GROUP BY feature_flags.id");
        self.find(sql, &[&name], flag).await
    }

    /// The number of the feature flag with this name, and whether it is on for everybody.
    pub async fn find_feature_flag_number(
        &mut self,
        name: &str,
    ) -> Result<Option<(FeatureFlagId, bool)>, Error> {
        let sql = "SELECT id, is_on_for_everybody FROM feature_flags WHERE name = $1";
        self.find(sql, &[&name], |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    /// Feature flags by number, from the first on.
    pub async fn list_feature_flags(&mut self, window: &Window) -> Result<Vec<FeatureFlag>, Error> {
        self.list(
            select_flag!(
                "feature_flags.id > $1 GROUP BY feature_flags.id \
                 ORDER BY feature_flags.id LIMIT $2 OFFSET $3"
            ),
            &[&window.after_id(), &window.limit, &window.offset],
            flag,
        )
        .await
    }

    /// How many feature flags there are.
    pub async fn count_feature_flags(&mut self) -> Result<u64, Error> {
        self.one("SELECT COUNT(*) FROM feature_flags", &[], |row| row.get(0)).await
    }

    /// Adds a feature flag; nothing if there is one of its name.
    pub async fn insert_feature_flag(
        &mut self,
        name: &str,
        is_on_for_everybody: bool,
        now: Timestamp,
    ) -> Result<Option<FeatureFlagId>, Error> {
        self.find(
            "INSERT INTO feature_flags (name, is_on_for_everybody, created_at, updated_at) \
             VALUES ($1, $2, $3, $3) ON CONFLICT (name) DO NOTHING RETURNING id",
            &[&name, &is_on_for_everybody, &now],
            |row| row.get(0),
        )
        .await
    }

    /// Switches a feature flag on or off for everybody; says whether that is new.
    pub async fn switch_for_everybody(
        &mut self,
        id: FeatureFlagId,
        is_on: bool,
    ) -> Result<bool, Error> {
        let sql = "UPDATE feature_flags SET is_on_for_everybody = $2 \
                   WHERE id = $1 AND is_on_for_everybody <> $2";
        Ok(self.execute(sql, &[&id, &is_on]).await? == 1)
    }

    /// Notes that a feature flag was switched.
    pub async fn note_feature_flag_switched(
        &mut self,
        id: FeatureFlagId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "UPDATE feature_flags SET updated_at = $2 WHERE id = $1";
        self.execute(sql, &[&id, &now]).await?;
        Ok(())
    }

    /// Switches a feature flag on for some; says for how many of them it was not.
    pub async fn insert_feature_flag_switches(
        &mut self,
        id: FeatureFlagId,
        whom: &[SwitchFor],
        now: Timestamp,
    ) -> Result<u64, Error> {
        if whom.is_empty() {
            return Ok(0);
        }
        let begin = "INSERT INTO feature_flag_switches \
             (feature_flag_id, organization_id, group_id, user_id, created_at) VALUES ";
        let mut query = Query::new(self.engine(), begin);
        let (flag, at) = (query.bind(&id), query.bind(&now));
        for (number, one) in whom.iter().enumerate() {
            let place = query.bind(&one.number());
            let columns = match one {
                SwitchFor::Organization(_) => format!("{place}, NULL, NULL"),
                SwitchFor::Group(_) => format!("NULL, {place}, NULL"),
                SwitchFor::User(_) => format!("NULL, NULL, {place}"),
            };
            let comma = if number == 0 { "" } else { ", " };
            query.push(&format!("{comma}({flag}, {columns}, {at})"));
        }
        query.push(" ON CONFLICT DO NOTHING");
        query.execute(self).await
    }

    /// Switches a feature flag off for some; says for how many of them it was on.
    pub async fn delete_feature_flag_switches(
        &mut self,
        id: FeatureFlagId,
        whom: &[SwitchFor],
    ) -> Result<u64, Error> {
        if whom.is_empty() {
            return Ok(0);
        }
        let mut query = Query::new(self.engine(), "DELETE FROM feature_flag_switches WHERE");
        query.push_with(" feature_flag_id = ? AND (FALSE", &id);
        for column in ["organization_id", "group_id", "user_id"] {
            let of_column = whom.iter().filter(|one| one.column() == column);
            let numbers: Vec<i64> = of_column.map(|one| one.number()).collect();
            if !numbers.is_empty() {
                query.push(&format!(" OR {column} IN ("));
                query.push_list(&numbers);
                query.push(")");
            }
        }
        query.push(")");
        query.execute(self).await
    }

    /// For whom a feature flag is switched on, in the order in which that was done, each with the number that is its
    /// mark.
    pub async fn list_feature_flag_switches(
        &mut self,
        id: FeatureFlagId,
        window: &Window,
    ) -> Result<Vec<(i64, FeatureFlagSwitch)>, Error> {
        self.list(
            "SELECT switches.id, switches.organization_id, organizations.name, \
             switches.group_id, groups.name, switches.user_id, users.username, \
             switches.created_at FROM feature_flag_switches AS switches \
             LEFT JOIN organizations ON organizations.id = switches.organization_id \
             LEFT JOIN groups ON groups.id = switches.group_id \
             LEFT JOIN users ON users.id = switches.user_id \
             WHERE switches.feature_flag_id = $1 AND switches.id > $2 \
             ORDER BY switches.id LIMIT $3 OFFSET $4",
            &[&id, &window.after_id(), &window.limit, &window.offset],
            |row| {
                let mut columns = row.columns();
                let mark = columns.take()?;
                let mut found = None;
                for scope in [
                    FeatureFlagScope::Organization,
                    FeatureFlagScope::Group,
                    FeatureFlagScope::User,
                ] {
                    let (number, name): (Option<i64>, Option<String>) =
                        (columns.take()?, columns.take()?);
                    found = found.or(number.map(|id| (scope, id, name.unwrap_or_default())));
                }
                let (scope, id, name) = found
                    .ok_or_else(|| Error::corrupt("user_id", "a switch that is for nobody"))?;
                Ok((mark, FeatureFlagSwitch { scope, id, name, created_at: columns.take()? }))
            },
        )
        .await
    }

    /// For how many a feature flag is switched on.
    pub async fn count_feature_flag_switches(&mut self, id: FeatureFlagId) -> Result<u64, Error> {
        let sql = "SELECT COUNT(*) FROM feature_flag_switches WHERE feature_flag_id = $1";
        self.one(sql, &[&id], |row| row.get(0)).await
    }

    /// All feature flags by name, and by what switches a user has them.
    pub async fn list_feature_flags_of(
        &mut self,
        user: UserId,
    ) -> Result<Vec<FeatureFlagState>, Error> {
        self.list(
            "SELECT feature_flags.name, feature_flags.is_on_for_everybody, \
             EXISTS (SELECT 1 FROM feature_flag_switches AS switches \
             WHERE switches.feature_flag_id = feature_flags.id \
             AND switches.organization_id = users.organization_id), \
             EXISTS (SELECT 1 FROM memberships JOIN feature_flag_switches AS switches \
             ON switches.group_id = memberships.group_id \
             WHERE memberships.user_id = users.id \
             AND switches.feature_flag_id = feature_flags.id), \
             EXISTS (SELECT 1 FROM feature_flag_switches AS switches \
             WHERE switches.feature_flag_id = feature_flags.id AND switches.user_id = users.id) \
             FROM feature_flags CROSS JOIN users WHERE users.id = $1 ORDER BY feature_flags.name",
            &[&user],
            |row| {
                let mut columns = row.columns();
                let name = columns.take()?;
                let mut through = Vec::new();
                for scope in FeatureFlagScope::ALL {
                    if columns.take()? {
                        through.push(*scope);
                    }
                }
                Ok(FeatureFlagState { name, is_on: !through.is_empty(), through })
            },
        )
        .await
    }

    /// Removes a feature flag: nobody has it any more.
    pub async fn delete_feature_flag(&mut self, id: FeatureFlagId) -> Result<(), Error> {
        let sql = "DELETE FROM feature_flag_switches WHERE feature_flag_id = $1";
        self.execute(sql, &[&id]).await?;
        self.execute("DELETE FROM feature_flags WHERE id = $1", &[&id]).await?;
        Ok(())
    }
}

impl SwitchFor {
    /// The column that it stands in.
    fn column(self) -> &'static str {
        match self {
            Self::Organization(_) => "organization_id",
            Self::Group(_) => "group_id",
            Self::User(_) => "user_id",
        }
    }

    /// What stands in that column.
    fn number(self) -> i64 {
        match self {
            Self::Organization(OrganizationId(number))
            | Self::Group(GroupId(number))
            | Self::User(UserId(number)) => number,
        }
    }
}

/// Narrows a query of users to those who have a feature flag that is not on for everybody. Each set is made once,
/// whatever the number of users that are walked over.
pub(crate) fn write_having(flag: FeatureFlagId, query: &mut Query) {
    let flag = query.bind(&flag);
    query.push(&format!(
        " AND (users.id IN (SELECT switches.user_id FROM feature_flag_switches AS switches \
         WHERE switches.feature_flag_id = {flag} AND switches.user_id IS NOT NULL \
         UNION SELECT memberships.user_id FROM feature_flag_switches AS switches \
         JOIN memberships ON memberships.group_id = switches.group_id \
         WHERE switches.feature_flag_id = {flag}) \
         OR users.organization_id IN (SELECT switches.organization_id \
         FROM feature_flag_switches AS switches WHERE switches.feature_flag_id = {flag} \
         AND switches.organization_id IS NOT NULL))"
    ));
}

#[cfg(test)]
mod tests {
    use roster_model::{OrderBy, UserField};

    use super::*;
    use crate::{
        Store, UserQuery,
        testing::{noon, on_both_databases, user, write},
    };

    const WHOLE: Window = Window { after: None, offset: 0, limit: 100 };

    on_both_databases! {
        async fn everybody_has_the_flags_of_itself_its_groups_and_its_organization(store: Store) {
            let found = write(&store, async |tx: &mut Tx| {
                let (ann, bob) = (user(tx, "ann").await?, user(tx, "bob").await?);
                let flag = tx.insert_feature_flag("a", false, noon()).await?.unwrap();
                assert_eq!(tx.insert_feature_flag("a", true, noon()).await?, None);
                let mut seen = Vec::new();
                for whom in [
                    SwitchFor::User(ann.id),
                    SwitchFor::Organization(bob.organization_id),
                    SwitchFor::Group(ann.primary_group_id),
                ] {
                    tx.ensure_membership(ann.primary_group_id, ann.id, noon()).await?;
                    assert_eq!(tx.insert_feature_flag_switches(flag, &[whom], noon()).await?, 1);
                    assert_eq!(tx.insert_feature_flag_switches(flag, &[whom], noon()).await?, 0);
                    let query = UserQuery {
                        feature_flag: Some(flag),
                        order: vec![OrderBy::ascending(UserField::Name)],
                        ..UserQuery::default()
                    };
                    let users = tx.list_users(&query, &WHOLE).await?;
                    assert_eq!(tx.count_users(&query).await?, users.len() as u64);
                    for one in [&ann, &bob] {
                        let state = &tx.list_feature_flags_of(one.id).await?[0];
                        assert_eq!(state.is_on, users.iter().any(|user| user.id == one.id));
                        seen.push(state.through.clone());
                    }
                    assert_eq!(tx.delete_feature_flag_switches(flag, &[whom]).await?, 1);
                    assert_eq!(tx.delete_feature_flag_switches(flag, &[whom]).await?, 0);
                }
                Ok(seen)
            })
            .await;
            let (user, organization) = (FeatureFlagScope::User, FeatureFlagScope::Organization);
            assert_eq!(found, [
                vec![user], vec![], vec![], vec![organization], vec![FeatureFlagScope::Group], vec![],
            ]);
        }

        async fn switches_are_counted_and_listed_in_their_order(store: Store) {
            write(&store, async |tx: &mut Tx| {
                let (ann, bob) = (user(tx, "ann").await?, user(tx, "bob").await?);
                let flag = tx.insert_feature_flag("a", false, noon()).await?.unwrap();
                let whom = [
                    SwitchFor::User(bob.id),
                    SwitchFor::Group(ann.primary_group_id),
                    SwitchFor::User(ann.id),
                    SwitchFor::Organization(ann.organization_id),
                ];
                assert_eq!(tx.insert_feature_flag_switches(flag, &whom, noon()).await?, 4);
                let listed = tx.list_feature_flag_switches(flag, &WHOLE).await?;
                let names: Vec<_> = listed.iter().map(|(_, one)| one.name.as_str()).collect();
                assert_eq!(names, ["bob", "public", "ann", "ann"]);
                let found = tx.find_feature_flag(flag).await?.unwrap();
                let counts = (found.organization_count, found.group_count, found.user_count);
                assert_eq!((counts, tx.count_feature_flag_switches(flag).await?), ((1, 1, 2), 4));
                assert!(tx.switch_for_everybody(flag, true).await?);
                assert!(!tx.switch_for_everybody(flag, true).await?);
                assert!(tx.find_feature_flag_by_name("a").await?.unwrap().is_on_for_everybody);
                tx.delete_feature_flag(flag).await?;
                assert_eq!(tx.list_feature_flags(&WHOLE).await?, []);
                Ok(())
            })
            .await;
        }

        async fn users_are_found_by_whatever_names_them(store: Store) {
            use roster_model::UserRef;

            write(&store, async |tx: &mut Tx| {
                let (ann, bob) = (user(tx, "ann").await?, user(tx, "bob").await?);
                let mut gone = user(tx, "gone").await?;
                gone.deleted_at = Some(noon());
                tx.update_user(&mut gone).await?;
                let named = [
                    UserRef::Id(ann.id),
                    UserRef::Uuid(bob.uuid),
                    UserRef::parse("ANN@example.com"),
                    UserRef::parse("nobody"),
                    UserRef::parse("a\0"),
                    UserRef::parse("gone"),
                    UserRef::Id(gone.id),
                    UserRef::Me,
                ];
                let found = tx.find_living_users(&named).await?;
                let ids: Vec<_> = named.iter().map(|name| found.get(name).copied()).collect();
                let (ann, bob) = (Some(ann.id), Some(bob.id));
                assert_eq!(ids, [ann, bob, ann, None, None, None, None, None]);
                Ok(())
            })
            .await;
        }
    }
}
