//! Organizations: seeing them, and what their administrators decide.

use roster_model::{
    Field, Organization, OrganizationId, OrganizationUpdate, Page, PageRequest, Reason,
};
use roster_store::{Mark, Tx};
use serde_json::json;

use crate::{
    Actor, Core, Error, Kind, Result,
    audit::Entry,
    authz::Operation,
    paging::Paging,
    users::{organization_of, read_text},
};

/// A hundred years.
const MAX_DAYS: u32 = 36_500;
/// The longest password that the profiles accept; see the password policy.
const MAX_PASSWORD: u32 = 1024;

impl Core {
    /// The organizations that the caller may see: its own, or all for a system admin.
    ///
    /// # Errors
    /// `Invalid` for a page that cannot be.
    pub async fn list_organizations(
        &self,
        actor: &Actor,
        page: &PageRequest,
    ) -> Result<Page<Organization>> {
        self.authorize(actor, Operation::ReadOrganizations).await?;
        let paging = Paging::read(page, "organizations")?;
        if let Some(own) = organization_of(actor) {
            let own = self.find_organization(own).await?;
            let after = paging.window().after_id();
            let mut rows = vec![own];
            rows.retain(|own| own.id.0 > after && paging.window().offset == 0);
            return Ok(paging.page(rows, paging.wants_total().then_some(1), |_| Mark::id(0)));
        }
        let (rows, total) = self
            .store()
            .read(async |tx: &mut Tx| {
                let rows = tx.list_organizations(&paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_organizations().await?),
                    false => None,
                };
                Ok::<_, Error>((rows, total))
            })
            .await?;
        Ok(paging.page(rows, total, |row| Mark::id(row.id.0)))
    }

    /// All organizations, for doors at which nobody else is shown its own in their place.
    ///
    /// # Errors
    /// `Forbidden` from all but system admins; `Invalid` for a page that cannot be.
    pub async fn list_all_organizations(
        &self,
        actor: &Actor,
        page: &PageRequest,
    ) -> Result<Page<Organization>> {
        Self::permit(actor, Operation::ListAllOrganizations)?;
        self.list_organizations(actor, page).await
    }

    /// One organization.
    ///
    /// # Errors
    /// `NotFound` for none, and for one that the caller may not know of.
    pub async fn get_organization(
        &self,
        actor: &Actor,
        id: OrganizationId,
    ) -> Result<Organization> {
        self.authorize(actor, Operation::ReadOrganizations).await?;
        if organization_of(actor).is_some_and(|own| own != id) {
            return Err(Error::NotFound(Kind::Organization));
        }
        self.find_organization(id).await
    }

    /// Changes an organization. Nothing to change is no error.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for what the rules refuse.
    pub async fn update_organization(
        &self,
        actor: &Actor,
        id: OrganizationId,
        update: &OrganizationUpdate,
    ) -> Result<Organization> {
        let kind = Kind::Organization;
        self.authorize_in(actor, Operation::UpdateOrganization, id, kind).await?;
        check(update)?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let before = tx.find_organization(id).await?.ok_or(Error::NotFound(kind))?;
                let mut organization = before.clone();
                let changed = apply(&mut organization, update);
                if changed.is_empty() {
                    return Ok(before);
                }
                if let Some(theme) = organization.default_theme_id
                    && !tx.is_theme_for(theme, id).await?
                {
                    return Err(Error::invalid(Field::DefaultThemeId, Reason::Unknown));
                }
                organization.updated_at = now;
                tx.update_organization(&organization).await?;
                Entry::done_to_nobody("organization.updated")
                    .about(format!("organization:{id}"))
                    .with(json!({ "fields": changed }))
                    .write(tx, actor, now)
                    .await?;
                Ok(organization)
            })
            .await
    }

    async fn find_organization(&self, id: OrganizationId) -> Result<Organization> {
        self.store()
            .point_read(async |tx: &mut Tx| tx.find_organization(id).await)
            .await?
            .ok_or(Error::NotFound(Kind::Organization))
    }
}

fn check(update: &OrganizationUpdate) -> Result<()> {
    if let Some(name) = &update.name
        && read_text(Field::Name, name)?.is_empty()
    {
        return Err(Error::invalid(Field::Name, Reason::Empty));
    }
    let numbers = [
        (update.inactivity_suspension_days, Field::InactivitySuspensionDays, MAX_DAYS),
        (update.password_expiry_days, Field::PasswordExpiryDays, MAX_DAYS),
        (update.password_min_length, Field::PasswordMinLength, MAX_PASSWORD),
    ];
    for (number, field, max) in numbers {
        if number.flatten().is_some_and(|number| !(1..=max).contains(&number)) {
            let reason = Reason::OutOfRange { min: 1, max: i64::from(max) };
            return Err(Error::invalid(field, reason));
        }
    }
    Ok(())
}

/// Makes the changes and names them.
fn apply(organization: &mut Organization, update: &OrganizationUpdate) -> Vec<&'static str> {
    // Every field is named, so that a new one cannot be forgotten here.
    let OrganizationUpdate {
        name,
        login_type,
        sso_disable_capable,
        sms_otp_disabled,
        inactivity_suspension_days,
        password_expiry_days,
        password_min_length,
        default_theme_id,
    } = update;
    let settings = &mut organization.settings;
    let changes = [
        (set(&mut organization.name, &name.as_deref().map(|name| name.trim().to_owned())), "name"),
        (set(&mut settings.login_type, login_type), "login_type"),
        (set(&mut settings.sso_disable_capable, sso_disable_capable), "sso_disable_capable"),
        (set(&mut settings.sms_otp_disabled, sms_otp_disabled), "sms_otp_disabled"),
        (
            set(&mut settings.inactivity_suspension_days, inactivity_suspension_days),
            "inactivity_suspension_days",
        ),
        (set(&mut settings.password_expiry_days, password_expiry_days), "password_expiry_days"),
        (set(&mut settings.password_min_length, password_min_length), "password_min_length"),
        (set(&mut organization.default_theme_id, default_theme_id), "default_theme_id"),
    ];
    changes.into_iter().filter(|(is_changed, _)| *is_changed).map(|(_, name)| name).collect()
}

/// Sets a field; says whether that changes it.
pub(crate) fn set<T: Clone + PartialEq>(field: &mut T, change: &Option<T>) -> bool {
    match change {
        Some(change) if change != field => {
            field.clone_from(change);
            true
        }
        _ => false,
    }
}
