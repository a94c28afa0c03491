//! Paths, as every door reads them.

use percent_encoding::percent_decode_str;

/// The segments of a path, decoded once. Empty ones don't count: `/airt//user/` is `/airt/user`. None if a segment is not
/// UTF-8.
pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments.map(|segment| percent_decode_str(segment).decode_utf8().ok().map(Into::into)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_no_path() {
        assert_eq!(segments("/user/%ff"), None);
    }

    #[test]
    fn slashes_at_the_end_and_doubled_ones_make_no_difference() {
        let plain = segments("/user/details");
        for path in ["/user/details/", "//user//details", "user/details"] {
            assert_eq!(segments(path), plain);
        }
        assert_eq!(segments("/a%2Fb/%2525"), Some(vec!["a/b".into(), "%25".into()]));
    }
}
