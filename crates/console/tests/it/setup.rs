//! The first administrator.

use roster_testing::{PASSWORD, Roster};

use crate::{hidden, on_both_databases, open, send};

on_both_databases! {
    async fn the_link_of_the_first_start_makes_an_administrator_once(roster: Roster) {
        let token = roster.set_up_token().await;
        let page = open(&roster, &format!("/setup?token={}", token.expose())).await;
        assert_eq!(page.status(), 200);
        assert_eq!(hidden(&page, "token"), token.expose());
        let fields = |password: &'static str, again: &'static str| {
            [
                ("token", token.expose()),
                ("username", "ann"),
                ("email", "ann@example.com"),
                ("password", password),
                ("again", again),
            ]
        };
        let differ = send(&roster, "/setup", &fields(PASSWORD, "another")).await;
        assert_eq!(differ.status(), 422);
        assert!(differ.text().contains("aria-describedby=\"again-fault\""), "{}", differ.text());
        let short = send(&roster, "/setup", &fields("short", "short")).await;
        assert_eq!(short.status(), 422);
        assert!(short.text().contains("id=\"password-fault\">The password must"), "{}", short.text());
        assert!(short.text().contains("value=\"ann@example.com\""), "what was typed stays");
        assert!(!short.text().contains("value=\"short\""), "but not the password");
        let made = send(&roster, "/setup", &fields(PASSWORD, PASSWORD)).await;
        assert_eq!(made.status(), 200, "{}", made.text());
        assert!(made.text().contains("ann is the first administrator"));
        let again = send(&roster, "/setup", &fields(PASSWORD, PASSWORD)).await;
        assert_eq!(again.status(), 409);
        assert!(again.text().contains("set-up token was used"), "{}", again.text());
        for link in [&format!("/setup?token={}", token.expose()), "/setup"] {
            let opened = open(&roster, link).await.text();
            assert!(opened.contains("set-up token was used") && !opened.contains("<form"), "{opened}");
        }
    }

    async fn a_link_that_is_not_the_present_one_says_so(roster: Roster) {
        let old = roster.set_up_token().await;
        roster.set_up_token().await;
        for token in [old.expose(), "x"] {
            let fields = [
                ("token", token), ("username", "ann"), ("email", "ann@example.com"),
                ("password", PASSWORD), ("again", PASSWORD),
            ];
            let refused = send(&roster, "/setup", &fields).await;
            assert_eq!(refused.status(), 422);
            assert!(refused.text().contains("This link is not the present one"), "{}", refused.text());
            let opened = open(&roster, &format!("/setup?token={token}")).await.text();
            assert!(opened.contains("This link is not the present one"), "{opened}");
        }
    }

    async fn a_link_without_its_token_says_so(roster: Roster) {
        for page in ["/setup", "/setup?token=", "/account/password", "/account/email?x=1"] {
            let text = open(&roster, page).await.text();
            assert!(text.contains("role=\"alert\""), "{page}: {text}");
        }
    }

    async fn the_page_at_the_root_leads_on(roster: Roster) {
        let home = open(&roster, "/").await;
        assert_eq!(home.status(), 200);
        assert!(home.text().contains("href=\"/api/docs\""));
        let style = roster.call("GET", "/assets/console.css", None, None).await;
        assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    }
}
