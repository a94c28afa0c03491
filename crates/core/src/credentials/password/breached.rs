//! A list of breached passwords, searched where it lies: the file may be larger than memory.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use data_encoding::HEXUPPER_PERMISSIVE;
use sha1::{Digest, Sha1};

const LENGTH: usize = 20;
const HEX_LENGTH: usize = 2 * LENGTH;
/// Longer than any line: a hash, a colon, a count, an end of line.
const LINE: usize = 96;
/// How many places are looked at to find a file that is not sorted.
const SAMPLES: u64 = 64;

/// A file of SHA-1 hashes in ascending order: either 20 bytes each, or a line each of 40 hexadecimal digits with
/// anything after them (`HASH:COUNT`, the form in which such lists are published).
#[derive(Debug)]
pub struct BreachedPasswords {
    file: File,
    length: u64,
    is_text: bool,
}

impl BreachedPasswords {
    /// Opens the list and looks at samples of it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut start = [0; HEX_LENGTH];
        let is_text =
            file.read_exact_at(&mut start, 0).is_ok() && start.iter().all(u8::is_ascii_hexdigit);
        let list = Self { file, length, is_text };
        list.check_samples()?;
        Ok(list)
    }

    fn check_samples(&self) -> io::Result<()> {
        let invalid = |message| io::Error::new(io::ErrorKind::InvalidData, message);
        if self.length == 0 || (!self.is_text && !self.length.is_multiple_of(LENGTH as u64)) {
            return Err(invalid(
                "not a list of SHA-1 hashes (20 bytes each, or a line of 40 hexadecimal digits each)",
            ));
        }
        let mut before = None;
        for sample in 0..SAMPLES {
            let Some((_, hash)) = self.entry_from(self.length / SAMPLES * sample)? else { break };
            if before.is_some_and(|before| before > hash) {
                return Err(invalid("the list of breached passwords is not sorted"));
            }
            before = Some(hash);
        }
        Ok(())
    }

    /// Whether `password` is on the list. Reads the file some dozens of times.
    pub fn contains(&self, password: &str) -> io::Result<bool> {
        let wanted: [u8; LENGTH] = Sha1::digest(password).into();
        // The entry we want, if there is one, begins at or after `low` and before `high`.
        let (mut low, mut high) = (0, self.length);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.entry_from(middle)? {
                Some((_, hash)) if hash == wanted => return Ok(true),
                Some((end, hash)) if hash < wanted => low = end,
                // The first entry from the middle on is too great, or there is none: look before the middle.
                _ => high = middle,
            }
        }
        Ok(false)
    }

    /// The first entry that begins at or after `place`, and where it ends.
    fn entry_from(&self, place: u64) -> io::Result<Option<(u64, [u8; LENGTH])>> {
        if self.is_text { self.line_from(place) } else { self.record_from(place) }
    }

    fn record_from(&self, place: u64) -> io::Result<Option<(u64, [u8; LENGTH])>> {
        let start = place.next_multiple_of(LENGTH as u64);
        if start >= self.length {
            return Ok(None);
        }
        let mut hash = [0; LENGTH];
        self.file.read_exact_at(&mut hash, start)?;
        Ok(Some((start + LENGTH as u64, hash)))
    }

    fn line_from(&self, place: u64) -> io::Result<Option<(u64, [u8; LENGTH])>> {
        // From the byte before: if that ends a line, one begins at `place` itself.
        let from = place.saturating_sub(1);
        let mut bytes = [0; 2 * LINE];
        let bytes = self.read_up_to(&mut bytes, from)?;
        let skipped = if place == 0 {
            0
        } else {
            match bytes.iter().position(|byte| *byte == b'\n') {
                Some(end) => end + 1,
                None if bytes.len() < 2 * LINE => return Ok(None),
                None => return Err(malformed()),
            }
        };
        let line = &bytes[skipped..];
        if line.is_empty() {
            return Ok(None);
        }
        let line_end =
            line.iter().position(|byte| *byte == b'\n').map_or(line.len(), |end| end + 1);
        let digits = line.get(..HEX_LENGTH).ok_or_else(malformed)?;
        let mut hash = [0; LENGTH];
        HEXUPPER_PERMISSIVE.decode_mut(digits, &mut hash).map_err(|_| malformed())?;
        Ok(Some((from + (skipped + line_end) as u64, hash)))
    }

    /// As many bytes as there are, up to the length of `bytes`.
    fn read_up_to<'b>(&self, bytes: &'b mut [u8], from: u64) -> io::Result<&'b [u8]> {
        let available = usize::try_from(self.length.saturating_sub(from)).unwrap_or(usize::MAX);
        let bytes = &mut bytes[..available.min(2 * LINE)];
        self.file.read_exact_at(bytes, from)?;
        Ok(bytes)
    }
}

fn malformed() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the list of breached passwords has a line that is no SHA-1 hash",
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use data_encoding::HEXUPPER;
    use proptest::prelude::*;

    use super::*;

    fn hashes(passwords: &[String]) -> Vec<[u8; LENGTH]> {
        let mut hashes: Vec<_> =
            passwords.iter().map(|password| Sha1::digest(password).into()).collect();
        hashes.sort_unstable();
        hashes
    }

    fn list(content: &[u8]) -> io::Result<BreachedPasswords> {
        let mut file = tempfile::NamedTempFile::new()?;
        file.write_all(content)?;
        BreachedPasswords::open(file.path())
    }

    /// The same hashes in every form a list may have.
    fn lists(passwords: &[String]) -> Vec<BreachedPasswords> {
        let hashes = hashes(passwords);
        let text = |end: &str, count: bool, lower: bool| {
            let line = |(index, hash): (usize, &[u8; LENGTH])| {
                let mut line = HEXUPPER.encode(hash);
                if lower {
                    line.make_ascii_lowercase();
                }
                if count {
                    line.push_str(&format!(":{}", 7usize.pow((index % 12) as u32)));
                }
                line + end
            };
            hashes.iter().enumerate().map(line).collect::<String>()
        };
        let unfinished = text("\n", false, false);
        [
            hashes.concat(),
            text("\n", false, false).into_bytes(),
            text("\r\n", true, false).into_bytes(),
            text("\n", true, true).into_bytes(),
            unfinished.trim_end().as_bytes().to_vec(),
        ]
        .iter()
        .map(|content| list(content).unwrap())
        .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn exactly_the_listed_passwords_are_found(count in 1usize..200, others in prop::collection::vec("\\PC*", 0..8)) {
            let passwords: Vec<_> = (0..count).map(|number| format!("password {number}")).collect();
            for list in lists(&passwords) {
                for password in &passwords {
                    prop_assert!(list.contains(password).unwrap(), "{password}");
                }
                for other in &others {
                    prop_assert_eq!(list.contains(other).unwrap(), passwords.contains(other));
                }
            }
        }
    }

    #[test]
    fn a_file_that_is_no_sorted_list_is_refused() {
        let mut unsorted = hashes(&(0..500).map(|number| number.to_string()).collect::<Vec<_>>());
        unsorted.reverse();
        for content in [Vec::new(), b"password\n123456\n".to_vec(), unsorted.concat()] {
            assert_eq!(list(&content).unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
        assert_eq!(
            BreachedPasswords::open(Path::new("/nowhere")).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }

    #[test]
    fn a_damaged_line_is_an_error_not_an_answer() {
        let content = format!("{}\n{}\n", "0".repeat(40), "x".repeat(400));
        assert!(list(content.as_bytes()).is_err());
    }
}
