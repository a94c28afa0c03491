//! The page on which one asks for an account.

use std::sync::Arc;

use roster_core::Registration;
use roster_testing::{Answer, PASSWORD, Roster};

use crate::{hidden, open, send, with_pages};

const PATH: &str = "/account/registration";

async fn open_on_sqlite() -> Roster {
    let mut builder = with_pages(Arc::default());
    builder.settings.registration = Registration::Open;
    builder.on_sqlite().await
}

async fn open_on_postgres() -> Roster {
    let mut builder = with_pages(Arc::default());
    builder.settings.registration = Registration::Open;
    builder.on_postgres().await
}

fn seen(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.parts.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()));
    (answer.status().as_u16(), headers.collect(), answer.text())
}

roster_testing::postgres_fixture::on_both! {
    with (crate::registration::open_on_sqlite, crate::registration::open_on_postgres);

    async fn an_account_is_asked_for_and_made_by_the_mailed_link(roster: Roster) {
        roster.admin().await;
        assert!(open(&roster, "/").await.text().contains("account/registration"));
        let page = open(&roster, PATH).await;
        assert!(page.text().contains("name=\"email\""), "{}", page.text());
        let asked = send(&roster, PATH, &[("email", "ann@example.com")]).await;
        assert!(asked.text().contains("Look into your mail"), "{}", asked.text());
        let messages = roster.messages().await;
        let (_, rest) =
            messages[0].text.expose().split_once("https://roster.example.com").unwrap();
        let page = open(&roster, rest.split_whitespace().next().unwrap()).await;
        let token = hidden(&page, "token");
        let fields = [
            ("token", &*token), ("username", "ann"), ("password", PASSWORD), ("again", PASSWORD),
        ];
        let made = send(&roster, "/account/invitation", &fields).await;
        assert_eq!(made.status(), 200, "{}", made.text());
        let login = serde_json::json!({"login": "ann@example.com", "password": PASSWORD});
        let answer = roster.call("POST", "/api/v1/sessions", None, Some(&login)).await;
        assert_eq!(answer.status(), 201);
    }

    async fn t01_the_page_tells_nothing_of_the_address(roster: Roster) {
        let admin = roster.admin().await;
        roster.person("ann").await;
        let gone = roster.person("gone").await;
        admin.delete(&gone.path("")).await.empty();
        let free = seen(&send(&roster, PATH, &[("email", "free@example.com")]).await);
        for email in ["ann@example.com", "ANN@example.com", "gone@example.com"] {
            assert_eq!(seen(&send(&roster, PATH, &[("email", email)]).await), free, "{email}");
        }
    }

    async fn what_is_no_address_is_told_beside_the_field(roster: Roster) {
        roster.admin().await;
        for email in ["", "ann", "<b>@"] {
            let answer = send(&roster, PATH, &[("email", email)]).await;
            assert_eq!(answer.status(), 422, "{}", answer.text());
            assert!(answer.text().contains("email-fault") && !answer.text().contains("<b>@"));
        }
        let elsewhere = [
            ("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "cross-site"),
        ];
        let answer = roster.call_with("POST", PATH, &elsewhere, "email=ann%40example.com").await;
        assert_eq!(answer.status(), 403, "T41");
        assert!(roster.messages().await.is_empty());
    }

    async fn the_link_proposes_the_name_that_was_wished_for(roster: Roster) {
        roster.admin().await;
        send(&roster, PATH, &[("email", "ann@example.com")]).await;
        let messages = roster.messages().await;
        let (_, rest) =
            messages[0].text.expose().split_once("https://roster.example.com").unwrap();
        let link = rest.split_whitespace().next().unwrap();
        let page = open(&roster, &format!("{link}&username=%3Cb%3Eann")).await;
        assert!(page.text().contains("value=\"&#60;b&#62;ann\""), "{}", page.text());
    }
}

#[tokio::test]
async fn where_registration_is_not_open_there_is_no_such_page() {
    let roster = crate::on_sqlite().await;
    roster.admin().await;
    assert!(!open(&roster, "/").await.text().contains("account/registration"));
    assert_eq!(open(&roster, PATH).await.status(), 403);
    assert_eq!(send(&roster, PATH, &[("email", "ann@example.com")]).await.status(), 403);
}
