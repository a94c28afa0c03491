//! Token checks against a bare JSON handler behind the same listener.

use std::time::Duration;

use crate::child::Served;
use crate::data::Data;
use crate::http::{self, Connection};
use crate::options::Scenario;
use crate::report::{Section, Target};
use crate::rounds::{Rounds, Turn};
use crate::{machine, revocation};

/// Requests under way at once.
pub(crate) const CONNECTIONS: u64 = 16;
/// A contender's turn.
pub(crate) const TURN: Duration = Duration::from_millis(1500);
/// Neighbouring requests show tokens far apart: an odd stride, so all of them come.
const STRIDE: u64 = 7919;

/// A service asks whether a token is good.
pub(crate) fn introspect(data: &Data, number: u64, request: &mut Vec<u8>) {
    let body = format!("{{\"token\":\"{}\"}}", data.token(number * STRIDE));
    http::write(request, "POST", "/api/v1/introspect", data.token(0), &body);
}

/// Somebody asks who it is.
pub(crate) fn whoami(data: &Data, number: u64, request: &mut Vec<u8>) {
    http::write(request, "GET", "/api/v1/whoami", data.token(number * STRIDE), "");
}

/// Measures.
pub(crate) fn measure(data: &Data) -> anyhow::Result<Section> {
    let mut section = Section::new(Scenario::Check);
    revocation::measure(data, &mut section)?;
    http::block_on(async {
        let roster = Served::roster(data)?;
        let answers = show_all(data, &roster).await?;
        let bare = Served::bare(&answers.0, &answers.1)?;
        let kinds = [
            (
                "token check (introspection)",
                Target::AtLeast(0.8),
                introspect as fn(&Data, u64, &mut Vec<u8>),
            ),
            ("`whoami`, which also reads the user", Target::None, whoami),
        ];
        for (what, target, make) in kinds {
            let rounds = Rounds::run(2, async |contender| {
                let server = [&bare, &roster][contender];
                let before = machine::cpu_time(server.id())?;
                let (done, took) =
                    http::drive(server.address, CONNECTIONS, TURN, |number, request| {
                        make(data, number, request);
                    })
                    .await?;
                Ok(Turn { done, took, cpu: machine::cpu_time(server.id())? - before })
            })
            .await?;
            section.row(
                format!("{what}, to a bare handler"),
                rounds.rate(1),
                rounds.per_cpu(1),
                target,
            );
            section.row(
                format!("{what}: CPU µs of the server"),
                None,
                rounds.cost(1),
                Target::None,
            );
            section.note(format!("{what}: {}.", rounds.words()));
        }
        section.note(
            "Every request shows another session's token; all of them were shown once before.",
        );
        Ok(())
    })?;
    Ok(section)
}

/// Shows every token once. Gives what Roster answers, for the bare handler to answer the same.
pub(crate) async fn show_all(data: &Data, roster: &Served) -> anyhow::Result<(String, String)> {
    let mut connection = Connection::open(roster.address).await?;
    let mut request = Vec::new();
    for number in 0..data.sessions.into() {
        introspect(data, number, &mut request);
        connection.call(&request).await?;
    }
    let introspection = connection.call(&request).await?.to_owned();
    anyhow::ensure!(
        introspection.contains("\"active\":true"),
        "the token is good: {introspection}"
    );
    whoami(data, 1, &mut request);
    Ok((connection.call(&request).await?.to_owned(), introspection))
}
