//! `roster import`

mod dioptra;

use std::{
    fs::File,
    io::{self, Read, Seek as _},
    path::PathBuf,
    time::Duration,
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

/// The most rows in one request; the server's own bound is the same.
const ROWS: usize = 1000;
/// The most of the file in one request, in bytes: the server's own bound is beyond that.
const BYTES: u64 = 400_000;
/// How many requests are under way: while the rows of some are written, those of others are read and checked, and the
/// server writes together what waits. With more of them the server needs more memory.
const REQUESTS: usize = 12;
/// How often a request is sent that gets no answer, or hears that the server cannot serve just now.
const TRIES: u32 = 8;
/// The wait before the second try, if the server asks for none; each further one is twice as long.
const WAIT: Duration = Duration::from_millis(500);

/// What is said where something was made before the import ended.
const BROKEN_OFF: &str = "the import was broken off; made again, it goes on from here";

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

impl<T> Batch<T> {
    /// The line of a row.
    fn line(&self, row: u32) -> u64 {
        usize::try_from(row).ok().and_then(|row| self.lines.get(row)).copied().unwrap_or_default()
    }
}

/// What can be imported.
trait Imported: FileRecord {
    /// What people call them.
    const NAME: &'static str;

    /// Many of them.
    type Rows;

    /// What is sent.
    fn rows(rows: Vec<Self>, import: &Import) -> Self::Rows;

    /// Has the server make them.
    async fn send(rows: &Self::Rows, roster: &Client) -> roster_client::Result<ImportReport>;
}

impl Imported for UserRow {
    const NAME: &'static str = "Users";

    type Rows = UserImport;

    fn rows(users: Vec<Self>, import: &Import) -> UserImport {
        let &Import { organization: organization_id, dry_run, .. } = import;
        UserImport { organization_id, dry_run, users }
    }

    async fn send(users: &UserImport, roster: &Client) -> roster_client::Result<ImportReport> {
        roster.import_users(users).await
    }
}

impl Imported for GroupRow {
    const NAME: &'static str = "Groups";

    type Rows = GroupImport;

    fn rows(groups: Vec<Self>, import: &Import) -> GroupImport {
        let &Import { organization: organization_id, dry_run, .. } = import;
        GroupImport { organization_id, dry_run, groups }
    }

    async fn send(groups: &GroupImport, roster: &Client) -> roster_client::Result<ImportReport> {
        roster.import_groups(groups).await
    }
}

/// What came of a file so far.
#[derive(Default)]
struct Sum {
    created: u64,
    present: u64,
    refused: usize,
    /// Lines whose account admin is not there, who may come with a later one; in their order.
    waiting: Vec<u64>,
}

impl Sum {
    /// Whether anything is done that an import made again would pass over.
    fn is_begun(&self) -> bool {
        self.created + self.present > 0
    }
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
            self.pass::<T>(ui, roster, form, Box::new(io::stdin()), None, &mut sum).await
        } else {
            let opened = File::open(&self.file);
            let file = opened.with_context(|| format!("cannot open {}", self.file.display()))?;
            self.passes::<T>(ui, roster, form, file, &mut sum).await
        };
        if outcome.is_ok() && !self.dry_run {
            for line in &sum.waiting {
                let why = "parent must name an administrator of the organization, and names none";
                ui.talk.say(&format!("line {line}: {why}"));
            }
            sum.refused += std::mem::take(&mut sum.waiting).len();
        }
        let done = if self.dry_run { "would be created" } else { "created" };
        ui.talk.say(&format!(
            "{} {done}: {}; there already: {}; lines refused: {}.",
            T::NAME,
            sum.created,
            sum.present,
            sum.refused,
        ));
        outcome.map_err(|error| match error.is::<roster_client::Error>() && sum.is_begun() {
            true => error.context(BROKEN_OFF),
            false => error,
        })?;
        if self.dry_run && !sum.waiting.is_empty() {
            let waiting = sum.waiting.len();
            ui.talk.say(&format!("Lines whose account admin is not there yet: {waiting}."));
        }
        if sum.refused > 0 {
            bail!("some lines were refused");
        }
        Ok(())
    }

    /// Goes over the file again, for the lines that wait for account admins, while such have come.
    async fn passes<T: Imported>(
        &self,
        ui: &Ui,
        roster: &Client,
        form: FileForm,
        mut file: File,
        sum: &mut Sum,
    ) -> Result<()> {
        self.pass::<T>(ui, roster, form, Box::new(file.try_clone()?), None, sum).await?;
        while !sum.waiting.is_empty() && !self.dry_run {
            file.rewind()?;
            let before = std::mem::take(&mut sum.waiting);
            let file = Box::new(file.try_clone()?);
            self.pass::<T>(ui, roster, form, file, Some(&before), sum).await?;
            if sum.waiting.len() == before.len() {
                break;
            }
        }
        Ok(())
    }

    /// Sends what the file holds, or only these lines of it.
    async fn pass<T: Imported>(
        &self,
        ui: &Ui,
        roster: &Client,
        form: FileForm,
        file: Box<dyn Read>,
        only: Option<&[u64]>,
        sum: &mut Sum,
    ) -> Result<()> {
        let mut reader = RowReader::new::<T>(form, file)?;
        let length = std::fs::metadata(&self.file).ok().filter(|file| file.is_file());
        let progress = ui.talk.progress("Importing", length.map(|file| file.len()));
        let batches = stream::iter(std::iter::from_fn(move || {
            next_batch::<T, _>(&mut reader, only).transpose()
        }));
        let sent = batches.map(|batch| async { self.send(roster, batch?).await });
        let mut sent = std::pin::pin!(sent.buffered(REQUESTS));
        let outcome = loop {
            match sent.try_next().await {
                Ok(Some((batch, mut report))) => {
                    let waiting = report.refused.extract_if(.., |row| is_waiting(row));
                    sum.waiting.extend(waiting.map(|row| batch.line(row.row)));
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
        let rows = T::rows(std::mem::take(&mut batch.rows), self);
        let report = patiently(async || T::send(&rows, roster).await).await?;
        Ok((batch, report))
    }
}

/// Sends a request, again and again while the server cannot serve it just now. What was made in spite of a lost answer
/// is passed over the next time, so nothing is made twice.
async fn patiently(
    send: impl AsyncFn() -> Result<ImportReport, roster_client::Error>,
) -> Result<ImportReport, roster_client::Error> {
    let mut tries = 1;
    loop {
        match send().await {
            Err(error) if error.is_passing() && tries < TRIES => {
                let wait = error.retry_after().unwrap_or(WAIT * 2_u32.pow(tries - 1));
                tokio::time::sleep(wait).await;
                tries += 1;
            }
            sent => return sent,
        }
    }
}

/// Whether a row is refused because its account admin is not there, who may come with a later line.
fn is_waiting(row: &RefusedRow) -> bool {
    row.field == Some(Field::Parent) && row.reason == "unknown"
}

/// Says which lines were refused, and how many.
fn tell_refused<T>(talk: &Talk, batch: &Batch<T>, report: &ImportReport) -> usize {
    let refused = report.refused.iter().map(|one| (batch.line(one.row), &one.detail));
    let mut all: Vec<_> =
        refused.chain(batch.unread.iter().map(|(line, why)| (*line, why))).collect();
    all.sort_by_key(|(line, _)| *line);
    for (line, why) in &all {
        talk.say(&format!("line {line}: {why}"));
    }
    all.len()
}

/// The next rows of the file, or of these lines of it; nothing at its end.
fn next_batch<T: FileRecord, R: Read>(
    reader: &mut RowReader<R>,
    only: Option<&[u64]>,
) -> Result<Option<Batch<T>>> {
    let mut batch = Batch { rows: Vec::new(), lines: Vec::new(), unread: Vec::new(), end: 0 };
    let (mut rows, mut begin) = (0, 0);
    while rows < ROWS && batch.end - begin < BYTES {
        let Some(FileRow { line, end, record }) = reader.next()? else { break };
        if only.is_some_and(|lines| lines.binary_search(&line).is_err()) {
            continue;
        }
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
