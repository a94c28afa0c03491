//! The page that accepts an invitation.

use std::sync::Arc;

use roster_core::Registration;
use roster_testing::{PASSWORD, Roster};
use serde_json::json;

use crate::{hidden, open, send};

#[tokio::test]
async fn an_invitation_is_accepted_with_a_name_and_a_password() {
    let mut builder = crate::with_pages(Arc::default());
    builder.settings.registration = Registration::Invite;
    let roster: Roster = builder.on_sqlite().await;
    let admin = roster.admin().await;
    admin.post("/api/v1/invitations", json!({"email": "ann@example.com"})).await;
    let messages = roster.messages().await;
    let text = messages[0].text.expose();
    let (_, rest) = text.split_once("https://roster.example.com").unwrap();
    let link = rest.split_whitespace().next().unwrap();
    let page = open(&roster, link).await;
    let token = hidden(&page, "token");
    let accept = async |username: &str, password: &str, again: &str| {
        let fields = [
            ("token", &*token),
            ("username", username),
            ("first_name", "Ann"),
            ("last_name", "<b>Archer"),
            ("password", password),
            ("again", again),
        ];
        send(&roster, "/account/invitation", &fields).await
    };
    assert_eq!(accept("ann", PASSWORD, "another").await.status(), 422);
    let taken = accept("admin", PASSWORD, PASSWORD).await;
    assert!(taken.text().contains("username-fault"), "{}", taken.text());
    assert!(taken.text().contains("&#60;b&#62;Archer"), "{}", taken.text());
    let done = accept("ann", PASSWORD, PASSWORD).await;
    assert_eq!(done.status(), 200, "{}", done.text());
    let login = json!({"login": "ann@example.com", "password": PASSWORD});
    assert_eq!(roster.call("POST", "/api/v1/sessions", None, Some(&login)).await.status(), 201);
    let again = accept("ann2", PASSWORD, PASSWORD).await;
    assert!(again.text().contains("was used"), "{}", again.text());
    let opened = open(&roster, link).await.text();
    assert!(opened.contains("was used") && !opened.contains("<form"), "{opened}");
}
