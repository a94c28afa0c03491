//! Providers change their keys.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use super::provider::World;
use super::signing::Signer;

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_but_not_for_every_token() {
    let world = World::new().await;
    world.sign_in().await.unwrap();
    world.sign_in().await.unwrap();
    let fetches = || world.hostile.key_fetches.load(Ordering::SeqCst);
    assert_eq!(fetches(), 1);
    let new = Signer::ec("two");
    world.behave(|provider| {
        provider.keys.push(new.jwk());
        provider.signer = new;
    });
    for _ in 0..5 {
        world.refusal().await;
    }
    assert_eq!(fetches(), 1, "unknown keys are looked for once a minute");
    world.hostile.clock.advance(Duration::from_secs(60));
    world.sign_in().await.unwrap();
    assert_eq!(fetches(), 2);
}

#[tokio::test]
async fn a_withdrawn_key_is_forgotten_within_the_hour() {
    let world = World::new().await;
    world.sign_in().await.unwrap();
    world.behave(|provider| provider.keys.clear());
    world.hostile.clock.advance(Duration::from_secs(3600));
    world.behave(|provider| {
        let now = provider.claims["iat"].as_i64().unwrap() + 3600;
        provider.claims["iat"] = json!(now);
        provider.claims["exp"] = json!(now + 300);
    });
    assert!(world.refusal().await.contains("unknown key"));
}

#[tokio::test]
async fn a_token_without_a_key_id_needs_a_set_where_one_key_fits() {
    let world = World::new().await;
    world.behave(|provider| {
        provider.mint =
            Some(Box::new(|signer, claims| signer.sign_with(&json!({"alg": "ES256"}), claims)));
    });
    world.sign_in().await.unwrap();
    world.behave(|provider| provider.keys.push(Signer::ec("two").jwk()));
    world.hostile.clock.advance(Duration::from_secs(3600));
    world.refusal().await;
}

#[tokio::test]
async fn a_key_for_encryption_verifies_nothing() {
    let world = World::new().await;
    world.behave(|provider| provider.keys[1]["use"] = json!("enc"));
    assert!(world.refusal().await.contains("unknown key"));
}
