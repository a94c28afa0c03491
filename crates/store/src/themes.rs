//! Themes, their logos, and the organizations that they are for.

use std::collections::HashMap;

use jiff::Timestamp;
use roster_model::{Image, LogoId, OrganizationId, Theme, ThemeId, ThemeLogo};

use crate::query::Query;
use crate::sql::{Columns, Row};
use crate::{Error, Tx, Window};

macro_rules! logo_columns {
    () => {
        "theme_logos.id, theme_logos.name, theme_logos.media_type, theme_logos.size, \
         theme_logos.width, theme_logos.height"
    };
}

macro_rules! select_theme {
    ($rest:literal) => {
        concat!(
            "SELECT themes.id, themes.name, themes.settings, themes.created_at, themes.created_by, \
             themes.updated_at, themes.updated_by, ",
            logo_columns!(),
            " FROM themes LEFT JOIN theme_logos ON theme_logos.id = themes.logo_id ",
            $rest
        )
    };
}

/// A theme without its organizations.
fn theme(row: &Row<'_>) -> Result<Theme, Error> {
    let mut columns = row.columns();
    let mut theme = Theme {
        id: columns.take()?,
        name: columns.take()?,
        settings: columns.take()?,
        organization_ids: Vec::new(),
        logo: None,
        created_at: columns.take()?,
        created_by: columns.take()?,
        updated_at: columns.take()?,
        updated_by: columns.take()?,
    };
    theme.logo = logo_of(&mut columns)?;
    Ok(theme)
}

fn logo_of(columns: &mut Columns<'_>) -> Result<Option<ThemeLogo>, Error> {
    let Some(id) = columns.take()? else { return Ok(None) };
    Ok(Some(ThemeLogo {
        id,
        name: columns.take()?,
        media_type: columns.take()?,
        size: columns.take()?,
        width: columns.take()?,
        height: columns.take()?,
    }))
}

impl Tx {
    /// The theme with this number.
    pub async fn find_theme(&mut self, id: ThemeId) -> Result<Option<Theme>, Error> {
        let found = self.find(select_theme!("WHERE themes.id = $1"), &[&id], theme).await?;
        let themes = self.with_organizations(found.into_iter().collect()).await?;
        Ok(themes.into_iter().next())
    }

    /// Themes by number, from the first on; those for one organization, or all, and of one name, or any.
    pub async fn list_themes(
        &mut self,
        organization: Option<OrganizationId>,
        name: Option<&str>,
        window: &Window,
    ) -> Result<Vec<Theme>, Error> {
        let mut query = Query::new(self.engine(), select_theme!(""));
        query.push_with("WHERE themes.id > ?", &window.after_id());
        narrow(&mut query, organization.as_ref(), name);
        query.push_with(" ORDER BY themes.id LIMIT ?", &window.limit);
        query.push_with(" OFFSET ?", &window.offset);
        let themes = query.list(self, theme).await?;
        self.with_organizations(themes).await
    }

    /// How many themes there are.
    pub async fn count_themes(
        &mut self,
        organization: Option<OrganizationId>,
        name: Option<&str>,
    ) -> Result<u64, Error> {
        let mut query = Query::new(self.engine(), "SELECT COUNT(*) FROM themes WHERE TRUE");
        narrow(&mut query, organization.as_ref(), name);
        query.one(self, |row| row.get(0)).await
    }

    async fn with_organizations(&mut self, mut themes: Vec<Theme>) -> Result<Vec<Theme>, Error> {
        let ids: Vec<_> = themes.iter().map(|theme| theme.id).collect();
        let sql = "SELECT theme_id, organization_id FROM theme_organizations WHERE theme_id IN (";
        let Some(mut query) = Query::among(self.engine(), sql, &ids) else { return Ok(themes) };
        query.push(" ORDER BY organization_id");
        let mut organizations: HashMap<ThemeId, Vec<OrganizationId>> = HashMap::new();
        for (theme, organization) in query.list(self, |row| Ok((row.get(0)?, row.get(1)?))).await? {
            organizations.entry(theme).or_default().push(organization);
        }
        for theme in &mut themes {
            theme.organization_ids = organizations.remove(&theme.id).unwrap_or_default();
        }
        Ok(themes)
    }

    /// Adds a theme, whose `id` is ignored. Of its logo, the number counts.
    pub async fn insert_theme(&mut self, theme: &Theme) -> Result<ThemeId, Error> {
        let id = self
            .one(
                "INSERT INTO themes (name, settings, logo_id, created_at, created_by, updated_at, \
                 updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
                &[
                    &theme.name,
                    &theme.settings,
                    &logo_id(theme),
                    &theme.created_at,
                    &theme.created_by,
                    &theme.updated_at,
                    &theme.updated_by,
                ],
                |row| row.get(0),
            )
            .await?;
        self.insert_theme_organizations(id, &theme.organization_ids).await?;
        Ok(id)
    }

