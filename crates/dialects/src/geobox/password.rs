//! How the client hides a new password from onlookers: each code point XOR 42, as UTF-8, as base64. It is no secret how,
//! so this is neither hashing nor encryption; the rulebook is given the plain text.

use data_encoding::BASE64;
use roster_model::Secret;

/// What every code point is combined with.
const KEY: u32 = 42;

/// The password that the client has hidden so; none if that is not what it did.
pub(super) fn decode(hidden: &str) -> Option<Secret> {
    let bytes = BASE64.decode(hidden.as_bytes()).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    text.chars()
        .map(|c| char::from_u32(u32::from(c) ^ KEY))
        .collect::<Option<String>>()
        .map(Secret::new)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(hidden: &str) -> Option<String> {
        decode(hidden).map(|password| password.expose().to_owned())
    }

    #[test]
    fn the_contracts_example_is_read() {
        assert_eq!(decoded("empZw4M=").as_deref(), Some("P@sé"));
        assert_eq!(decoded("").as_deref(), Some(""));
    }

    #[test]
    fn what_no_client_writes_is_refused() {
        for wrong in ["x", "empZw4M", "empZw4M=\n", "emp Zw4M=", "_-==", "/w==", "P@sé"] {
            assert_eq!(decoded(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn every_password_reads_back(password in any::<String>()) {
            let hidden: String = password
                .chars()
                .filter_map(|c| char::from_u32(u32::from(c) ^ KEY))
                .collect();
            prop_assert_eq!(decoded(&BASE64.encode(hidden.as_bytes())), Some(password));
        }
    }
}
