//! Checks of API keys with constraints against a bare JSON handler behind the same listener.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use roster_core::clock::{Clock as _, SystemClock};
use roster_core::credentials::token::{Token, TokenKind};
use roster_core::random::{RandomExt as _, SystemRandom};
use roster_model::{Constraint, ConstraintKind, UserRef, fold};
use roster_store::{NewApiKeyRow, Tx};

use crate::check::CONNECTIONS;
use crate::child::Served;
use crate::data::Data;
use crate::http::{self, Connection};
use crate::machine;
use crate::options::Scenario;
use crate::report::{Section, Target};
use crate::rounds::{self, Rounds, Turn};

/// A contender's turn.
const TURN: Duration = Duration::from_millis(500);
/// Keys of a kind that are shown in turn: a service's own callers, which were given the same rights.
const KEYS: u32 = 100;
/// More keys than the processor's caches hold.
const MANY: u32 = 2000;
/// Neighbouring requests show keys far apart.
const STRIDE: u64 = 7919;

/// What is asked, and of how many constraints and keys.
struct Kind {
    what: &'static str,
    constraints: usize,
    keys: u32,
    /// Whether they have constraints of their own rather than all the same.
    differ: bool,
    connections: u64,
    target: Target,
}

const KINDS: &[Kind] = &[
    Kind {
        what: "without constraints",
        constraints: 0,
        keys: KEYS,
        differ: false,
        connections: CONNECTIONS,
        target: Target::None,
    },
    Kind {
        what: "with 5 constraints",
        constraints: 5,
        keys: KEYS,
        differ: false,
        connections: CONNECTIONS,
        target: Target::AtLeast(0.8),
    },
    Kind {
        what: "with 50 constraints",
        constraints: 50,
        keys: KEYS,
        differ: false,
        connections: CONNECTIONS,
        target: Target::None,
    },
    Kind {
        what: "with 5 constraints, different for each key",
        constraints: 5,
        keys: KEYS,
        differ: true,
        connections: CONNECTIONS,
        target: Target::None,
    },
    Kind {
        what: "with 5 constraints, 64 connections",
        constraints: 5,
        keys: KEYS,
        differ: false,
        connections: 64,
        target: Target::None,
    },
    Kind {
        what: "with 5 constraints, 2,000 keys with different ones",
        constraints: 5,
        keys: MANY,
        differ: true,
        connections: CONNECTIONS,
        target: Target::None,
    },
];

/// Measures.
pub(crate) fn measure(data: &Data) -> anyhow::Result<Section> {
    http::block_on(async {
        let service = open(data, 1, |_| Vec::new()).await?;
        let service = service.first().context("a key of the service")?.expose();
        let mut keys = Vec::new();
        for kind in KINDS {
            let constraints = |key| constraints(kind.constraints, kind.differ.then_some(key));
            keys.push(open(data, kind.keys, constraints).await?);
        }
        let roster = Served::roster(data)?;
        let mut connection = Connection::open(roster.address).await?;
        let mut request = Vec::new();
        http::write(&mut request, "GET", "/api/v1/whoami", service, "");
        let whoami = connection.call(&request).await?.to_owned();
        let mut introspection = String::new();
        for key in keys.iter().flatten() {
            introspect(service, key, &mut request);
            connection.call(&request).await?.clone_into(&mut introspection);
            anyhow::ensure!(introspection.contains("\"active\":true"), "it fits: {introspection}");
        }
        let bare = Served::bare(&whoami, &introspection)?;
        let mut section = Section::new(Scenario::Keys);
        let mut words = BTreeSet::new();
        for (kind, keys) in KINDS.iter().zip(&keys) {
            // What the machine gives changes within seconds, so each has a bare handler's turn beside its own.
            let rounds = Rounds::run_times(rounds::MANY, 2, async |contender| {
                let server = [&bare, &roster][contender];
                let before = machine::cpu_time(server.id())?;
                let (done, took) =
                    http::drive(server.address, kind.connections, TURN, |number, request| {
                        let place = (number * STRIDE) % keys.len() as u64;
                        introspect(service, &keys[place as usize], request);
                    })
                    .await?;
                Ok(Turn { done, took, cpu: machine::cpu_time(server.id())? - before })
            })
            .await?;
            let what = format!("key check {}", kind.what);
            section.row(
                format!("{what}, to a bare handler"),
                rounds.rate(1),
                rounds.per_cpu(1),
                kind.target,
            );
            section.row(
                format!("{what}: checks a second; CPU µs of the server"),
                rounds.absolute_rate(1),
                rounds.cost(1),
                Target::None,
            );
            words.insert(rounds.words());
        }
        let words: Vec<_> = words.into_iter().collect();
        section.note(format!("For each: {}.", words.join(", or ")));
        section.note(format!(
            "Each request is `POST /api/v1/introspect` by a service, which shows a key of its own, about a caller's key \
             with `GET /reports/33/runs`: every use of both is counted. One constraint of each key fits, the last, a \
             pattern; the others are exact paths, prefixes and patterns. {KEYS} keys are shown in turn, by \
             {CONNECTIONS} connections, and have the same constraints, unless told otherwise; the bare handler has as \
             many connections. Keys with the same patterns share them compiled; those of some thousands of keys are kept."
        ));
        Ok(section)
    })
}

