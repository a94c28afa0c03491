//! Texts cut into what the index knows.

use crate::sql::Engine;

/// What of a user is searched, as one text: each field once, a line feed after it.
///
/// Two more stand at the end, so that even the last character begins a trigram, and shorter pieces are found as
/// beginnings of trigrams.
pub(super) fn searched_text(fields: &[Option<&str>]) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut fields: Vec<&str> =
        fields.iter().flatten().copied().filter(|text| !text.is_empty()).collect();
    fields.sort_by_key(|text| std::cmp::Reverse(text.len()));
    for field in fields {
        if !kept.iter().any(|longer| longer.contains(field)) {
            kept.push(field);
        }
    }
    kept.join("\n") + "\n\n"
}

/// The different trigrams of a text, in order; for SQLite also the shorter pieces that hold a character beyond ASCII,
/// because in some scripts one is a name.
pub(super) fn tokens(engine: Engine, text: &str) -> Vec<&str> {
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let pieces =
        |length: usize| ends.windows(length + 1).map(move |ends| &text[ends[0]..ends[length]]);
    let mut cut: Vec<_> = pieces(3).collect();
    if engine == Engine::Sqlite && !text.is_ascii() {
        cut.extend(pieces(1).chain(pieces(2)).filter(|piece| !piece.is_ascii()));
    }
    cut.sort_unstable();
    cut.dedup();
    cut
}

/// What must be asked for to find who has a piece: its trigrams, or itself.
pub(super) fn tokens_of_piece(engine: Engine, piece: &str) -> Vec<&str> {
    let mut cut = tokens(engine, piece);
    let longest = cut.iter().map(|token| token.chars().count()).max().unwrap_or(0);
    cut.retain(|token| token.chars().count() == longest);
    cut
}

/// A token as FTS5 is told it: what its tokenizer would take for the end of a word is put as a character of private use.
pub(super) fn spell(token: &str) -> String {
    let letter = |one: char| match one {
        '\0'..='\x7F' if !one.is_ascii_alphanumeric() => char::from_u32(0xE000 + u32::from(one)),
        _ => None,
    };
    token.chars().map(|one| letter(one).unwrap_or(one)).collect()
}

/// The number that stands for a trigram in PostgreSQL (FNV-1a). Two that share one only make more candidates.
pub(super) fn number(trigram: &str) -> i32 {
    let hash = trigram
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.cast_signed()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_text_is_cut_at_characters() {
        assert_eq!(tokens(Engine::Postgres, "aé王😀"), ["aé王", "é王😀"]);
        assert_eq!(tokens(Engine::Sqlite, "aé王"), ["aé", "aé王", "é", "é王", "王"]);
        for engine in [Engine::Sqlite, Engine::Postgres] {
            assert_eq!(tokens(engine, "ababab"), ["aba", "bab"]);
            assert!(tokens(engine, "ab").is_empty());
        }
    }

    #[test]
    fn a_piece_is_asked_for_by_its_longest_tokens() {
        assert_eq!(tokens_of_piece(Engine::Sqlite, "chloé"), ["chl", "hlo", "loé"]);
        assert_eq!(tokens_of_piece(Engine::Sqlite, "王伟"), ["王伟"]);
        assert_eq!(tokens_of_piece(Engine::Sqlite, "王"), ["王"]);
        assert!(tokens_of_piece(Engine::Postgres, "王").is_empty());
        assert!(tokens_of_piece(Engine::Sqlite, "").is_empty());
    }

    #[test]
    fn every_piece_begins_a_trigram() {
        let text =
            searched_text(&[Some("ann"), Some("ann@example.com"), None, Some("王"), Some("")]);
        assert_eq!(text, "ann@example.com\n王\n\n");
        for piece in ["m", "om", "王", "n@"] {
            let tokens = tokens(Engine::Postgres, &text);
            assert!(tokens.iter().any(|trigram| trigram.starts_with(piece)), "{piece}");
        }
    }

    #[test]
    fn a_token_is_one_word() {
        assert_eq!(spell("n@é"), "n\u{E040}é");
        assert!((0..128_u8).map(char::from).all(|one| {
            spell(&one.to_string()).chars().all(|one| one.is_ascii_alphanumeric() || one > '\x7F')
        }));
    }
}
