//! What goes to standard output: data, as a table for people or in a form for programs.

use std::io::{self, StdoutLock, Write};

use anyhow::{Result, anyhow};
use comfy_table::{Cell, ContentArrangement, Table, presets};
use dialoguer::console::Term;
use serde_json::Value;

use crate::{
    ago::now,
    columns::{self, Column},
    plain::{csv_cell, plain, plain_json},
    record::{Record, Row, text, text_for_people},
};

/// How data is shown.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Show {
    /// Columns to show: names with commas between, or a dictionary of names and format texts.
    /// A single column is shown without its head
    #[arg(short, long, value_name = "COLUMNS", help_heading = "Output")]
    format: Option<String>,
    /// Show ids only, one on a line
    #[arg(short, long, help_heading = "Output")]
    quiet: bool,
    /// The form of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    output: Form,
}

impl Show {
    /// Whether a column is asked for that costs another request.
    pub(crate) fn wants(&self, names: &[&str]) -> bool {
        let Some(format) = &self.format else { return false };
        columns::parse(format)
            .is_ok_and(|columns| columns.iter().any(|one| names.contains(&one.name.as_str())))
    }

    pub(crate) fn is_for_people(&self) -> bool {
        self.output == Form::Table && !self.quiet
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) fn is_json(&self) -> bool {
        self.output == Form::Json
    }
}

/// A form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// For people
    #[default]
    Table,
    /// For programs: whole records
    Json,
    /// For spreadsheets
    Csv,
}

/// Standard output, locked for the life of the command.
pub(crate) struct Output {
    out: StdoutLock<'static>,
    is_terminal: bool,
}

impl Output {
    pub(crate) fn new() -> Self {
        let term = Term::stdout();
        Self { out: io::stdout().lock(), is_terminal: term.is_term() }
    }

    /// One line of text.
    pub(crate) fn line(&mut self, text: &str) -> Result<()> {
        writeln!(self.out, "{}", plain(text))?;
        Ok(self.out.flush()?)
    }

    /// Text of our own making, as it is: a QR code, a completion script.
    pub(crate) fn raw(&mut self, text: &[u8]) -> Result<()> {
        self.out.write_all(text)?;
        Ok(self.out.flush()?)
    }

    /// Any value as JSON.
    pub(crate) fn json(&mut self, value: &Value) -> Result<()> {
        let json = serde_json::to_string_pretty(value)?;
        writeln!(self.out, "{}", plain_json(&json))?;
        Ok(())
    }

    /// One record by itself: for people each field on a line of its own.
    pub(crate) fn one<R: Record>(&mut self, record: &R, show: &Show) -> Result<()> {
        if show.is_for_people() && show.format.is_none() {
            return self.fields(record);
        }
        self.records(std::slice::from_ref(record), show, true)
    }

    /// One record that a command has made or changed: for people as a table of one row.
    pub(crate) fn changed<R: Record>(&mut self, record: &R, show: &Show) -> Result<()> {
        self.records(std::slice::from_ref(record), show, true)
    }

    /// Records as rows.
    pub(crate) fn list<R: Record>(&mut self, records: &[R], show: &Show) -> Result<()> {
        self.records(records, show, false)
    }

    fn records<R: Record>(&mut self, records: &[R], show: &Show, is_single: bool) -> Result<()> {
        let format = show.format.as_deref().map(columns::parse).transpose()?;
        let has_format = format.is_some();
        let columns = match format {
            Some(columns) => columns,
            None if show.output == Form::Csv => all_columns(records, R::COLUMNS),
            None => R::COLUMNS.iter().map(|name| Column::new(name)).collect(),
        };
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let rows =
            records.iter().map(|record| Row::of(record, &names)).collect::<Result<Vec<_>, _>>()?;
        check_columns(&names, &rows)?;
        let is_one_column = has_format && columns.len() == 1;
        match show.output {
            Form::Json => self.as_json(&rows, has_format.then_some(&names), is_single),
            Form::Csv => self.as_csv(&rows, &names),
            Form::Table if is_one_column => self.bare(&rows, &columns),
            Form::Table if show.quiet => self.ids(&rows),
            Form::Table => self.as_table(&rows, &columns),
        }
    }

