//! Pages and queries.

use roster_model::{ErrorCode, Group, Page, Plan, User};
use roster_testing::{Roster, on_both_databases};
use serde_json::{Value, json};

on_both_databases! {
    async fn pages_visit_each_user_once_in_both_ways(roster: Roster) {
        let admin = roster.admin().await;
        for i in 0..7 {
            roster.create(&roster_testing::new_user(&format!("user-{i}"))).await;
        }
        let whole: Page<User> = admin.get("/api/v1/users?count=true").await.done(200);
        assert_eq!((whole.items.len(), whole.total, &whole.next), (8, Some(8), &None));

        let mut seen = Vec::new();
        let mut uri = "/api/v1/users?limit=3&order_by=-username".to_owned();
        loop {
            let page: Page<User> = admin.get(&uri).await.done(200);
            assert!(page.items.len() <= 3);
            seen.extend(page.items.into_iter().map(|user| user.username));
            let Some(next) = page.next else { break };
            uri = format!("/api/v1/users?limit=3&order_by=-username&cursor={next}");
        }
        let mut sorted = whole.items.iter().map(|user| user.username.clone()).collect::<Vec<_>>();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(seen, sorted);

        let mut seen = Vec::new();
        for offset in (0..9).step_by(3) {
            let uri = format!("/api/v1/users?limit=3&offset={offset}&order_by=-username");
            let page: Page<User> = admin.get(&uri).await.done(200);
            seen.extend(page.items.into_iter().map(|user| user.username));
        }
        assert_eq!(seen, sorted);
        let beyond: Page<User> = admin.get("/api/v1/users?offset=1000").await.done(200);
        assert!(beyond.items.is_empty());
    }

    async fn t36_a_query_outside_its_bounds_is_refused(roster: Roster) {
        let admin = roster.admin().await;
        for query in [
            "limit=0", "limit=1001", "limit=-1", "limit=99999999999999999999", "limit=x", "limit=1.5", "limit=",
            "limit=1&limit=2", "offset=-1", "offset=18446744073709551616", "offset=x",
            "cursor=x", "cursor=%00", "cursor=AAAA", "cursor=%27%20OR%201%3D1",
            "count=maybe", "order_by=password_hash", "order_by=id;drop", "order_by=", "order_by=--id",
            "role=king", "status=sleeping", "status=active,sleeping", "organization_id=x",
            "organization_id=99999999999999999999", "group_id=x", "deleted=perhaps",
            "unknown=1", "Limit=1", "limit%00=1", "limit=%ff",
        ] {
            let answer = admin.get(&format!("/api/v1/users?{query}")).await;
            let problem = answer.problem();
            assert_eq!((problem.status, problem.code), (422, ErrorCode::FieldInvalid), "{query}: {}", problem.detail);
        }
        for query in ["offset=9223372036854775807", "", "&", "limit=1000", "status=active,new", "role=viewer"] {
            let answer = admin.get(&format!("/api/v1/users?{query}")).await;
            assert_eq!(answer.status(), 200, "{query}: {}", answer.text());
        }
    }

    async fn a_cursor_of_one_order_is_no_cursor_of_another(roster: Roster) {
        let admin = roster.admin().await;
        roster.create(&roster_testing::new_user("ann")).await;
        let page: Page<User> = admin.get("/api/v1/users?limit=1&order_by=username").await.done(200);
        let next = page.next.unwrap();
        let answer = admin.get(&format!("/api/v1/users?limit=1&order_by=id&cursor={next}")).await;
        answer.refused(422, ErrorCode::FieldInvalid);
    }

    async fn short_lists_take_the_same_language(roster: Roster) {
        let admin = roster.admin().await;
        for (name, description) in [("Zoo", "beasts"), ("alps", "Hills"), ("Älpler", "people"), ("moor", "hills")] {
            let body = json!({ "name": name, "description": description });
            admin.post("/api/v1/groups", body).await.done::<Group>(201);
        }
        let names = async |query: &str| {
            let page: Page<Group> = admin.get(&format!("/api/v1/groups?{query}")).await.done(200);
            page.items.into_iter().map(|group| group.name).collect::<Vec<_>>()
        };
        assert_eq!(names("filter=description+ILIKE+'HILLS'&order_by=-name").await, ["moor", "alps"]);
        assert_eq!(names("search=LPL&order_by=name").await, ["Älpler"]);
        assert_eq!(names("filter=name+IN+('Zoo','moor')").await, ["Zoo", "moor"]);

        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let uri = format!("/api/v1/groups?order_by=-description,name&limit=1&count=true{cursor}");
            let page: Page<Group> = admin.get(&uri).await.done(200);
            assert_eq!(page.total, Some(5));
            seen.extend(page.items.into_iter().map(|group| group.slug));
            let Some(next) = page.next else { break };
            // Who comes and goes before the mark moves nothing after it.
            if seen.len() == 2 {
                let first = admin.get("/api/v1/groups?filter=name='%C3%84lpler'").await.done::<Page<Group>>(200);
                let gone = admin.delete(&format!("/api/v1/groups/{}", first.items[0].id)).await;
                assert_eq!(gone.status(), 204);
                let body = json!({ "name": "Aaa", "description": "zzz" });
                admin.post("/api/v1/groups", body).await.done::<Group>(201);
            }
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen.len(), 5, "{seen:?}");
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 5, "{seen:?}");

        let plans: Page<Plan> =
            admin.get("/api/v1/plans?filter=name+%3C%3E+'medium'&order_by=-name").await.done(200);
        assert_eq!(plans.items.iter().map(|plan| plan.name.as_str()).collect::<Vec<_>>(), ["small", "large"]);
        for uri in [
            "/api/v1/plans?filter=nothing=1", "/api/v1/plans?order_by=nothing", "/api/v1/groups?filter=(name='x'",
            "/api/v1/groups?order_by=", "/api/v1/users/me/api-keys?filter=token_hash='x'", "/api/v1/plans?search=%00",
        ] {
            admin.get(uri).await.refused(422, ErrorCode::FieldInvalid);
        }
    }

    async fn records_are_cut_down_to_the_fields_that_are_wanted(roster: Roster) {
        let admin = roster.admin().await;
        let page: Value = admin.get("/api/v1/users?fields=id,+username&count=true").await.done(200);
        let user = page["items"][0].as_object().unwrap();
        assert_eq!(user.keys().collect::<Vec<_>>(), ["id", "username"]);
        assert_eq!(page["total"], 1);
        let page: Value = admin.get("/api/v1/plans?fields=name&order_by=name").await.done(200);
        assert_eq!(page["items"], json!([{ "name": "large" }, { "name": "medium" }, { "name": "small" }]));
        for fields in ["password", "", "id,,name", "id;name", "%00"] {
            let refused = admin.get(&format!("/api/v1/users?fields={fields}")).await;
            refused.refused(422, ErrorCode::FieldInvalid);
        }
    }
}
