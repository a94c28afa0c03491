//! Sign-ins, natively and at the Dioptra door, against bare Argon2id of the same library, and token checks while they come in masses.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use roster_argon2::{Argon2, Memory, Variant, Version};
use roster_core::credentials::hasher::HashingSettings;

use crate::check;
use crate::child::Served;
use crate::data::{Data, PASSWORD};
use crate::http::{self, Connection};
use crate::machine;
use crate::options::Scenario;
use crate::report::{Section, Target};
use crate::rounds::{self, Rounds, Turn};

/// A contender's turn.
const TURN: Duration = Duration::from_secs(2);
/// A contender's turn, where the slowest hundredth of its checks is looked for.
const LONG_TURN: Duration = Duration::from_secs(4);
/// Between the token checks whose times are taken.
const PAUSE: Duration = Duration::from_millis(1);

/// Where one signs in.
struct Door {
    what: &'static str,
    path: &'static str,
    /// What its request calls the name.
    login: &'static str,
    /// What it should reach of the hashes.
    target: f64,
}

const DOORS: &[Door] = &[
    Door { what: "sign-in", path: "/api/v1/sessions", login: "login", target: 0.95 },
    Door {
        what: "login at the Dioptra door",
        path: "/dioptra/api/v1/auth/login",
        login: "username",
        target: 0.9,
    },
];

/// Measures.
pub(crate) fn measure(data: &Data) -> anyhow::Result<Section> {
    http::block_on(async {
        let roster = Served::roster(data)?;
        let waiting = 4 * machine::cores() as u64;
        let mut section = Section::new(Scenario::Login);
        let rounds = Rounds::run_times(rounds::MANY, 1 + DOORS.len(), async |contender| {
            let process = if contender == 0 { std::process::id() } else { roster.id() };
            let before = machine::cpu_time(process)?;
            let (done, took) = match contender.checked_sub(1) {
                None => tokio::task::spawn_blocking(hash).await??,
                Some(place) => {
                    http::drive(roster.address, waiting, TURN, |number, request| {
                        sign_in(data, &DOORS[place], number, request)
                    })
                    .await?
                }
            };
            Ok(Turn { done, took, cpu: machine::cpu_time(process)? - before })
        })
        .await?;
        for (door, contender) in DOORS.iter().zip(1..) {
            section.row(
                format!("{}, to bare Argon2id", door.what),
                rounds.rate(contender),
                rounds.per_cpu(contender),
                Target::AtLeast(door.target),
            );
        }
        section.note(format!("Sign-ins: {}.", rounds.words()));

        // The time of a check that 99 of 100 keep; its inverse stands for the rate.
        let storm = Rounds::run(2, async |contender| {
            let slow = match contender {
                0 => slowest_percent(data, &roster).await?,
                _ => {
                    let sign_ins =
                        http::drive(roster.address, waiting, LONG_TURN, |number, request| {
                            sign_in(data, &DOORS[0], number, request)
                        });
                    let (slow, sign_ins) = tokio::join!(slowest_percent(data, &roster), sign_ins);
                    sign_ins?;
                    slow?
                }
            };
            Ok(Turn { done: 1, took: slow, cpu: slow })
        })
        .await?;
        section.row(
            "p99 of token checks during a storm of sign-ins, to idle",
            storm.time(1),
            None,
            Target::AtMost(1.5),
        );
        let idle = storm.absolute_rate(0).map(|rate| rate.inverse(1e6));
        section.row("p99 of token checks when idle, µs", idle, None, Target::None);
        section.note(format!("Storm: {}.", storm.words()));
        Ok(section)
    })
}

fn sign_in(data: &Data, door: &Door, number: u64, request: &mut Vec<u8>) {
    let login = Data::login(1 + number % u64::from(data.users - 1));
    let body = format!("{{\"{}\":\"{login}\",\"password\":\"{PASSWORD}\"}}", door.login);
    http::write(request, "POST", door.path, "", &body);
}

/// Bare hashes on every core: what a sign-in cannot do without.
fn hash() -> anyhow::Result<(u64, Duration)> {
    let HashingSettings { memory_kib, passes, lanes, .. } = HashingSettings::default();
    let argon2 = Argon2::new(Variant::Id, Version::V19, memory_kib, passes, lanes)
        .context("Argon2's cost")?;
    let begun = Instant::now();
    let work = || -> std::io::Result<u64> {
        let mut memory = Memory::new(memory_kib as usize)?;
        let (mut hash, mut done) = ([0; 32], 0);
        while begun.elapsed() < TURN {
            argon2.hash(PASSWORD.as_bytes(), &[7; 16], &mut memory, &mut hash)?;
            done += 1;
        }
        Ok(done)
    };
    let done = thread::scope(|scope| {
        let threads: Vec<_> = (0..machine::cores()).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or(Ok(0)))
            .sum::<std::io::Result<u64>>()
    })?;
    Ok((done, begun.elapsed()))
}

/// Token checks one after the other, with pauses; how long the slowest hundredth of them takes at least.
async fn slowest_percent(data: &Data, roster: &Served) -> anyhow::Result<Duration> {
    let mut connection = Connection::open(roster.address).await?;
    let mut request = Vec::new();
    let mut times = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < LONG_TURN {
        check::introspect(data, times.len() as u64, &mut request);
        let sent = Instant::now();
        connection.call(&request).await?;
        times.push(sent.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    times.sort();
    times.get(times.len() * 99 / 100).copied().context("not one check")
}
