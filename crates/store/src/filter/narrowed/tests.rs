//! The law of filters, held for the members of a group, for messages and for the audit log.

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use roster_model::{
    AuditField, Channel, FilterField, FilterValue, Filterable, MemberField, MembershipRank,
    MessageField, Outcome, UserId,
};
use serde_json::json;

use super::*;
use crate::filter::tests::{TEXTS, compare, decisive, filters, people};
use crate::testing::{noon, on_both_databases, user, write};
use crate::{AuditQuery, Mark, NewAuditEvent, NewMessage, Store, Tx};

const WHOLE: Window = Window { after: None, offset: 0, limit: 1000 };

fn orders<F: FilterField>() -> impl Strategy<Value = Vec<OrderBy<F>>> {
    let step = (proptest::sample::select(F::ALL), any::<bool>());
    let step =
        step.prop_map(|(field, is_descending)| OrderBy { field, is_descending, shown: None });
    proptest::collection::vec(step, 0..3)
}

/// SQL finds exactly what memory accepts, in the order it says, and pages visit each record once.
async fn obeys<F: SqlField, R: Filterable<F> + Debug>(
    list: impl AsyncFn(Narrowed<F>, Window) -> (Vec<(R, Mark)>, u64),
) {
    let numbers = |records: &[(R, Mark)]| -> Vec<Option<FilterValue>> {
        records.iter().map(|(record, _)| record.value(F::ID)).collect()
    };
    let (all, count) = list(Narrowed::default(), WHOLE).await;
    assert!(all.len() >= 30 && count == all.len() as u64, "{count}");
    let mut runner = TestRunner::deterministic();
    for _ in 0..300 {
        let filter = filters::<F>().new_tree(&mut runner).unwrap().current();
        let expected: Vec<_> = all.iter().filter(|(one, _)| filter.matches(one)).collect();
        let expected: Vec<_> = expected.iter().map(|(one, _)| one.value(F::ID)).collect();
        let said = format!("{filter:?}");
        let (found, count) = list(Narrowed { filter, order: Vec::new() }, WHOLE).await;
        assert_eq!(numbers(&found), expected, "{said}");
        assert_eq!(count, expected.len() as u64, "{said}");
    }
    for _ in 0..60 {
        let order = orders::<F>().new_tree(&mut runner).unwrap().current();
        let wanted = || Narrowed { filter: Filter::default(), order: order.clone() };
        let (once, _) = list(wanted(), WHOLE).await;
        let (steps, id_descends) = decisive(&order);
        for pair in once.windows(2) {
            let (one, other) = (&pair[0].1, &pair[1].1);
            let without_id = |mark: &Mark| Mark { id: 0, ..mark.clone() };
            let by_id = if id_descends { other.id.cmp(&one.id) } else { one.id.cmp(&other.id) };
            let ordering = compare(&without_id(one), &without_id(other), &steps).then(by_id);
            assert!(ordering.is_lt(), "{order:?}: {pair:?}");
        }
        let mut window = Window { after: None, offset: 0, limit: 7 };
        let mut seen = Vec::new();
        loop {
            let (page, _) = list(wanted(), window.clone()).await;
            let Some((_, last)) = page.last() else { break };
            window.after = Some(last.clone());
            seen.extend(numbers(&page));
        }
        assert_eq!(seen, numbers(&once), "{order:?}");
    }
}

fn pick<T: Clone>(from: &[T], number: usize) -> T {
    from[number % from.len()].clone()
}

/// Texts of ASCII, as stand where nothing else ever does.
fn ascii() -> Vec<&'static str> {
    TEXTS.iter().copied().filter(|text| text.is_ascii()).collect()
}

