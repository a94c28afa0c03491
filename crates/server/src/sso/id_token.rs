//! Whether an identity token can be believed.

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Validation};
use roster_core::sso::provider::ProviderError;
use serde::Deserialize;
use serde_json::Value;

use super::keys::VerifyingKey;

/// How far the clocks of provider and server may be apart.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
/// A token is exchanged for a code that was just given out, so it is no older than this.
const OLDEST: SignedDuration = SignedDuration::from_mins(15);
/// OpenID Connect's bound on a subject.
const SUBJECT_BYTES: usize = 255;

/// What a token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: Timestamp,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    #[serde(flatten)]
    profile: Profile,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// What a provider says about a person, in a token or at the userinfo endpoint.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Profile {
    pub(super) email: Option<String>,
    email_verified: Option<Value>,
    pub(super) name: Option<String>,
}

impl Profile {
    /// Whether the provider says plainly that the address is verified. Two large ones write `"true"`.
    pub(super) fn is_email_verified(&self) -> bool {
        match &self.email_verified {
            Some(Value::Bool(verified)) => *verified,
            Some(Value::String(verified)) => verified == "true",
            _ => false,
        }
    }
}

/// The header's `alg` and `kid`, to find the key.
pub(super) fn header(token: &str) -> Result<(Algorithm, Option<String>), ProviderError> {
    let header = jsonwebtoken::decode_header(token)
        .map_err(|_| refused("is none, or of a kind that is not taken"))?;
    if header.crit.is_some() {
        return Err(refused("demands something that Roster does not know"));
    }
    match header.alg {
        // With these, whoever knows a public text could sign.
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            Err(refused("is not signed with a private key"))
        }
        algorithm => Ok((algorithm, header.kid)),
    }
}

/// Subject and profile in `token`, if everything about it is right.
pub(super) fn verify(
    token: &str,
    key: &VerifyingKey,
    algorithm: Algorithm,
    expected: &Expected<'_>,
) -> Result<(String, Profile), ProviderError> {
    // The library checks the signature; times and names are checked below, against the clock of `Core`.
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let claims = jsonwebtoken::decode::<Claims>(token, &key.key, &validation)
        .map_err(|_| refused("has a wrong signature or lacks a claim"))?
        .claims;
    if claims.iss != expected.issuer {
        return Err(refused("is another issuer's"));
    }
    let (is_for_us, is_for_others) = match &claims.aud {
        Audience::One(audience) => (audience == expected.client_id, false),
        Audience::Several(all) => (all.iter().any(|one| one == expected.client_id), all.len() > 1),
    };
    let is_authorized = match &claims.azp {
        Some(party) => party == expected.client_id,
        None => !is_for_others,
    };
    if !is_for_us || !is_authorized {
        return Err(refused("is for somebody else"));
    }
    let [now, leeway, oldest] =
        [expected.now.as_duration().as_secs_f64(), LEEWAY.as_secs_f64(), OLDEST.as_secs_f64()];
    // Written so that a time that is not a number is refused.
    let is_current = claims.exp > now - leeway
        && claims.iat <= now + leeway
        && claims.iat >= now - oldest - leeway
        && claims.nbf.is_none_or(|not_before| not_before <= now + leeway);
    if !is_current {
        return Err(refused("has expired, or is not valid yet"));
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(refused("was made for another sign-in"));
    }
    if claims.sub.is_empty() || claims.sub.len() > SUBJECT_BYTES {
        return Err(refused("has no usable subject"));
    }
    Ok((claims.sub, claims.profile))
}

fn refused(what: &str) -> ProviderError {
    ProviderError::Refused(format!("the identity token {what}"))
}
