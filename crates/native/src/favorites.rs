//! Favorites, the objects that services register, and what happened to them.

use axum::Router;
use roster_api::{
    AddFavorite, AddOrganizationFavorite, GetObject, ListActivity, ListFavorites, ListObjects,
    ListOrganizationFavorites, MoveFavorite, RegisterObject, RemoveFavorite, RemoveObject,
    RemoveOrganizationFavorite,
};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{Activity, Favorite, Page, RegisteredObject};

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .merge(endpoint(list))
        .merge(endpoint(add))
        .merge(endpoint(remove))
        .merge(endpoint(rank))
        .merge(endpoint(list_of_organization))
        .merge(endpoint(add_to_organization))
        .merge(endpoint(remove_from_organization))
        .merge(endpoint(objects))
        .merge(endpoint(object))
        .merge(endpoint(register))
        .merge(endpoint(remove_object))
        .merge(endpoint(activity))
}

async fn list(call: Call<ListFavorites>) -> Result<Page<Favorite>> {
    let (filter, page) = &call.query;
    call.core.list_favorites(&call.actor, &call.path.user, filter, page).await
}

async fn add(call: Call<AddFavorite>) -> Result<Favorite> {
    call.core.add_favorite(&call.actor, &call.path.user, &call.body).await
}

async fn remove(call: Call<RemoveFavorite>) -> Result<()> {
    call.core.remove_favorite(&call.actor, &call.path.user, call.path.favorite).await
}

async fn rank(call: Call<MoveFavorite>) -> Result<()> {
    let (path, to) = (&call.path, call.body.to);
    call.core.move_favorite(&call.actor, &path.user, path.favorite, to).await
}

async fn list_of_organization(call: Call<ListOrganizationFavorites>) -> Result<Page<Favorite>> {
    let ((filter, page), organization) = (&call.query, call.path.organization);
    call.core.list_organization_favorites(&call.actor, organization, filter, page).await
}

async fn add_to_organization(call: Call<AddOrganizationFavorite>) -> Result<Favorite> {
    call.core.add_organization_favorite(&call.actor, call.path.organization, &call.body).await
}

async fn remove_from_organization(call: Call<RemoveOrganizationFavorite>) -> Result<()> {
    let (organization, favorite) = (call.path.organization, call.path.favorite);
    call.core.remove_organization_favorite(&call.actor, organization, favorite).await
}

async fn objects(call: Call<ListObjects>) -> Result<Page<RegisteredObject>> {
    call.core.list_objects(&call.actor, &call.query.0, &call.query.1).await
}

async fn object(call: Call<GetObject>) -> Result<RegisteredObject> {
    call.core.get_object(&call.actor, call.path.object_type, call.path.object_id).await
}

async fn register(call: Call<RegisterObject>) -> Result<RegisteredObject> {
    let (kind, id) = (call.path.object_type, call.path.object_id);
    call.core.register_object(&call.actor, kind, id, &call.body).await
}

async fn remove_object(call: Call<RemoveObject>) -> Result<()> {
    call.core.remove_object(&call.actor, call.path.object_type, call.path.object_id).await
}

async fn activity(call: Call<ListActivity>) -> Result<Page<Activity>> {
    Ok(call.core.list_my_activity(&call.actor, &call.query).await?.into())
}
