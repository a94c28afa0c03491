//! List pages deep in a long list against the first page, and what an order without an index costs.

use std::time::Duration;

use anyhow::Context as _;
use roster_model::{FilterField as _, UserField};
use serde_json::Value;

use crate::child::Served;
use crate::data::Data;
use crate::http::{self, Connection};
use crate::options::Scenario;
use crate::report::{Section, Target, grouped};
use crate::rounds::{Figure, Rounds, Turn};

/// A contender's turn.
pub(crate) const TURN: Duration = Duration::from_millis(1000);
/// The same where one page takes about as long.
const SHORT_TURN: Duration = Duration::from_millis(300);
/// The orders that have an index.
const INDEXED: [&str; 5] = ["id", "username", "email", "name", "created_at"];

/// Measures.
pub(crate) fn measure(data: &Data) -> anyhow::Result<Section> {
    http::block_on(async {
        let roster = Served::roster(data)?;
        let mut section = Section::new(Scenario::List);
        for order in INDEXED {
            pages_in_order(data, &roster, order, &mut section).await?;
        }
        other_orders(data, &roster, &mut section).await?;
        section.note(format!("Pages of 100. 90 % is offset {}.", grouped(data.users / 100 * 90)));
        Ok(section)
    })
}

/// Deep pages in one order.
async fn pages_in_order(
    data: &Data,
    roster: &Served,
    order: &str,
    section: &mut Section,
) -> anyhow::Result<()> {
    let path = format!("/api/v1/users?order_by={order}");
    // The database must walk over what an offset skips: the promise is about cursors.
    let mut kinds = Vec::new();
    let mut paths = vec![path.clone()];
    for (percent, target) in [(90, Target::None), (99, Target::AtMost(1.2))] {
        let deep = u64::from(data.users / 100 * percent);
        let before = format!("{path}&limit=1&offset={}", deep - 1);
        kinds.push((percent, "by cursor", target));
        paths.push(format!("{path}&cursor={}", cursor(data, roster, &before).await?));
        kinds.push((percent, "by offset", Target::None));
        paths.push(format!("{path}&offset={deep}"));
    }
    let rounds = ask(data, roster, &paths, TURN).await?;
    for ((percent, how, target), contender) in kinds.into_iter().zip(1..) {
        section.row(
            format!("page at {percent} %, by {order}, {how}, to the first"),
            rounds.time(contender),
            rounds.cpu(contender),
            target,
        );
    }
    section.row(
        format!("first page by {order}: ms"),
        rounds.absolute_rate(0).map(|rate| rate.inverse(1e3)),
        rounds.cost(0).map(|cost| cost.divided_by(1000.0)),
        Target::None,
    );
    section.note(format!("By {order}: {}.", rounds.words()));
    Ok(())
}

/// First pages in the orders that have no index: each one looks at everybody.
async fn other_orders(data: &Data, roster: &Served, section: &mut Section) -> anyhow::Result<()> {
    let orders = UserField::ALL.iter().map(|field| field.name());
    let orders: Vec<_> = orders.filter(|order| !INDEXED.contains(order)).collect();
    let paths: Vec<_> =
        orders.iter().map(|order| format!("/api/v1/users?order_by={order}")).collect();
    let rounds = ask(data, roster, &paths, SHORT_TURN).await?;
    let of_each = |figure: &dyn Fn(usize) -> Option<Figure>| {
        let figures: Option<Vec<_>> = (0..orders.len()).map(figure).collect();
        figures.and_then(|each| Figure::of(each.iter().map(|figure| figure.median).collect()))
    };
    section.row(
        format!("first page by any of the {} other fields: ms", orders.len()),
        of_each(&|place| rounds.absolute_rate(place).map(|rate| rate.inverse(1e3))),
        of_each(&|place| rounds.cost(place).map(|cost| cost.divided_by(1000.0))),
        Target::None,
    );
    let cost = |place: &usize| rounds.cost(*place).map_or(0.0, |cost| cost.median);
    let places: Vec<usize> = (0..orders.len()).collect();
    let dearest = places.iter().max_by(|one, other| cost(one).total_cmp(&cost(other)));
    let dearest = dearest.map_or("none", |place| orders[*place]);
    section.note(format!(
        "Of the orders without an index the table shows the median of the fields, the cheapest and the dearest, which \
         is {dearest}: {}.",
        rounds.words()
    ));
    Ok(())
}

/// Lets pages take turns, each asked for again and again by one client.
pub(crate) async fn ask(
    data: &Data,
    roster: &Served,
    paths: &[String],
    turn: Duration,
) -> anyhow::Result<Rounds> {
    Rounds::run(paths.len(), async |contender| {
        let before = data.cpu_time(roster)?;
        let (done, took) = http::drive(roster.address, 1, turn, |_, request| {
            http::write(request, "GET", &paths[contender], data.token(0), "");
        })
        .await?;
        Ok(Turn { done, took, cpu: data.cpu_time(roster)? - before })
    })
    .await
}

/// The cursor of what follows a page.
pub(crate) async fn cursor(data: &Data, roster: &Served, path: &str) -> anyhow::Result<String> {
    let mut request = Vec::new();
    http::write(&mut request, "GET", path, data.token(0), "");
    let mut connection = Connection::open(roster.address).await?;
    let page: Value = serde_json::from_str(connection.call(&request).await?)?;
    Ok(page["next"].as_str().context("a page without a next one")?.to_owned())
}
