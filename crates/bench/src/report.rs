//! Tables, on the screen and in `docs/performance.md`.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::data::Data;
use crate::machine;
use crate::options::{Scenario, engine_name};
use crate::rounds::Figure;

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// So much or more.
    AtLeast(f64),
    /// So much or less.
    AtMost(f64),
    /// There is none: the figure is for orientation.
    None,
}

impl Target {
    fn text(self) -> String {
        match self {
            Self::AtLeast(number) => format!("≥ {number}"),
            Self::AtMost(number) => format!("≤ {number}"),
            Self::None => String::new(),
        }
    }

    /// Whether the figures, all that there are, are as they should be.
    fn verdict(self, figures: &[Option<Figure>]) -> &'static str {
        let mut medians = figures.iter().flatten().map(|figure| figure.median).peekable();
        if medians.peek().is_none() {
            return "";
        }
        let is_met = match self {
            Self::AtLeast(least) => medians.all(|median| median >= least),
            Self::AtMost(most) => medians.all(|median| median <= most),
            Self::None => return "",
        };
        if is_met { "yes" } else { "**no**" }
    }
}

struct Row {
    what: String,
    by_time: Option<Figure>,
    by_cpu: Option<Figure>,
    target: Target,
}

/// What one scenario found.
pub(crate) struct Section {
    scenario: Scenario,
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Section {
    /// An empty table.
    pub(crate) fn new(scenario: Scenario) -> Self {
        Self { scenario, rows: Vec::new(), notes: Vec::new() }
    }

    /// Adds a line: what was measured, by the clock and by CPU time, and what both should be.
    pub(crate) fn row(
        &mut self,
        what: impl Into<String>,
        by_time: Option<Figure>,
        by_cpu: Option<Figure>,
        target: Target,
    ) {
        self.rows.push(Row { what: what.into(), by_time, by_cpu, target });
    }

    /// Adds a sentence below the table.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The table as Markdown.
    pub(crate) fn text(&self, data: &Data) -> String {
        let mut text = String::from(
            "| | by the clock | by CPU time | target | met |\n|---|---|---|---|---|\n",
        );
        for Row { what, by_time, by_cpu, target } in &self.rows {
            let verdict = match (target.verdict(&[*by_time, *by_cpu]), by_time) {
                ("", _) => String::new(),
                (verdict, Some(_)) => verdict.to_owned(),
                (verdict, None) => format!("{verdict} (CPU)"),
            };
            let clock = match (by_time, target) {
                (Some(figure), _) => shown(*figure),
                // For orientation, and known by CPU time.
                (None, Target::None) if by_cpu.is_some() => String::new(),
                (None, _) => "not measured".to_owned(),
            };
            let cpu = by_cpu.map_or(String::new(), shown);
            // Writing into a string does not fail.
            let _ = writeln!(text, "| {what} | {clock} | {cpu} | {} | {verdict} |", target.text());
        }
        let _ = write!(
            text,
            "\n{} users and {} live sessions in {}; {}. ",
            grouped(data.users),
            grouped(data.sessions),
            engine_name(data.engine),
            machine::description()
        );
        text.push_str(&self.notes.join(" "));
        text.push('\n');
        text
    }

    /// Puts the table into the document, in place of the one before.
    pub(crate) fn write(&self, data: &Data) -> anyhow::Result<()> {
        let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/performance.md"));
        let document = std::fs::read_to_string(&path).context("docs/performance.md")?;
        let what = format!("{} on {}", self.scenario, engine_name(data.engine));
        let (begin, end) = (format!("<!-- begin {what} -->\n"), format!("<!-- end {what} -->"));
        let marks = "docs/performance.md has lost its marks";
        let (head, rest) = document.split_once(&begin).context(marks)?;
        let (_, tail) = rest.split_once(&end).context(marks)?;
        std::fs::write(&path, [head, &begin, &self.text(data), &end, tail].concat())?;
        Ok(())
    }
}

fn shown(figure: Figure) -> String {
    let digits = if figure.median < 20.0 { 2 } else { 0 };
    let Figure { median, least, most } = figure;
    format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
}

/// 1000000 as 1,000,000.
pub(crate) fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(
            [7, 1_000, 999_999, 1_000_000].map(grouped),
            ["7", "1,000", "999,999", "1,000,000"]
        );
    }

    #[test]
    fn a_figure_that_was_not_measured_is_not_judged() {
        assert_eq!(Target::AtLeast(0.8).verdict(&[None, None]), "");
        let figure = Figure::of(vec![0.7, 0.9, 0.8]);
        assert_eq!(Target::AtLeast(0.8).verdict(&[None, figure]), "yes");
        assert_eq!(Target::AtMost(0.7).verdict(&[figure, None]), "**no**");
    }

    #[test]
    fn the_worse_of_two_figures_is_judged() {
        let figures = [0.75, 0.95].map(|median| Figure::of(vec![median]));
        assert_eq!(Target::AtLeast(0.8).verdict(&figures), "**no**");
        assert_eq!(Target::AtMost(0.9).verdict(&figures), "**no**");
        assert_eq!(Target::AtLeast(0.7).verdict(&figures), "yes");
    }
}