/// A service asks whether a key is good for a request.
fn introspect(service: &str, key: &Token, request: &mut Vec<u8>) {
    let body = format!(
        "{{\"token\":\"{}\",\"method\":\"GET\",\"path\":\"/reports/33/runs\"}}",
        key.expose()
    );
    http::write(request, "POST", "/api/v1/introspect", service, &body);
}

/// So many new keys with so many constraints, each of another user. No server may run on a SQLite database meanwhile.
async fn open(
    data: &Data,
    keys: u32,
    constraints: impl Fn(u64) -> Vec<Constraint> + Send + Sync,
) -> anyhow::Result<Vec<Token>> {
    let tokens: Vec<_> =
        (0..keys).map(|_| Token::issue(TokenKind::ApiKey, &SystemRandom)).collect();
    let store = data.store().await?;
    let now = SystemClock.now();
    store
        .write(async |tx: &mut Tx| -> Result<(), roster_store::Error> {
            for (token, number) in tokens.iter().zip(1..) {
                // They begin with 1, and the administrator is one of them all.
                let owner = Data::login(1 + number % u64::from(data.users - 1));
                let owner = UserRef::Name(fold(&owner));
                let Some(owner) = tx.find_user(&owner).await? else { continue };
                let row = NewApiKeyRow {
                    uuid: SystemRandom.uuid_v7(now),
                    user_id: owner.id,
                    name: "measurement",
                    token_hash: token.hash(),
                    prefix: token.shown_prefix(),
                    scopes: &[],
                    constraints: &constraints(number),
                    created_at: now,
                    expires_at: None,
                    shares_name: true,
                    copy_of: None,
                };
                tx.insert_api_key(&row).await?;
            }
            Ok(())
        })
        .await?;
    store.close().await?;
    Ok(tokens)
}

/// So many constraints, of which the last alone fits what is asked; with a number, none but that key has them.
fn constraints(count: usize, key: Option<u64>) -> Vec<Constraint> {
    let constraint = |methods: &[&str], kind, path: String| Constraint {
        kind,
        path,
        methods: methods.iter().map(|&method| method.to_owned()).collect(),
    };
    let mut all: Vec<_> = (1..count)
        .map(|place| match place % 4 {
            1 => constraint(&["POST"], ConstraintKind::Exact, format!("jobs/{place}")),
            2 => constraint(&["GET", "HEAD"], ConstraintKind::Prefix, format!("users/{place}/")),
            3 => constraint(&["GET"], ConstraintKind::Regex, format!("projects/{place}/[0-9]+/.*")),
            _ => constraint(&["DELETE"], ConstraintKind::Prefix, format!("reports/{place}")),
        })
        .collect();
    if count > 0 {
        let own = key.map_or_else(String::new, |key| format!("|key{key}"));
        let fits = format!("reports/[0-9]+/(runs|files{own})");
        all.push(constraint(&["GET"], ConstraintKind::Regex, fits));
    }
    all
}
