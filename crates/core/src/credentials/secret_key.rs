//! The installation's secret key: made at the first start, kept in a file that only its owner may read, or given.
//!
//! It never encrypts anything itself: each [`Purpose`] has a key of its own, derived from it, so a hash made for one
//! purpose can never serve another. To replace the key, put a new one in front: the first key makes everything new, the
//! others still read what they made.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::{hkdf, hmac};
use data_encoding::{
    BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE,
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::random::{Random, RandomExt};

const LENGTH: usize = 32;

/// A hash that only the holder of the secret key can compute.
pub type KeyedHash = [u8; 32];

/// What a derived key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Sealing TOTP secrets.
    TotpSecret,
    /// Hashing codes sent by SMS or e-mail.
    OneTimeCode,
    /// Hashing recovery codes.
    RecoveryCode,
    /// Hashing what was sent under an idempotency key, and sealing the answer it got.
    Idempotency,
    /// Sealing what a sign-in at a provider must remember until the browser comes back.
    SignInState,
    /// Sealing messages that hold a code or a link, until they are sent.
    Message,
    /// Hashing names that nobody has, at which sign-ins were tried.
    UnknownName,
    /// Telling which key sealed something.
    KeyId,
    /// Telling whether a database was used with this key.
    Fingerprint,
}

impl Purpose {
    /// Part of what is derived: changing one of these texts makes everything of that purpose unreadable.
    pub(crate) const fn label(self) -> &'static [u8] {
        match self {
            Self::TotpSecret => b"roster 1 totp secret",
            Self::OneTimeCode => b"roster 1 one-time code",
            Self::RecoveryCode => b"roster 1 recovery code",
            Self::Idempotency => b"roster 1 idempotency",
            Self::SignInState => b"roster 1 sign-in state",
            Self::Message => b"roster 1 message",
            Self::UnknownName => b"roster 1 unknown name",
            Self::KeyId => b"roster 1 key id",
            Self::Fingerprint => b"roster 1 fingerprint",
        }
    }
}

/// Why there is no usable secret key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The text is no list of keys. The text itself is not repeated: it is probably a secret.
    #[error(
        "the secret key must be 32 bytes, written as 64 hexadecimal digits or in base64 (several keys: separated by commas or blanks)"
    )]
    Malformed,
    /// The file's text is no list of keys.
    #[error("{} does not hold a secret key: each line must be 64 hexadecimal digits; restore it from a backup", .0.display())]
    Damaged(PathBuf),
    /// Others than the owner may read the key.
    #[error("{} can be read by others than its owner: run `chmod 600 {}`, and make a new key if somebody may have read it", .0.display(), .0.display())]
    Exposed(PathBuf),
    /// The file cannot be read or made.
    #[error("{}: {source}", path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct SecretKey([u8; LENGTH]);

impl SecretKey {
    /// The key for one purpose (HKDF-SHA-256).
    pub(crate) fn derived(&self, purpose: Purpose) -> Zeroizing<[u8; LENGTH]> {
        let mut key = Zeroizing::new([0; LENGTH]);
        hkdf::Salt::none(hkdf::HKDF_SHA256)
            .extract(&self.0)
            .expand(&[purpose.label()], hkdf::HKDF_SHA256)
            .and_then(|output| output.fill(key.as_mut_slice()))
            .expect("HKDF-SHA-256 gives 32 bytes");
        key
    }

    /// A byte that tells keys apart, so a sealed text says which one opens it. It gives nothing of the key away.
    pub(crate) fn id(&self) -> u8 {
        self.derived(Purpose::KeyId)[0]
    }

    fn parse(text: &str) -> Option<Self> {
        let encodings = [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD];
        // A key in hexadecimal is also base64, of 48 bytes; so the length decides.
        let bytes = if text.len() == 2 * LENGTH {
            HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()
        } else {
            encodings.iter().find_map(|encoding| encoding.decode(text.as_bytes()).ok())
        };
        let bytes = Zeroizing::new(bytes?);
        bytes.as_slice().try_into().ok().map(Self)
    }
}

