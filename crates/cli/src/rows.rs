//! Files of users or groups, row by row: CSV with a header, or one JSON object on each line.
//!
//! Nothing is kept of a file but the row at hand, and no row may be longer than a bound, so a file of any size, or one
//! that only looks like one, takes little memory.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use roster_client::model::{GroupRow, Misread, UserRow};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::plain::{csv_cell, csv_original};

/// The longest row, in bytes.
const LONGEST: usize = 64 * 1024;
/// How much a reader takes from a file at a time.
const BUFFER: usize = 64 * 1024;

/// A form of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FileForm {
    /// Cells with commas between, names of the columns in the first line
    Csv,
    /// A JSON object on each line
    Ndjson,
}

impl FileForm {
    /// The form that is named, or that the name of the file ends in.
    pub(crate) fn choose(named: Option<Self>, file: &Path) -> Result<Self> {
        let ending =
            file.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match (named, ending.as_deref()) {
            (Some(form), _) => Ok(form),
            (None, Some("csv")) => Ok(Self::Csv),
            (None, Some("ndjson" | "jsonl")) => Ok(Self::Ndjson),
            (None, _) => {
                bail!("the name of the file does not say its form: give --format csv or ndjson")
            }
        }
    }
}

/// What a file holds one of on each row.
pub(crate) trait FileRecord: Serialize + DeserializeOwned {
    /// The columns that there are.
    const COLUMNS: &'static [&'static str];
    /// Those without which there is no reading a file.
    const NEEDED: &'static [&'static str];
}

impl FileRecord for UserRow {
    const COLUMNS: &'static [&'static str] = Self::COLUMNS;
    const NEEDED: &'static [&'static str] = &["username", "email"];
}

impl FileRecord for GroupRow {
    const COLUMNS: &'static [&'static str] = Self::COLUMNS;
    const NEEDED: &'static [&'static str] = &["name"];
}

/// A row of a file.
#[derive(Debug)]
pub(crate) struct FileRow<T> {
    /// The line it begins in, counted from 1.
    pub(crate) line: u64,
    /// How much of the file has been read with it.
    pub(crate) end: u64,
    /// What it holds, or why nothing can be made of it.
    pub(crate) record: Result<T, String>,
}

/// Reads rows.
pub(crate) enum RowReader<R> {
    /// Of CSV.
    Csv { reader: csv::Reader<Bounded<R>>, header: csv::StringRecord, left: Arc<AtomicUsize> },
    /// Of JSON.
    Ndjson { reader: BufReader<R>, line: u64, end: u64 },
}

/// Ends with an error when a single row takes more than it may.
pub(crate) struct Bounded<R> {
    inner: R,
    left: Arc<AtomicUsize>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.left.load(Ordering::Relaxed);
        if read > left {
            return Err(io::Error::other("a row is too long; is a quote not closed?"));
        }
        self.left.store(left - read, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Read> RowReader<R> {
    /// A reader of this form.
    pub(crate) fn new<T: FileRecord>(form: FileForm, file: R) -> Result<Self> {
        if form == FileForm::Ndjson {
            return Ok(Self::Ndjson {
                reader: BufReader::with_capacity(BUFFER, file),
                line: 0,
                end: 0,
            });
        }
        let left = Arc::new(AtomicUsize::new(LONGEST + 2 * BUFFER));
        let file = Bounded { inner: file, left: left.clone() };
        let mut reader = csv::ReaderBuilder::new().buffer_capacity(BUFFER).from_reader(file);
        let header = reader.headers().context("the first line cannot be read")?;
        let header: csv::StringRecord =
            header.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
        check_header::<T>(&header)?;
        Ok(Self::Csv { reader, header, left })
    }

    /// The next row; nothing at the end.
    ///
    /// # Errors
    /// The file cannot be read any further.
    pub(crate) fn next<T: FileRecord>(&mut self) -> Result<Option<FileRow<T>>> {
        match self {
            Self::Csv { reader, header, left } => {
                left.store(LONGEST + 2 * BUFFER, Ordering::Relaxed);
                let mut cells = csv::StringRecord::new();
                let line = reader.position().line();
                let read = reader.read_record(&mut cells);
                let line = cells.position().map_or(line, csv::Position::line);
                let end = reader.position().byte();
                let record = match read {
                    Ok(false) => return Ok(None),
                    Ok(true) => read_record(&cells, header),
                    Err(error) if matches!(error.kind(), csv::ErrorKind::Io(_)) => {
                        return Err(error).with_context(|| format!("line {line} cannot be read"));
                    }
                    Err(error) => Err(why(&error)),
                };
                Ok(Some(FileRow { line, end, record }))
            }
            Self::Ndjson { reader, line, end } => loop {
                let mut text = Vec::new();
                let read = reader.take(LONGEST as u64).read_until(b'\n', &mut text)?;
                if read == 0 {
                    return Ok(None);
                }
                *line += 1;
                *end += read as u64;
                if !text.ends_with(b"\n") && read == LONGEST {
                    *end += pass_line(reader)?;
                    let record = Err(format!("the line is longer than {LONGEST} bytes"));
                    return Ok(Some(FileRow { line: *line, end: *end, record }));
                }
                if text.trim_ascii().is_empty() {
                    continue;
                }
                let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&text);
                let record = read_object(text);
                return Ok(Some(FileRow { line: *line, end: *end, record }));
            },
        }
    }
}

/// Passes over the rest of a line; says how long it was.
fn pass_line(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut passed = 0;
    loop {
        let buffer = reader.fill_buf()?;
        let (length, is_end) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(length);
        passed += length as u64;
        if is_end {
            return Ok(passed);
        }
    }
}

fn check_header<T: FileRecord>(header: &csv::StringRecord) -> Result<()> {
    let mut seen = HashSet::new();
    for name in header {
        if !T::COLUMNS.contains(&name) {
            bail!("the column {}", unknown::<T>(name));
        }
        if !seen.insert(name) {
            bail!("the file has the column {name:?} twice");
        }
    }
    for needed in T::NEEDED {
        if !header.iter().any(|name| name == *needed) {
            bail!("the file has no column {needed:?}");
        }
    }
    Ok(())
}

fn read_record<T: FileRecord>(
    record: &csv::StringRecord,
    header: &csv::StringRecord,
) -> Result<T, String> {
    let cells: csv::StringRecord = record.iter().map(csv_original).collect();
    cells.deserialize(Some(header)).map_err(|error| {
        // The reader does not say of every cell in which column it is, so each is read alone.
        let mut alone = header.iter().zip(&cells).map(|(column, cell)| {
            let row = csv::StringRecord::from(vec![cell]);
            let read = row.deserialize::<T>(Some(&csv::StringRecord::from(vec![column])));
            read.map_err(|error| format!("{column} {}", misread(column, &error)))
        });
        alone.find_map(Result::err).unwrap_or_else(|| why(&error))
    })
}

/// What is wrong with the cell of a column.
fn misread(column: &str, error: &csv::Error) -> String {
    let misread = match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => match err.kind() {
            csv::DeserializeErrorKind::ParseBool(_) => Misread::no_truth_value(),
            kind => Misread::of(column, &kind.to_string()),
        },
        _ => return why(error),
    };
    misread.sentence
}

