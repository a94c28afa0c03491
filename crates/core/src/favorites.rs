//! What people and organizations keep at hand.

use std::cmp::Ordering;

use roster_model::{
    Favorite, FavoriteFilter, FavoriteId, FavoriteMove, FavoriteOrder, Field, NewFavorite,
    ObjectId, OrganizationId, Page, PageRequest, Reason, UserRef,
};
use roster_store::{FavoritesOf, Mark, Tx};
use serde_json::json;

use crate::{
    Actor, Core, Error, Kind, Result, audit::Entry, authz::Operation, paging::Paging,
    users::organization_of,
};

/// So many favorites fit in a list, which is read whole.
const MAX_FAVORITES: u64 = 10_000;
/// The largest number that every reader of JSON understands.
const MAX_OBJECT_ID: i64 = (1 << 53) - 1;

impl Core {
    /// The favorites of a user: nobody sees another's.
    ///
    /// # Errors
    /// `NotFound` for a user that the caller may not know of, `Forbidden` for any other but the caller; `Invalid` for an
    /// object's number without its kind, or a page that cannot be.
    pub async fn list_favorites(
        &self,
        actor: &Actor,
        user: &UserRef,
        filter: &FavoriteFilter,
        page: &PageRequest,
    ) -> Result<Page<Favorite>> {
        let user = self.authorize_on(actor, Operation::ReadFavorites, user).await?;
        let order = filter.order.unwrap_or(FavoriteOrder::Position);
        if !matches!(order, FavoriteOrder::Position | FavoriteOrder::CreatedAt) {
            let words = vec!["position", "created_at"];
            return Err(Error::invalid(Field::OrderBy, Reason::NotOneOf(words)));
        }
        self.select_favorites(FavoritesOf::User(user.id, !actor.is_ordinary()), filter, order, page)
            .await
    }

    /// The favorites of an organization: its people see them.
    ///
    /// # Errors
    /// `NotFound` for another organization; `Invalid` as for a user's.
    pub async fn list_organization_favorites(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        filter: &FavoriteFilter,
        page: &PageRequest,
    ) -> Result<Page<Favorite>> {
        self.authorize(actor, Operation::ReadOrganizationFavorites).await?;
        if organization_of(actor).is_some_and(|own| own != organization) {
            return Err(Error::NotFound(Kind::Organization));
        }
        let order = filter.order.unwrap_or(FavoriteOrder::CreatedAt);
        if order == FavoriteOrder::Position {
            let words = vec!["created_at", "object_type", "object_id"];
            return Err(Error::invalid(Field::OrderBy, Reason::NotOneOf(words)));
        }
        self.select_favorites(FavoritesOf::Organization(organization), filter, order, page).await
    }

    async fn select_favorites(
        &self,
        of: FavoritesOf,
        filter: &FavoriteFilter,
        order: FavoriteOrder,
        page: &PageRequest,
    ) -> Result<Page<Favorite>> {
        if filter.object_id.is_some() && filter.object_type.is_none() {
            let sentence = "must be given with the number of an object".to_owned();
            return Err(Error::invalid(Field::ObjectType, Reason::Other(sentence)));
        }
        let descending = filter.descending.unwrap_or(false);
        let paging = Paging::read(page, format!("favorites:{of:?}:{order}:{descending}"))?;
        let mut found = self.store().read(async |tx: &mut Tx| tx.list_favorites(of).await).await?;
        found.retain(|favorite| {
            filter.object_type.is_none_or(|wanted| wanted == favorite.object_type)
                && filter.object_id.is_none_or(|wanted| wanted == favorite.object_id)
        });
        let steps = |one: &Favorite, other: &Favorite| {
            let ordering = compare(order, one, other).then(one.id.cmp(&other.id));
            if descending { ordering.reverse() } else { ordering }
        };
        found.sort_by(steps);
        let total = paging.wants_total().then_some(found.len() as u64);
        let window = paging.window();
        if let Some(mark) = &window.after {
            let place = found.iter().position(|favorite| favorite.id.0 == mark.id);
            // What the page before ended with is gone: whoever goes on begins anew.
            let place = place.ok_or_else(|| {
                let sentence = "stands for a favorite that is gone; begin with the first page";
                Error::invalid(Field::Cursor, Reason::Other(sentence.to_owned()))
            })?;
            found.drain(..=place);
        }
        let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let rows = found.into_iter().skip(number(window.offset)).take(number(window.limit));
        Ok(paging.page(rows.collect(), total, |favorite| Mark::id(favorite.id.0)))
    }

    /// Adds an object at the bottom of a user's favorites.
    ///
    /// # Errors
    /// `AlreadyExists` for one that is there; `Invalid` for a number that is none, or for more than 10,000.
    pub async fn add_favorite(
        &self,
        actor: &Actor,
        user: &UserRef,
        new: &NewFavorite,
    ) -> Result<Favorite> {
        let user = self.authorize_on(actor, Operation::WriteFavorites, user).await?;
        let entry = || Entry::done("favorite.added", user.id);
        self.insert_favorite(actor, FavoritesOf::User(user.id, !actor.is_ordinary()), new, entry)
            .await
    }

    /// Adds an object to an organization's favorites.
    ///
    /// # Errors
    /// As for a user's; `Forbidden` for all but its administrators.
    pub async fn add_organization_favorite(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        new: &NewFavorite,
    ) -> Result<Favorite> {
        let operation = Operation::WriteOrganizationFavorites;
        self.authorize_in(actor, operation, organization, Kind::Organization).await?;
        self.get_organization(actor, organization).await?;
        let entry = || Entry::done_to_nobody("organization.favorite_added");
        self.insert_favorite(actor, FavoritesOf::Organization(organization), new, entry).await
    }

