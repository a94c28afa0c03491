//! Texts cut into what the index knows.

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

/// The different trigrams of a text, in order, and the shorter pieces that hold a character beyond ASCII, because in
/// some scripts one is a name.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let pieces =
        |length: usize| ends.windows(length + 1).map(move |ends| &text[ends[0]..ends[length]]);
    let mut cut: Vec<_> = pieces(3).collect();
    if !text.is_ascii() {
        cut.extend(pieces(1).chain(pieces(2)).filter(|piece| !piece.is_ascii()));
    }
    cut.sort_unstable();
    cut.dedup();
    cut
}

/// What must be asked for to find who has a piece: its trigrams, or itself.
pub(super) fn tokens_of_piece(piece: &str) -> Vec<&str> {
    let mut cut = tokens(piece);
    let longest = cut.iter().map(|token| token.chars().count()).max().unwrap_or(0);
    cut.retain(|token| token.chars().count() == longest);
    cut
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_text_is_cut_at_characters() {
        assert_eq!(tokens("aé王"), ["aé", "aé王", "é", "é王", "王"]);
        assert_eq!(tokens("ababab"), ["aba", "bab"]);
        assert!(tokens("ab").is_empty());
    }

    #[test]
    fn a_piece_is_asked_for_by_its_longest_tokens() {
        assert_eq!(tokens_of_piece("chloé"), ["chl", "hlo", "loé"]);
        assert_eq!(tokens_of_piece("王伟"), ["王伟"]);
        assert_eq!(tokens_of_piece("王"), ["王"]);
        assert!(tokens_of_piece("ab").is_empty() && tokens_of_piece("").is_empty());
    }

    #[test]
    fn every_piece_begins_a_trigram() {
        let text =
            searched_text(&[Some("ann"), Some("ann@example.com"), None, Some("王"), Some("")]);
        assert_eq!(text, "ann@example.com\n王\n\n");
        for piece in ["m", "om", "王", "n@"] {
            let tokens = tokens(&text);
            assert!(tokens.iter().any(|trigram| trigram.starts_with(piece)), "{piece}");
        }
    }
}
