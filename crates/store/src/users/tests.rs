//! Users as they are kept, on both databases.

use jiff::Timestamp;
use roster_model::{
    Filter, FilterValue, OrderBy, PhoneNumber, Role, Status, User, UserField, UserRef, fold,
};

use crate::testing::{noon, on_both_databases, user, write};
use crate::{Engine, Error, Mark, MarkKey, Store, Tx, UserQuery, Window};

#[test]
fn sql_spells_who_is_let_in_as_the_model_has_it() {
    let spelled = |holds: fn(Status) -> bool| {
        let words: Vec<_> = Status::ALL
            .iter()
            .copied()
            .filter(|status| holds(*status))
            .map(Status::as_str)
            .collect();
        format!("users.status IN ('{}')", words.join("', '"))
    };
    assert_eq!(super::may_sign_in!(), spelled(Status::may_sign_in));
    assert_eq!(super::is_on!(), spelled(Status::is_on));
}

async fn read(tx: &mut Tx, reference: &UserRef) -> Result<User, Error> {
    Ok(tx.find_user(reference).await?.unwrap())
}

on_both_databases! {
    async fn every_field_reads_back_as_it_was_written(store: Store) {
        let id = write(&store, async |tx: &mut Tx| Ok(user(tx, "ann").await?.id)).await;
        write(&store, async |tx: &mut Tx| {
            let at = |second: i64| Timestamp::from_microsecond(1_700_000_000_000_000 + second).ok();
            let mut user = read(tx, &UserRef::Id(id)).await?;
            user.username = "Änne".to_owned();
            user.email = "Änne@example.com".to_owned();
            user.unconfirmed_email = Some("new@example.com".to_owned());
            (user.first_name, user.last_name) = ("Änne".to_owned(), "van der X".to_owned());
            user.phone = PhoneNumber::parse("+44 0123456789").ok();
            user.phone_verified_at = at(1);
            (user.status, user.role) = (Status::Suspended, Role::Publisher);
            user.parent_id = Some(id);
            user.plan_expires_at = at(2);
            let texts = [
                &mut user.profile.city,
                &mut user.profile.state,
                &mut user.profile.time_zone,
                &mut user.profile.initials,
                &mut user.profile.department,
                &mut user.profile.title,
                &mut user.profile.github_username,
            ];
            for (number, text) in texts.into_iter().enumerate() {
                *text = Some(format!("text {number}"));
            }
            user.flags.vpn_enabled = true;
            user.flags.prefers_sms_otp = true;
            user.preferences.insert("a".to_owned(), serde_json::json!([1, { "b": null }]));
            (user.password_changed_at, user.password_expires_at) = (at(3), at(4));
            (user.updated_by, user.deleted_at) = (Some(id), at(5));
            tx.update_user(&mut user).await?;
            for reference in [UserRef::Id(id), UserRef::Uuid(user.uuid)] {
                assert_eq!(read(tx, &reference).await?, user);
            }
            assert_eq!(user.version, 2);
            Ok(())
        })
        .await;
    }

    async fn a_name_belongs_to_one_user_and_may_be_its_address_too(store: Store) {
        write(&store, async |tx: &mut Tx| {
            let (ann, bob) = (user(tx, "ann").await?.id, user(tx, "bob").await?.id);
            let name = fold("ANN@EXAMPLE.COM");
            for (who, has_it) in [(ann, true), (ann, true), (bob, false)] {
                assert_eq!(tx.claim_identifier(&name, who).await?, has_it);
            }
            assert_eq!(tx.find_identifier(&name).await?, Some(ann));
            let other = fold("other");
            tx.release_identifiers(ann, [&other, &other]).await?;
            assert!(tx.claim_identifier(&name, bob).await?);
            assert_eq!(read(tx, &UserRef::parse("ann@example.com")).await?.id, bob);
            assert!(tx.find_user(&UserRef::parse("a\0b")).await?.is_none());
            assert!(tx.find_user(&UserRef::Me).await?.is_none());
            Ok(())
        })
        .await;
    }

    async fn of_both_names_of_a_new_user_the_one_that_is_taken_is_named(store: Store) {
        write(&store, async |tx: &mut Tx| {
            let (ann, bob) = (user(tx, "ann").await?.id, user(tx, "bob").await?.id);
            let [one, two, three] = ["one", "two", "three"].map(fold);
            assert_eq!(tx.claim_identifiers([&one, &two], ann).await?, None);
            assert_eq!(tx.claim_identifiers([&three, &two], bob).await?, Some(&two));
            assert_eq!(tx.claim_identifiers([&one, &three], bob).await?, Some(&one));
            let same = fold("same");
            assert_eq!(tx.claim_identifiers([&same, &same], bob).await?, None);
            assert_eq!(tx.find_identifier(&same).await?, Some(bob));
            Ok(())
        })
        .await;
    }

    async fn a_purged_user_is_gone_but_for_its_names(store: Store) {
        write(&store, async |tx: &mut Tx| {
            let ann = user(tx, "ann").await?.id;
            let name = fold("ann");
            tx.claim_identifier(&name, ann).await?;
            let mut record = read(tx, &UserRef::Id(ann)).await?;
            record.deleted_at = Some(noon());
            tx.update_user(&mut record).await?;
            assert_eq!(tx.list_purgeable_users(noon(), 10).await?, []);
            let later = noon() + std::time::Duration::from_secs(1);
            assert_eq!(tx.list_purgeable_users(later, 10).await?, [ann]);
            tx.purge_user(ann, record.primary_group_id, later).await?;
            assert_eq!(tx.list_purgeable_users(later, 10).await?, []);
            for reference in [UserRef::Id(ann), UserRef::Uuid(record.uuid), UserRef::Name(name.clone())] {
                assert!(tx.find_user(&reference).await?.is_none());
            }
            let deleted = UserQuery { is_deleted: true, ..UserQuery::default() };
            assert_eq!(tx.count_users(&deleted).await?, 0);
            assert_eq!(tx.find_identifier(&name).await?, Some(ann));
            Ok(())
        })
        .await;
    }

    async fn the_number_of_users_is_kept_right_whoever_comes_goes_or_moves(store: Store) {
        write(&store, async |tx: &mut Tx| {
            let mut all = Vec::new();
            for name in ["ann", "bob", "cid", "dan"] {
                all.push(user(tx, name).await?);
            }
            let home = all[0].organization_id;
            // Imports bring deleted users along.
            let gone = User {
                username: "eve".into(),
                email: "eve@example.com".into(),
                uuid: crate::testing::uuid("eve"),
                deleted_at: Some(noon()),
                ..all[0].clone()
            };
            tx.insert_user(&gone).await?;
            let elsewhere =
                tx.ensure_organization(crate::testing::uuid("elsewhere"), "Elsewhere", "elsewhere", noon()).await?;
            for step in 0..8 {
                match step {
                    1 => all[1].deleted_at = Some(noon()),
                    2 => all[2].organization_id = elsewhere,
                    3 => (all[2].organization_id, all[2].deleted_at) = (home, Some(noon())),
                    4 => all[1].deleted_at = None,
                    5 => (all[2].organization_id, all[2].deleted_at) = (elsewhere, None),
                    6 => tx.purge_user(all[3].id, all[3].primary_group_id, noon()).await?,
                    _ => {}
                }
                if step == 5 {
                    all[3].deleted_at = Some(noon());
                }
                for (place, one) in all[1..].iter_mut().enumerate() {
                    if step != 6 && !(step == 7 && one.username == "dan") {
                        one.status = Status::ALL[(step / 2 + place) % Status::ALL.len()];
                        tx.update_user(one).await?;
                    }
                }
                let word = |status: Status| FilterValue::Text(status.as_str().to_owned());
                let field = UserField::Status;
                let kinds = [
                    Filter::default(),
                    Filter::equals(field, word(Status::Active)),
                    Filter::In { field, values: [Status::New, Status::Active, Status::Suspended].map(word).to_vec() },
                    Filter::In { field, values: [Status::Pending, Status::Disabled, Status::Pending].map(word).to_vec() },
                ];
                for (organization, filter) in
                    [None, Some(home), Some(elsewhere)].into_iter().flat_map(|one| kinds.clone().map(|kind| (one, kind)))
                {
                    let all = UserQuery { organization, filter, ..UserQuery::default() };
                    let whole = Window { after: None, offset: 0, limit: 100 };
                    let listed = tx.list_users(&all, &whole).await?.len() as u64;
                    assert_eq!(tx.count_users(&all).await?, listed, "{all:?} at {step}");
                }
                if step % 3 == 1 {
                    tx.index_users(2).await?;
                }
            }
            while tx.index_users(3).await? > 0 {}
            assert_eq!(tx.count_users(&UserQuery::default()).await?, 3);
            Ok(())
        })
        .await;
    }

    async fn a_page_is_found_in_an_index_alone(store: Store) {
        if store.engine() != Engine::Sqlite {
            // PostgreSQL chooses by the size of the table; here is none.
            return;
        }
        write(&store, async |tx: &mut Tx| {
            let switched_on = "AND +organization_id = 1 AND status IN ('new', 'active', 'suspended')";
            for (column, more) in [
                ("id", ""),
                ("username_key", ""),
                ("username_key", switched_on),
                ("name_key", ""),
                ("name_key", switched_on),
                ("email_key", ""),
                ("created_at", ""),
            ] {
                let sql = format!(
                    "EXPLAIN QUERY PLAN SELECT id, {column} FROM users WHERE deleted_at IS NULL {more} \
                     ORDER BY {column}, id LIMIT 50 OFFSET 1000"
                );
                let plan = tx.list(&sql, &[], |row| row.get::<String>("detail")).await?;
                assert!(plan.iter().all(|step| step.contains("COVERING INDEX")), "{plan:?}");
            }
            Ok(())
        })
        .await;
    }

    async fn a_mark_is_where_the_next_page_begins(store: Store) {
        write(&store, async |tx: &mut Tx| {
            for name in ["b", "a", "c"] {
                user(tx, name).await?;
            }
            let order = vec![OrderBy::ascending(UserField::Username)];
            let query = UserQuery { order, ..UserQuery::default() };
            let mut window = Window { after: None, offset: 0, limit: 2 };
            let first = tx.list_users(&query, &window).await?;
            assert_eq!(first.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), ["a", "b"]);
            let mark = query.mark(&first[1]);
            assert_eq!(mark, Mark { keys: vec![MarkKey::Text("b".to_owned())], id: first[1].id.0 });
            window.after = Some(mark);
            let second = tx.list_users(&query, &window).await?;
            assert_eq!(second.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), ["c"]);
            Ok(())
        })
        .await;
    }
}