    /// Writes everything that can change in a theme. Of its logo, the number counts.
    pub async fn update_theme(&mut self, theme: &Theme) -> Result<(), Error> {
        self.execute(
            "UPDATE themes SET name = $2, settings = $3, logo_id = $4, updated_at = $5, \
             updated_by = $6 WHERE id = $1",
            &[
                &theme.id,
                &theme.name,
                &theme.settings,
                &logo_id(theme),
                &theme.updated_at,
                &theme.updated_by,
            ],
        )
        .await?;
        self.execute("DELETE FROM theme_organizations WHERE theme_id = $1", &[&theme.id]).await?;
        self.insert_theme_organizations(theme.id, &theme.organization_ids).await
    }

    async fn insert_theme_organizations(
        &mut self,
        theme: ThemeId,
        organizations: &[OrganizationId],
    ) -> Result<(), Error> {
        let sql = "INSERT INTO theme_organizations (theme_id, organization_id) VALUES ($1, $2)";
        for organization in organizations {
            self.execute(sql, &[&theme, organization]).await?;
        }
        Ok(())
    }

    /// Removes a theme that is no organization's default.
    pub async fn delete_theme(&mut self, id: ThemeId) -> Result<(), Error> {
        self.execute("DELETE FROM theme_organizations WHERE theme_id = $1", &[&id]).await?;
        self.execute("DELETE FROM themes WHERE id = $1", &[&id]).await?;
        Ok(())
    }

    /// Whether a theme is for an organization.
    pub async fn is_theme_for(
        &mut self,
        theme: ThemeId,
        organization: OrganizationId,
    ) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM theme_organizations WHERE theme_id = $1 AND organization_id = $2";
        let found = self.find(sql, &[&theme, &organization], |_| Ok(())).await?;
        Ok(found.is_some())
    }

    /// Takes a theme as the default from all organizations but these, and says from which.
    pub async fn withdraw_default_theme(
        &mut self,
        theme: ThemeId,
        kept: &[OrganizationId],
        now: Timestamp,
    ) -> Result<Vec<OrganizationId>, Error> {
        let sql = "UPDATE organizations SET default_theme_id = NULL";
        let mut query = Query::new(self.engine(), sql);
        query.push_with(", updated_at = ?", &now);
        query.push_with(" WHERE default_theme_id = ?", &theme);
        if !kept.is_empty() {
            query.push(" AND id NOT IN (");
            query.push_list(kept);
            query.push(")");
        }
        query.push(" RETURNING id");
        let mut withdrawn: Vec<OrganizationId> = query.list(self, |row| row.get(0)).await?;
        withdrawn.sort_unstable();
        Ok(withdrawn)
    }

    /// Keeps an image as a logo, whose `id` is ignored.
    pub async fn insert_logo(
        &mut self,
        logo: &ThemeLogo,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<LogoId, Error> {
        self.one(
            "INSERT INTO theme_logos (name, media_type, size, width, height, created_at, content) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
            &[&logo.name, &logo.media_type, &logo.size, &logo.width, &logo.height, &now, &bytes],
            |row| row.get(0),
        )
        .await
    }

    /// The logo with this number, if a theme for this organization has it, or any theme.
    pub async fn find_logo(
        &mut self,
        id: LogoId,
        organization: Option<OrganizationId>,
    ) -> Result<Option<ThemeLogo>, Error> {
        let sql = concat!(
            "SELECT ",
            logo_columns!(),
            " FROM themes JOIN theme_logos ON theme_logos.id = themes.logo_id"
        );
        let mut query = Query::new(self.engine(), sql);
        query.push_with(" WHERE theme_logos.id = ?", &id);
        narrow(&mut query, organization.as_ref(), None);
        query.push(" LIMIT 1");
        let found = query.list(self, |row| logo_of(&mut row.columns())).await?;
        Ok(found.into_iter().flatten().next())
    }

    /// The image of this name.
    pub async fn find_logo_image(&mut self, name: &str) -> Result<Option<Image>, Error> {
        let sql = "SELECT media_type, content FROM theme_logos WHERE name = $1";
        let image = |row: &Row<'_>| Ok(Image { media_type: row.get(0)?, bytes: row.get(1)? });
        self.find(sql, &[&name], image).await
    }

    /// Removes an image that no theme has any more.
    pub async fn delete_unused_logo(&mut self, id: LogoId) -> Result<(), Error> {
        let sql = "DELETE FROM theme_logos WHERE id = $1 \
                   AND NOT EXISTS (SELECT 1 FROM themes WHERE logo_id = $1)";
        self.execute(sql, &[&id]).await?;
        Ok(())
    }
}

fn logo_id(theme: &Theme) -> Option<LogoId> {
    theme.logo.as_ref().map(|logo| logo.id)
}

/// Adds the conditions that themes are for an organization, and of a name.
fn narrow(query: &mut Query, organization: Option<&OrganizationId>, name: Option<&str>) {
    if let Some(name) = name {
        query.push_with(" AND themes.name = ?", &name);
    }
    if let Some(organization) = organization {
        query.push_with(
            " AND themes.id IN (SELECT theme_id FROM theme_organizations WHERE organization_id = ?)",
            organization,
        );
    }
}