    fn ids(&mut self, rows: &[Row]) -> Result<()> {
        for row in rows {
            writeln!(self.out, "{}", plain(&row.id))?;
        }
        Ok(())
    }

    fn bare(&mut self, rows: &[Row], columns: &[Column]) -> Result<()> {
        for row in rows {
            for cell in cells(row, columns) {
                writeln!(self.out, "{}", plain(&cell))?;
            }
        }
        Ok(())
    }

    fn as_json(&mut self, rows: &[Row], only: Option<&Vec<String>>, is_single: bool) -> Result<()> {
        let values = rows.iter().map(|row| match only {
            None => row.json.clone(),
            Some(names) => {
                let value = |name: &String| row.get(name).cloned().unwrap_or_default();
                names.iter().map(|name| (name.clone(), value(name))).collect()
            }
        });
        let mut values: Vec<Value> = values.collect();
        let value = match values.pop() {
            Some(single) if is_single => single,
            last => {
                values.extend(last);
                Value::Array(values)
            }
        };
        self.json(&value)
    }

    fn as_csv(&mut self, rows: &[Row], names: &[String]) -> Result<()> {
        let is_terminal = self.is_terminal;
        let mut file = csv::Writer::from_writer(&mut self.out);
        file.write_record(names)?;
        for row in rows {
            file.write_record(names.iter().map(|name| {
                let value = row.get(name).unwrap_or(&Value::Null);
                let text = text(value);
                let cell = if value.is_number() { text } else { csv_cell(&text).into_owned() };
                // A file keeps every character; a terminal would act on some.
                if is_terminal { plain(&cell).into_owned() } else { cell }
            }))?;
        }
        Ok(file.flush()?)
    }

    fn as_table(&mut self, rows: &[Row], columns: &[Column]) -> Result<()> {
        let mut table = self.new_table();
        table.set_header(columns.iter().map(|column| plain(&column.name).into_owned()));
        for row in rows {
            table.add_row(cells(row, columns).map(|cell| Cell::new(plain(&cell))));
        }
        Ok(writeln!(self.out, "{}", table.trim_fmt())?)
    }

    fn fields<R: Record>(&mut self, record: &R) -> Result<()> {
        let columns = all_columns(std::slice::from_ref(record), R::COLUMNS);
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let row = Row::of(record, &names)?;
        let now = now();
        let mut table = self.new_table();
        for name in &names {
            let shown = text_for_people(name, row.get(name).unwrap_or(&Value::Null), now);
            if !shown.is_empty() {
                table.add_row([plain(name), plain(&shown)]);
            }
        }
        Ok(writeln!(self.out, "{}", table.trim_fmt())?)
    }

    fn new_table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        let width = self.is_terminal.then(|| Term::stdout().size_checked()).flatten();
        if let Some((_, width)) = width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        table
    }
}

fn cells(row: &Row, columns: &[Column]) -> impl Iterator<Item = String> {
    let now = now();
    columns.iter().map(move |column| {
        let value = row.get(&column.name).unwrap_or(&Value::Null);
        column.show(&text_for_people(&column.name, value, now))
    })
}

/// A file gets every field, those that people see first.
fn all_columns<R: Record>(records: &[R], first: &[&str]) -> Vec<Column> {
    let mut names: Vec<String> = first.iter().map(|name| (*name).into()).collect();
    let fields = records.first().and_then(|record| serde_json::to_value(record).ok());
    if let Some(Value::Object(fields)) = fields {
        names.extend(fields.keys().filter(|name| !first.contains(&name.as_str())).cloned());
    }
    names.iter().map(|name| Column::new(name)).collect()
}

/// A name that no record has is a mistake, which an empty column would hide.
fn check_columns(names: &[String], rows: &[Row]) -> Result<()> {
    let Some(row) = rows.first() else { return Ok(()) };
    match names.iter().find(|name| row.get(name).is_none()) {
        None => Ok(()),
        Some(name) => {
            let known = row.json.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
            let known = known.collect::<Vec<_>>().join(", ");
            Err(anyhow!("there is no column {name:?} in --format; there are {known}"))
        }
    }
}
