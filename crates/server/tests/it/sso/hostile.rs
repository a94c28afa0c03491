//! T19: whatever a provider does, nobody becomes somebody else.

use std::collections::HashMap;

use roster_core::sso::provider::{AuthorizationResponse, Identity, ProviderError};
use serde_json::{Value, json};

use super::provider::{CLIENT_ID, CLIENT_SECRET, NONCE, World, challenge};
use super::signing::{Signer, hmac_signed, unsigned};

fn without(claims: &mut Value, name: &str) {
    claims.as_object_mut().unwrap().remove(name);
}

#[tokio::test]
async fn an_honest_provider_tells_who_somebody_is() {
    let world = World::new().await;
    let identity = world.sign_in().await.unwrap();
    let expected = Identity {
        issuer: world.hostile.issuer.clone(),
        subject: "subject-1".into(),
        email: Some("ann@example.com".into()),
        email_verified: true,
        name: Some("Ann".into()),
    };
    assert_eq!(identity, expected);
    let rsa = World::with_signer(Signer::rsa("r")).await;
    assert_eq!(rsa.sign_in().await.unwrap().subject, "subject-1");
}

#[tokio::test]
async fn the_sign_in_page_is_asked_with_state_nonce_and_pkce() {
    let world = World::new().await;
    let url = world.authorization_url().await.unwrap();
    let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
    let expected = [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", "https://roster.example.com/sso/test/callback"),
        ("scope", "openid email profile"),
        ("state", "state&="),
        ("nonce", NONCE),
        ("code_challenge", &challenge()),
        ("code_challenge_method", "S256"),
    ];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[tokio::test]
async fn a_provider_may_want_the_secret_in_the_form_and_tell_the_address_apart() {
    let world = World::new().await;
    world.behave(|provider| {
        provider.metadata["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
        without(&mut provider.claims, "email");
        without(&mut provider.claims, "email_verified");
        provider.userinfo =
            json!({"sub": "subject-1", "email": "ann@example.org", "email_verified": true});
    });
    let identity = world.sign_in().await.unwrap();
    assert_eq!(
        (identity.email.as_deref(), identity.email_verified),
        (Some("ann@example.org"), true)
    );
    assert_eq!(identity.name.as_deref(), Some("Ann"));
}

#[tokio::test]
async fn t19_an_address_counts_as_verified_only_when_the_provider_says_so() {
    let world = World::new().await;
    for (said, counts) in [
        (Some(json!(true)), true),
        (Some(json!("true")), true),
        (Some(json!(false)), false),
        (Some(json!("false")), false),
        (Some(json!(1)), false),
        (Some(json!(null)), false),
        (Some(json!(["true"])), false),
        (None, false),
    ] {
        world.behave(|provider| match &said {
            Some(said) => provider.claims["email_verified"] = said.clone(),
            None => without(&mut provider.claims, "email_verified"),
        });
        assert_eq!(world.sign_in().await.unwrap().email_verified, counts, "{said:?}");
    }
}

#[tokio::test]
async fn t19_a_verified_mark_without_an_address_verifies_nothing() {
    let world = World::new().await;
    world.behave(|provider| without(&mut provider.claims, "email"));
    let identity = world.sign_in().await.unwrap();
    assert_eq!((identity.email, identity.email_verified), (None, false));
}

#[tokio::test]
async fn t19_another_subject_at_the_userinfo_endpoint_is_refused() {
    let world = World::new().await;
    world.behave(|provider| {
        without(&mut provider.claims, "email");
        provider.userinfo =
            json!({"sub": "victim", "email": "victim@example.com", "email_verified": true});
    });
    assert!(world.refusal().await.contains("somebody else"));
}

#[tokio::test]
async fn t19_a_changed_subject_or_address_is_reported_as_it_is() {
    let world = World::new().await;
    world.behave(|provider| provider.claims["sub"] = json!("subject-2"));
    assert_eq!(world.sign_in().await.unwrap().subject, "subject-2");
    world.behave(|provider| provider.claims["email"] = json!("eve@example.com"));
    assert_eq!(world.sign_in().await.unwrap().email.as_deref(), Some("eve@example.com"));
}

#[tokio::test]
async fn t19_wrong_claims_are_refused() {
    let world = World::new().await;
    let good = world.hostile.behaviour.lock().unwrap().claims.clone();
    let now = good["iat"].as_i64().unwrap();
    let wrong = [
        ("aud", json!("other")),
        ("aud", json!([])),
        ("aud", json!(["other"])),
        ("aud", json!([CLIENT_ID, "other"])),
        ("aud", json!(null)),
        ("azp", json!("other")),
        ("iss", json!("https://accounts.google.com")),
        ("iss", json!(format!("{}/", world.hostile.issuer))),
        ("iss", json!(null)),
        ("nonce", json!("another")),
        ("nonce", json!(null)),
        ("exp", json!(now - 61)),
        ("exp", json!("never")),
        ("exp", json!(null)),
        ("iat", json!(now + 61)),
        ("iat", json!(now - 3600)),
        ("iat", json!(null)),
        ("nbf", json!(now + 120)),
        ("sub", json!("")),
        ("sub", json!(17)),
        ("sub", json!(null)),
        ("sub", json!("x".repeat(256))),
    ];
    for (name, value) in wrong {
        world.behave(|provider| {
            provider.claims = good.clone();
            provider.claims[name] = value.clone();
        });
        let why = world.refusal().await;
        assert!(why.starts_with("the identity token"), "{name} = {value}: {why}");
    }
    for name in ["aud", "iss", "nonce", "exp", "iat", "sub"] {
        world.behave(|provider| {
            provider.claims = good.clone();
            without(&mut provider.claims, name);
        });
        world.refusal().await;
    }
    world.behave(|provider| {
        provider.claims = good.clone();
        provider.claims["aud"] = json!([CLIENT_ID, "other"]);
        provider.claims["azp"] = json!(CLIENT_ID);
    });
    world.sign_in().await.unwrap();
}

#[tokio::test]
async fn t19_a_token_expires_by_the_clock_of_the_server() {
    let world = World::new().await;
    world.sign_in().await.unwrap();
    world.hostile.clock.advance(std::time::Duration::from_secs(361));
    assert!(world.refusal().await.contains("expired"));
}

#[tokio::test]
async fn t19_unsigned_tokens_are_refused() {
    let world = World::new().await;
    for algorithm in ["none", "None", "NONE", ""] {
        for kid in [json!("one"), json!(null)] {
            let header = json!({"alg": algorithm, "kid": kid});
            world.behave(|provider| {
                provider.mint =
                    Some(Box::new(move |_, claims| format!("{}.", unsigned(&header, claims))));
            });
            world.refusal().await;
        }
    }
    world.behave(|provider| {
        provider.mint = Some(Box::new(|signer, claims| {
            let signed = signer.sign(claims);
            format!("{}.", signed.rsplit_once('.').unwrap().0)
        }));
    });
    world.refusal().await;
    world.behave(|provider| provider.mint = None);
    assert!(world.refusal().await.contains("no identity token"));
}

#[tokio::test]
async fn t19_what_everybody_knows_is_no_hmac_secret() {
    let world = World::with_signer(Signer::rsa("one")).await;
    let mut secrets = world.hostile.behaviour.lock().unwrap().signer.public_spellings();
    secrets.push(CLIENT_SECRET.as_bytes().to_vec());
    secrets.push(Vec::new());
    for secret in secrets {
        world.behave(|provider| {
            provider.mint = Some(Box::new(move |_, claims| hmac_signed("one", &secret, claims)));
        });
        assert!(world.refusal().await.contains("private key"));
    }
}

#[tokio::test]
async fn t19_another_key_and_a_changed_token_are_refused() {
    let world = World::new().await;
    let stranger = Signer::ec("one");
    world.behave(|provider| provider.mint = Some(Box::new(move |_, claims| stranger.sign(claims))));
    assert!(world.refusal().await.contains("wrong signature"));
    let stranger = Signer::ec("two");
    world.behave(|provider| provider.mint = Some(Box::new(move |_, claims| stranger.sign(claims))));
    assert!(world.refusal().await.contains("unknown key"));
    world.behave(|provider| {
        provider.mint = Some(Box::new(|signer, claims| {
            let signed = signer.sign(claims);
            let mut forged = claims.clone();
            forged["sub"] = json!("victim");
            let header = json!({"alg": signer.algorithm(), "kid": signer.kid, "typ": "JWT"});
            format!("{}.{}", unsigned(&header, &forged), signed.rsplit_once('.').unwrap().1)
        }));
    });
    assert!(world.refusal().await.contains("wrong signature"));
}

#[tokio::test]
async fn t19_a_token_brings_neither_its_own_key_nor_its_own_rules() {
    let world = World::new().await;
    let stranger = Signer::ec("one");
    world.behave(|provider| {
        provider.mint = Some(Box::new(move |_, claims| {
            stranger
                .sign_with(&json!({"alg": "ES256", "kid": "one", "jwk": stranger.jwk()}), claims)
        }));
    });
    world.refusal().await;
    for header in [
        json!({"alg": "ES256", "kid": "one", "crit": ["b64"], "b64": false}),
        json!({"alg": "ES384", "kid": "one"}),
        json!({"alg": "RS256", "kid": "one"}),
    ] {
        world.behave(|provider| {
            provider.mint = Some(Box::new(move |signer, claims| signer.sign_with(&header, claims)));
        });
        world.refusal().await;
    }
}

#[tokio::test]
async fn t19_a_code_works_once_and_only_with_its_verifier() {
    let world = World::new().await;
    let response = world.response();
    world.identity(&response).await.unwrap();
    assert!(matches!(world.identity(&response).await, Err(ProviderError::Refused(_))));
    let stolen = AuthorizationResponse { pkce_verifier: "guess".into(), ..world.response() };
    assert!(matches!(world.identity(&stolen).await, Err(ProviderError::Refused(_))));
}

#[tokio::test]
async fn t19_an_answer_of_another_provider_is_refused_before_its_code_is_used() {
    let world = World::new().await;
    let response =
        AuthorizationResponse { issuer: Some("https://evil.example".into()), ..world.response() };
    assert!(matches!(world.identity(&response).await, Err(ProviderError::Refused(_))));
    let honest = AuthorizationResponse { issuer: Some(world.hostile.issuer.clone()), ..response };
    world.identity(&honest).await.unwrap();

    let promising = World::new().await;
    promising.behave(|provider| {
        provider.metadata["authorization_response_iss_parameter_supported"] = json!(true);
    });
    assert!(promising.refusal().await.contains("does not say"));
}

#[tokio::test]
async fn t19_a_discovery_document_in_another_name_is_refused() {
    let world = World::new().await;
    world.behave(|provider| provider.metadata["issuer"] = json!("https://accounts.google.com"));
    assert!(world.refusal().await.contains("another issuer"));
    assert!(world.authorization_url().await.is_err());
}

#[tokio::test]
async fn t45_an_endless_document_is_not_read() {
    let world = World::new().await;
    world.behave(|provider| provider.metadata["padding"] = json!("x".repeat(1 << 20)));
    let error = world.sign_in().await.unwrap_err();
    assert_eq!(error, ProviderError::Unavailable("the answer is too large".into()));
}

#[tokio::test]
async fn an_unknown_provider_is_said_to_be_unknown() {
    use roster_core::sso::provider::IdentityProviders;
    let world = World::new().await;
    let response = world.response();
    assert_eq!(world.providers.identity("other", &response).await, Err(ProviderError::Unknown));
    let listed = world.providers.providers();
    assert_eq!((listed[0].name.as_str(), listed[0].label.as_str()), ("test", "Test"));
}
