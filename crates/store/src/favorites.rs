//! Favorites of users and of organizations.

use jiff::Timestamp;
use roster_model::{Favorite, FavoriteId, NewFavorite, ObjectAuthor, OrganizationId, UserId};

use crate::sql::Row;
use crate::{Error, Tx};

/// Whose favorites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FavoritesOf {
    /// A user's, which stand in an order of its choice; and whether it may see what others own.
    User(UserId, bool),
    /// An organization's.
    Organization(OrganizationId),
}

/// What a service has told of an object is shown to nobody outside of its author's organization.
macro_rules! select_favorite {
    ($of:literal, $shown:literal, $rest:literal) => {
        concat!(
            "SELECT favorites.id, favorites.object_type, favorites.object_id, favorites.created_at, \
             objects.name, objects.updated_at, author.id, author.username, author.first_name, \
             author.last_name, author.initials FROM favorites \
             LEFT JOIN (objects JOIN users AS author ON author.id = objects.author_id \
             AND author.deleted_at IS NULL AND ",
            $shown,
            ") ON objects.object_type = favorites.object_type \
             AND objects.object_id = favorites.object_id WHERE favorites.",
            $of,
            " = $1",
            $rest,
            " ORDER BY favorites.rank, favorites.id"
        )
    };
}

/// A user is shown what it owns, what its organization has among its own favorites, and, if it may see what others own
/// (`$2`), everything in its organization: a number that is somebody else's tells no more than one that is nobody's.
macro_rules! select_own {
    ($rest:literal) => {
        select_favorite!(
            "user_id",
            "author.organization_id = (SELECT organization_id FROM users WHERE users.id = $1) \
             AND (author.id = $1 OR $2 OR EXISTS (SELECT 1 FROM favorites AS shared \
             WHERE shared.organization_id = author.organization_id \
             AND shared.object_type = objects.object_type \
             AND shared.object_id = objects.object_id))",
            $rest
        )
    };
}

fn favorite(row: &Row<'_>) -> Result<Favorite, Error> {
    let mut columns = row.columns();
    let (id, object_type, object_id) = (columns.take()?, columns.take()?, columns.take()?);
    let (created_at, object_name, object_updated_at) =
        (columns.take()?, columns.take()?, columns.take()?);
    let author: Option<UserId> = columns.take()?;
    let (username, first, last): (Option<String>, Option<String>, Option<String>) =
        (columns.take()?, columns.take()?, columns.take()?);
    let initials = columns.take()?;
    let object_author = author.map(|id| ObjectAuthor {
        id,
        username: username.unwrap_or_default(),
        name: format!("{} {}", first.unwrap_or_default(), last.unwrap_or_default())
            .trim()
            .to_owned(),
        initials,
    });
    Ok(Favorite {
        id,
        object_type,
        object_id,
        object_name,
        object_author,
        object_updated_at,
        position: None,
        created_at,
    })
}

impl Tx {
    /// All favorites of a user with their positions, or of an organization, in the order of their ranks.
    pub async fn list_favorites(&mut self, of: FavoritesOf) -> Result<Vec<Favorite>, Error> {
        match of {
            FavoritesOf::User(user, sees_others) => {
                let sql = select_own!("");
                let mut found = self.list(sql, &[&user, &sees_others], favorite).await?;
                for (position, favorite) in (1..).zip(&mut found) {
                    favorite.position = Some(position);
                }
                Ok(found)
            }
            FavoritesOf::Organization(organization) => {
                let sql = select_favorite!("organization_id", "author.organization_id = $1", "");
                self.list(sql, &[&organization], favorite).await
            }
        }
    }

    /// One favorite of a list, without its position.
    pub async fn find_favorite(
        &mut self,
        of: FavoritesOf,
        id: FavoriteId,
    ) -> Result<Option<Favorite>, Error> {
        match of {
            FavoritesOf::User(user, sees_others) => {
                let sql = select_own!(" AND favorites.id = $3");
                self.find(sql, &[&user, &sees_others, &id], favorite).await
            }
            FavoritesOf::Organization(organization) => {
                let sql = select_favorite!(
                    "organization_id",
                    "author.organization_id = $1",
                    " AND favorites.id = $2"
                );
                self.find(sql, &[&organization, &id], favorite).await
            }
        }
    }

    /// The ranks of a user's favorites, from the top.
    pub async fn list_favorite_ranks(
        &mut self,
        user: UserId,
    ) -> Result<Vec<(FavoriteId, i64)>, Error> {
        let sql = "SELECT id, rank FROM favorites WHERE user_id = $1 ORDER BY rank, id";
        self.list(sql, &[&user], |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    /// How many favorites there are in a list.
    pub async fn count_favorites(&mut self, of: FavoritesOf) -> Result<u64, Error> {
        let (user, organization) = of.columns();
        let sql = "SELECT COUNT(*) FROM favorites WHERE user_id = $1 OR organization_id = $2";
        self.one(sql, &[&user, &organization], |row| row.get(0)).await
    }

    /// Adds a favorite below all others of its list; nothing if it is there.
    pub async fn insert_favorite(
        &mut self,
        of: FavoritesOf,
        new: &NewFavorite,
        now: Timestamp,
    ) -> Result<Option<FavoriteId>, Error> {
        let (user, organization) = of.columns();
        let rank: i64 = self
            .one(
                "SELECT COALESCE(MAX(rank), 0) + 1 FROM favorites \
                 WHERE user_id = $1 OR organization_id = $2",
                &[&user, &organization],
                |row| row.get(0),
            )
            .await?;
        self.find(
            "INSERT INTO favorites (user_id, organization_id, object_type, object_id, rank, \
             created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id",
            &[&user, &organization, &new.object_type, &new.object_id, &rank, &now],
            |row| row.get(0),
        )
        .await
    }

    /// Gives a favorite another rank.
    pub async fn rank_favorite(&mut self, id: FavoriteId, rank: i64) -> Result<(), Error> {
        self.execute("UPDATE favorites SET rank = $2 WHERE id = $1", &[&id, &rank]).await?;
        Ok(())
    }

    /// Removes a favorite from a list; says whether it was there.
    pub async fn delete_favorite(
        &mut self,
        of: FavoritesOf,
        id: FavoriteId,
    ) -> Result<bool, Error> {
        let (user, organization) = of.columns();
        let sql = "DELETE FROM favorites WHERE id = $1 AND (user_id = $2 OR organization_id = $3)";
        Ok(self.execute(sql, &[&id, &user, &organization]).await? > 0)
    }
}

impl FavoritesOf {
    /// What stands in the two columns.
    fn columns(self) -> (Option<UserId>, Option<OrganizationId>) {
        match self {
            Self::User(user, _) => (Some(user), None),
            Self::Organization(organization) => (None, Some(organization)),
        }
    }
}
