//! Organizations.

use jiff::Timestamp;
use roster_model::{Organization, OrganizationId, OrganizationSettings};
use uuid::Uuid;

use crate::query::Query;
use crate::sql::Row;
use crate::{Error, Tx, Window};

macro_rules! select_organization {
    ($rest:literal) => {
        concat!(
            "SELECT id, uuid, name, slug, settings, default_theme_id, created_at, updated_at \
             FROM organizations ",
            $rest
        )
    };
}

fn organization(row: &Row<'_>) -> Result<Organization, Error> {
    let mut columns = row.columns();
    Ok(Organization {
        id: columns.take()?,
        uuid: columns.take()?,
        name: columns.take()?,
        slug: columns.take()?,
        settings: serde_json::from_value(columns.take()?)
            .map_err(|_| Error::corrupt("settings", "JSON of another form"))?,
        default_theme_id: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

fn settings_json(settings: &OrganizationSettings) -> Result<String, Error> {
    serde_json::to_string(settings).map_err(|error| Error::internal(error.to_string()))
}

impl Tx {
    /// The organization with this number.
    pub async fn find_organization(
        &mut self,
        id: OrganizationId,
    ) -> Result<Option<Organization>, Error> {
        self.find(select_organization!("WHERE id = $1"), &[&id], organization).await
    }

    /// Those of these organizations that are there.
    pub async fn find_organizations(
        &mut self,
        ids: &[OrganizationId],
    ) -> Result<Vec<Organization>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = Query::new(self.engine(), select_organization!("WHERE id IN ("));
        query.push_list(ids);
        query.push(")");
        query.list(self, organization).await
    }

    /// The organization with this slug.
    pub async fn find_organization_by_slug(
        &mut self,
        slug: &str,
    ) -> Result<Option<Organization>, Error> {
        self.find(select_organization!("WHERE slug = $1"), &[&slug], organization).await
    }

    /// Organizations by number, from the first on.
    pub async fn list_organizations(
        &mut self,
        window: &Window,
    ) -> Result<Vec<Organization>, Error> {
        self.list(
            select_organization!("WHERE id > $1 ORDER BY id LIMIT $2 OFFSET $3"),
            &[&window.after_id(), &window.limit, &window.offset],
            organization,
        )
        .await
    }

    /// How many organizations there are.
    pub async fn count_organizations(&mut self) -> Result<u64, Error> {
        self.one("SELECT COUNT(*) FROM organizations", &[], |row| row.get(0)).await
    }

    /// Adds an organization unless one has its slug; gives the one that is there then.
    pub async fn ensure_organization(
        &mut self,
        uuid: Uuid,
        name: &str,
        slug: &str,
        now: Timestamp,
    ) -> Result<OrganizationId, Error> {
        let settings = settings_json(&OrganizationSettings::default())?;
        self.execute(
            "INSERT INTO organizations (uuid, name, slug, settings, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (slug) DO NOTHING",
            &[&uuid, &name, &slug, &settings, &now],
        )
        .await?;
        self.one("SELECT id FROM organizations WHERE slug = $1", &[&slug], |row| row.get(0)).await
    }

    /// Writes what can change in an organization.
    pub async fn update_organization(&mut self, organization: &Organization) -> Result<(), Error> {
        self.execute(
            "UPDATE organizations SET name = $2, settings = $3, default_theme_id = $4, \
             updated_at = $5 WHERE id = $1",
            &[
                &organization.id,
                &organization.name,
                &settings_json(&organization.settings)?,
                &organization.default_theme_id,
                &organization.updated_at,
            ],
        )
        .await?;
        Ok(())
    }
}
