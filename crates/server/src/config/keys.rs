//! The known keys, read off the declaration.

use confique::Config;
use confique::meta::{Expr, FieldKind, LeafKind, Meta};

use super::{Settings, SsoProvider};

/// The section whose own sections have free names.
pub(super) const SSO: &str = "sso";

/// One key.
pub(super) struct Key {
    /// Its path in the file, such as `limits.body_bytes`.
    pub(super) path: String,
    /// Its documentation, a paragraph in one line.
    pub(super) doc: String,
    /// The value it has when nobody sets it.
    pub(super) default: Option<&'static Expr>,
    /// Whether it may be left out.
    pub(super) is_optional: bool,
}

impl Key {
    /// The variable of the environment that sets it.
    pub(super) fn variable(&self) -> String {
        variable(&self.path)
    }

    /// Whether no part of its value may be shown.
    pub(super) fn is_secret(&self) -> bool {
        is_secret(&self.path)
    }
}

/// A section and its keys.
pub(super) struct Section {
    /// Its name; empty for the keys outside a section.
    pub(super) name: String,
    /// What it is for.
    pub(super) doc: String,
    /// Its keys, as declared.
    pub(super) keys: Vec<Key>,
}

/// Every section with free names left out, as declared.
pub(super) fn sections() -> Vec<Section> {
    let mut sections = vec![Section {
        name: String::new(),
        doc: String::new(),
        keys: leaves("", &Settings::META),
    }];
    for field in Settings::META.fields {
        if let FieldKind::Nested { meta } = field.kind {
            sections.push(Section {
                name: field.name.to_owned(),
                doc: paragraph(field.doc),
                keys: leaves(&format!("{}.", field.name), meta),
            });
        }
    }
    sections
}

/// Every key with a fixed path.
pub(super) fn all() -> Vec<Key> {
    sections().into_iter().flat_map(|section| section.keys).collect()
}

/// The keys of the provider called `name`.
pub(super) fn of_provider(name: &str) -> Vec<Key> {
    leaves(&format!("{SSO}.{name}."), &SsoProvider::META)
}

/// The variable of the environment that sets the key at `path`.
pub(super) fn variable(path: &str) -> String {
    format!("ROSTER_{}", path.replace(['.', '-'], "_").to_ascii_uppercase())
}

/// Whether no part of the value at `path` may be shown.
pub(super) fn is_secret(path: &str) -> bool {
    const SECRET: [&str; 5] = ["password", "secret", "secret_key", "headers", "body"];
    let name = path.rsplit('.').next().unwrap_or(path);
    SECRET.contains(&name) || name.ends_with("_secret")
}

/// The one of `known` that is most like `text`, where one is alike at all.
pub(super) fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (distance(text, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| is_alike(text, candidate, *distance))
        .map(|(_, candidate)| candidate)
}

/// Whether somebody may have meant `candidate`: the beginning that both have says nothing.
fn is_alike(text: &str, candidate: &str, distance: usize) -> bool {
    let common = text.bytes().zip(candidate.bytes()).take_while(|(a, b)| a == b).count();
    let common = &text.as_bytes()[..common];
    let common = common.iter().rposition(|b| b"_.".contains(b)).map_or(0, |end| end + 1);
    distance <= (candidate.len().max(text.len()) - common).div_ceil(3)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (corner + usize::from(from != *to)).min(above + 1).min(row[j] + 1);
            corner = above;
        }
    }
    row[b.len()]
}

fn leaves(prefix: &str, meta: &Meta) -> Vec<Key> {
    let fields = meta.fields.iter().filter(|field| !prefix.is_empty() || field.name != SSO);
    fields
        .filter_map(|field| match &field.kind {
            FieldKind::Nested { .. } => None,
            FieldKind::Leaf { kind, .. } => Some(Key {
                path: format!("{prefix}{}", field.name),
                doc: paragraph(field.doc),
                default: match kind {
                    LeafKind::Required { default } => default.as_ref(),
                    LeafKind::Optional => None,
                },
                is_optional: !matches!(kind, LeafKind::Required { default: None }),
            }),
        })
        .collect()
}

fn paragraph(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_key_has_a_variable_of_its_own_and_a_sentence() {
        let mut seen = HashSet::new();
        for key in all() {
            assert!(key.doc.ends_with('.'), "{}: {}", key.path, key.doc);
            assert!(seen.insert(key.variable()), "{} is taken twice", key.variable());
        }
        assert!(seen.contains("ROSTER_DATABASE_URL") && seen.contains("ROSTER_ADMIN_PASSWORD"));
    }

    #[test]
    fn the_nearest_key_is_found_and_nonsense_is_near_to_none() {
        let known = ["listen", "limits.body_bytes", "data_dir"];
        assert_eq!(nearest("lisen", known), Some("listen"));
        assert_eq!(nearest("datadir", known), Some("data_dir"));
        assert_eq!(nearest("xyzzyplugh", known), None);
    }
}
