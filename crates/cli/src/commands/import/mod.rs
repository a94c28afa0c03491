//! `roster import`

mod dioptra;

use std::{
    fs::File,
    io::{self, Read, Seek as _},
    path::PathBuf,
};

use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use roster_client::{
    Client,
    model::{
        Field, GroupImport, GroupRow, ImportReport, OrganizationId, RefusedRow, UserImport, UserRow,
    },
};

use crate::{
    connection::Connection,
    rows::{FileForm, FileRecord, FileRow, RowReader},
    talk::Talk,
    ui::Ui,
};

/// The most rows in one request.
const ROWS: usize = 100;
/// The most of the file in one request, in bytes: the server's own bound is beyond that.
const BYTES: u64 = 400_000;
/// How many requests are under way.
const REQUESTS: usize = 16;

/// Create users, or groups, out of a file, CSV with a header or a JSON object on each line, or out of another platform's
/// database
///
/// A line that is refused is told with its number and does not hold the others up. What is there already is passed over:
/// an import that was broken off is simply made again.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The file; - for standard input. With --from, the database: the path of its SQLite file or its URL; - to be asked,
    /// for a URL may hold a password
    #[arg(value_name = "FILE|DATABASE_URL")]
    file: PathBuf,
    /// Take over the users and groups in the database of this platform's own server, which is only read
    #[arg(long, value_name = "PLATFORM", conflicts_with = "format")]
    from: Option<Platform>,
    /// Its form [default: what its name ends in]
    #[arg(long, value_name = "FORM")]
    format: Option<FileForm>,
    /// Groups instead of users; do this first, for users may name their groups
    #[arg(long)]
    groups: bool,
    /// Id of the organization [default: your own]
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    /// Only say what would come of it
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    connection: Connection,
}

/// A platform whose database can be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Platform {
    /// NIST Dioptra 1.2
    Dioptra,
}

/// Rows that travel together, and where they came from.
struct Batch<T> {
    rows: Vec<T>,
    lines: Vec<u64>,
    unread: Vec<(u64, String)>,
    end: u64,
}

/// What can be imported.
trait Imported: FileRecord {
    /// What people call them.
    const NAME: &'static str;

    /// Has the server make them.
    async fn send(rows: Vec<Self>, import: &Import, roster: &Client) -> Result<ImportReport>;
}

impl Imported for UserRow {
    const NAME: &'static str = "Users";

    async fn send(users: Vec<Self>, import: &Import, roster: &Client) -> Result<ImportReport> {
        let &Import { organization: organization_id, dry_run, .. } = import;
        Ok(roster.import_users(&UserImport { organization_id, dry_run, users }).await?)
    }
}

impl Imported for GroupRow {
    const NAME: &'static str = "Groups";

    async fn send(groups: Vec<Self>, import: &Import, roster: &Client) -> Result<ImportReport> {
        let &Import { organization: organization_id, dry_run, .. } = import;
        Ok(roster.import_groups(&GroupImport { organization_id, dry_run, groups }).await?)
    }
}

/// What came of a file so far.
#[derive(Default)]
struct Sum {
    created: u64,
    present: u64,
    refused: usize,
    /// Lines whose account admin is not there.
    waiting: usize,
}