    async fn insert_favorite(
        &self,
        actor: &Actor,
        of: FavoritesOf,
        new: &NewFavorite,
        entry: impl Fn() -> Entry + Send + Sync,
    ) -> Result<Favorite> {
        check_object_id(new.object_id)?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let count = tx.count_favorites(of).await?;
                if count >= MAX_FAVORITES {
                    let sentence = format!("is one more than the {MAX_FAVORITES} that fit in");
                    return Err(Error::invalid(Field::ObjectId, Reason::Other(sentence)));
                }
                let id = tx.insert_favorite(of, new, now).await?;
                let id = id.ok_or(Error::AlreadyExists { field: Field::ObjectId })?;
                entry()
                    .about(format!("favorite:{id}"))
                    .with(json!({ "object_type": new.object_type, "object_id": new.object_id }))
                    .write(tx, actor, now)
                    .await?;
                let made = tx.find_favorite(of, id).await?;
                let made = made.ok_or(Error::NotFound(Kind::Favorite))?;
                // The other lists are in no order of anybody's choice.
                let position = matches!(of, FavoritesOf::User(..)).then_some(count + 1);
                let position = position.and_then(|position| i64::try_from(position).ok());
                Ok(Favorite { position, ..made })
            })
            .await
    }

    /// Takes an object out of a user's favorites. Those below move up.
    ///
    /// # Errors
    /// `NotFound` for one that is not there, or not the user's.
    pub async fn remove_favorite(
        &self,
        actor: &Actor,
        user: &UserRef,
        id: FavoriteId,
    ) -> Result<()> {
        let user = self.authorize_on(actor, Operation::WriteFavorites, user).await?;
        let entry = || Entry::done("favorite.removed", user.id);
        self.delete_favorite(actor, FavoritesOf::User(user.id, !actor.is_ordinary()), id, entry)
            .await
    }

    /// Takes an object out of an organization's favorites.
    ///
    /// # Errors
    /// `NotFound` for one that is not there; `Forbidden` for all but the organization's administrators.
    pub async fn remove_organization_favorite(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        id: FavoriteId,
    ) -> Result<()> {
        let operation = Operation::WriteOrganizationFavorites;
        self.authorize_in(actor, operation, organization, Kind::Organization).await?;
        let entry = || Entry::done_to_nobody("organization.favorite_removed");
        self.delete_favorite(actor, FavoritesOf::Organization(organization), id, entry).await
    }

    async fn delete_favorite(
        &self,
        actor: &Actor,
        of: FavoritesOf,
        id: FavoriteId,
        entry: impl Fn() -> Entry + Send + Sync,
    ) -> Result<()> {
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                if !tx.delete_favorite(of, id).await? {
                    return Err(Error::NotFound(Kind::Favorite));
                }
                entry().about(format!("favorite:{id}")).write(tx, actor, now).await?;
                Ok(())
            })
            .await
    }

    /// Moves a favorite of a user. At the edge nothing changes. The order of a list is no event of the audit log.
    ///
    /// # Errors
    /// `NotFound` for one that is not there, or not the user's.
    pub async fn move_favorite(
        &self,
        actor: &Actor,
        user: &UserRef,
        id: FavoriteId,
        to: FavoriteMove,
    ) -> Result<()> {
        let user = self.authorize_on(actor, Operation::WriteFavorites, user).await?;
        self.store()
            .write(async |tx: &mut Tx| {
                let ranks = tx.list_favorite_ranks(user.id).await?;
                let place = ranks.iter().position(|(known, _)| *known == id);
                let place = place.ok_or(Error::NotFound(Kind::Favorite))?;
                let other = match to {
                    FavoriteMove::Top => Some(0),
                    FavoriteMove::Higher => place.checked_sub(1),
                    FavoriteMove::Lower => Some(place + 1),
                    FavoriteMove::Bottom => Some(ranks.len() - 1),
                };
                let Some(&(other, rank)) =
                    other.filter(|other| *other != place).and_then(|other| ranks.get(other))
                else {
                    return Ok(());
                };
                match to {
                    FavoriteMove::Top => tx.rank_favorite(id, rank - 1).await?,
                    FavoriteMove::Bottom => tx.rank_favorite(id, rank + 1).await?,
                    FavoriteMove::Higher | FavoriteMove::Lower => {
                        tx.rank_favorite(id, rank).await?;
                        tx.rank_favorite(other, ranks[place].1).await?;
                    }
                }
                Ok(())
            })
            .await
    }
}

fn compare(order: FavoriteOrder, one: &Favorite, other: &Favorite) -> Ordering {
    match order {
        FavoriteOrder::Position => one.position.cmp(&other.position),
        FavoriteOrder::CreatedAt => one.created_at.cmp(&other.created_at),
        FavoriteOrder::ObjectType => one.object_type.as_str().cmp(other.object_type.as_str()),
        FavoriteOrder::ObjectId => one.object_id.cmp(&other.object_id),
    }
}

/// The platform's numbers are positive, and no larger than JSON carries.
pub(crate) fn check_object_id(id: ObjectId) -> Result<()> {
    if (1..=MAX_OBJECT_ID).contains(&id.0) {
        return Ok(());
    }
    Err(Error::invalid(Field::ObjectId, Reason::OutOfRange { min: 1, max: MAX_OBJECT_ID }))
}
