//! List pages deep in a long list against the first page.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::child::Served;
use crate::data::Data;
use crate::http::{self, Connection};
use crate::options::Scenario;
use crate::report::{Section, Target};
use crate::rounds::{Rounds, Turn};

/// A contender's turn.
const TURN: Duration = Duration::from_millis(1000);

/// Measures.
pub(crate) fn measure(data: &Data) -> anyhow::Result<Section> {
    http::block_on(async {
        let roster = Served::roster(data)?;
        let mut section = Section::new(Scenario::List);
        for order in ["id", "username", "email", "name", "created_at"] {
            let deep = u64::from(data.users) / 100 * 99;
            let path = format!("/api/v1/users?order_by={order}");
            let cursor =
                cursor(data, &roster, &format!("{path}&limit=1&offset={}", deep - 1)).await?;
            let paths =
                [path.clone(), format!("{path}&cursor={cursor}"), format!("{path}&offset={deep}")];
            let rounds = Rounds::run(paths.len(), async |contender| {
                let before = data.cpu_time(&roster)?;
                let (done, took) = http::drive(roster.address, 1, TURN, |_, request| {
                    http::write(request, "GET", &paths[contender], data.token(0), "");
                })
                .await?;
                Ok(Turn { done, took, cpu: data.cpu_time(&roster)? - before })
            })
            .await?;
            // The database must walk over what an offset skips: the promise is about cursors.
            for (contender, how, target) in
                [(1, "by cursor", Target::AtMost(1.2)), (2, "by offset", Target::None)]
            {
                section.row(
                    format!("page at 99 %, by {order}, {how}, to the first"),
                    rounds.time(contender),
                    rounds.cpu(contender),
                    target,
                );
            }
            section.row(
                format!("first page by {order}: CPU ms"),
                None,
                rounds.cost(0).map(|cost| cost.divided_by(1000.0)),
                Target::None,
            );
            section.note(format!("By {order}: {}.", rounds.words()));
        }
        section.note("Pages of 100.");
        Ok(section)
    })
}

async fn cursor(data: &Data, roster: &Served, path: &str) -> anyhow::Result<String> {
    let mut request = Vec::new();
    http::write(&mut request, "GET", path, data.token(0), "");
    let mut connection = Connection::open(roster.address).await?;
    let page: Value = serde_json::from_str(connection.call(&request).await?)?;
    Ok(page["next"].as_str().context("a page without a next one")?.to_owned())
}
