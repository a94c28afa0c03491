//! `users/me/favorites` and `organizations/favorites`.

use roster_core::Kind;
use roster_model::{
    Favorite, FavoriteFilter, FavoriteId, FavoriteMove, FavoriteOrder, NewFavorite, ObjectAuthor,
    ObjectId, ObjectType, Page, UserRef,
};
use serde_json::{Value, json};

use super::{
    Reply,
    call::Call,
    fields::{Field, id, text},
    people::initials,
    replies::{self, created, nothing},
    times,
    translate::Refusal,
};

/// Which favorites are wanted.
pub(super) const WANTED: &[Field] = &[id("object_id"), text("object_type")];

/// A new favorite.
pub(super) const NEW: &[Field] = &[id("object_id").required(), text("object_type").required()];

pub(super) async fn list_own(call: &Call) -> Reply {
    let (filter, page) = (wanted(call)?, call.page()?);
    let me = &UserRef::Me;
    let found = call.core().list_favorites(&call.actor, me, &filter, &page.request()).await?;
    listed(call, &found)
}

pub(super) async fn add_own(call: &Call) -> Reply {
    created(&record(&call.core().add_favorite(&call.actor, &UserRef::Me, &new(call)?).await?))
}

pub(super) async fn remove_own(call: &Call) -> Reply {
    call.core().remove_favorite(&call.actor, &UserRef::Me, favorite(call)?).await?;
    nothing()
}

pub(super) async fn list_shared(call: &Call) -> Reply {
    let (filter, page) = (wanted(call)?, call.page()?);
    let place = call.own_organization()?;
    let found = call
        .core()
        .list_organization_favorites(&call.actor, place, &filter, &page.request())
        .await?;
    listed(call, &found)
}

pub(super) async fn add_shared(call: &Call) -> Reply {
    let place = call.own_organization()?;
    let made = call.core().add_organization_favorite(&call.actor, place, &new(call)?).await?;
    created(&record(&made))
}

pub(super) async fn remove_shared(call: &Call) -> Reply {
    let place = call.own_organization()?;
    call.core().remove_organization_favorite(&call.actor, place, favorite(call)?).await?;
    nothing()
}

pub(super) async fn move_to_top(call: &Call) -> Reply {
    rank(call, FavoriteMove::Top).await
}

pub(super) async fn move_to_bottom(call: &Call) -> Reply {
    rank(call, FavoriteMove::Bottom).await
}

pub(super) async fn move_higher(call: &Call) -> Reply {
    rank(call, FavoriteMove::Higher).await
}

pub(super) async fn move_lower(call: &Call) -> Reply {
    rank(call, FavoriteMove::Lower).await
}

fn wanted(call: &Call) -> Result<FavoriteFilter, Refusal> {
    let page = call.page()?;
    Ok(FavoriteFilter {
        object_type: call.query.text("object_type").map(object_type).transpose()?,
        object_id: call.query.integer("object_id").map(ObjectId),
        order: FavoriteOrder::from_word(page.order),
        descending: Some(page.is_descending),
    })
}

fn listed(call: &Call, found: &Page<Favorite>) -> Reply {
    let shown = found.items.iter().map(|favorite| {
        let mut row = record(favorite);
        row["position"] = favorite.position.into();
        row
    });
    replies::page(&call.page()?, found.total.unwrap_or_default(), &shown.collect::<Vec<_>>())
}

fn new(call: &Call) -> Result<NewFavorite, Refusal> {
    Ok(NewFavorite {
        object_type: object_type(call.body.text("object_type").unwrap_or_default())?,
        object_id: ObjectId(call.body.integer("object_id").unwrap_or_default()),
    })
}

async fn rank(call: &Call, to: FavoriteMove) -> Reply {
    call.core().move_favorite(&call.actor, &UserRef::Me, favorite(call)?, to).await?;
    nothing()
}

fn favorite(call: &Call) -> Result<FavoriteId, Refusal> {
    Ok(FavoriteId(call.id(0, Kind::Favorite)?))
}

fn object_type(word: &str) -> Result<ObjectType, Refusal> {
    ObjectType::from_word(word).ok_or_else(|| {
        let words: Vec<_> = ObjectType::ALL.iter().map(|kind| kind.as_str()).collect();
        Refusal::invalid(format!("objectType must be one of {}", words.join(", ")))
    })
}

fn record(favorite: &Favorite) -> Value {
    json!({
        "id": favorite.id,
        "objectId": favorite.object_id,
        "objectType": favorite.object_type,
        "objectName": favorite.object_name,
        "createdAt": times::written(favorite.created_at),
        "objectUpdatedAt": favorite.object_updated_at.map(times::written),
        "objectAuthor": favorite.object_author.as_ref().map(author),
    })
}

fn author(author: &ObjectAuthor) -> Value {
    json!({
        "id": author.id,
        "name": author.name,
        "username": author.username,
        "initials": initials(author.initials.as_deref(), &author.name),
        "online": null,
    })
}
