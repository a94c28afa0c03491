//! Pages and queries.

use roster_model::{ErrorCode, Page, User};
use roster_testing::{Roster, on_both_databases};

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
}
