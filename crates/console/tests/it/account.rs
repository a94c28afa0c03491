//! What mailed links lead to.

use roster_testing::{PASSWORD, Roster};
use serde_json::json;

use crate::{hidden, on_both_databases, open, send};

/// The page that the only message with a link leads to: path and query of it.
async fn mailed(roster: &Roster) -> String {
    let messages = roster.messages().await;
    let texts: Vec<_> = messages.iter().map(|message| message.text.expose()).collect();
    let links = texts.iter().filter_map(|text| text.split_once("https://roster.example.com"));
    let links: Vec<_> = links.collect();
    let [(_, rest)] = links[..] else { panic!("{texts:?}") };
    rest.split_whitespace().next().unwrap().to_owned()
}

on_both_databases! {
    async fn an_invitation_leads_to_a_password(roster: Roster) {
        let admin = roster.admin().await;
        let ann = roster.person("ann").await;
        admin.ask(&ann.path("/invitation")).await;
        let link = mailed(&roster).await;
        let page = open(&roster, &link).await;
        let token = hidden(&page, "token");
        let set = async |password: &str, again: &str| {
            let fields = [("token", &*token), ("password", password), ("again", again)];
            send(&roster, "/account/password", &fields).await
        };
        assert_eq!(set("a new good password", "and another").await.status(), 422);
        let weak = set("short", "short").await;
        assert_eq!(weak.status(), 422);
        assert!(weak.text().contains("aria-describedby=\"password-fault\""), "{}", weak.text());
        let done = set("a new good password", "a new good password").await;
        assert_eq!(done.status(), 200, "{}", done.text());
        let old = json!({ "login": "ann", "password": PASSWORD });
        assert_eq!(roster.call("POST", "/api/v1/sessions", None, Some(&old)).await.status(), 401);
        let new = json!({ "login": "ann", "password": "a new good password" });
        assert_eq!(roster.call("POST", "/api/v1/sessions", None, Some(&new)).await.status(), 201);
        let again = set("a third good password", "a third good password").await;
        assert!(again.text().contains("This link was used"), "{}", again.text());
        let opened = open(&roster, &link).await.text();
        assert!(opened.contains("This link was used") && !opened.contains("<form"), "{opened}");
    }

    async fn opening_the_link_to_a_new_address_changes_nothing_and_the_button_does(roster: Roster) {
        let ann = roster.person("ann").await;
        let change = json!({ "email": "new@example.com" });
        ann.patch(&ann.path(""), change).await;
        let link = mailed(&roster).await;
        let page = open(&roster, &link).await;
        let address = async || ann.get(&ann.path("")).await.json()["email"].clone();
        assert_eq!(address().await, "ann@example.com");
        let token = hidden(&page, "token");
        let done = send(&roster, "/account/email", &[("token", &token)]).await;
        assert_eq!(done.status(), 200, "{}", done.text());
        assert!(done.text().contains("new@example.com"));
        assert_eq!(address().await, "new@example.com");
        let again = send(&roster, "/account/email", &[("token", &token)]).await;
        assert!(again.text().contains("This link was used"), "{}", again.text());
        // A link to something else is none here either.
        for page in [link.as_str(), &link.replace("/email?", "/password?")] {
            let opened = open(&roster, page).await.text();
            assert!(opened.contains("This link was used") && !opened.contains("<form"), "{opened}");
        }
    }
}
