//! API keys.

use std::time::Duration;

use roster_core::{Actor, Door, Error, Idempotency, KeyRef, RequestLine};
use roster_model::{
    Constraint, ConstraintKind, ErrorCode, Field, IntrospectionRequest, IssuedApiKey, ListFilter,
    NewApiKey, PageRequest, Reason, Role, Secret, TokenHash, User, UserRef,
};
use roster_store::{NewApiKeyRow, Tx};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::fixture::{Roster, nobody, on_both_databases, origin};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

fn named(name: &str) -> NewApiKey {
    NewApiKey { name: name.to_owned(), ..NewApiKey::default() }
}

fn constraint(kind: ConstraintKind, path: &str, methods: &[&str]) -> Constraint {
    let methods = methods.iter().map(|method| (*method).to_owned()).collect();
    Constraint { kind, path: path.to_owned(), methods }
}

async fn create(roster: &Roster, actor: &Actor, new: &NewApiKey) -> IssuedApiKey {
    roster.create_api_key(actor, &UserRef::Me, new).await.unwrap()
}

async fn refusal(roster: &Roster, actor: &Actor, new: &NewApiKey) -> (ErrorCode, Option<Field>) {
    let error = roster.create_api_key(actor, &UserRef::Me, new).await.unwrap_err();
    (error.code(), error.field())
}

async fn check(roster: &Roster, key: &Secret, method: &str, path: &str) -> Result<Actor, Error> {
    roster.authenticate(key.expose(), RequestLine { method, path }, origin()).await
}

async fn signed_in(roster: &Roster, name: &str) -> (User, Actor) {
    let user = roster.user(name, Role::Viewer).await;
    let actor = roster.acting(&user).await;
    (user, actor)
}

