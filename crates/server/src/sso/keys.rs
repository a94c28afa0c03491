//! The keys with which an OpenID Connect provider signs.

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use roster_core::clock::Clock;
use roster_core::sso::provider::ProviderError;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::client::ProviderClient;

/// How long a set of keys is used before it is fetched again.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// How soon a token with an unknown key may have the set fetched again: tokens cost nothing to forge.
const REFETCH: SignedDuration = SignedDuration::from_secs(60);

/// One public key and what it may verify.
#[derive(Clone)]
pub(super) struct VerifyingKey {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

impl VerifyingKey {
    /// The key in `jwk`; none if it is not an asymmetric signature key of a kind that Roster knows.
    fn of(jwk: &Jwk) -> Option<Self> {
        if jwk.common.public_key_use.as_ref().is_some_and(|used| *used != PublicKeyUse::Signature) {
            return None;
        }
        // The key decides what it may verify, never the token: an RSA key verifies no HMAC.
        let mut algorithms = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => vec![
                Algorithm::RS256,
                Algorithm::RS384,
                Algorithm::RS512,
                Algorithm::PS256,
                Algorithm::PS384,
                Algorithm::PS512,
            ],
            AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
                EllipticCurve::P256 => vec![Algorithm::ES256],
                EllipticCurve::P384 => vec![Algorithm::ES384],
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
                vec![Algorithm::EdDSA]
            }
            _ => return None,
        };
        if let Some(named) = jwk.common.key_algorithm {
            let named = Algorithm::try_from(named).ok()?;
            algorithms.retain(|algorithm| *algorithm == named);
        }
        let key = DecodingKey::from_jwk(jwk).ok()?;
        Some(Self { id: jwk.common.key_id.clone(), algorithms, key })
    }

    fn verifies(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

struct Kept {
    keys: Vec<VerifyingKey>,
    fetched_at: Timestamp,
}

/// The keys of one issuer, fetched when they are needed and kept for a while.
#[derive(Default)]
pub(super) struct Keys(Mutex<Option<Kept>>);

impl Keys {
    /// The key that a token with this `kid` and `alg` is verified with.
    pub(super) async fn find(
        &self,
        client: &ProviderClient,
        url: &Url,
        clock: &dyn Clock,
        (id, algorithm): (Option<&str>, Algorithm),
    ) -> Result<VerifyingKey, ProviderError> {
        let mut kept = self.0.lock().await;
        let now = clock.now();
        let found = kept.as_ref().and_then(|kept| select(&kept.keys, id, algorithm));
        let age = kept.as_ref().map(|kept| now.duration_since(kept.fetched_at));
        let is_due = match age {
            None => true,
            Some(age) => age >= FRESH || (found.is_none() && age >= REFETCH),
        };
        let found = if is_due {
            let set: KeySet = client.get(url, None).await?;
            // Keys of kinds that Roster does not know stand beside those that it does.
            let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
            let keys: Vec<VerifyingKey> =
                keys.filter_map(|key: Jwk| VerifyingKey::of(&key)).collect();
            let found = select(&keys, id, algorithm);
            *kept = Some(Kept { keys, fetched_at: now });
            found
        } else {
            found
        };
        found.ok_or_else(|| {
            ProviderError::Refused("the identity token is signed with an unknown key".into())
        })
    }
}

/// The key called `id`; for a token that names none, the only one that fits.
fn select(keys: &[VerifyingKey], id: Option<&str>, algorithm: Algorithm) -> Option<VerifyingKey> {
    let mut fitting = keys
        .iter()
        .filter(|key| key.verifies(algorithm) && (id.is_none() || key.id.as_deref() == id));
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Some(key.clone()),
        _ => None,
    }
}
