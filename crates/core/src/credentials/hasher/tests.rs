use std::sync::mpsc;

use super::*;
use crate::random::SeededRandom;

const TINY: HashingSettings =
    HashingSettings { memory_kib: 8, passes: 1, lanes: 1, threads: 1, queue: 2 };
const BCRYPT_OF_SECRET: &str = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";

fn start(settings: HashingSettings) -> PasswordHasher {
    PasswordHasher::start(settings, Arc::new(SeededRandom::new(1))).unwrap()
}

const RIGHT: Verified = Verified { is_right: true, needs_rehash: false };
const RIGHT_BUT_OLD: Verified = Verified { is_right: true, needs_rehash: true };

/// Keeps the pool's only thread busy until the answer is dropped.
async fn occupied(hasher: &Arc<PasswordHasher>) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel();
    let (begin, begun) = oneshot::channel();
    let pool = Arc::clone(hasher);
    tokio::spawn(async move {
        let wait = move |_: &mut Memory| {
            let _ = begin.send(());
            let _ = released.recv();
        };
        pool.run(wait).await
    });
    begun.await.unwrap();
    release
}

#[tokio::test]
async fn a_password_verifies_against_its_hash_and_no_other_does() {
    let hasher = start(TINY);
    let hash = hasher.hash(&"secret".into()).await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
    assert_eq!(hasher.verify(&"secret".into(), &hash).await, Ok(RIGHT));
    assert_eq!(hasher.verify(&"Secret".into(), &hash).await, Ok(Verified::WRONG));
    assert_eq!(hasher.verify(&"".into(), &hash).await, Ok(Verified::WRONG));
}

#[tokio::test]
async fn two_hashes_of_one_password_differ() {
    let hasher = start(TINY);
    assert_ne!(
        hasher.hash(&"secret".into()).await.unwrap(),
        hasher.hash(&"secret".into()).await.unwrap()
    );
}

#[tokio::test]
async fn a_hash_of_another_cost_or_kind_is_to_be_replaced_once_the_password_is_right() {
    let old = start(TINY).hash(&"secret".into()).await.unwrap();
    let hasher = start(HashingSettings { passes: 2, ..TINY });
    assert_eq!(hasher.verify(&"secret".into(), &old).await, Ok(RIGHT_BUT_OLD));
    assert_eq!(hasher.verify(&"wrong".into(), &old).await, Ok(Verified::WRONG));
    assert_eq!(hasher.verify(&"secret".into(), BCRYPT_OF_SECRET).await, Ok(RIGHT_BUT_OLD));
}

#[tokio::test]
async fn t48_a_password_longer_than_bcrypt_reads_is_let_in_but_not_taken_over() {
    let of_72_or_more = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
    let hasher = start(TINY);
    assert_eq!(hasher.verify(&"x".repeat(80).into(), of_72_or_more).await, Ok(RIGHT));
}

#[tokio::test]
async fn t48_one_password_typed_in_two_unicode_forms_is_one_password() {
    let hasher = start(TINY);
    let (composed, decomposed) = ("caf\u{e9} au lait", "cafe\u{301}\u{a0}au lait");
    for (set, typed) in [(composed, decomposed), (decomposed, composed)] {
        let hash = hasher.hash(&set.into()).await.unwrap();
        assert_eq!(hasher.verify(&typed.into(), &hash).await, Ok(RIGHT));
    }
    let elsewhere = start(TINY);
    let salt = [7; 16];
    let hash_of = move |memory: &mut Memory| {
        let cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
        Argon2Hash::of(decomposed.as_bytes(), salt, cost, memory).unwrap().to_string()
    };
    let raw = elsewhere.run(hash_of).await.unwrap();
    assert_eq!(
        hasher.verify(&decomposed.into(), &raw).await,
        Ok(RIGHT),
        "an imported hash of the raw bytes"
    );
}

#[tokio::test]
async fn t02_the_same_number_of_hashes_is_computed_whoever_signs_in() {
    let hasher = start(TINY);
    let hash = hasher.hash(&"secret".into()).await.unwrap();
    for typed in ["wrong", "", "cafe\u{301}"] {
        let before = hasher.operations();
        hasher.verify(&typed.into(), &hash).await.unwrap();
        let between = hasher.operations();
        hasher.verify_absent(&typed.into()).await.unwrap();
        assert_eq!(between - before, hasher.operations() - between, "{typed:?}");
    }
}

#[tokio::test]
async fn t44_a_full_queue_refuses_at_once_and_recovers() {
    let hasher = Arc::new(start(TINY));
    let release = occupied(&hasher).await;
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let hasher = Arc::clone(&hasher);
            tokio::spawn(async move { hasher.hash(&"secret".into()).await })
        })
        .collect();
    while hasher.waiting() < 2 {
        tokio::task::yield_now().await;
    }
    let refused = hasher.verify_absent(&"secret".into()).await;
    assert_eq!(refused, Err(HashingError::Overloaded { retry_after: Duration::from_secs(1) }));
    assert_eq!(hasher.waiting(), 2);
    drop(release);
    for waiting in waiting {
        waiting.await.unwrap().unwrap();
    }
    assert_eq!(hasher.waiting(), 0);
    hasher.verify_absent(&"secret".into()).await.unwrap();
}

#[tokio::test]
async fn nothing_is_computed_for_a_request_that_went_away() {
    let hasher = Arc::new(start(TINY));
    let release = occupied(&hasher).await;
    let request = tokio::spawn({
        let hasher = Arc::clone(&hasher);
        async move { hasher.hash(&"secret".into()).await }
    });
    while hasher.waiting() < 1 {
        tokio::task::yield_now().await;
    }
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    drop(release);
    hasher.verify_absent(&"secret".into()).await.unwrap();
    assert_eq!(hasher.operations(), 1);
}

#[tokio::test]
async fn a_fault_in_one_computation_does_not_cost_the_pool_its_thread() {
    let hasher = start(TINY);
    let failed: Result<(), _> = hasher.run(|_| panic!("a fault on purpose")).await;
    assert_eq!(failed, Err(HashingError::Failed));
    hasher.verify_absent(&"secret".into()).await.unwrap();
}

#[tokio::test]
async fn a_stored_text_that_is_no_hash_is_an_error_not_a_wrong_password() {
    let hasher = start(TINY);
    let error = hasher.verify(&"secret".into(), "plain").await.unwrap_err();
    assert_eq!(error, HashingError::Unreadable(FormatError::Unknown));
}

#[test]
fn settings_that_argon2_cannot_do_stop_the_start() {
    for settings in [
        HashingSettings { memory_kib: 7, ..TINY },
        HashingSettings { memory_kib: 8, lanes: 2, ..TINY },
        HashingSettings { passes: 0, ..TINY },
        HashingSettings { memory_kib: 1024 * 1024, ..TINY },
    ] {
        let refused = PasswordHasher::start(settings, Arc::new(SeededRandom::new(1)));
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::InvalidInput, "{settings:?}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_threads_give_way_to_everything_else() {
    let hasher = start(TINY);
    let nice = hasher.run(|_| rustix::process::getpriority_process(None).unwrap()).await.unwrap();
    assert_eq!(nice, 19);
    assert_ne!(
        rustix::process::getpriority_process(None).unwrap(),
        19,
        "the test's own thread was slowed down too"
    );
}
