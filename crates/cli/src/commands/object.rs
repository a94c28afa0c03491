//! `roster object`

use anyhow::Result;
use clap::Subcommand;
use jiff::Timestamp;
use roster_client::{
    Client,
    model::{ObjectFilter, ObjectId, ObjectRegistration, ObjectType, RunState},
};

use super::Ls;
use crate::{connection::Connection, output::Show, ui::Ui};

/// See and register what people own on the platform
#[derive(Debug, clap::Args)]
pub(crate) struct ObjectCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    #[command(alias = "list")]
    Ls(LsObjects),
    #[command(alias = "show")]
    Details(Details),
    Put(Put),
    #[command(alias = "remove")]
    Rm(Rm),
}

impl ObjectCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(ls) => {
                let filter = ObjectFilter { author: ls.author, object_type: ls.object_type };
                ls.ls.run(roster.objects().filter(filter), ui).await
            }
            Verb::Details(details) => {
                let (kind, id) = (details.object_type, details.object_id);
                ui.out.one(&roster.get_object(kind, id).await?, &details.show)
            }
            Verb::Put(put) => put.run(&roster, ui).await,
            Verb::Rm(rm) => Ok(roster.remove_object(rm.object_type, rm.object_id).await?),
        }
    }
}

/// List objects: your own; administrators see those of others, too
#[derive(Debug, clap::Args)]
struct LsObjects {
    /// Only those of this user
    #[arg(long, value_name = "USER")]
    author: Option<String>,
    /// Only those of this kind, for example Project
    #[arg(long = "type", value_name = "TYPE")]
    object_type: Option<ObjectType>,
    #[command(flatten)]
    ls: Ls,
}

/// Show an object
#[derive(Debug, clap::Args)]
struct Details {
    /// The kind of object, for example Project
    object_type: ObjectType,
    /// The object's number
    object_id: ObjectId,
    #[command(flatten)]
    show: Show,
}

/// Register an object, in place of what was known of it
#[derive(Debug, clap::Args)]
struct Put {
    /// The kind of object, for example Project
    object_type: ObjectType,
    /// The object's number
    object_id: ObjectId,
    /// Its name
    #[arg(long)]
    name: String,
    /// Whose it is
    #[arg(long, value_name = "USER")]
    author: String,
    /// Its state: succeeded, failed or running
    #[arg(long)]
    state: RunState,
    /// What it is filed under
    #[arg(long)]
    category: Option<String>,
    /// What the platform calls its last run
    #[arg(long, value_name = "ID")]
    last_run_id: Option<String>,
    /// How that came out
    #[arg(long, value_name = "STATE")]
    last_run_state: Option<RunState>,
    /// When that was
    #[arg(long, value_name = "TIME")]
    last_run_at: Option<Timestamp>,
    /// When it runs next
    #[arg(long, value_name = "TIME")]
    next_run_at: Option<Timestamp>,
    /// When it last changed [default: now]
    #[arg(long, value_name = "TIME")]
    updated_at: Option<Timestamp>,
    #[command(flatten)]
    show: Show,
}

impl Put {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let told = ObjectRegistration {
            name: self.name,
            author: self.author,
            state: self.state,
            category: self.category,
            last_run_id: self.last_run_id,
            last_run_state: self.last_run_state,
            last_run_at: self.last_run_at,
            next_run_at: self.next_run_at,
            updated_at: self.updated_at,
        };
        let known = roster.register_object(self.object_type, self.object_id, &told).await?;
        ui.out.changed(&known, &self.show)
    }
}

/// Forget an object
#[derive(Debug, clap::Args)]
struct Rm {
    /// The kind of object, for example Project
    object_type: ObjectType,
    /// The object's number
    object_id: ObjectId,
}
