//! Searches and filters among many users: how long one waits for the first page.

use std::time::Instant;

use anyhow::Context as _;

use crate::child::Served;
use crate::data::Data;
use crate::http::{self, Connection};
use crate::machine;
use crate::options::Scenario;
use crate::report::{Section, Target};
use crate::rounds::Figure;

/// Rounds on a quiet machine that make a figure; each gives a median and a 99th percentile.
const WANTED: usize = 5;
/// When the machine is busy so often, it is no use.
const MOST: usize = 10;
/// Requests of a kind in a round.
const REQUESTS: usize = 100;
/// The same for what may take long.
const LONG: usize = 5;

/// A kind of question, whether it has a target, and what is asked in turn.
struct Kind {
    what: &'static str,
    has_target: bool,
    requests: usize,
    queries: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        what: "search, common piece",
        has_target: true,
        requests: REQUESTS,
        queries: &[
            "search=smith",
            "search=example",
            "search=an",
            "search=john",
            "search=user",
            "search=e",
        ],
    },
    Kind {
        what: "search, middling piece",
        has_target: true,
        requests: REQUESTS,
        queries: &[
            "search=fernández",
            "search=иванов",
            "search=王",
            "search=chloé",
            "search=strauss",
            "search=αιολ",
        ],
    },
    Kind {
        what: "search, rare piece",
        has_target: true,
        requests: REQUESTS,
        queries: &[
            "search=zimzim",
            "search=user0123456",
            "search=quovexba",
            "search=featherstonehaugh-o'n",
            "search=.4711@",
        ],
    },
    Kind {
        what: "search, absent piece",
        has_target: true,
        requests: REQUESTS,
        queries: &[
            "search=qqqq",
            "search=smithjohn@",
            "search=zzzzzz",
            "search=exampleperson",
            "search=☃",
            "search=x%25y",
        ],
    },
    Kind {
        what: "LIKE and a date",
        has_target: false,
        requests: REQUESTS,
        queries: &["filter=email+LIKE+'%25@example.org'+AND+created_at+>+'2020-01-01'"],
    },
    Kind {
        what: "ILIKE, rare",
        has_target: false,
        requests: REQUESTS,
        queries: &[
            "filter=last_name+ILIKE+'%25ZIMZIM%25'",
            "filter=last_name+ILIKE+'%25quovex%25'",
        ],
    },
    Kind { what: "count of all", has_target: false, requests: LONG, queries: &["count=true"] },
    Kind {
        what: "count of LIKE and a date",
        has_target: false,
        requests: LONG,
        queries: &["count=true&filter=email+LIKE+'%25@example.org'+AND+created_at+>+'2020-01-01'"],
    },
    Kind {
        what: "order without an index (last_name)",
        has_target: false,
        requests: LONG,
        queries: &["order_by=last_name"],
    },
];

/// Measures.
pub(crate) fn measure(data: &Data) -> anyhow::Result<Section> {
    http::block_on(async {
        let roster = Served::roster(data)?;
        let mut section = Section::new(Scenario::Search);
        let mut connection = Connection::open(roster.address).await?;
        let (mut rounds, mut quiet) = (0, 0);
        for kind in KINDS {
            let (mut medians, mut tails, mut costs) = (Vec::new(), Vec::new(), Vec::new());
            for round in 0..MOST {
                if medians.len() == WANTED || round >= WANTED && medians.is_empty() {
                    break;
                }
                let before = (machine::is_quiet().await?, data.cpu_time(&roster)?);
                let mut times = ask(kind, data, &mut connection).await?;
                let spent = data.cpu_time(&roster)? - before.1;
                costs.push(spent.as_secs_f64() * 1e3 / times.len() as f64);
                rounds += 1;
                if before.0 && machine::is_quiet().await? {
                    quiet += 1;
                    times.sort_by(f64::total_cmp);
                    medians.push(times[times.len() / 2]);
                    tails.push(times[(times.len() * 99).div_ceil(100) - 1]);
                }
            }
            let clock = |times: Vec<f64>| Figure::of(times).filter(|_| medians.len() == WANTED);
            let target = |most| if kind.has_target { Target::AtMost(most) } else { Target::None };
            let what = format!("{}: median ms", kind.what);
            section.row(what, clock(medians.clone()), None, target(5.0));
            if kind.requests == REQUESTS {
                let what = format!("{}: 99th percentile ms", kind.what);
                section.row(what, clock(tails), None, target(20.0));
            }
            section.row(
                format!("{}: mean CPU ms", kind.what),
                None,
                Figure::of(costs),
                Target::None,
            );
        }
        section.note(format!(
            "First pages of 50, sorted by name unless told otherwise, over HTTP, by one client. \
             {rounds} rounds, {quiet} of them on a quiet machine."
        ));
        Ok(section)
    })
}

/// The milliseconds that the answers took.
async fn ask(kind: &Kind, data: &Data, connection: &mut Connection) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::with_capacity(kind.requests);
    for query in kind.queries.iter().cycle().take(kind.requests) {
        let order = if query.contains("order_by") { "" } else { "&order_by=name" };
        let path = format!("/api/v1/users?limit=50&{}{order}", encoded(query));
        let mut request = Vec::new();
        http::write(&mut request, "GET", &path, data.token(0), "");
        let begun = Instant::now();
        connection.call(&request).await.with_context(|| path.clone())?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

/// What a path may hold: everything beyond ASCII, quotes and signs as `%XX`.
fn encoded(query: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"=&+%._-,".contains(&byte);
    query
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
