//! The commands, one file for each noun.

pub(crate) mod activity;
pub(crate) mod admin;
pub(crate) mod api_key;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod favorite;
pub(crate) mod flag;
pub(crate) mod group;
pub(crate) mod import;
pub(crate) mod invitation;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod message;
pub(crate) mod mfa;
pub(crate) mod migrate_db;
pub(crate) mod object;
pub(crate) mod org;
pub(crate) mod plan;
pub(crate) mod restore;
pub(crate) mod role;
pub(crate) mod serve;
pub(crate) mod session;
pub(crate) mod setup;
pub(crate) mod sso;
pub(crate) mod theme;
pub(crate) mod user;
pub(crate) mod whoami;

use anyhow::{Result, bail};
use futures_util::TryStreamExt;
use roster_client::{Paged, Pages, model::ListFilter};

use crate::{output::Show, record::Record, talk::Talk, ui::Ui};

/// Which part of a list.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Part {
    /// Pass over so many first
    #[arg(short, long, default_value_t = 0, value_name = "NUMBER")]
    offset: u64,
    /// Show at most so many
    #[arg(short, long, default_value_t = 100, value_name = "NUMBER")]
    limit: u64,
    /// Show all, however many there are
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

/// Which records of a list, in which order.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Which {
    /// Those of which this is true, such as "id > 100" (see the filter language in the documentation)
    #[arg(long, value_name = "CONDITION")]
    pub(crate) filter: Option<String>,
    /// Those with this piece in what names or describes them
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Fields to order by, with commas between; with - before it downwards
    #[arg(long, value_name = "FIELDS", allow_hyphen_values = true)]
    pub(crate) order_by: Option<String>,
}

impl Which {
    /// The same for the server.
    pub(crate) fn filter(&self) -> ListFilter {
        ListFilter {
            filter: self.filter.clone(),
            search: self.search.clone(),
            order_by: self.order_by.clone(),
        }
    }
}

impl Part {
    /// Fetches this part of a list, in as many requests as it takes.
    pub(crate) async fn of<E: Paged>(&self, list: Pages<E>, talk: &Talk) -> Result<Vec<E::Item>> {
        /// The most that one answer holds.
        const PAGE: u64 = 1000;
        let limit = if self.all { u64::MAX } else { self.limit };
        if limit == 0 {
            return Ok(Vec::new());
        }
        let page = u32::try_from(limit.min(PAGE)).unwrap_or(1);
        let mut stream = std::pin::pin!(list.page_size(page).offset(self.offset).stream());
        let mut records = Vec::new();
        let mut waiting = None;
        while (records.len() as u64) < limit
            && let Some(record) = stream.try_next().await?
        {
            records.push(record);
            // A list of one page is there before anybody could read that it is being fetched.
            if (records.len() as u64).is_multiple_of(PAGE) {
                let waiting = waiting.get_or_insert_with(|| talk.wait(""));
                waiting.set_message(format!("Fetching… {}", records.len()));
            }
        }
        if let Some(waiting) = waiting {
            waiting.finish_and_clear();
        }
        Ok(records)
    }
}

/// What every command has that lists records and takes nothing but which and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Ls {
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    show: Show,
}

impl Ls {
    /// Fetches the part that is asked for, and shows it.
    pub(crate) async fn run<E: Paged<Item: Record>>(
        &self,
        list: Pages<E>,
        ui: &mut Ui,
    ) -> Result<()> {
        let records = self.part.of(list, &ui.talk).await?;
        ui.out.list(&records, &self.show)
    }
}

/// The same of a list that takes the filter language.
#[derive(Debug, clap::Args)]
pub(crate) struct NarrowedLs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    ls: Ls,
}

impl NarrowedLs {
    /// Fetches the part that is asked for, and shows it.
    pub(crate) async fn run<E: Paged<Item: Record, Filter = ListFilter>>(
        &self,
        list: Pages<E>,
        ui: &mut Ui,
    ) -> Result<()> {
        self.ls.run(list.filter(self.which.filter()), ui).await
    }
}

/// A text as an update wants it: an empty one takes away what is there.
pub(crate) fn or_none(text: &Option<String>) -> Option<Option<String>> {
    text.clone().map(|text| (!text.is_empty()).then_some(text))
}

/// Lets a person think again before something is gone. A script says `--yes`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Sure {
    /// Do not ask whether you are sure
    #[arg(short, long)]
    yes: bool,
}

impl Sure {
    /// Asks, and goes no further without a yes.
    pub(crate) fn ask(self, question: &str, talk: &Talk) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        if !talk.is_with_person() {
            bail!("nobody is there to be asked whether to go on: give --yes");
        }
        if talk.confirm(question)? { Ok(()) } else { bail!("nothing was changed") }
    }
}