/// The secret keys: the first makes everything new, the others read what they made before.
#[derive(Clone)]
pub struct Keyring {
    keys: Vec<SecretKey>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring(***)")
    }
}

impl Keyring {
    /// A new key.
    pub fn generate(random: &dyn Random) -> Self {
        Self { keys: vec![SecretKey(random.array())] }
    }

    /// The keys in `text`, newest first: what `ROSTER_SECRET_KEY` may hold.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let words =
            text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
        let keys: Option<Vec<_>> = words.map(SecretKey::parse).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(Self { keys }),
            _ => Err(KeyError::Malformed),
        }
    }

    /// The keys in the file at `path`; where there is none, a new key is made and kept there.
    pub fn load_or_create(path: &Path, random: &dyn Random) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                create(path, random)
                    .map_err(|source| KeyError::Io { path: path.to_owned(), source })?;
                Self::load(path)
            }
            loaded => loaded,
        }
    }

    /// The keys in the file at `path`.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let io = |source| KeyError::Io { path: path.to_owned(), source };
        let file = fs::File::open(path).map_err(io)?;
        if file.metadata().map_err(io)?.mode() & 0o077 != 0 {
            return Err(KeyError::Exposed(path.to_owned()));
        }
        let text = Zeroizing::new(io::read_to_string(file).map_err(io)?);
        Self::parse(&text).map_err(|_| KeyError::Damaged(path.to_owned()))
    }

    /// The hash of `parts` under the newest key. Each part's length is hashed with it, so no part can pass for its
    /// neighbour.
    pub fn keyed_hash(&self, purpose: Purpose, parts: &[&[u8]]) -> KeyedHash {
        keyed_hash(self.newest(), purpose, parts)
    }

    /// The hashes of `parts` under every key, newest first, to find what an older key hashed.
    pub fn keyed_hashes<'a>(
        &'a self,
        purpose: Purpose,
        parts: &'a [&'a [u8]],
    ) -> impl Iterator<Item = KeyedHash> + 'a {
        self.keys.iter().map(move |key| keyed_hash(key, purpose, parts))
    }

    /// What a database remembers of each key, newest first, to know it again. It gives nothing of the keys away.
    pub(crate) fn fingerprints(&self) -> impl Iterator<Item = String> + '_ {
        self.keyed_hashes(Purpose::Fingerprint, &[]).map(|hash| HEXLOWER.encode(&hash))
    }

    pub(crate) fn newest(&self) -> &SecretKey {
        &self.keys[0]
    }

    pub(crate) fn with_id(&self, id: u8) -> impl Iterator<Item = &SecretKey> {
        self.keys.iter().filter(move |key| key.id() == id)
    }
}

fn keyed_hash(key: &SecretKey, purpose: Purpose, parts: &[&[u8]]) -> KeyedHash {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.derived(purpose).as_slice());
    let mut context = hmac::Context::with_key(&key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.sign().as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes")
}

