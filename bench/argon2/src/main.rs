//! Roster's Argon2 against the usual Rust crate and libsodium's code, at Roster's own setting.
//!
//! `cargo run --release` here. The contenders take turns on one thread, and each round's CPU times are divided by
//! libsodium's of the same round; printed are the medians. A machine that does other work in the meantime widens the
//! spread (also printed) more than it moves the medians.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

const ROUNDS: usize = 15;
const HASHES_PER_ROUND: usize = 8;
const KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const PASSWORD: &[u8] = b"correct horse battery staple";
const SALT: [u8; 16] = [7; 16];

type Hash = [u8; 32];

/// A name and a way to hash.
struct Contender {
    name: &'static str,
    hash: Box<dyn FnMut() -> Hash>,
    times: Vec<Duration>,
}

fn contender(name: &'static str, hash: impl FnMut() -> Hash + 'static) -> Contender {
    Contender { name, hash: Box::new(hash), times: Vec::new() }
}

fn contenders() -> Vec<Contender> {
    let usual = || {
        let params = argon2::Params::new(KIB, PASSES, 1, Some(32)).expect("valid parameters");
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
    };
    let ours = || {
        let (variant, version) = (roster_argon2::Variant::Id, roster_argon2::Version::V19);
        roster_argon2::Argon2::new(variant, version, KIB, PASSES, 1).expect("valid parameters")
    };
    let room = || roster_argon2::Memory::new(KIB as usize).expect("memory");

    let usual_alone = usual();
    let (usual_kept, mut blocks) = (usual(), vec![argon2::Block::new(); KIB as usize]);
    let (ours_kept, mut memory) = (ours(), room());
    let ours_alone = ours();
    vec![
        contender("libsodium", || {
            let (bytes, algorithm) = (KIB as usize * 1024, libsodium_rs::crypto_pwhash::ALG_ARGON2ID13);
            let hash = libsodium_rs::crypto_pwhash::pwhash(32, PASSWORD, &SALT, PASSES.into(), bytes, algorithm);
            hash.expect("libsodium hashes").try_into().expect("32 bytes")
        }),
        contender("argon2 crate", move || {
            let mut hash = [0; 32];
            usual_alone.hash_password_into(PASSWORD, &SALT, &mut hash).expect("argon2 hashes");
            hash
        }),
        contender("argon2 crate, memory kept", move || {
            let mut hash = [0; 32];
            let done = usual_kept.hash_password_into_with_memory(PASSWORD, &SALT, &mut hash, &mut blocks);
            done.expect("argon2 hashes");
            hash
        }),
        contender("roster-argon2, new memory", move || {
            let mut hash = [0; 32];
            ours_alone.hash(PASSWORD, &SALT, &mut room(), &mut hash).expect("roster-argon2 hashes");
            hash
        }),
        contender("roster-argon2, memory kept", move || {
            let mut hash = [0; 32];
            ours_kept.hash(PASSWORD, &SALT, &mut memory, &mut hash).expect("roster-argon2 hashes");
            hash
        }),
    ]
}

fn main() {
    libsodium_rs::ensure_init().expect("libsodium starts");
    let mut contenders = contenders();
    let expected = (contenders[0].hash)();
    for _ in 0..ROUNDS {
        for contender in &mut contenders {
            let begun = cpu_time();
            for _ in 0..HASHES_PER_ROUND {
                assert_eq!((contender.hash)(), expected, "{} is wrong", contender.name);
            }
            contender.times.push(cpu_time() - begun);
        }
    }
    println!("{:28} {:>12} {:>12} {:>20}", "", "ms per hash", "to libsodium", "spread");
    for contender in &contenders {
        let mut ratios: Vec<_> = contender
            .times
            .iter()
            .zip(&contenders[0].times)
            .map(|(time, baseline)| time.as_secs_f64() / baseline.as_secs_f64())
            .collect();
        ratios.sort_by(f64::total_cmp);
        let mut times = contender.times.clone();
        times.sort();
        let each = times[ROUNDS / 2].as_secs_f64() * 1000.0 / HASHES_PER_ROUND as f64;
        let spread = format!("{:.2} to {:.2}", ratios[0], ratios[ROUNDS - 1]);
        println!("{:28} {each:>12.2} {:>12.2} {spread:>20}", contender.name, ratios[ROUNDS / 2]);
    }
}

/// The CPU time this thread has had, which other work on the machine does not add to.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
