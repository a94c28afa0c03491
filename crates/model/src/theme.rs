//! Themes: how the platform looks to the people of an organization.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{LogoId, OrganizationId, ThemeId, UserId, problem::words, user::given};

words! {
    /// The kinds of images that a logo can be.
    ImageType {
        /// PNG.
        Png = "image/png",
        /// JPEG.
        Jpeg = "image/jpeg",
        /// GIF.
        Gif = "image/gif",
        /// WebP.
        Webp = "image/webp",
    }
}

/// A theme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Theme {
    /// Its number.
    pub id: ThemeId,
    /// Its name for people.
    pub name: String,
    /// What the platform makes of it: the text of a JSON object, as it was written.
    pub settings: String,
    /// The organizations that it is for, by number: those of them that the caller may know of.
    pub organization_ids: Vec<OrganizationId>,
    /// Its logo.
    pub logo: Option<ThemeLogo>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who changed it last.
    pub updated_by: Option<UserId>,
}

/// What is known of a logo. The image is at `/api/v1/theme-logos/{name}`, for everybody who has that address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ThemeLogo {
    /// Its number. Another image has another.
    pub id: LogoId,
    /// Its name in addresses, which nobody can guess. Another image has another.
    pub name: String,
    /// What kind of image it is.
    pub media_type: ImageType,
    /// Its bytes.
    pub size: i64,
    /// Its width in pixels.
    pub width: i64,
    /// Its height in pixels.
    pub height: i64,
}

/// An image as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// What kind of image it is.
    pub media_type: ImageType,
    /// What it consists of.
    pub bytes: Vec<u8>,
}

/// A theme that is to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTheme {
    /// Its name for people.
    pub name: String,
    /// What the platform makes of it: the text of a JSON object, of at most 10,000 characters; without it, `{}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<String>,
    /// The organizations that it is for; without them, the caller's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_ids: Option<Vec<OrganizationId>>,
    /// The number of another theme's logo, to have the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_id: Option<LogoId>,
}

/// What is to change in a theme. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ThemeUpdate {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the platform makes of it: the text of a JSON object, of at most 10,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<String>,
    /// All organizations that it is for. It is no longer the default of those that are not among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_ids: Option<Vec<OrganizationId>>,
    /// The number of another theme's logo, to have the same one; `null` takes the logo away.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub logo_id: Option<Option<LogoId>>,
}

/// Which themes are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ThemeFilter {
    /// Those for this organization; without it for the caller's, all for a system admin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Those of exactly this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
