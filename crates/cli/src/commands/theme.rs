//! `roster theme`

mod logo;

use std::{io::Read, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use roster_client::{
    Client,
    model::{LogoId, NewTheme, OrganizationId, ThemeFilter, ThemeId, ThemeUpdate},
};

use super::{Ls, Sure};
use crate::{connection::Connection, output::Show, ui::Ui};

/// See and manage themes: how the platform looks to the people of an organization
#[derive(Debug, clap::Args)]
pub(crate) struct ThemeCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    #[command(alias = "list")]
    Ls(LsThemes),
    #[command(alias = "show")]
    Details(Details),
    Create(Create),
    #[command(alias = "edit")]
    Update(Update),
    #[command(alias = "rm")]
    Delete(Delete),
    Logo(logo::LogoCommand),
}

impl ThemeCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(command) => {
                let LsThemes { organization: organization_id, name, .. } = command;
                let filter = ThemeFilter { organization_id, name };
                command.ls.run(roster.themes().filter(filter), ui).await
            }
            Verb::Details(command) => {
                let id = find(&roster, &command.theme).await?;
                ui.out.one(&roster.get_theme(id).await?, &command.show)
            }
            Verb::Create(command) => command.run(&roster, ui).await,
            Verb::Update(command) => command.run(&roster, ui).await,
            Verb::Delete(command) => command.run(&roster, ui).await,
            Verb::Logo(command) => command.run(&roster, ui).await,
        }
    }
}

/// The theme that a person means: by id or name.
pub(crate) async fn find(roster: &Client, theme: &str) -> Result<ThemeId> {
    if let Ok(id) = theme.parse() {
        return Ok(id);
    }
    let filter = ThemeFilter { name: Some(theme.to_owned()), ..ThemeFilter::default() };
    match &roster.themes().filter(filter).all().await?[..] {
        [] => bail!("there is no theme {theme}"),
        [one] => Ok(one.id),
        _ => bail!("there are several themes named {theme}: use the id"),
    }
}

/// What the platform makes of a theme.
#[derive(Debug, clap::Args)]
struct Settings {
    /// What the platform makes of it: a JSON object
    #[arg(long, value_name = "JSON", conflicts_with = "settings_file")]
    settings: Option<String>,
    /// A file that holds that object; - for standard input
    #[arg(long, value_name = "FILE")]
    settings_file: Option<PathBuf>,
}

impl Settings {
    fn read(self) -> Result<Option<String>> {
        let Some(file) = self.settings_file else { return Ok(self.settings) };
        let text = match file.as_os_str() == "-" {
            true => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).map(|_| text)
            }
            false => std::fs::read_to_string(&file),
        };
        text.map(Some).with_context(|| format!("cannot read {}", file.display()))
    }
}

/// List the themes for your organization; system admins see all
#[derive(Debug, clap::Args)]
struct LsThemes {
    /// Those for this organization
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    /// Those of this name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    ls: Ls,
}

/// Show a theme
#[derive(Debug, clap::Args)]
struct Details {
    /// Id or name of the theme
    theme: String,
    #[command(flatten)]
    show: Show,
}

/// Create a theme
#[derive(Debug, clap::Args)]
struct Create {
    /// Its name
    name: String,
    #[command(flatten)]
    settings: Settings,
    /// Id of an organization that it is for; may be given several times [default: your own]
    #[arg(long = "organization", value_name = "ID")]
    organizations: Vec<OrganizationId>,
    #[command(flatten)]
    show: Show,
}

impl Create {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let new = NewTheme {
            name: self.name,
            settings: self.settings.read()?,
            organization_ids: Some(self.organizations).filter(|all| !all.is_empty()),
            logo_id: None,
        };
        ui.out.changed(&roster.create_theme(&new).await?, &self.show)
    }
}

/// Change a theme
#[derive(Debug, clap::Args)]
struct Update {
    /// Id or name of the theme
    theme: String,
    /// Its name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    settings: Settings,
    /// All organizations that it is for: ids with commas between; none: an empty text
    #[arg(long, value_name = "IDS")]
    organizations: Option<String>,
    /// Number of another theme's logo, to have the same one
    #[arg(long, value_name = "ID")]
    logo: Option<LogoId>,
    #[command(flatten)]
    show: Show,
}

impl Update {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let id = find(roster, &self.theme).await?;
        let update = ThemeUpdate {
            name: self.name,
            settings: self.settings.read()?,
            organization_ids: self.organizations.as_deref().map(read_ids).transpose()?,
            logo_id: self.logo.map(Some),
        };
        ui.out.changed(&roster.update_theme(id, &update).await?, &self.show)
    }
}

fn read_ids(words: &str) -> Result<Vec<OrganizationId>> {
    let words = words.split(',').map(str::trim).filter(|word| !word.is_empty());
    let read =
        |word: &str| word.parse().with_context(|| format!("--organizations {word}: that is no id"));
    words.map(read).collect()
}

/// Delete a theme; organizations whose default it is have none then
#[derive(Debug, clap::Args)]
struct Delete {
    /// Id or name of the theme
    theme: String,
    #[command(flatten)]
    sure: Sure,
}

impl Delete {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let theme = roster.get_theme(find(roster, &self.theme).await?).await?;
        self.sure.ask(&format!("Delete the theme {}?", theme.name), &ui.talk)?;
        roster.delete_theme(theme.id).await?;
        ui.talk.say(&format!("The theme {} is deleted.", theme.name));
        Ok(())
    }
}
