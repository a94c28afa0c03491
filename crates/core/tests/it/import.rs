//! Many users at once: what is taken, what is refused, and what is there already.

use std::time::Duration;

use roster_core::Error;
use roster_model::{
    ErrorCode, Field, ImportReport, PageRequest, Role, Secret, Status, UserFilter, UserImport,
    UserRef, UserRow,
};

use crate::fixture::{Roster, nobody, on_both_databases};

/// `correct horse battery`, by somebody else's bcrypt, does not matter here: only its form is read.
const HASH: &str = "$2b$04$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde";

fn row(username: &str, email: &str) -> UserRow {
    UserRow { username: username.to_owned(), email: email.to_owned(), ..UserRow::default() }
}

fn import(users: Vec<UserRow>) -> UserImport {
    UserImport { users, ..UserImport::default() }
}

fn refusals(report: &ImportReport) -> Vec<(u32, Option<Field>, &str)> {
    report.refused.iter().map(|one| (one.row, one.field, one.reason.as_str())).collect()
}

on_both_databases! {
    async fn rows_become_users_and_each_bad_one_is_told(roster: Roster) {
        let admin = roster.user("root", Role::SystemAdmin).await;
        let actor = roster.acting(&admin).await;
        let users = vec![
            UserRow {
                first_name: Some("Ann".to_owned()),
                phone: Some("+44 0123456789".to_owned()),
                status: Some(Status::Disabled),
                role: Some(Role::Editor),
                groups: Some("public; ".to_owned()),
                city: Some("Wien".to_owned()),
                robot: Some(true),
                created_at: "2020-01-01T00:00:00Z".parse().ok(),
                ..row("ann", "ann@example.com")
            },
            row("", "b@example.com"),
            row("cid", "no address"),
            UserRow { plan: Some("nonsense".to_owned()), ..row("dan", "dan@example.com") },
            UserRow { groups: Some("nonsense".to_owned()), ..row("eve", "eve@example.com") },
            UserRow { password_hash: Some(Secret::new("plain")), ..row("fay", "fay@example.com") },
            row("ANN", "other@example.com"),
            row("gus", "Ann@example.com"),
            row("root2", "hal@example.com"),
        ];
        let dry = UserImport { dry_run: true, ..import(users.clone()) };
        let told = roster.import_users(&actor, dry).await.unwrap();
        assert_eq!(told.created, 2);
        let found = roster.list_users(&actor, &UserFilter::default(), &PageRequest::default()).await.unwrap();
        assert_eq!(found.items.len(), 1, "a dry run makes nobody");
        let report = roster.import_users(&actor, import(users)).await.unwrap();
        assert_eq!(report, told);
        assert_eq!(refusals(&report), [
            (1, Some(Field::Username), "empty"),
            (2, Some(Field::Email), "not_an_email_address"),
            (3, Some(Field::Plan), "unknown"),
            (4, Some(Field::Groups), "unknown"),
            (5, Some(Field::PasswordHash), "malformed"),
            (6, Some(Field::Username), "already_exists"),
            (7, Some(Field::Email), "already_exists"),
        ]);
        let told = |row: u32| report.refused.iter().find(|one| one.row == row).map(|one| one.detail.as_str());
        assert_eq!(told(3), Some(r#"plan must name a plan: there is none called "nonsense""#));
        assert_eq!(told(4), Some(r#"groups must name a group: there is none called "nonsense""#));
        let boss = UserRow { groups: Some("public:boss".to_owned()), ..row("ida", "ida@example.com") };
        let refused = roster.import_users(&actor, import(vec![boss])).await.unwrap().refused;
        let ranks = r#"groups must name a group, with no other rank behind it than :manager or :owner: there is none called "public:boss""#;
        assert_eq!(refused[0].detail, ranks);
        let ann = roster.get_user(&actor, &UserRef::parse("ann")).await.unwrap();
        assert_eq!((ann.status, ann.role, ann.flags.robot), (Status::Disabled, Role::Editor, true));
        assert_eq!(ann.profile.city.as_deref(), Some("Wien"));
        assert_eq!(Some(ann.created_at), "2020-01-01T00:00:00Z".parse().ok());
        assert_eq!(ann.created_by, Some(admin.id));
    }

    async fn t51_an_import_made_again_passes_over_who_is_there(roster: Roster) {
        let admin = roster.user("root", Role::SystemAdmin).await;
        let actor = roster.acting(&admin).await;
        let users = vec![row("ann", "ann@example.com"), row("bob", "bob@example.com")];
        let first = roster.import_users(&actor, import(users[..1].to_vec())).await.unwrap();
        assert_eq!((first.created, first.present), (1, 0));
        let again = roster.import_users(&actor, import(users.clone())).await.unwrap();
        assert_eq!((again.created, again.present, again.refused.len()), (1, 1, 0));
        let last = roster.import_users(&actor, import(users)).await.unwrap();
        assert_eq!((last.created, last.present), (0, 2));
    }

    async fn t51_imports_of_the_same_users_at_the_same_moment_make_each_once(roster: Roster) {
        let admin = roster.user("root", Role::SystemAdmin).await;
        let actor = roster.acting(&admin).await;
        let users: Vec<_> = (0..20).map(|number| row(&format!("u{number}"), &format!("u{number}@example.com"))).collect();
        let all = import(users);
        let reports = futures_util::future::join_all((0..8).map(|_| roster.import_users(&actor, all.clone()))).await;
        let reports: Vec<_> = reports.into_iter().map(Result::unwrap).collect();
        assert_eq!(reports.iter().map(|report| report.created).sum::<u64>(), 20);
        assert_eq!(reports.iter().map(|report| report.present).sum::<u64>(), 140);
    }

    async fn nobody_is_made_with_more_rights_than_the_importer_has(roster: Roster) {
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let actor = roster.acting(&boss).await;
        let users = vec![
            UserRow { role: Some(Role::SystemAdmin), ..row("ann", "ann@example.com") },
            UserRow { role: Some(Role::AccountAdmin), ..row("bob", "bob@example.com") },
        ];
        let report = roster.import_users(&actor, import(users.clone())).await.unwrap();
        assert_eq!((report.created, refusals(&report)), (1, vec![(0, Some(Field::Role), "not_allowed")]));
        let viewer = roster.user("viewer", Role::Viewer).await;
        let viewer = roster.acting(&viewer).await;
        for actor in [&viewer, &nobody()] {
            assert!(roster.import_users(actor, import(users.clone())).await.is_err());
        }
        let (elsewhere, _) = roster.elsewhere().await;
        let there = UserImport { organization_id: Some(elsewhere), ..import(users) };
        let refused = roster.import_users(&actor, there).await;
        assert_eq!(refused.map_err(|error| error.code()), Err(ErrorCode::NotFound));
    }

    async fn the_dates_of_another_system_are_kept_and_who_was_deleted_there_is_in_the_bin(roster: Roster) {
        let actor = roster_core::Actor::system("tests");
        let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
        let users = vec![
            UserRow {
                password_hash: Some(Secret::new(HASH)),
                created_at: time("2020-01-01T00:00:00Z"),
                password_expires_at: time("2021-01-01T00:00:00.000001Z"),
                ..row("ann", "ann@example.com")
            },
            // Without a password there is nothing to expire.
            UserRow { password_expires_at: time("2021-01-01T00:00:00Z"), ..row("bob", "bob@example.com") },
            UserRow {
                created_at: time("2020-01-01T00:00:00Z"),
                deleted_at: time("2020-06-01T00:00:00Z"),
                ..row("cid", "cid@example.com")
            },
            UserRow { deleted_at: Some(roster.now()), ..row("dan", "dan@example.com") },
            UserRow { deleted_at: time("2020-07-01T00:00:00Z"), ..row("eve", "eve@example.com") },
        ];
        let report = roster.import_users(&actor, import(users.clone())).await.unwrap();
        assert_eq!((report.created, report.refused.len()), (5, 0), "{report:?}");
        let ann = roster.get_user(&actor, &UserRef::parse("ann")).await.unwrap();
        assert_eq!(ann.password_expires_at, time("2021-01-01T00:00:00.000001Z"));
        let bob = roster.get_user(&actor, &UserRef::parse("bob")).await.unwrap();
        assert_eq!(bob.password_expires_at, None);
        let gone = roster.get_user(&actor, &UserRef::parse("cid")).await;
        assert_eq!(gone.err().map(|error| error.code()), Some(ErrorCode::NotFound));
        // Its names are taken, whoever comes for them.
        let other = roster.import_users(&actor, import(vec![row("CID", "new@example.com")])).await.unwrap();
        assert_eq!(refusals(&other), [(0, Some(Field::Username), "already_exists")]);
        let bin = UserFilter { deleted: Some(true), ..UserFilter::default() };
        let found = roster.list_users(&actor, &bin, &PageRequest::default()).await.unwrap();
        let deleted: Vec<_> = found.items.iter().map(|one| (&*one.username, one.deleted_at)).collect();
        let gone = ["2020-06-01T00:00:00Z", "2020-07-01T00:00:00Z"].map(time);
        assert_eq!(deleted, [("cid", gone[0]), ("dan", Some(roster.now())), ("eve", gone[1])]);
        let again = roster.import_users(&actor, import(users)).await.unwrap();
        assert_eq!((again.created, again.present), (0, 5));
        let counted = PageRequest { count: Some(true), ..PageRequest::default() };
        let living = roster.list_users(&actor, &UserFilter::default(), &counted).await.unwrap();
        assert_eq!(living.total, Some(living.items.len() as u64));
    }

    async fn times_that_cannot_be_are_refused_and_not_bent(roster: Roster) {
        let actor = roster_core::Actor::system("tests");
        let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
        let soon = Some(roster.now() + Duration::from_micros(1));
        let users = vec![
            UserRow { deleted_at: soon, ..row("ann", "ann@example.com") },
            UserRow { created_at: soon, ..row("bob", "bob@example.com") },
            UserRow {
                created_at: time("2020-06-01T00:00:00Z"),
                deleted_at: time("2020-05-31T23:59:59Z"),
                ..row("cid", "cid@example.com")
            },
            row("dan", "dan@example.com"),
        ];
        let report = roster.import_users(&actor, import(users)).await.unwrap();
        assert_eq!(report.created, 1);
        let told: Vec<_> =
            report.refused.iter().map(|one| (one.row, one.reason.as_str(), one.detail.as_str())).collect();
        assert_eq!(told, [
            (0, "in_the_future", "deleted_at must not be in the future"),
            (1, "in_the_future", "created_at must not be in the future"),
            (2, "malformed", "deleted_at must not be before created_at"),
        ]);
    }

    async fn imports_at_once_do_not_undo_each_other(roster: Roster) {
        let admin = roster.user("root", Role::SystemAdmin).await;
        let actor = roster.acting(&admin).await;
        // Neither a multiple of what travels in one statement, nor in the order of the names.
        let part = |part: u32| {
            let names = (0..123).map(|number| format!("u{}x{part}", number * 7 % 123));
            import(names.map(|name| UserRow {
                groups: Some("public; public:manager".to_owned()),
                password_hash: Some(Secret::new(HASH)),
                ..row(&name, &format!("{name}@example.com"))
            }).collect())
        };
        let imports: Vec<_> = (0..8).map(part).collect();
        let before = roster.figures().store.repeats;
        let all = imports.iter().map(|import| roster.import_users(&actor, import.clone()));
        for report in futures_util::future::join_all(all).await {
            assert_eq!(report.unwrap(), ImportReport { created: 123, ..ImportReport::default() });
        }
        assert_eq!(roster.figures().store.repeats - before, 0);
        let last = roster.get_user(&actor, &UserRef::parse("u122x7@example.com")).await.unwrap();
        assert_eq!(last.username, "u122x7");
        let counted = PageRequest { count: Some(true), ..PageRequest::default() };
        let living = roster.list_users(&actor, &UserFilter::default(), &counted).await.unwrap();
        assert_eq!(living.total, Some(8 * 123 + 1));
    }

    async fn one_text_may_be_name_and_address_of_a_user(roster: Roster) {
        let actor = roster_core::Actor::system("tests");
        let users = vec![row("ann@example.com", "ann@example.com"), row("bob", "ann@example.com")];
        let report = roster.import_users(&actor, import(users)).await.unwrap();
        assert_eq!((report.created, refusals(&report)), (1, vec![(1, Some(Field::Email), "already_exists")]));
    }

    async fn t44_hashes_are_taken_over_within_bounds(roster: Roster) {
        let actor = roster_core::Actor::system("tests");
        let with = |username: &str, hash: &str| UserRow {
            password_hash: Some(Secret::new(hash)),
            ..row(username, &format!("{username}@example.com"))
        };
        let absurd = "$argon2id$v=19$m=4194304,t=9,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA";
        let report = roster.import_users(&actor, import(vec![with("ann", HASH), with("bob", absurd)])).await.unwrap();
        assert_eq!((report.created, report.refused.len()), (1, 1), "{report:?}");
        let ann = roster.get_user(&actor, &UserRef::parse("ann")).await.unwrap();
        assert!(ann.password_changed_at.is_some());
        let too_many = import(vec![row("a", "a@b"); 1001]);
        let refused: Result<_, Error> = roster.import_users(&actor, too_many).await;
        assert_eq!(refused.err().and_then(|error| error.field()), Some(Field::Body));
    }
}
