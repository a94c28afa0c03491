//! Themes: seeing them, and making, changing and removing them. Which one is an organization's own stands with the
//! organization; what a theme's settings mean is the platform's to say.

mod input;
mod logo;

use roster_model::{
    Field, LogoId, NewTheme, OrganizationId, Page, PageRequest, Reason, Theme, ThemeFilter,
    ThemeId, ThemeLogo, ThemeUpdate, Unit,
};
use roster_store::{Mark, Tx};
use serde_json::json;

use crate::{
    Actor, Core, Error, Kind, Result,
    audit::Entry,
    authorize::allow_among,
    authz::Operation,
    organizations::set,
    paging::Paging,
    users::{narrowed, organization_of},
};
use input::{read_name, read_organizations, read_settings};

/// So many organizations a theme can be for.
const MAX_ORGANIZATIONS: usize = 1000;

impl Core {
    /// The themes for the caller's organization; all for a system admin. Of those for another organization than its own
    /// alone, nobody else sees any.
    ///
    /// # Errors
    /// `Invalid` for a page that cannot be, and a name that no theme can have.
    pub async fn list_themes(
        &self,
        actor: &Actor,
        filter: &ThemeFilter,
        page: &PageRequest,
    ) -> Result<Page<Theme>> {
        self.authorize(actor, Operation::ReadThemes).await?;
        let organization = narrowed(actor, filter.organization_id);
        let name = filter.name.as_deref().map(read_name).transpose()?;
        let name = name.as_deref();
        let paging = Paging::read(page, format!("themes:{organization:?}:{name:?}"))?;
        let (themes, total) = self
            .store()
            .read(async |tx: &mut Tx| {
                let themes = tx.list_themes(organization, name, &paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_themes(organization, name).await?),
                    false => None,
                };
                Ok::<_, Error>((themes, total))
            })
            .await?;
        let page = paging.page(themes, total, |theme| Mark::id(theme.id.0));
        Ok(page.map(|theme| seen_by(actor, theme)))
    }

    /// One theme.
    ///
    /// # Errors
    /// `NotFound` for none, and for one that is not for the caller's organization.
    pub async fn get_theme(&self, actor: &Actor, id: ThemeId) -> Result<Theme> {
        self.authorize(actor, Operation::ReadThemes).await?;
        let own = organization_of(actor);
        let found = self.find_theme(id).await?;
        let found = found.filter(|theme| own.is_none_or(|own| is_for(theme, own)));
        Ok(seen_by(actor, found.ok_or(Error::NotFound(Kind::Theme))?))
    }

    /// One of the themes for an organization, whoever asks.
    ///
    /// # Errors
    /// `NotFound` for none, for one that is not for that organization, and for one that the caller does not see.
    pub async fn get_theme_for(
        &self,
        actor: &Actor,
        organization: OrganizationId,
        id: ThemeId,
    ) -> Result<Theme> {
        let theme = self.get_theme(actor, id).await?;
        if is_for(&theme, organization) { Ok(theme) } else { Err(Error::NotFound(Kind::Theme)) }
    }

    /// Makes a theme.
    ///
    /// # Errors
    /// `Forbidden` from all but administrators, and from an organization's for others besides; `NotFound` for other
    /// organizations alone; `Invalid` for what the rules refuse.
    pub async fn create_theme(&self, actor: &Actor, new: &NewTheme) -> Result<Theme> {
        let operation = Operation::WriteThemes;
        self.create_once(actor, operation, self.make_theme(actor, new)).await
    }

    async fn make_theme(&self, actor: &Actor, new: &NewTheme) -> Result<Theme> {
        let operation = Operation::WriteThemes;
        let own = actor.credential().map(|credential| credential.user.organization_id);
        let organizations = match &new.organization_ids {
            Some(organizations) => read_organizations(organizations),
            None => own.into_iter().collect(),
        };
        // What is for nobody is asked about as if it were for one's own; below, it is refused where it would be lost.
        let concerned = match (organizations.is_empty(), own) {
            (true, Some(own)) => vec![own],
            _ => organizations.clone(),
        };
        self.authorize_among(actor, operation, &concerned, Kind::Organization).await?;
        check_organizations(actor, &organizations)?;
        let now = self.now();
        let theme = Theme {
            id: ThemeId(0),
            name: read_name(&new.name)?,
            settings: read_settings(new.settings.as_deref().unwrap_or("{}"))?,
            organization_ids: organizations,
            logo: None,
            created_at: now,
            created_by: actor.user_id(),
            updated_at: now,
            updated_by: actor.user_id(),
        };
        self.store()
            .write(async |tx: &mut Tx| {
                let mut theme = theme.clone();
                refuse_unknown(tx, &theme.organization_ids).await?;
                if let Some(logo) = new.logo_id {
                    theme.logo = Some(find_logo(tx, actor, logo).await?);
                }
                theme.id = tx.insert_theme(&theme).await?;
                Entry::done_to_nobody("theme.created")
                    .about(format!("theme:{}", theme.id))
                    .with(json!({
                        "name": theme.name,
                        "organization_ids": theme.organization_ids,
                    }))
                    .write(tx, actor, now)
                    .await?;
                self.keep_reply(tx, actor, operation, &theme, now).await?;
                Ok(theme)
            })
            .await
    }

    /// Makes a theme, for doors at which that is no business of an organization's administrators.
    ///
    /// # Errors
    /// `Forbidden` from all but system admins; else as [`create_theme`](Self::create_theme).
    pub async fn create_any_theme(&self, actor: &Actor, new: &NewTheme) -> Result<Theme> {
        Self::permit(actor, Operation::WriteAnyTheme)?;
        self.create_theme(actor, new).await
    }

    /// Changes a theme. Nothing to change is no error. Organizations that it is no longer for have it no longer as their
    /// default.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` from all but administrators, and from an organization's where others have it, too or are to
    /// have it; `Invalid` for what the rules refuse.
    pub async fn update_theme(
        &self,
        actor: &Actor,
        id: ThemeId,
        update: &ThemeUpdate,
    ) -> Result<Theme> {
        let operation = Operation::WriteThemes;
        self.authorize_theme(actor, id).await?;
        let organizations = update.organization_ids.as_deref().map(read_organizations);
        if let Some(wanted) = organizations.as_ref().filter(|wanted| !wanted.is_empty()) {
            allow_among(actor, operation, wanted, Kind::Organization)?;
        }
        if let Some(wanted) = &organizations {
            check_organizations(actor, wanted)?;
        }
        let name = update.name.as_deref().map(read_name).transpose()?;
        let settings = update.settings.as_deref().map(read_settings).transpose()?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let before = get_authorized_theme(tx, actor, id).await?;
                let mut theme = before.clone();
                let logo = match update.logo_id {
                    None => None,
                    Some(None) => Some(None),
                    Some(Some(logo)) => Some(Some(find_logo(tx, actor, logo).await?)),
                };
                let changes = [
                    (set(&mut theme.name, &name), "name"),
                    (set(&mut theme.settings, &settings), "settings"),
                    (set(&mut theme.organization_ids, &organizations), "organization_ids"),
                    (set(&mut theme.logo, &logo), "logo"),
                ];
                let changed: Vec<_> =
                    changes.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
                if changed.is_empty() {
                    return Ok(before);
                }
                refuse_unknown(tx, &theme.organization_ids).await?;
                theme.updated_at = now;
                theme.updated_by = actor.user_id();
                tx.update_theme(&theme).await?;
                remove_unused(tx, before.logo.as_ref()).await?;
                let withdrawn = tx.withdraw_default_theme(id, &theme.organization_ids, now).await?;
                Entry::done_to_nobody("theme.updated")
                    .about(format!("theme:{id}"))
                    .with(json!({ "fields": changed, "no_longer_default_of": withdrawn }))
                    .write(tx, actor, now)
                    .await?;
                Ok(theme)
            })
            .await
    }

    /// Changes a theme, for doors at which that is no business of an organization's administrators.
    ///
    /// # Errors
    /// `Forbidden` from all but system admins; else as [`update_theme`](Self::update_theme).
    pub async fn update_any_theme(
        &self,
        actor: &Actor,
        id: ThemeId,
        update: &ThemeUpdate,
    ) -> Result<Theme> {
        Self::permit(actor, Operation::WriteAnyTheme)?;
        self.update_theme(actor, id, update).await
    }

    /// Removes a theme, with its logo if no other theme has the same. Organizations that have it as their default have
    /// none then.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` from all but administrators, and from an organization's where others have it, too.
    pub async fn delete_theme(&self, actor: &Actor, id: ThemeId) -> Result<()> {
        self.authorize_theme(actor, id).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let theme = get_authorized_theme(tx, actor, id).await?;
                let withdrawn = tx.withdraw_default_theme(id, &[], now).await?;
                tx.delete_theme(id).await?;
                remove_unused(tx, theme.logo.as_ref()).await?;
                Entry::done_to_nobody("theme.deleted")
                    .about(format!("theme:{id}"))
                    .with(json!({ "name": theme.name, "no_longer_default_of": withdrawn }))
                    .write(tx, actor, now)
                    .await?;
                Ok(())
            })
            .await
    }

    async fn find_theme(&self, id: ThemeId) -> Result<Option<Theme>> {
        Ok(self.store().read(async |tx: &mut Tx| tx.find_theme(id).await).await?)
    }

    /// Asks the table about changing a theme.
    async fn authorize_theme(&self, actor: &Actor, id: ThemeId) -> Result<()> {
        let found = self.find_theme(id).await?;
        let organizations = found.as_ref().map(|theme| &*theme.organization_ids);
        let organizations = organizations.unwrap_or_default();
        self.authorize_among(actor, Operation::WriteThemes, organizations, Kind::Theme).await?;
        found.map(drop).ok_or(Error::NotFound(Kind::Theme))
    }
}