/// Reads a line of JSON. Serde would take a list for an object, its items for the fields in their order.
fn read_object<T: FileRecord>(text: &[u8]) -> Result<T, String> {
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err("it is no JSON object".to_owned());
    }
    let error = match serde_json::from_slice(text) {
        Ok(record) => return Ok(record),
        Err(error) => error,
    };
    let object: Map<String, Value> = serde_json::from_slice(text)
        .map_err(|error| format!("it is no JSON object: see column {}", error.column()))?;
    // The reader does not say of every value which one it is, so each is read alone.
    let mut alone = object.into_iter().map(|(key, value)| {
        if !T::COLUMNS.contains(&key.as_str()) {
            return Err(format!("the key {}", unknown::<T>(&key)));
        }
        let read: Result<T, _> = serde_json::from_value(json!({ &key: value }));
        let misread = |error: serde_json::Error| Misread::of(&key, &error.to_string()).sentence;
        read.map(drop).map_err(|error| format!("{key} {}", misread(error)))
    });
    alone.find_map(Result::err).map_or_else(
        || {
            let Misread { key, sentence, .. } = Misread::of("", &error.to_string());
            Err(format!("{} {sentence}", key.as_deref().unwrap_or("it")))
        },
        Err,
    )
}

/// What is said of a column that there is not.
fn unknown<T: FileRecord>(name: &str) -> String {
    let name: String = name.chars().take(100).collect();
    format!("{name:?} is not known; there are {}", T::COLUMNS.join(", "))
}

/// The error without the place, which is told otherwise.
fn why(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("there are {len} cells where the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

/// Writes rows.
pub(crate) enum RowWriter<W: Write> {
    /// As CSV, with these columns.
    Csv { writer: Box<csv::Writer<W>>, columns: &'static [&'static str] },
    /// As JSON.
    Ndjson(io::BufWriter<W>),
}

impl<W: Write> RowWriter<W> {
    /// A writer of this form, and of these columns where the form has any.
    pub(crate) fn new(form: FileForm, file: W, columns: &'static [&'static str]) -> Result<Self> {
        if form == FileForm::Ndjson {
            return Ok(Self::Ndjson(io::BufWriter::with_capacity(BUFFER, file)));
        }
        let mut writer = csv::WriterBuilder::new().buffer_capacity(BUFFER).from_writer(file);
        writer.write_record(columns)?;
        Ok(Self::Csv { writer: Box::new(writer), columns })
    }

    /// Adds a row.
    pub(crate) fn write(&mut self, row: &impl Serialize) -> Result<()> {
        match self {
            Self::Ndjson(file) => {
                serde_json::to_writer(&mut *file, row)?;
                Ok(file.write_all(b"\n")?)
            }
            Self::Csv { writer, columns } => {
                let cells = serde_json::to_value(row)?;
                for column in *columns {
                    match &cells[*column] {
                        Value::Null => writer.write_field("")?,
                        Value::String(text) => writer.write_field(csv_cell(text).as_bytes())?,
                        other => writer.write_field(other.to_string())?,
                    }
                }
                Ok(writer.write_record(None::<&[u8]>)?)
            }
        }
    }

    /// Nothing more follows.
    pub(crate) fn finish(self) -> Result<()> {
        match self {
            Self::Csv { mut writer, .. } => Ok(writer.flush()?),
            Self::Ndjson(mut file) => Ok(file.flush()?),
        }
    }
}

#[cfg(test)]
mod tests;
