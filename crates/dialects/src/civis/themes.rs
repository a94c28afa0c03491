//! `users/me/themes` and `admin/themes`.

use roster_core::{Core, Kind};
use roster_model::{
    LogoId, NewTheme, OrganizationId, PageRequest, Theme, ThemeFilter, ThemeId, ThemeLogo,
    ThemeUpdate,
};
use serde_json::{Value, json};

use super::{
    Reply,
    call::Call,
    fields::{Field, id, ids, long_text, text},
    replies::{created, done},
    times,
    translate::Refusal,
};

/// A new theme.
pub(super) const NEW: &[Field] = &[
    text("name").required(),
    long_text("settings_json"),
    ids("organization_ids"),
    id("logo_file_id").nullable(),
];

/// What may change in a theme.
pub(super) const PART: &[Field] = &[
    text("name"),
    long_text("settings_json"),
    ids("organization_ids"),
    id("logo_file_id").nullable(),
];

/// Those for the caller's organization, a super user's, too.
pub(super) async fn list_own(call: &Call) -> Reply {
    let organization_id = Some(call.own_organization()?);
    let filter = ThemeFilter { organization_id, ..ThemeFilter::default() };
    let mut shown = Vec::new();
    let mut page = PageRequest { limit: Some(1000), ..PageRequest::default() };
    loop {
        let read = call.core().list_themes(&call.actor, &filter, &page).await?;
        shown.extend(read.items.iter().map(|theme| {
            json!({
                "id": theme.id,
                "name": theme.name,
                "createdAt": times::written(theme.created_at),
                "updatedAt": times::written(theme.updated_at),
            })
        }));
        match read.next {
            Some(next) => page.cursor = Some(next),
            None => return done(&shown),
        }
    }
}

pub(super) async fn get_own(call: &Call) -> Reply {
    let (id, organization) = (theme(call)?, call.own_organization()?);
    let theme = call.core().get_theme_for(&call.actor, organization, id).await?;
    done(&record(call.core(), &theme))
}

pub(super) async fn create(call: &Call) -> Reply {
    let new = NewTheme {
        name: call.body.text("name").unwrap_or_default().to_owned(),
        settings: settings(call),
        organization_ids: organizations(call),
        logo_id: call.body.integer("logo_file_id").map(LogoId),
    };
    let made = call.core().create_any_theme(&call.actor, &new).await?;
    created(&record(call.core(), &made))
}

/// Answers 201 as well, as the original does.
pub(super) async fn patch(call: &Call) -> Reply {
    let update = ThemeUpdate {
        name: call.body.text("name").map(str::to_owned),
        settings: settings(call),
        organization_ids: organizations(call),
        logo_id: call.body.cleared_integer("logo_file_id").map(|id| id.map(LogoId)),
    };
    let changed = call.core().update_any_theme(&call.actor, theme(call)?, &update).await?;
    created(&record(call.core(), &changed))
}

fn theme(call: &Call) -> Result<ThemeId, Refusal> {
    Ok(ThemeId(call.id(0, Kind::Theme)?))
}

fn settings(call: &Call) -> Option<String> {
    call.body.text("settings_json").map(str::to_owned)
}

fn organizations(call: &Call) -> Option<Vec<OrganizationId>> {
    let ids = call.body.ids("organization_ids")?;
    Some(ids.into_iter().map(OrganizationId).collect())
}

fn record(core: &Core, theme: &Theme) -> Value {
    json!({
        "id": theme.id,
        "name": theme.name,
        "organizationIds": theme.organization_ids,
        "settings": theme.settings,
        "logoFile": theme.logo.as_ref().map(|logo| file(core, logo)),
        "createdAt": times::written(theme.created_at),
        "updatedAt": times::written(theme.updated_at),
    })
}

/// The image is the native API's, where no credential is asked for it: what is said to be an address to download from is
/// one.
fn file(core: &Core, logo: &ThemeLogo) -> Value {
    let url = core.public_link(&format!("api/v1/theme-logos/{}", logo.name), &[]);
    json!({ "id": logo.id, "downloadUrl": url })
}
