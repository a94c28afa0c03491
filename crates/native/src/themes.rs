//! Themes and their logos.

use axum::Router;
use roster_api::{
    CreateTheme, DeleteTheme, GetTheme, GetThemeLogo, ListThemes, SetThemeLogo, UpdateTheme,
};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{Image, Page, Theme};

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .merge(endpoint(list))
        .merge(endpoint(create))
        .merge(endpoint(get))
        .merge(endpoint(update))
        .merge(endpoint(delete))
        .merge(endpoint(set_logo))
        .merge(endpoint(logo))
}

async fn list(call: Call<ListThemes>) -> Result<Page<Theme>> {
    call.core.list_themes(&call.actor, &call.query.0, &call.query.1).await
}

async fn create(call: Call<CreateTheme>) -> Result<Theme> {
    call.core.create_theme(&call.actor, &call.body).await
}

async fn get(call: Call<GetTheme>) -> Result<Theme> {
    call.core.get_theme(&call.actor, call.path.theme).await
}

async fn update(call: Call<UpdateTheme>) -> Result<Theme> {
    call.core.update_theme(&call.actor, call.path.theme, &call.body).await
}

async fn delete(call: Call<DeleteTheme>) -> Result<()> {
    call.core.delete_theme(&call.actor, call.path.theme).await
}

async fn set_logo(call: Call<SetThemeLogo>) -> Result<Theme> {
    call.core.set_theme_logo(&call.actor, call.path.theme, &call.body.0).await
}

async fn logo(call: Call<GetThemeLogo>) -> Result<Image> {
    call.core.get_logo_image(&call.actor, &call.path.logo).await
}