/// Puts a new key at `path`, whole or not at all: a crash must not leave half a key, and of two servers that start at
/// once one makes the key and the other reads it.
fn create(path: &Path, random: &dyn Random) -> io::Result<()> {
    let key = Zeroizing::new(random.array::<LENGTH>());
    let text = Zeroizing::new(HEXLOWER.encode(key.as_slice()));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", HEXLOWER.encode(&random.array::<8>())));
    let draft = path.with_file_name(name);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        // Unlike a rename, a link never replaces a key that has come to be meanwhile.
        match fs::hard_link(&draft, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    })();
    // The draft is a second copy of the secret; when it cannot be removed, that is no reason not to start.
    let _ = fs::remove_file(&draft);
    written?;
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::random::SeededRandom;

    fn hash(keys: &Keyring) -> KeyedHash {
        keys.keyed_hash(Purpose::OneTimeCode, &[b"x"])
    }

    #[test]
    fn one_key_reads_the_same_in_hexadecimal_and_base64() {
        let bytes: Vec<u8> = (0xE0..=0xFF).collect();
        let expected = hash(&Keyring { keys: vec![SecretKey(bytes.clone().try_into().unwrap())] });
        let texts = [
            HEXLOWER.encode(&bytes),
            HEXLOWER.encode(&bytes).to_uppercase(),
            BASE64.encode(&bytes),
            BASE64_NOPAD.encode(&bytes),
            BASE64URL.encode(&bytes),
            BASE64URL_NOPAD.encode(&bytes),
        ];
        for text in texts {
            assert_eq!(hash(&Keyring::parse(&format!(" {text}\n")).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_of_32_bytes_is_refused_and_not_repeated() {
        let hex = "ab".repeat(32);
        for text in [
            "",
            " , ",
            "secret",
            "ab",
            &hex[1..],
            &format!("{hex}a"),
            &format!("{hex},secret"),
            "é",
        ] {
            let error = Keyring::parse(text).unwrap_err();
            assert!(matches!(error, KeyError::Malformed));
            assert!(!error.to_string().contains("ab"), "{error}");
        }
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let keys = Keyring::parse(&"ab".repeat(32)).unwrap();
        let purposes = [
            Purpose::TotpSecret,
            Purpose::OneTimeCode,
            Purpose::RecoveryCode,
            Purpose::Idempotency,
            Purpose::SignInState,
            Purpose::Message,
            Purpose::UnknownName,
            Purpose::KeyId,
        ];
        let hashes: std::collections::HashSet<_> =
            purposes.iter().map(|purpose| keys.keyed_hash(*purpose, &[b"x"])).collect();
        assert_eq!(hashes.len(), purposes.len());
    }

    #[test]
    fn hashes_stay_what_they_were_in_the_first_release() {
        // Changing the derivation would make every stored code and TOTP secret unreadable. Computed with Python's hmac.
        let keys = Keyring::parse(&"ab".repeat(32)).unwrap();
        let hash = keys.keyed_hash(Purpose::RecoveryCode, &[b"ab", b"c"]);
        assert_eq!(
            HEXLOWER.encode(&hash),
            "c12c687371d1cef257ba567936583cab2def9c88564a17d9936f2496546f7db9"
        );
    }

    #[test]
    fn t49_the_key_is_made_once_and_readable_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let made = Keyring::load_or_create(&path, &SeededRandom::new(1)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let read = Keyring::load_or_create(&path, &SeededRandom::new(2)).unwrap();
        assert_eq!(hash(&made), hash(&read));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the draft is left behind");
    }

    #[test]
    fn t49_a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        Keyring::load_or_create(&path, &SeededRandom::new(1)).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Keyring::load_or_create(&path, &SeededRandom::new(1)).unwrap_err();
            assert!(matches!(error, KeyError::Exposed(_)), "{mode:o}: {error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(Keyring::load(&path).is_ok());
    }

    #[test]
    fn a_damaged_key_file_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        Keyring::load_or_create(&path, &SeededRandom::new(1)).unwrap();
        fs::write(&path, "abc").unwrap();
        let error = Keyring::load_or_create(&path, &SeededRandom::new(1)).unwrap_err();
        assert!(matches!(error, KeyError::Damaged(_)), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "abc");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error =
            Keyring::load_or_create(Path::new("/nowhere/secret.key"), &SeededRandom::new(1))
                .unwrap_err();
        assert!(error.to_string().contains("/nowhere/secret.key"), "{error}");
    }

    #[test]
    fn two_servers_that_start_at_once_get_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let hashes: std::collections::HashSet<_> = std::thread::scope(|scope| {
            let load =
                |seed| hash(&Keyring::load_or_create(&path, &SeededRandom::new(seed)).unwrap());
            let servers: Vec<_> = (0..8).map(|seed| scope.spawn(move || load(seed))).collect();
            servers.into_iter().map(|server| server.join().unwrap()).collect()
        });
        assert_eq!(hashes.len(), 1);
    }
}
