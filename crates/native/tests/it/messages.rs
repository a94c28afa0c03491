//! The outbox, as those who run the server see it.

use roster_model::{ErrorCode, Message, MessageState, Page};
use roster_testing::{Roster, on_both_databases};
use serde_json::json;

on_both_databases! {
    async fn the_outbox_shows_the_newest_first_in_pages_and_no_texts(roster: Roster) {
        let admin = roster.admin().await;
        for name in ["ann", "ben", "eve"] {
            roster.person(name).await;
            let body = json!({"login": name, "purpose": "reset_password", "channel": "email"});
            roster.call("POST", "/api/v1/one-time-codes", None, Some(&body)).await;
        }
        let page: Page<Message> = admin.get("/api/v1/messages?limit=2&count=true").await.done(200);
        let to: Vec<_> = page.items.iter().map(|message| &*message.to).collect();
        assert_eq!((to, page.total), (vec!["eve@example.com", "ben@example.com"], Some(3)));
        let uri = format!("/api/v1/messages?limit=2&cursor={}", page.next.unwrap());
        let rest: Page<Message> = admin.get(&uri).await.done(200);
        assert_eq!((rest.items.len(), &*rest.items[0].to, rest.next), (1, "ann@example.com", None));
        let text = admin.get("/api/v1/messages").await.text();
        for message in roster.messages().await {
            assert!(!text.contains(message.text.expose()));
            assert!(!text.contains(&format!("\"{}\"", message.code.unwrap().expose())));
        }
    }

    async fn a_message_that_was_given_up_is_tried_again_when_asked(roster: Roster) {
        let admin = roster.admin().await;
        let body = json!({"login": "admin", "purpose": "reset_password", "channel": "email"});
        roster.call("POST", "/api/v1/one-time-codes", None, Some(&body)).await;
        let page: Page<Message> = admin.get("/api/v1/messages").await.done(200);
        let id = page.items[0].id;
        roster.give_up(id).await;
        let page: Page<Message> = admin.get("/api/v1/messages").await.done(200);
        assert_eq!(page.items[0].state, MessageState::Failed);
        let again: Message = admin.ask(&format!("/api/v1/messages/{id}/retry")).await.done(200);
        assert_eq!(again.state, MessageState::Pending);
        assert_eq!(roster.messages().await.len(), 1);
        let sent = admin.ask(&format!("/api/v1/messages/{id}/retry")).await;
        sent.refused(409, ErrorCode::WrongState);
        admin.ask("/api/v1/messages/987654/retry").await.refused(404, ErrorCode::NotFound);
    }

    async fn nobody_but_a_system_admin_sees_the_outbox(roster: Roster) {
        let boss = roster.person_with_role("boss", roster_model::Role::AccountAdmin).await;
        boss.get("/api/v1/messages").await.refused(403, ErrorCode::Forbidden);
        boss.ask("/api/v1/messages/1/retry").await.refused(403, ErrorCode::Forbidden);
    }
}