on_both_databases! {
    async fn a_key_works_until_its_end_and_not_after(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let issued = create(&roster, &actor, &named("backup")).await;
        assert!(issued.token.expose().starts_with(&issued.api_key.prefix));
        assert_eq!(issued.api_key.expires_at, Some(roster.now() + YEAR));
        roster.advance(YEAR - Duration::from_micros(1));
        check(&roster, &issued.token, "GET", "/").await.unwrap();
        roster.advance(Duration::from_micros(1));
        let refused = check(&roster, &issued.token, "GET", "/").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Unauthenticated);
    }

    async fn t45_a_user_has_so_many_keys_and_no_more(roster: Roster) {
        let (ann, actor) = signed_in(&roster, "ann").await;
        let last = create(&roster, &actor, &named("first")).await.api_key;
        let fill = async |kind: u8, count: u16, is_revoked: bool| {
            let (user, now) = (ann.id, roster.now());
            roster.write(async |tx: &mut Tx| {
                for number in 0..count {
                    let name = format!("{kind} {number}");
                    let mut hash = [kind; 32];
                    hash[..2].copy_from_slice(&number.to_be_bytes());
                    let row = NewApiKeyRow {
                        uuid: Uuid::from_bytes(hash[..16].try_into().unwrap()),
                        user_id: user,
                        name: &name,
                        token_hash: TokenHash(hash),
                        prefix: "ros_k",
                        scopes: &[],
                        constraints: &[],
                        created_at: now,
                        expires_at: None,
                        shares_name: false,
                        copy_of: None,
                    };
                    let id = tx.insert_api_key(&row).await?.unwrap();
                    if is_revoked {
                        tx.revoke_api_key(id, now).await?;
                    }
                }
                Ok(())
            })
            .await;
        };
        fill(1, 999, false).await;
        assert_eq!(refusal(&roster, &actor, &named("new")).await.0, ErrorCode::WrongState);
        roster.revoke_api_key(&actor, &UserRef::Me, &KeyRef::Id(last.id)).await.unwrap();
        create(&roster, &actor, &named("new")).await;
        fill(2, 8_999, true).await;
        let new = KeyRef::Name("new".into());
        roster.revoke_api_key(&actor, &UserRef::Me, &new).await.unwrap();
        assert_eq!(refusal(&roster, &actor, &named("newer")).await.0, ErrorCode::WrongState);
        roster.delete_api_key(&actor, &UserRef::Me, &KeyRef::Id(last.id)).await.unwrap();
        create(&roster, &actor, &named("newer")).await;
    }

    async fn a_filtered_list_shows_its_keys_whole(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let exact = constraint(ConstraintKind::Exact, "jobs", &["GET"]);
        for (name, constraints) in [("one", vec![exact]), ("two", vec![])] {
            let scopes = vec!["whoami".to_owned()];
            create(&roster, &actor, &NewApiKey { scopes, constraints, ..named(name) }).await;
        }
        let filter = ListFilter { filter: Some("name = 'one'".into()), ..ListFilter::default() };
        let page = PageRequest::default();
        let found = roster.list_api_keys(&actor, &UserRef::Me, true, &filter, &page).await.unwrap();
        let [one] = &found.items[..] else { panic!("{found:?}") };
        assert_eq!((one.constraints.len(), one.scopes.len()), (1, 1));
    }

    async fn a_key_made_through_the_airt_door_has_no_end_unless_one_is_given(roster: Roster) {
        let (_, mut actor) = signed_in(&roster, "ann").await;
        actor.origin.door = Door::Airt;
        assert_eq!(create(&roster, &actor, &named("a")).await.api_key.expires_at, None);
        let end = roster.now() + YEAR;
        let new = NewApiKey { expires_at: Some(end), ..named("b") };
        assert_eq!(create(&roster, &actor, &new).await.api_key.expires_at, Some(end));
        let new = NewApiKey { expires_at: Some(roster.now()), ..named("c") };
        assert_eq!(refusal(&roster, &actor, &new).await, (ErrorCode::FieldInvalid, Some(Field::ExpiresAt)));
    }

    async fn t39_a_name_holds_nothing_that_cannot_be_seen(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        for (name, reason) in [
            ("", Reason::Empty),
            (" ", Reason::Empty),
            ("a ", Reason::BlankAtEnd),
            ("a\0b", Reason::ControlCharacter),
            ("a\x1b[31mb", Reason::ControlCharacter),
            ("a\u{202e}b", Reason::InvisibleCharacter),
            ("a\u{200b}b", Reason::InvisibleCharacter),
        ] {
            let refused = roster.create_api_key(&actor, &UserRef::Me, &named(name)).await;
            let Err(Error::Invalid { field: Field::Name, reason: found }) = refused else {
                panic!("{name:?} is taken")
            };
            assert_eq!(found, reason, "{name:?}");
        }
    }

    async fn a_name_is_taken_while_its_key_lives(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let first = create(&roster, &actor, &named("Backup")).await.api_key;
        let taken = (ErrorCode::AlreadyExists, Some(Field::Name));
        assert_eq!(refusal(&roster, &actor, &named("backup")).await, taken);
        let (_, other) = signed_in(&roster, "bob").await;
        create(&roster, &other, &named("backup")).await;
        let by_name = KeyRef::parse("BACKUP");
        let revoked = roster.revoke_api_key(&actor, &UserRef::Me, &by_name).await.unwrap();
        assert_eq!((revoked.id, revoked.revoked_at), (first.id, Some(roster.now())));
        let again = roster.revoke_api_key(&actor, &UserRef::Me, &by_name).await.unwrap_err();
        assert_eq!(again.code(), ErrorCode::WrongState);
        let new = NewApiKey { expires_at: Some(roster.now() + YEAR / 12), ..named("backup") };
        let second = create(&roster, &actor, &new).await.api_key;
        let found = roster.get_api_key(&actor, &UserRef::Me, &by_name).await.unwrap();
        assert_eq!(found.id, second.id, "the live key comes first");
        roster.advance(YEAR / 12);
        let actor = roster.acting(&roster.whoami(&actor).await.unwrap().user).await;
        let third = create(&roster, &actor, &named("backup")).await.api_key;
        let found = roster.get_api_key(&actor, &UserRef::Me, &by_name).await.unwrap();
        assert_eq!(found.id, third.id, "an expired key holds no name");
    }

    async fn keys_are_listed_oldest_first_and_revoked_ones_on_demand(roster: Roster) {
        let (ann, actor) = signed_in(&roster, "ann").await;
        for name in ["one", "two", "3"] {
            create(&roster, &actor, &named(name)).await;
        }
        roster.revoke_api_key(&actor, &UserRef::Me, &KeyRef::parse("two")).await.unwrap();
        let page = PageRequest { limit: Some(1), count: Some(true), ..PageRequest::default() };
        for (revoked, expected) in [(false, vec!["one", "3"]), (true, vec!["one", "two", "3"])] {
            let mut names = Vec::new();
            let mut page = page.clone();
            loop {
                let keys = roster.list_api_keys(&actor, &UserRef::Me, revoked, &ListFilter::default(), &page).await.unwrap();
                assert_eq!(keys.total, Some(expected.len() as u64));
                names.extend(keys.items.into_iter().map(|key| key.name));
                let Some(next) = keys.next else { break };
                page.cursor = Some(next);
            }
            assert_eq!(names, expected);
        }
        let found = roster.get_api_key(&actor, &UserRef::Me, &KeyRef::parse("3")).await.unwrap();
        assert_eq!(found.name, "3", "no key has this number, so it is a name");
        let (_, other) = signed_in(&roster, "bob").await;
        let refused = roster.get_api_key(&other, &UserRef::Id(ann.id), &KeyRef::Id(found.id)).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden);
        let refused = roster.get_api_key(&other, &UserRef::Me, &KeyRef::Id(found.id)).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::NotFound, "t23");
    }

    async fn each_use_counts_once_whether_or_not_it_is_written_down(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let issued = create(&roster, &actor, &named("backup")).await;
        let me = KeyRef::Id(issued.api_key.id);
        for round in 1..=4 {
            for _ in 0..5 {
                check(&roster, &issued.token, "GET", "/").await.unwrap();
            }
            let key = roster.get_api_key(&actor, &UserRef::Me, &me).await.unwrap();
            assert_eq!((key.use_count, key.last_used_at), (round * 5, Some(roster.now())));
            if round % 2 == 0 {
                roster.flush_usage(&Actor::system("tests")).await.unwrap();
                let written = roster.get_api_key(&actor, &UserRef::Me, &me).await.unwrap();
                assert_eq!(written, key);
            }
        }
        assert_eq!(roster.flush_usage(&Actor::system("tests")).await.unwrap(), 0);
        let refused = roster.flush_usage(&actor).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
    }

    async fn uses_at_once_are_all_counted(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let issued = create(&roster, &actor, &named("backup")).await;
        let roster = std::sync::Arc::new(roster);
        let checks: Vec<_> = (0..64)
            .map(|task| {
                let (roster, token) = (roster.clone(), issued.token.clone());
                tokio::spawn(async move {
                    for _ in 0..20 {
                        check(&roster, &token, "GET", "/").await.unwrap();
                        if task == 0 {
                            roster.flush_usage(&Actor::system("tests")).await.unwrap();
                        }
                    }
                })
            })
            .collect();
        let me = KeyRef::Id(issued.api_key.id);
        let mut before = 0;
        for check in checks {
            check.await.unwrap();
            let now = roster.get_api_key(&actor, &UserRef::Me, &me).await.unwrap().use_count;
            assert!(now >= before, "a count went down");
            before = now;
        }
        assert_eq!(before, 64 * 20);
    }

    async fn uses_that_different_threads_note_add_up(roster: Roster) {
        // More than there are lanes.
        const THREADS: i64 = 40;
        let (_, actor) = signed_in(&roster, "ann").await;
        let issued = create(&roster, &actor, &named("backup")).await;
        let me = KeyRef::Id(issued.api_key.id);
        let roster = std::sync::Arc::new(roster);
        roster.flush_usage(&Actor::system("tests")).await.unwrap();
        for _ in 0..THREADS {
            roster.advance(Duration::from_secs(1));
            let (roster, token) = (roster.clone(), issued.token.clone());
            let runtime = tokio::runtime::Handle::current();
            let one = move || runtime.block_on(async { check(&roster, &token, "GET", "/").await.map(drop) });
            let thread = std::thread::spawn(one);
            tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap().unwrap();
        }
        let pending = roster.get_api_key(&actor, &UserRef::Me, &me).await.unwrap();
        assert_eq!((pending.use_count, pending.last_used_at), (THREADS, Some(roster.now())));
        assert_eq!(roster.flush_usage(&Actor::system("tests")).await.unwrap(), 1, "it is one key");
        assert_eq!(roster.get_api_key(&actor, &UserRef::Me, &me).await.unwrap(), pending);
    }

    async fn t25_a_key_reaches_what_its_constraints_let_through_and_nothing_else(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let constraints = vec![
            constraint(ConstraintKind::Exact, "/jobs/", &["GET"]),
            constraint(ConstraintKind::Prefix, "reports/", &["GET", "HEAD"]),
            constraint(ConstraintKind::Regex, "files/[0-9]+|archive", &["PUT"]),
            constraint(ConstraintKind::Verb, "", &["PATCH"]),
        ];
        let issued = create(&roster, &actor, &NewApiKey { constraints, ..named("a") }).await;
        for (method, path) in [
            ("GET", "/jobs"),
            ("GET", "/reports/33"),
            ("HEAD", "/reports/x/y"),
            ("PUT", "/files/12"),
            ("PUT", "/archive"),
            ("PATCH", "/anything"),
        ] {
            check(&roster, &issued.token, method, path).await.unwrap_or_else(|_| panic!("{method} {path}"));
        }
        for (method, path) in [
            ("HEAD", "/jobs"),
            ("GET", "/jobs/1"),
            ("GET", "/Jobs"),
            ("GET", "/reports"),
            ("POST", "/reports/33"),
            ("PUT", "/files/12/x"),
            ("PUT", "/files/12\n"),
            ("PUT", "/x/archive"),
            ("DELETE", "/anything"),
            ("get", "/jobs"),
        ] {
            let refused = check(&roster, &issued.token, method, path).await;
            assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden, "{method} {path}");
        }
        let key = roster.get_api_key(&actor, &UserRef::Me, &KeyRef::Id(issued.api_key.id)).await.unwrap();
        assert_eq!(key.use_count, 6, "what is refused is no use");
    }

    async fn t25_a_limited_key_makes_no_keys_and_reaches_no_credentials(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let constraints = vec![constraint(ConstraintKind::Verb, "", &["GET", "POST"])];
        let constrained = NewApiKey { constraints, ..named("constrained") };
        let scopes = vec!["api_key".to_owned(), "session.list".to_owned()];
        let scoped = NewApiKey { scopes, ..named("scoped") };
        for new in [&constrained, &scoped] {
            let token = create(&roster, &actor, new).await.token;
            let by_key = check(&roster, &token, "POST", "/").await.unwrap();
            assert_eq!(refusal(&roster, &by_key, &named("more")).await.0, ErrorCode::Forbidden);
            let refused = roster.begin_totp(&by_key, &UserRef::Me).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::Forbidden);
            roster.list_sessions(&by_key, &UserRef::Me, &ListFilter::default(), &PageRequest::default()).await.unwrap();
            roster.whoami(&by_key).await.unwrap();
        }
        let token = create(&roster, &actor, &named("free")).await.token;
        let by_key = check(&roster, &token, "POST", "/").await.unwrap();
        create(&roster, &by_key, &named("more")).await;
        let refused = roster.sign_out(&by_key).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::WrongState);
    }

    async fn t25_at_the_civis_door_a_limited_key_makes_keys_like_itself_and_no_others(roster: Roster) {
        let (ann, actor) = signed_in(&roster, "ann").await;
        let constraints = vec![
            constraint(ConstraintKind::Prefix, "users/", &["GET", "POST"]),
            constraint(ConstraintKind::Exact, "endpoints", &["GET"]),
        ];
        let end = roster.now() + YEAR / 2;
        let new = NewApiKey { constraints: constraints.clone(), expires_at: Some(end), ..named("a") };
        let issued = create(&roster, &actor, &new).await;
        let mut by_key = check(&roster, &issued.token, "POST", "/users/me/api_keys").await.unwrap();
        assert_eq!(refusal(&roster, &by_key, &new).await.0, ErrorCode::Forbidden, "nor elsewhere");
        by_key.origin.door = Door::Civis;
        let same = vec![
            constraints[1].clone(),
            constraint(ConstraintKind::Prefix, "users/", &["POST", "GET"]),
        ];
        let longer = NewApiKey { constraints: same, expires_at: Some(roster.now() + YEAR), ..named("a") };
        let copy = create(&roster, &by_key, &longer).await.api_key;
        assert_eq!((copy.user_id, copy.expires_at), (ann.id, Some(end)), "and for no longer");
        let wrong = (ErrorCode::FieldInvalid, Some(Field::Constraints));
        for other in [vec![], constraints[..1].to_vec(), vec![constraint(ConstraintKind::Verb, "", &["GET"])]] {
            let other = NewApiKey { constraints: other, ..named("b") };
            assert_eq!(refusal(&roster, &by_key, &other).await, wrong);
        }
        let bob = roster.user("bob", Role::Viewer).await;
        let refused = roster.create_api_key(&by_key, &UserRef::Id(bob.id), &longer).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Forbidden);
    }

    async fn t25_copies_of_a_key_end_with_it(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let constraints = vec![constraint(ConstraintKind::Prefix, "users/", &["GET", "POST"])];
        let new = NewApiKey { constraints, ..named("a") };
        let copy = async |token: &Secret| {
            let mut by_key = check(&roster, token, "POST", "/users/me/api_keys").await.unwrap();
            by_key.origin.door = Door::Civis;
            create(&roster, &by_key, &new).await
        };
        let lives = async |token: &Secret| check(&roster, token, "GET", "/users/me").await.is_ok();
        let model = create(&roster, &actor, &new).await;
        let sibling = create(&roster, &actor, &NewApiKey { name: "b".into(), ..new.clone() }).await;
        let child = copy(&model.token).await;
        let grandchild = copy(&child.token).await;
        let other = copy(&sibling.token).await;
        let key = |issued: &IssuedApiKey| KeyRef::Id(issued.api_key.id);

        let end = roster.now() + Duration::from_secs(60);
        let sooner = roster_model::ApiKeyUpdate { expires_at: Some(Some(end)), ..Default::default() };
        roster.update_api_key(&actor, &UserRef::Me, &key(&child), &sooner).await.unwrap();
        let found = roster.get_api_key(&actor, &UserRef::Me, &key(&grandchild)).await.unwrap();
        assert_eq!(found.expires_at, Some(end), "a copy works no longer than its model");
        let found = roster.get_api_key(&actor, &UserRef::Me, &key(&model)).await.unwrap();
        assert!(found.expires_at > Some(end));

        // A request that came in before the revocation makes no copy after it.
        let mut late = check(&roster, &model.token, "POST", "/users/me/api_keys").await.unwrap();
        late.origin.door = Door::Civis;
        roster.revoke_api_key(&actor, &UserRef::Me, &key(&model)).await.unwrap();
        assert_eq!(refusal(&roster, &late, &new).await.0, ErrorCode::Unauthenticated, "t32");
        for ended in [&model, &child, &grandchild] {
            assert!(!lives(&ended.token).await, "{}", ended.api_key.id);
        }
        for good in [&sibling, &other] {
            assert!(lives(&good.token).await, "{}", good.api_key.id);
        }
        let page = PageRequest { limit: Some(100), ..PageRequest::default() };
        let root = roster.user("root", Role::SystemAdmin).await;
        let root = roster.acting(&root).await;
        let events = roster.list_audit_events(&root, &roster_model::AuditFilter::default(), &page).await.unwrap();
        let revoked = events.items.iter().filter(|event| event.action == "api_key.revoked").count();
        assert_eq!(revoked, 3, "each is in the audit log");

        roster.restore_api_key(&actor, &UserRef::Me, &key(&model)).await.unwrap();
        assert!(lives(&model.token).await && !lives(&child.token).await, "copies stay ended");
        roster.delete_api_key(&actor, &UserRef::Me, &key(&sibling)).await.unwrap();
        assert!(!lives(&other.token).await, "removed is revoked, too");
    }

    async fn at_the_civis_door_names_repeat_and_only_a_system_admin_makes_keys_for_others(roster: Roster) {
        let (ann, mut actor) = signed_in(&roster, "ann").await;
        let native = actor.clone();
        actor.origin.door = Door::Civis;
        let first = create(&roster, &actor, &named("Backup")).await.api_key;
        let second = create(&roster, &actor, &named("backup")).await.api_key;
        let third = create(&roster, &actor, &named("backup")).await.api_key;
        let found = roster.get_api_key(&native, &UserRef::Me, &KeyRef::parse("backup")).await.unwrap();
        assert_eq!(found.id, first.id, "a name means the key that had it first");
        let later = roster_model::ApiKeyUpdate { expires_at: Some(None), ..Default::default() };
        for key in [&second, &third] {
            let changed = roster.update_api_key(&native, &UserRef::Me, &KeyRef::Id(key.id), &later).await;
            assert_eq!(changed.unwrap().expires_at, None);
        }
        roster.revoke_api_key(&native, &UserRef::Me, &KeyRef::Id(second.id)).await.unwrap();
        let restored = roster.restore_api_key(&native, &UserRef::Me, &KeyRef::Id(second.id)).await;
        assert_eq!(restored.unwrap_err().code(), ErrorCode::AlreadyExists);

        for (name, role, may) in [("boss", Role::AccountAdmin, false), ("root", Role::SystemAdmin, true)] {
            let mut other = roster.acting(&roster.user(name, role).await).await;
            other.origin.door = Door::Civis;
            let made = roster.create_api_key(&other, &UserRef::Id(ann.id), &named("robot")).await;
            assert_eq!(made.is_ok(), may, "{name}");
        }
    }

    async fn t25_a_key_may_not_do_what_its_scopes_do_not_name(roster: Roster) {
        let (ann, actor) = signed_in(&roster, "ann").await;
        let scopes = vec!["session.list".to_owned(), "jobs:read".to_owned()];
        let token = create(&roster, &actor, &NewApiKey { scopes, ..named("a") }).await.token;
        let by_key = check(&roster, &token, "GET", "/").await.unwrap();
        roster.list_sessions(&by_key, &UserRef::Me, &ListFilter::default(), &PageRequest::default()).await.unwrap();
        let refused = roster.list_api_keys(&by_key, &UserRef::Id(ann.id), false, &ListFilter::default(), &PageRequest::default()).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden);
        let input = IntrospectionRequest { token, method: None, path: None };
        let answer = roster.introspect(&actor, &input).await.unwrap();
        assert_eq!(answer.scope.as_deref(), Some("session.list jobs:read"));
    }

    async fn t33_introspection_holds_a_path_against_the_constraints_as_the_router_reads_it(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let constraints = vec![constraint(ConstraintKind::Prefix, "reports/", &["GET"])];
        let token = create(&roster, &actor, &NewApiKey { constraints, ..named("a") }).await.token;
        let ask = async |method: Option<&str>, path: Option<&str>| {
            let (method, path) = (method.map(str::to_owned), path.map(str::to_owned));
            let input = IntrospectionRequest { token: token.clone(), method, path };
            roster.introspect(&actor, &input).await.unwrap().active
        };
        assert!(ask(Some("GET"), Some("/reports/33")).await);
        assert!(ask(Some("GET"), Some("//reports/./33/")).await);
        assert!(ask(Some("GET"), Some("/reports/33?next=/users&x=%2e%2e?")).await);
        for (method, path) in [
            (Some("POST"), Some("/reports/33")),
            (Some("GET"), Some("/reports/../users")),
            (Some("GET"), Some("/users?/reports/33")),
            (Some("GET"), Some("?/reports/33")),
            (Some("GET"), Some("/reports/%2e%2e/users")),
            (Some("GET"), Some("/reports/..%2fusers")),
            (Some("GET"), Some("/reports/;x/33")),
            (Some("GET"), Some("reports/33")),
            (Some("GET"), None),
            (None, Some("/reports/33")),
            (None, None),
        ] {
            assert!(!ask(method, path).await, "{method:?} {path:?}");
        }
    }

    async fn malformed_keys_are_refused_with_the_field_that_is_wrong(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let long = "x".repeat(321);
        for name in ["", " ", " a", "a\0", "a\nb", long.as_str()] {
            assert_eq!(refusal(&roster, &actor, &named(name)).await, (ErrorCode::FieldInvalid, Some(Field::Name)), "{name:?}");
        }
        for scope in ["", "a b", "a\"b", "\u{e9}", long.as_str()] {
            let new = NewApiKey { scopes: vec![scope.to_owned()], ..named("a") };
            assert_eq!(refusal(&roster, &actor, &new).await, (ErrorCode::FieldInvalid, Some(Field::Scopes)), "{scope:?}");
        }
        let regex = |pattern: &str| constraint(ConstraintKind::Regex, pattern, &["GET"]);
        for bad in [
            constraint(ConstraintKind::Exact, "", &["GET"]),
            constraint(ConstraintKind::Exact, "a", &[]),
            constraint(ConstraintKind::Exact, "a", &["get"]),
            constraint(ConstraintKind::Exact, "a", &["OPTIONS"]),
            constraint(ConstraintKind::Verb, "a", &["GET"]),
            regex("("),
            regex("a)(b"),
            regex(r"(a)\1"),
            regex("a(?=b)"),
            regex(&"x".repeat(1001)),
            regex("(?:(?:(?:a{50}){50}){50}){50}"),
            regex(&"(".repeat(40)),
        ] {
            let new = NewApiKey { constraints: vec![bad.clone()], ..named("a") };
            assert_eq!(refusal(&roster, &actor, &new).await, (ErrorCode::FieldInvalid, Some(Field::Constraints)), "{bad:?}");
        }
        let new = NewApiKey { constraints: vec![regex("a"); 101], ..named("a") };
        assert_eq!(refusal(&roster, &actor, &new).await.1, Some(Field::Constraints));
        let keys = roster.list_api_keys(&actor, &UserRef::Me, true, &ListFilter::default(), &PageRequest::default()).await.unwrap();
        assert!(keys.items.is_empty());
    }

    async fn t35_patterns_take_no_longer_than_their_path_is_long(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let nested = constraint(ConstraintKind::Regex, "(a*)*b", &["GET"]);
        let token = create(&roster, &actor, &NewApiKey { constraints: vec![nested], ..named("a") }).await.token;
        let path = format!("/{}", "a".repeat(500));
        assert!(check(&roster, &token, "GET", &path).await.is_err());
        assert!(check(&roster, &token, "GET", &format!("{path}b")).await.is_ok());
        // Patterns read no path that is longer than any address.
        assert!(check(&roster, &token, "GET", &format!("{path}{path}b")).await.is_err());
    }

    async fn t35_a_key_has_one_budget_for_all_its_patterns(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let patterns = |count: usize, pattern: &dyn Fn(usize) -> String| {
            let one = |number| constraint(ConstraintKind::Regex, &pattern(number), &["GET"]);
            NewApiKey { constraints: (0..count).map(one).collect(), ..named("a") }
        };
        // Each alone would do; a path that all of them follow to its end would cost a hundred times as much.
        let large = |number| format!("[ab]*a[ab]{{{}}}", 500 - number);
        let refused = refusal(&roster, &actor, &patterns(100, &large)).await;
        assert_eq!(refused, (ErrorCode::FieldInvalid, Some(Field::Constraints)));
        // What people write fits a hundred times.
        let plain = |number| format!("jobs/{number}/runs/[0-9]+(/outputs/[a-z_-]+)?");
        let token = create(&roster, &actor, &patterns(100, &plain)).await.token;
        assert!(check(&roster, &token, "GET", "/jobs/99/runs/7/outputs/log").await.is_ok());
        assert!(check(&roster, &token, "GET", "/jobs/100/runs/7").await.is_err());
    }

    async fn a_pattern_counts_for_the_methods_of_its_own_constraint(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let constraints = vec![
            constraint(ConstraintKind::Exact, "a", &["DELETE"]),
            constraint(ConstraintKind::Regex, "a.*", &["GET"]),
            constraint(ConstraintKind::Regex, "b.*", &["PUT", "GET"]),
        ];
        let token = create(&roster, &actor, &NewApiKey { constraints, ..named("a") }).await.token;
        for (method, path, is_allowed) in [
            ("GET", "/ab", true),
            ("PUT", "/ab", false),
            ("PUT", "/ba", true),
            ("DELETE", "/a", true),
            ("DELETE", "/ab", false),
        ] {
            assert_eq!(check(&roster, &token, method, path).await.is_ok(), is_allowed, "{method} {path}");
        }
    }

    async fn through_the_airt_door_one_code_revokes_several_keys_and_each_once(roster: Roster) {
        let (_, mut actor) = signed_in(&roster, "ann").await;
        for name in ["a", "b"] {
            create(&roster, &actor, &named(name)).await;
        }
        let secret = roster.enrol(&actor).await;
        roster.advance(Duration::from_secs(60));
        let code = roster.code(&secret);
        let signed_in = roster.try_sign_in("ann", crate::fixture::PASSWORD, Some(&code)).await;
        actor = roster.actor(&signed_in.unwrap().token).await.unwrap();
        actor.origin.door = Door::Airt;
        roster.advance(Duration::from_secs(60));
        let actor = actor.with_proof(roster_core::Proof::Code(roster.code(&secret)));
        let key = |name: &str| KeyRef::Name(name.to_owned());
        for (name, code) in [
            ("a", None),
            ("a", Some(ErrorCode::OtpInvalid)),
            ("b", None),
            ("no such key", Some(ErrorCode::NotFound)),
            ("no such key", Some(ErrorCode::OtpInvalid)),
        ] {
            let answer = roster.revoke_api_key(&actor, &UserRef::Me, &key(name)).await;
            assert_eq!(answer.err().map(|error| error.code()), code, "{name}");
        }
        let mut native = actor.clone();
        native.origin.door = Door::Native;
        let answer = roster.revoke_api_key(&native, &UserRef::Me, &key("b")).await;
        assert_eq!(answer.unwrap_err().code(), ErrorCode::OtpInvalid, "one code, one call");
    }

    async fn t26_what_a_kept_request_held_cannot_be_guessed_from_its_digest(roster: Roster) {
        let (ann, actor) = signed_in(&roster, "ann").await;
        let digest = [7; 32];
        let once = Idempotency { key: "k".to_owned(), digest };
        create(&roster, &actor.with_idempotency(Some(once)), &named("a")).await;
        let (caller, now) = (ann.id.to_string(), roster.core.now());
        let key = format!("api_key.create:{}", data_encoding::HEXLOWER.encode(&Sha256::digest("k")));
        let kept = roster.store.read(async |tx: &mut Tx| tx.find_reply(&caller, &key, now).await).await;
        assert_ne!(kept.unwrap().unwrap().digest, digest, "a plain hash of a body with a password");
    }

    async fn a_creation_that_is_asked_for_twice_is_done_once(roster: Roster) {
        let (ann, actor) = signed_in(&roster, "ann").await;
        let secret = roster.enrol(&actor).await;
        let actor = roster.actor(&roster.try_sign_in("ann", crate::fixture::PASSWORD, Some(&roster.code(&secret))).await.unwrap().token).await.unwrap();
        roster.advance(Duration::from_secs(60));
        let once = |key: &str, digest| Some(Idempotency { key: key.to_owned(), digest: [digest; 32] });
        let proof = roster_core::Proof::Code(roster.code(&secret));
        let actor = actor.with_proof(proof);
        let first = create(&roster, &actor.clone().with_idempotency(once("k", 1)), &named("a")).await;
        let second = create(&roster, &actor.clone().with_idempotency(once("k", 1)), &named("a")).await;
        assert_eq!(first.token.expose(), second.token.expose(), "without another code");
        assert_eq!(first.api_key, second.api_key);
        let other = actor.clone().with_idempotency(once("k", 2));
        assert_eq!(refusal(&roster, &other, &named("b")).await.0, ErrorCode::IdempotencyConflict);
        let another = actor.clone().with_idempotency(once("l", 1));
        assert_eq!(refusal(&roster, &another, &named("b")).await.0, ErrorCode::OtpInvalid, "a spent code");
        let (_, bob) = signed_in(&roster, "bob").await;
        let theirs = create(&roster, &bob.with_idempotency(once("k", 1)), &named("a")).await;
        assert_ne!(theirs.token.expose(), first.token.expose(), "keys are each caller's own");
        let refused = roster.create_api_key(&nobody().with_idempotency(once("k", 1)), &UserRef::Id(ann.id), &named("a")).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Unauthenticated);
        roster.advance(Duration::from_secs(24 * 3600));
        let later = roster.try_sign_in("ann", crate::fixture::PASSWORD, Some(&roster.code(&secret))).await.unwrap();
        roster.advance(Duration::from_secs(60));
        let actor = roster.actor(&later.token).await.unwrap().with_proof(roster_core::Proof::Code(roster.code(&secret)));
        assert_eq!(refusal(&roster, &actor.with_idempotency(once("k", 1)), &named("a")).await.0, ErrorCode::AlreadyExists, "a day later it is a new request");
    }

    async fn a_creation_that_is_asked_for_at_once_is_done_once(roster: Roster) {
        let (_, actor) = signed_in(&roster, "ann").await;
        let actor = actor.with_idempotency(Some(Idempotency { key: "k".to_owned(), digest: [1; 32] }));
        let roster = std::sync::Arc::new(roster);
        let requests: Vec<_> = (0..8)
            .map(|_| {
                let (roster, actor) = (roster.clone(), actor.clone());
                tokio::spawn(async move { create(&roster, &actor, &named("a")).await })
            })
            .collect();
        let mut tokens = std::collections::HashSet::new();
        for request in requests {
            tokens.insert(request.await.unwrap().token.expose().to_owned());
        }
        assert_eq!(tokens.len(), 1);
    }
}
