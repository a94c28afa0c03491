//! What of a filter the index can help with: texts that whoever passes it must have somewhere.

use roster_model::{Filter, PatternPiece, UserField};

/// The longest part of a text that is looked for in the index; the rest is verified.
const LONGEST: usize = 64;

/// Texts each of which a user must have in one of its searched fields to pass `filter`.
pub(crate) fn needles(filter: &Filter<UserField>) -> Vec<String> {
    let mut found = Vec::new();
    collect(filter, &mut found);
    found.retain(|text| !text.is_empty());
    found
}

fn collect(filter: &Filter<UserField>, found: &mut Vec<String>) {
    match filter {
        Filter::And(all) => all.iter().for_each(|one| collect(one, found)),
        Filter::Or(any) => found.extend(common(any)),
        Filter::Contains { fields, text } if fields.iter().all(|field| is_searched(*field)) => {
            found.push(text.chars().take(LONGEST).collect());
        }
        Filter::Like { field, pattern, is_folded } if is_searched(*field) => {
            let texts = pattern.pieces().iter().filter_map(|piece| match piece {
                PatternPiece::Text(text) => Some(text.as_str()),
                _ => None,
            });
            for text in texts {
                found.extend(if *is_folded {
                    Some(text.chars().take(LONGEST).collect())
                } else {
                    folded_for_sure(text)
                });
            }
        }
        _ => {}
    }
}

/// What whoever passes any of these must have: the texts that all of them want.
fn common(any: &[Filter<UserField>]) -> Vec<String> {
    let mut each = any.iter().map(needles);
    let Some(mut common) = each.next() else { return Vec::new() };
    for needles in each {
        common.retain(|text| needles.contains(text));
    }
    common
}

fn is_searched(field: UserField) -> bool {
    UserField::SEARCHED.contains(&field)
}

/// What the folded text has for sure if the text as written has `text`: ASCII letters but for the last, which a
/// combining mark after it may change.
fn folded_for_sure(text: &str) -> Option<String> {
    let ascii: String = text.chars().take(LONGEST).take_while(char::is_ascii).collect();
    let (_, sure) = ascii.chars().next_back().map(|last| (last, &ascii[..ascii.len() - 1]))?;
    (sure.len() >= 3).then(|| sure.to_ascii_lowercase())
}
