//! Text from elsewhere, made safe to show (threats T38 and T39).

use std::borrow::Cow;

/// The text with everything that a terminal would act on written out as `\u{…}`: control
/// characters, and the invisible ones that turn the direction of writing or hide between others.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) { safe.extend(c.escape_unicode()) } else { safe.push(c) }
    }
    Cow::Owned(safe)
}

/// As [`plain`], for text of several lines that we have put together ourselves.
pub(crate) fn plain_lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// JSON text with the same characters written as JSON writes them.
pub(crate) fn plain_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        // Line feeds stand between JSON's parts; inside of its texts they are escaped already.
        if c != '\n' && is_unsafe(c) {
            for unit in c.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// A cell of a CSV file that no spreadsheet takes for a formula. One apostrophe goes before what
/// might be one, and before an apostrophe, so that taking one away gives the original.
pub(crate) fn csv_cell(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\'') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

/// The text of which [`csv_cell`] made a cell.
pub(crate) fn csv_original(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if matches!(csv_cell(text), Cow::Owned(_)) => text,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t39_what_a_terminal_would_act_on_is_written_out() {
        assert_eq!(plain("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(plain("a\r\nb"), "a\\u{d}\\u{a}b");
        assert_eq!(plain("\u{9b}2J"), "\\u{9b}2J");
        assert_eq!(plain("abc\u{202e}def\u{200b}"), "abc\\u{202e}def\\u{200b}");
        assert_eq!(plain("Zoë 李 🙂"), "Zoë 李 🙂");
    }

    #[test]
    fn t39_json_keeps_its_meaning() {
        let text = "a\u{9b}b\u{202e}c\u{e0041}\u{1b}\nd\u{7f}";
        let json = plain_json(&serde_json::to_string_pretty(&[text]).unwrap());
        assert!(json.chars().all(|c| c == '\n' || !is_unsafe(c)), "{json:?}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
    }

    #[test]
    fn t38_a_formula_is_text_and_reads_back() {
        for text in ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "'=1", "'"] {
            let cell = csv_cell(text);
            assert_eq!(csv_original(&cell), text);
            assert_eq!(cell.strip_prefix('\''), Some(text));
        }
        for text in ["", "ann", "a=b", "1-1"] {
            assert_eq!(csv_cell(text), text);
        }
    }
}