/// The theme in the transaction that is about to change it. Other organizations may have it meanwhile, so the table is
/// asked again.
async fn get_authorized_theme(tx: &mut Tx, actor: &Actor, id: ThemeId) -> Result<Theme> {
    let theme = tx.find_theme(id).await?.ok_or(Error::NotFound(Kind::Theme))?;
    allow_among(actor, Operation::WriteThemes, &theme.organization_ids, Kind::Theme)?;
    Ok(theme)
}

/// Refuses more than fit, and to let an organization's administrators lose a theme: one that is for nobody, only system
/// admins see.
fn check_organizations(actor: &Actor, organizations: &[OrganizationId]) -> Result<()> {
    let refuse = |reason| Err(Error::invalid(Field::OrganizationIds, reason));
    if organizations.len() > MAX_ORGANIZATIONS {
        return refuse(Reason::TooLong { max: MAX_ORGANIZATIONS, unit: Unit::Entries });
    }
    if organizations.is_empty() && organization_of(actor).is_some() {
        return refuse(Reason::Empty);
    }
    Ok(())
}

async fn refuse_unknown(tx: &mut Tx, organizations: &[OrganizationId]) -> Result<()> {
    let known = tx.find_organizations(organizations).await?;
    match known.len() == organizations.len() {
        true => Ok(()),
        false => Err(Error::invalid(Field::OrganizationIds, Reason::Unknown)),
    }
}

/// The logo of a theme that the caller sees: nobody gets at others' by trying numbers (threat T23).
async fn find_logo(tx: &mut Tx, actor: &Actor, id: LogoId) -> Result<ThemeLogo> {
    let found = tx.find_logo(id, organization_of(actor)).await?;
    found.ok_or_else(|| Error::invalid(Field::LogoId, Reason::Unknown))
}

/// Removes an image that a theme had, unless a theme has it still.
async fn remove_unused(tx: &mut Tx, logo: Option<&ThemeLogo>) -> Result<()> {
    match logo {
        Some(logo) => Ok(tx.delete_unused_logo(logo.id).await?),
        None => Ok(()),
    }
}

fn is_for(theme: &Theme, organization: OrganizationId) -> bool {
    theme.organization_ids.contains(&organization)
}

/// The theme without the organizations that the caller may not know of.
fn seen_by(actor: &Actor, mut theme: Theme) -> Theme {
    if let Some(own) = organization_of(actor) {
        theme.organization_ids.retain(|organization| *organization == own);
    }
    theme
}
