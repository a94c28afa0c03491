//! Texts cut into trigrams.

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

/// The different trigrams of a text, in order.
pub(super) fn trigrams(text: &str) -> Vec<&str> {
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let mut cut: Vec<_> = ends.windows(4).map(|ends| &text[ends[0]..ends[3]]).collect();
    cut.sort_unstable();
    cut.dedup();
    cut
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
        assert_eq!(trigrams("aé王😀"), ["aé王", "é王😀"]);
        assert_eq!(trigrams("ababab"), ["aba", "bab"]);
        assert!(trigrams("ab").is_empty());
    }

    #[test]
    fn every_piece_begins_a_trigram() {
        let text =
            searched_text(&[Some("ann"), Some("ann@example.com"), None, Some("王"), Some("")]);
        assert_eq!(text, "ann@example.com\n王\n\n");
        for piece in ["m", "om", "王", "n@"] {
            assert!(trigrams(&text).iter().any(|trigram| trigram.starts_with(piece)), "{piece}");
        }
    }
}
