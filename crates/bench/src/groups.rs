//! A group with many members: its pages, and one member more, beside a small group.

use std::time::Instant;

use anyhow::Context as _;
use roster_core::clock::{Clock as _, SystemClock};
use roster_model::{Group, GroupId, MembershipRank, UserRef, fold};
use roster_store::Tx;

use crate::child::Served;
use crate::data::Data;
use crate::http::{self, Connection};
use crate::list::{self, TURN};
use crate::options::Scenario;
use crate::report::{Section, Target, grouped};
use crate::rounds::{Rounds, Turn};

/// Members of the large group.
const MANY: u32 = 10_000;
/// Members of the small group: one page.
const FEW: u32 = 100;
/// Members that are added in a turn, and taken out again when it is over.
const ADDED: u32 = 400;

/// Measures.
pub(crate) fn measure(data: &Data) -> anyhow::Result<Section> {
    http::block_on(async {
        // Of few users some must be left to be added.
        let many = MANY.min(data.users / 2);
        let groups = [open(data, FEW).await?, open(data, many).await?];
        let roster = Served::roster(data)?;
        let mut section = Section::new(Scenario::Groups);
        pages(data, &roster, groups, many, &mut section).await?;
        additions(data, &roster, groups, many, &mut section).await?;
        Ok(section)
    })
}

async fn pages(
    data: &Data,
    roster: &Served,
    [small, large]: [GroupId; 2],
    many: u32,
    section: &mut Section,
) -> anyhow::Result<()> {
    let path = |group| format!("/api/v1/groups/{group}/members?limit={FEW}");
    let (first, last) = (path(large), many - FEW);
    let before_last = format!("/api/v1/groups/{large}/members?limit=1&offset={}", last - 1);
    let cursor = list::cursor(data, roster, &before_last).await?;
    let paths = [
        path(small),
        first.clone(),
        format!("{first}&cursor={cursor}"),
        format!("{first}&offset={last}"),
        format!("/civis/groups/{large}"),
    ];
    let rounds = list::ask(data, roster, &paths, TURN).await?;
    let milliseconds = |section: &mut Section, what: &str, contender| {
        section.row(
            format!("{what}: ms"),
            rounds.absolute_rate(contender).map(|rate| rate.inverse(1e3)),
            rounds.cost(contender).map(|cost| cost.divided_by(1000.0)),
            Target::None,
        );
    };
    milliseconds(section, &format!("members of a group of {FEW}, the only page"), 0);
    let group = format!("a group of {}", grouped(many));
    for (contender, page) in
        [(1, "first page"), (2, "last page, by cursor"), (3, "last page, by offset")]
    {
        let what = format!("members of {group}, {page}");
        section.row(
            format!("{what}, to that"),
            rounds.time(contender),
            rounds.cpu(contender),
            Target::None,
        );
        milliseconds(section, &what, contender);
    }
    milliseconds(section, &format!("{group} with all members, Civis door"), 4);
    section.note(format!("Pages of {FEW} members, in order of their numbers: {}.", rounds.words()));
    Ok(())
}

async fn additions(
    data: &Data,
    roster: &Served,
    groups: [GroupId; 2],
    many: u32,
    section: &mut Section,
) -> anyhow::Result<()> {
    let mut connection = Connection::open(roster.address).await?;
    let rounds = Rounds::run(groups.len(), async |contender| {
        let mut request = Vec::new();
        let path = |number| {
            let user = Data::login(u64::from(many + 1 + number));
            format!("/api/v1/groups/{}/members/{user}", groups[contender])
        };
        let before = data.cpu_time(roster)?;
        let begun = Instant::now();
        for number in 0..ADDED {
            http::write(&mut request, "PUT", &path(number), data.token(0), "{}");
            connection.call(&request).await?;
        }
        let (took, cpu) = (begun.elapsed(), data.cpu_time(roster)? - before);
        for number in 0..ADDED {
            http::write(&mut request, "DELETE", &path(number), data.token(0), "");
            connection.call(&request).await?;
        }
        Ok(Turn { done: ADDED.into(), took, cpu })
    })
    .await?;
    let large = format!("adding a member to a group of {}", grouped(many));
    section.row(
        format!("{large}, to a group of {FEW}"),
        rounds.time(1),
        rounds.cpu(1),
        Target::None,
    );
    for (contender, what) in [(1, large), (0, format!("adding a member to a group of {FEW}"))] {
        section.row(
            format!("{what}: ms"),
            rounds.absolute_rate(contender).map(|rate| rate.inverse(1e3)),
            rounds.cost(contender).map(|cost| cost.divided_by(1000.0)),
            Target::None,
        );
    }
    section.note(format!(
        "A member is added by one request and a commit of its own, with its audit event: {}.",
        rounds.words()
    ));
    Ok(())
}

/// A group with so many members: the one that is there, or a new one. No server may run on a SQLite database meanwhile.
async fn open(data: &Data, members: u32) -> anyhow::Result<GroupId> {
    let name = format!("measured-{members}");
    let store = data.store().await?;
    let now = SystemClock.now();
    let group = store
        .write(async |tx: &mut Tx| -> Result<_, roster_store::Error> {
            let admin = tx.find_user(&UserRef::Name(fold("admin"))).await?;
            let Some(organization) = admin.map(|admin| admin.organization_id) else {
                return Ok(None);
            };
            if let Some(group) = tx.find_group_by_slug(organization, &name).await? {
                return Ok(Some(group.id));
            }
            let new = Group::plain(organization, &name, &name, now);
            let Some(group) = tx.insert_group(&new).await? else { return Ok(None) };
            for number in 1..=members {
                let user = UserRef::Name(fold(&Data::login(number.into())));
                if let Some(user) = tx.find_user(&user).await? {
                    tx.set_membership(group, user.id, MembershipRank::Member, now).await?;
                }
            }
            Ok(Some(group))
        })
        .await?;
    store.close().await?;
    group.with_context(|| format!("no administrator, or another group that is named {name}"))
}
