//! `--format`: which columns are shown, and how.
//!
//! Either names, divided by commas (`username,email`), or what the `airt` command takes: a
//! Python dictionary of names and format texts (`{'username': '{:<20}', 'created': '{}'}`).

use anyhow::{Context, Result, bail};

/// A column and the text its values are put into.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    format: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Value(Spec),
}

/// `[[fill]align][width][.precision]`, of Python's format language what concerns texts.
#[derive(Clone, Debug, Default, PartialEq)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    width: usize,
    precision: Option<usize>,
}

impl Column {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.into(), format: vec![Piece::Value(Spec::default())] }
    }

    /// The value as this column shows it.
    pub(crate) fn show(&self, value: &str) -> String {
        let pieces = self.format.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(spec) => spec.apply(value),
        });
        pieces.collect()
    }
}

/// Reads the value of `--format`.
pub(crate) fn parse(text: &str) -> Result<Vec<Column>> {
    let text = text.trim();
    let columns = if text.starts_with('{') {
        dictionary(text).context("--format holds neither column names nor a dictionary of them")?
    } else {
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(Column::new).collect()
    };
    if columns.is_empty() {
        bail!("--format names no column");
    }
    Ok(columns)
}

fn dictionary(text: &str) -> Result<Vec<Column>> {
    let mut rest = Rest(text);
    let mut columns = Vec::new();
    rest.expect('{')?;
    while !rest.take('}') {
        let name = rest.string()?;
        rest.expect(':')?;
        let format = format(&rest.string()?)?;
        columns.push(Column { name, format });
        if !rest.take(',') {
            rest.expect('}')?;
            break;
        }
    }
    if !rest.0.trim().is_empty() {
        bail!("there is something after the dictionary");
    }
    Ok(columns)
}

/// What is left to read.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    fn take(&mut self, c: char) -> bool {
        let after = self.0.trim_start().strip_prefix(c);
        after.map(|after| self.0 = after).is_some()
    }

    fn expect(&mut self, c: char) -> Result<()> {
        if self.take(c) { Ok(()) } else { bail!("{c:?} is missing before {:?}", self.0) }
    }

    /// A Python text in either kind of quotes.
    fn string(&mut self) -> Result<String> {
        let text = self.0.trim_start();
        let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let Some(quote) = quote else { bail!("a text in quotes is missing before {text:?}") };
        let mut read = String::new();
        let mut chars = text.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, 'n')) => read.push('\n'),
                    Some((_, 't')) => read.push('\t'),
                    Some((_, c)) => read.push(c),
                    None => break,
                },
                c if c == quote => {
                    self.0 = &text[at + c.len_utf8()..];
                    return Ok(read);
                }
                c => read.push(c),
            }
        }
        bail!("a quote is not closed in {text:?}")
    }
}

/// `{{` and `}}` are braces, `{…}` is the value.
fn format(text: &str) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let (brace, after) = (&rest[at..=at], &rest[at + 1..]);
        if let Some(after) = after.strip_prefix(brace) {
            plain.push_str(brace);
            rest = after;
            continue;
        }
        let Some((spec, after)) = after.split_once('}').filter(|_| brace == "{") else {
            bail!("a brace stands alone in {text:?}");
        };
        pieces.push(Piece::Text(std::mem::take(&mut plain)));
        pieces.push(Piece::Value(spec.trim_start_matches('0').parse()?));
        rest = after;
    }
    pieces.push(Piece::Text(plain + rest));
    Ok(pieces)
}

impl std::str::FromStr for Spec {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut spec = Self::default();
        let Some(text) = text.strip_prefix(':') else {
            if text.is_empty() {
                return Ok(spec);
            }
            bail!("{text:?} is not known in a format");
        };
        let mut rest = text;
        let is_align = |c: &char| matches!(c, '<' | '>' | '^');
        let (first, second) = (rest.chars().next(), rest.chars().nth(1));
        if let (Some(fill), Some(align)) = (first, second.filter(is_align)) {
            (spec.fill, spec.align) = (Some(fill), Some(align));
            rest = &rest[fill.len_utf8() + 1..];
        } else if let Some(align) = first.filter(is_align) {
            spec.align = Some(align);
            rest = &rest[1..];
        }
        let rest = rest.strip_suffix('s').unwrap_or(rest);
        let (width, precision) = match rest.split_once('.') {
            Some((width, precision)) => (width, Some(precision)),
            None => (rest, None),
        };
        let number = |text: &str| {
            let number = text.parse::<usize>().ok().filter(|number| *number <= 10_000);
            number.with_context(|| format!("{text:?} is not known in a format"))
        };
        spec.width = if width.is_empty() { 0 } else { number(width)? };
        spec.precision = precision.map(number).transpose()?;
        Ok(spec)
    }
}

impl Spec {
    fn apply(&self, value: &str) -> String {
        let value: String = value.chars().take(self.precision.unwrap_or(usize::MAX)).collect();
        let missing = self.width.saturating_sub(value.chars().count());
        let before = match self.align {
            Some('>') => missing,
            Some('^') => missing / 2,
            _ => 0,
        };
        let fill = |count| self.fill.unwrap_or(' ').to_string().repeat(count);
        fill(before) + &value + &fill(missing - before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(format: &str, value: &str) -> String {
        parse(format).unwrap()[0].show(value)
    }

    #[test]
    fn columns_are_named_with_commas_between() {
        let columns = parse("username, email").unwrap();
        assert_eq!(columns, [Column::new("username"), Column::new("email")]);
    }

    #[test]
    fn columns_are_a_dictionary_as_airt_takes_it() {
        let columns = parse(r#"{'username': '{}', "email": "<{:>12}>",}"#).unwrap();
        assert_eq!(columns[0].show("ann"), "ann");
        assert_eq!(columns[1].show("a@b.c"), "<       a@b.c>");
    }

    #[test]
    fn values_are_put_into_their_texts() {
        assert_eq!(shown("{'a': '{:*^7}'}", "abc"), "**abc**");
        assert_eq!(shown("{'a': '{:.2}!'}", "abc"), "ab!");
        assert_eq!(shown("{'a': '{{{}}}'}", "abc"), "{abc}");
        assert_eq!(shown(r"{'a': 'it\'s {0}'}", "abc"), "it's abc");
        assert_eq!(shown("{'a': '{:5s}|'}", "é"), "é    |");
    }

    #[test]
    fn anything_else_is_an_error() {
        for format in [
            "",
            ",",
            "{",
            "{}",
            "{'a'}",
            "{'a': 1}",
            "{'a': '{'}",
            "{'a': '}'}",
            "{'a': '{:x}'}",
            "{'a': '{!r}'}",
            "{'a': '{}'} x",
            "{'a': '{:99999999999}'}",
            "{'a': '",
        ] {
            assert!(parse(format).is_err(), "{format}");
        }
    }
}