on_both_databases! {
    async fn members_obey(store: Store) {
        let people = people(&store).await;
        let group = people[0].primary_group_id;
        for (number, one) in people.iter().enumerate() {
            write(&store, async |tx: &mut Tx| {
                let rank = pick(MembershipRank::ALL, number);
                tx.set_membership(group, one.id, rank, noon()).await
            })
            .await;
        }
        obeys::<MemberField, _>(async |wanted, window| {
            let found = store.read(async |tx: &mut Tx| {
                let members = tx.list_members(group, &wanted, &window).await?;
                Ok::<_, Error>((members, tx.count_members(group, &wanted).await?))
            });
            found.await.unwrap()
        })
        .await;
    }

    async fn messages_obey(store: Store) {
        let users = [None, Some(write(&store, async |tx: &mut Tx| Ok(user(tx, "ann").await?.id)).await)];
        for number in 0..40 {
            write(&store, async |tx: &mut Tx| {
                let new = NewMessage {
                    channel: pick(Channel::ALL, number),
                    destination: pick(TEXTS, number),
                    user_id: pick(&users, number),
                    template: pick(&ascii(), number / 3),
                    sealed: &[],
                };
                let id = tx.insert_message(&new, noon()).await?;
                match number % 4 {
                    0 => tx.mark_message_sent(id, noon()).await?,
                    1 => tx.mark_message_failed(id, pick(TEXTS, number / 2), None).await?,
                    2 => tx.mark_message_failed(id, pick(TEXTS, number), Some(noon())).await?,
                    _ => {}
                }
                Ok(())
            })
            .await;
        }
        obeys::<MessageField, _>(async |wanted, window| {
            let found = store.read(async |tx: &mut Tx| {
                let messages = tx.list_messages(&wanted, &window).await?;
                Ok::<_, Error>((messages, tx.count_messages(&wanted).await?))
            });
            found.await.unwrap()
        })
        .await;
    }

    async fn messages_from_before_there_were_keys_are_found_by_letters_of_ascii(store: Store) {
        let found = write(&store, async |tx: &mut Tx| {
            let new = NewMessage {
                channel: Channel::Email,
                destination: "Ann@Example.com",
                user_id: None,
                template: "welcome",
                sealed: &[],
            };
            tx.insert_message(&new, noon()).await?;
            tx.execute("UPDATE messages SET destination_key = NULL", &[]).await?;
            let filter = Filter::contains(vec![MessageField::To], "ANN@example");
            let order = vec![OrderBy::ascending(MessageField::To)];
            tx.list_messages(&Narrowed { filter, order }, &WHOLE).await
        })
        .await;
        assert_eq!(found.len(), 1);
    }

    async fn the_audit_log_obeys(store: Store) {
        let texts = ascii();
        let optional = |number: usize| Some(pick(&texts, number)).filter(|_| !number.is_multiple_of(3));
        let users = [None, Some(UserId(1)), Some(UserId(2))];
        for number in 0..40_usize {
            write(&store, async |tx: &mut Tx| {
                let event = NewAuditEvent {
                    at: noon(),
                    action: pick(&texts, number),
                    outcome: pick(Outcome::ALL, number / 2),
                    actor_id: pick(&users, number),
                    impersonator_id: pick(&users, number / 5),
                    credential: pick(&["session", "api_key"], number),
                    door: pick(&["native", "airt"], number / 3),
                    address: optional(number).map(str::to_owned),
                    request_id: optional(number / 2),
                    user_id: pick(&users, number / 3),
                    subject: optional(number + 1),
                    changes: &json!({}),
                };
                tx.insert_audit_event(&event).await
            })
            .await;
        }
        for user in [None, Some(UserId(1))] {
            // Of one user there are fewer, and they are come by in another way.
            if user.is_some() {
                let order = vec![OrderBy::descending(AuditField::Id)];
                let newest = |limit| Window { after: None, offset: 0, limit };
                let wanted = || {
                    let narrowed = Narrowed { filter: Filter::default(), order: order.clone() };
                    AuditQuery { user, narrowed, ..AuditQuery::default() }
                };
                let list = async |limit| {
                    let (wanted, window) = (wanted(), newest(limit));
                    let found = store.read(async |tx: &mut Tx| {
                        tx.list_audit_events(&wanted, &window).await
                    });
                    found.await.unwrap().iter().map(|(event, _)| event.id.0).collect::<Vec<_>>()
                };
                let all = list(1000).await;
                assert!(all.len() > 10 && all.is_sorted_by(|one, other| one > other), "{all:?}");
                assert_eq!(list(5).await, all[..5]);
                continue;
            }
            obeys::<AuditField, _>(async |narrowed, window| {
                let wanted = AuditQuery { narrowed, ..AuditQuery::default() };
                let found = store.read(async |tx: &mut Tx| {
                    let events = tx.list_audit_events(&wanted, &window).await?;
                    Ok::<_, Error>((events, tx.count_audit_events(&wanted).await?))
                });
                found.await.unwrap()
            })
            .await;
        }
    }
}
