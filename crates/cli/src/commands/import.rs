//! `roster import`

use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use roster_client::{
    Client,
    model::{ImportReport, OrganizationId, UserImport, UserRow},
};

use crate::{
    connection::Connection,
    talk::Talk,
    ui::Ui,
    user_rows::{FileForm, FileRow, RowReader},
};

/// The most users in one request.
const ROWS: usize = 100;
/// The most of the file in one request, in bytes: the server's own bound is beyond that.
const BYTES: u64 = 400_000;
/// How many requests are under way.
const REQUESTS: usize = 16;

/// Create users out of a file: CSV with a header, or a JSON object on each line
///
/// A line that is refused is told with its number and does not hold the others up. Users who are there already, with the
/// same username and address, are passed over: an import that was broken off is simply made again.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The file; - for standard input
    file: PathBuf,
    /// Its form [default: what its name ends in]
    #[arg(long, value_name = "FORM")]
    format: Option<FileForm>,
    /// Id of the organization [default: your own]
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    /// Only say what would come of it
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Rows that travel together, and where they came from.
#[derive(Default)]
struct Batch {
    users: Vec<UserRow>,
    lines: Vec<u64>,
    unread: Vec<(u64, String)>,
    begin: u64,
    end: u64,
}

impl Import {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = &self.connection.client()?;
        let form = FileForm::choose(self.format, &self.file)?;
        let (file, length): (Box<dyn Read>, _) = if self.file.as_os_str() == "-" {
            (Box::new(io::stdin()), None)
        } else {
            let opened = File::open(&self.file);
            let file = opened.with_context(|| format!("cannot open {}", self.file.display()))?;
            let length = file.metadata().ok().map(|known| known.len());
            (Box::new(file), length)
        };
        let mut reader = RowReader::new(form, file)?;
        let progress = ui.talk.progress("Importing", length);
        let batches = stream::iter(std::iter::from_fn(move || next_batch(&mut reader).transpose()));
        let sent =
            batches.map(|batch| async { self.send(roster, batch?).await }).buffered(REQUESTS);
        let mut sent = std::pin::pin!(sent);
        let (mut created, mut present, mut refused) = (0, 0, 0);
        let outcome = loop {
            match sent.try_next().await {
                Ok(Some((batch, report))) => {
                    created += report.created;
                    present += report.present;
                    refused += progress.suspend(|| tell_refused(&ui.talk, &batch, &report));
                    progress.set_position(batch.end);
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        progress.finish_and_clear();
        let done = if self.dry_run { "would be created" } else { "created" };
        ui.talk.say(&format!(
            "Users {done}: {created}; there already: {present}; lines refused: {refused}."
        ));
        outcome.context("the import was broken off; made again, it goes on from here")?;
        if refused > 0 {
            bail!("some lines were refused");
        }
        Ok(())
    }

    async fn send(&self, roster: &Client, mut batch: Batch) -> Result<(Batch, ImportReport)> {
        if batch.users.is_empty() {
            return Ok((batch, ImportReport::default()));
        }
        let import = UserImport {
            organization_id: self.organization,
            dry_run: self.dry_run,
            users: std::mem::take(&mut batch.users),
        };
        let report = roster.import_users(&import).await?;
        Ok((batch, report))
    }
}

/// Says which lines were refused, and how many.
fn tell_refused(talk: &Talk, batch: &Batch, report: &ImportReport) -> usize {
    let line = |row: u32| usize::try_from(row).ok().and_then(|row| batch.lines.get(row)).copied();
    let refused = report.refused.iter().map(|one| (line(one.row).unwrap_or_default(), &one.detail));
    let mut all: Vec<_> =
        refused.chain(batch.unread.iter().map(|(line, why)| (*line, why))).collect();
    all.sort_by_key(|(line, _)| *line);
    for (line, why) in &all {
        talk.say(&format!("line {line}: {why}"));
    }
    all.len()
}

/// The next rows of the file; nothing at its end.
fn next_batch<R: Read>(reader: &mut RowReader<R>) -> Result<Option<Batch>> {
    let mut batch = Batch::default();
    let mut rows = 0;
    while rows < ROWS && batch.end - batch.begin < BYTES {
        let Some(FileRow { line, end, user }) = reader.next()? else { break };
        if rows == 0 {
            batch.begin = end;
        }
        rows += 1;
        batch.end = end;
        match user {
            Ok(user) => {
                batch.users.push(user);
                batch.lines.push(line);
            }
            Err(why) => batch.unread.push((line, why)),
        }
    }
    Ok((rows > 0).then_some(batch))
}
