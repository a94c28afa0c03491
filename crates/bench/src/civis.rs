//! The list of all users through the Civis door, beside the same list natively.

use anyhow::Context as _;
use serde_json::Value;

use crate::child::Served;
use crate::data::Data;
use crate::http::{self, Connection};
use crate::list::{self, TURN};
use crate::options::Scenario;
use crate::report::{Section, Target};

/// Rows on a page, as many as the door gives unless asked otherwise.
const ROWS: u64 = 20;

/// Measures.
pub(crate) fn measure(data: &Data) -> anyhow::Result<Section> {
    http::block_on(async {
        let roster = Served::roster(data)?;
        let mut section = Section::new(Scenario::Civis);
        // What each order is called by the door and natively.
        for (theirs, ours) in [("name", "name"), ("user", "username")] {
            let native = format!(
                "/api/v1/users?limit={ROWS}&count=true&status=new,active,suspended&order_by={ours}"
            );
            let pages = total(data, &roster, &native).await?.div_ceil(ROWS);
            for (place, number) in [("first", 1), ("last", pages)] {
                let paths = [
                    format!("{native}&offset={}", (number - 1) * ROWS),
                    format!("/civis/users?order={theirs}&page_num={number}"),
                ];
                let rounds = list::ask(data, &roster, &paths, TURN).await?;
                let what = format!("{place} page by {theirs}");
                section.row(
                    format!("{what}, to the same page natively"),
                    rounds.time(1),
                    rounds.cpu(1),
                    Target::None,
                );
                for (contender, where_) in [(1, ""), (0, " natively")] {
                    section.row(
                        format!("{what}{where_}: ms"),
                        rounds.absolute_rate(contender).map(|rate| rate.inverse(1e3)),
                        rounds.cost(contender).map(|cost| cost.divided_by(1000.0)),
                        Target::None,
                    );
                }
                section.note(format!("The {what}: {}.", rounds.words()));
            }
        }
        section.note(format!(
            "Each request is `GET /civis/users` with `page_num`: {ROWS} users who are not switched off, each with its \
             organization, groups and roles and what the caller may do with it, and in the headers how many users and \
             pages there are. Natively it is `GET /api/v1/users` with `offset` for the records of the same users, and \
             their count."
        ));
        Ok(section)
    })
}

/// How many users a native list has.
async fn total(data: &Data, roster: &Served, path: &str) -> anyhow::Result<u64> {
    let mut request = Vec::new();
    http::write(&mut request, "GET", path, data.token(0), "");
    let mut connection = Connection::open(roster.address).await?;
    let page: Value = serde_json::from_str(connection.call(&request).await?)?;
    page["total"].as_u64().context("a list without a count")
}
