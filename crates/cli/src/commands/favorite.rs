//! `roster favorite`

use anyhow::Result;
use clap::Subcommand;
use roster_client::{
    Client,
    model::{
        FavoriteFilter, FavoriteMove, FavoriteOrder, FavoriteRanking, NewFavorite, ObjectId,
        ObjectType,
    },
};

use super::Ls;
use crate::{connection::Connection, output::Show, ui::Ui};

/// See and arrange what you, or your organization, keep at hand
#[derive(Debug, clap::Args)]
pub(crate) struct FavoriteCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    #[command(alias = "list")]
    Ls(LsFavorites),
    Add(Add),
    #[command(alias = "remove")]
    Rm(Rm),
    /// Move one of your favorites to the top
    Top(Moved),
    /// Move one of your favorites up
    Higher(Moved),
    /// Move one of your favorites down
    Lower(Moved),
    /// Move one of your favorites to the bottom
    Bottom(Moved),
}

impl FavoriteCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(ls) => ls.run(&roster, ui).await,
            Verb::Add(add) => add.run(&roster, ui).await,
            Verb::Rm(rm) => rm.run(&roster).await,
            Verb::Top(moved) => moved.to(&roster, FavoriteMove::Top).await,
            Verb::Higher(moved) => moved.to(&roster, FavoriteMove::Higher).await,
            Verb::Lower(moved) => moved.to(&roster, FavoriteMove::Lower).await,
            Verb::Bottom(moved) => moved.to(&roster, FavoriteMove::Bottom).await,
        }
    }
}

/// List favorites
#[derive(Debug, clap::Args)]
struct LsFavorites {
    /// Those of this organization instead of your own
    #[arg(long, value_name = "ID")]
    org: Option<i64>,
    /// Only objects of this kind, for example Project
    #[arg(long = "type", value_name = "TYPE")]
    object_type: Option<ObjectType>,
    /// Only the object of this number
    #[arg(long = "object", value_name = "NUMBER", requires = "object_type")]
    object_id: Option<ObjectId>,
    /// By what they are ordered
    #[arg(long)]
    order: Option<FavoriteOrder>,
    /// The last first
    #[arg(long)]
    descending: bool,
    #[command(flatten)]
    ls: Ls,
}

impl LsFavorites {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let filter = FavoriteFilter {
            object_type: self.object_type,
            object_id: self.object_id,
            order: self.order,
            descending: self.descending.then_some(true),
        };
        match self.org {
            Some(org) => self.ls.run(roster.organization_favorites(org).filter(filter), ui).await,
            None => self.ls.run(roster.favorites("me").filter(filter), ui).await,
        }
    }
}

/// Add an object to favorites, at the bottom
#[derive(Debug, clap::Args)]
struct Add {
    /// The kind of object, for example Project
    object_type: ObjectType,
    /// The object's number
    object_id: ObjectId,
    /// To those of this organization instead of your own
    #[arg(long, value_name = "ID")]
    org: Option<i64>,
    #[command(flatten)]
    show: Show,
}

impl Add {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let new = NewFavorite { object_type: self.object_type, object_id: self.object_id };
        let made = match self.org {
            Some(org) => roster.add_organization_favorite(org, &new).await?,
            None => roster.add_favorite("me", &new).await?,
        };
        ui.out.changed(&made, &self.show)
    }
}

/// Remove favorites
#[derive(Debug, clap::Args)]
struct Rm {
    /// Ids of favorites
    #[arg(required = true, value_name = "FAVORITE")]
    favorites: Vec<i64>,
    /// From those of this organization instead of your own
    #[arg(long, value_name = "ID")]
    org: Option<i64>,
}

impl Rm {
    async fn run(self, roster: &Client) -> Result<()> {
        for favorite in self.favorites {
            match self.org {
                Some(org) => roster.remove_organization_favorite(org, favorite).await?,
                None => roster.remove_favorite("me", favorite).await?,
            }
        }
        Ok(())
    }
}

#[derive(Debug, clap::Args)]
struct Moved {
    /// Id of the favorite
    favorite: i64,
}

impl Moved {
    async fn to(self, roster: &Client, to: FavoriteMove) -> Result<()> {
        Ok(roster.move_favorite("me", self.favorite, &FavoriteRanking { to }).await?)
    }
}
