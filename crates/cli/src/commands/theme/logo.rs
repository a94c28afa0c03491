//! `roster theme logo`

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use roster_client::{Client, Upload, model::ThemeUpdate};

use super::find;
use crate::{output::Show, ui::Ui};

/// Larger files are not even sent: no server takes them.
const MAX_BYTES: u64 = 1 << 20;

/// See, set and take away the logo of a theme
#[derive(Debug, clap::Args)]
pub(super) struct LogoCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Set(Set),
    Get(Get),
    #[command(alias = "remove")]
    Rm(Rm),
}

impl LogoCommand {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        match self.verb {
            Verb::Set(command) => command.run(roster, ui).await,
            Verb::Get(command) => command.run(roster, ui).await,
            Verb::Rm(command) => command.run(roster, ui).await,
        }
    }
}

/// Give a theme an image as its logo: PNG, JPEG, GIF or WebP, of at most 512 KiB
#[derive(Debug, clap::Args)]
struct Set {
    /// Id or name of the theme
    theme: String,
    /// The image
    file: PathBuf,
    #[command(flatten)]
    show: Show,
}

impl Set {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let cannot = || format!("cannot read {}", self.file.display());
        if std::fs::metadata(&self.file).with_context(cannot)?.len() > MAX_BYTES {
            bail!("{} is larger than any logo", self.file.display());
        }
        let image = Upload(std::fs::read(&self.file).with_context(cannot)?);
        let id = find(roster, &self.theme).await?;
        ui.out.changed(&roster.set_theme_logo(id, &image).await?, &self.show)
    }
}

/// Write the logo of a theme into a file
#[derive(Debug, clap::Args)]
struct Get {
    /// Id or name of the theme
    theme: String,
    /// The file; - for standard output
    file: PathBuf,
}

impl Get {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let theme = roster.get_theme(find(roster, &self.theme).await?).await?;
        let Some(logo) = theme.logo else { bail!("the theme {} has no logo", theme.name) };
        let image = roster.get_theme_logo(&logo.name).await?;
        if self.file.as_os_str() == "-" {
            return ui.out.raw(&image.bytes);
        }
        std::fs::write(&self.file, &image.bytes)
            .with_context(|| format!("cannot write {}", self.file.display()))?;
        ui.talk.say(&format!("{} is {}.", self.file.display(), image.media_type));
        Ok(())
    }
}

/// Take the logo of a theme away
#[derive(Debug, clap::Args)]
struct Rm {
    /// Id or name of the theme
    theme: String,
}

impl Rm {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let id = find(roster, &self.theme).await?;
        let update = ThemeUpdate { logo_id: Some(None), ..ThemeUpdate::default() };
        let theme = roster.update_theme(id, &update).await?;
        ui.talk.say(&format!("The theme {} has no logo.", theme.name));
        Ok(())
    }
}