impl Import {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        match (self.from, self.groups) {
            (Some(Platform::Dioptra), _) => self.run_from_dioptra(ui).await,
            (None, true) => self.import::<GroupRow>(ui).await,
            (None, false) => self.import::<UserRow>(ui).await,
        }
    }

    async fn import<T: Imported>(&self, ui: &Ui) -> Result<()> {
        let roster = &self.connection.client()?;
        let form = FileForm::choose(self.format, &self.file)?;
        let mut sum = Sum::default();
        let outcome = if self.file.as_os_str() == "-" {
            self.pass::<T>(ui, roster, form, Box::new(io::stdin()), &mut sum).await
        } else {
            let opened = File::open(&self.file);
            let file = opened.with_context(|| format!("cannot open {}", self.file.display()))?;
            self.passes::<T>(ui, roster, form, file, &mut sum).await
        };
        let done = if self.dry_run { "would be created" } else { "created" };
        ui.talk.say(&format!(
            "{} {done}: {}; there already: {}; lines refused: {}.",
            T::NAME,
            sum.created,
            sum.present,
            sum.refused,
        ));
        outcome.context("the import was broken off; made again, it goes on from here")?;
        if sum.waiting > 0 && self.dry_run {
            let waiting = sum.waiting;
            ui.talk.say(&format!("Lines whose account admin is not there yet: {waiting}."));
        } else if sum.waiting > 0 {
            bail!("{} lines name an account admin who is not there", sum.waiting);
        }
        if sum.refused > 0 {
            bail!("some lines were refused");
        }
        Ok(())
    }

    /// Goes over the file again while account admins have come who were not there for lines before theirs.
    async fn passes<T: Imported>(
        &self,
        ui: &Ui,
        roster: &Client,
        form: FileForm,
        mut file: File,
        sum: &mut Sum,
    ) -> Result<()> {
        self.pass::<T>(ui, roster, form, Box::new(file.try_clone()?), sum).await?;
        while sum.waiting > 0 && !self.dry_run {
            file.rewind()?;
            let mut next = Sum::default();
            self.pass::<T>(ui, roster, form, Box::new(file.try_clone()?), &mut next).await?;
            sum.created += next.created;
            if next.waiting >= sum.waiting {
                break;
            }
            sum.waiting = next.waiting;
        }
        Ok(())
    }

    async fn pass<T: Imported>(
        &self,
        ui: &Ui,
        roster: &Client,
        form: FileForm,
        file: Box<dyn Read>,
        sum: &mut Sum,
    ) -> Result<()> {
        let mut reader = RowReader::new::<T>(form, file)?;
        let length = std::fs::metadata(&self.file).ok().filter(|file| file.is_file());
        let progress = ui.talk.progress("Importing", length.map(|file| file.len()));
        let batches =
            stream::iter(std::iter::from_fn(move || next_batch::<T, _>(&mut reader).transpose()));
        let sent = batches.map(|batch| async { self.send(roster, batch?).await });
        let mut sent = std::pin::pin!(sent.buffered(REQUESTS));
        let outcome = loop {
            match sent.try_next().await {
                Ok(Some((batch, mut report))) => {
                    let before = report.refused.len();
                    report.refused.retain(|row| !is_waiting(row));
                    sum.waiting += before - report.refused.len();
                    sum.created += report.created;
                    sum.present += report.present;
                    sum.refused += progress.suspend(|| tell_refused(&ui.talk, &batch, &report));
                    progress.set_position(batch.end);
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        progress.finish_and_clear();
        outcome
    }

    async fn send<T: Imported>(
        &self,
        roster: &Client,
        mut batch: Batch<T>,
    ) -> Result<(Batch<T>, ImportReport)> {
        if batch.rows.is_empty() {
            return Ok((batch, ImportReport::default()));
        }
        let report = T::send(std::mem::take(&mut batch.rows), self, roster).await?;
        Ok((batch, report))
    }
}

/// Whether a row is refused because its account admin is not there, who may come with a later line.
fn is_waiting(row: &RefusedRow) -> bool {
    row.field == Some(Field::Parent) && row.reason == "unknown"
}

/// Says which lines were refused, and how many.
fn tell_refused<T>(talk: &Talk, batch: &Batch<T>, report: &ImportReport) -> usize {
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
fn next_batch<T: FileRecord, R: Read>(reader: &mut RowReader<R>) -> Result<Option<Batch<T>>> {
    let mut batch = Batch { rows: Vec::new(), lines: Vec::new(), unread: Vec::new(), end: 0 };
    let (mut rows, mut begin) = (0, 0);
    while rows < ROWS && batch.end - begin < BYTES {
        let Some(FileRow { line, end, record }) = reader.next()? else { break };
        if rows == 0 {
            begin = end;
        }
        rows += 1;
        batch.end = end;
        match record {
            Ok(record) => {
                batch.rows.push(record);
                batch.lines.push(line);
            }
            Err(why) => batch.unread.push((line, why)),
        }
    }
    Ok((rows > 0).then_some(batch))
}
