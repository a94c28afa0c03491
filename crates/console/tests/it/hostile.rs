//! What others try with the pages.

use roster_testing::{PASSWORD, Roster};

use crate::{FORM, checked, encoded, on_both_databases, open, send};

/// Texts that would be more than text where they are not escaped.
const HOSTILE: [&str; 4] = [
    "<script>alert(1)</script>",
    "\" autofocus onfocus=\"alert(1)",
    "'><svg onload=alert(1)>",
    "{{ token }}</title><b>",
];

on_both_databases! {
    async fn t37_whatever_is_sent_comes_back_as_text(roster: Roster) {
        for hostile in HOSTILE {
            let query = encoded(&[("token", hostile)]);
            for page in ["/setup", "/account/password", "/account/email"] {
                let answer = open(&roster, &format!("{page}?{query}")).await;
                assert!(!answer.text().contains(hostile), "{page}: {}", answer.text());
            }
            let fields = [
                ("token", hostile),
                ("username", hostile),
                ("email", hostile),
                ("password", PASSWORD),
                ("again", PASSWORD),
            ];
            for page in ["/setup", "/account/password", "/account/email", "/sso/answer"] {
                let answer = send(&roster, page, &fields).await;
                assert!(answer.status().is_client_error(), "{page}");
                assert!(!answer.text().contains(hostile), "{page}: {}", answer.text());
            }
        }
    }

    async fn t41_forms_of_other_sites_do_nothing(roster: Roster) {
        let token = roster.set_up_token().await;
        let form = encoded(&[
            ("token", token.expose()),
            ("username", "ann"),
            ("email", "ann@example.com"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ]);
        for foreign in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
        ] {
            for page in ["/setup", "/account/password", "/account/email", "/sso/answer"] {
                let answer = roster.call_with("POST", page, &[FORM, foreign], form.clone()).await;
                assert_eq!(checked(answer).status(), 403, "{page}");
            }
        }
        let kind = ("content-type", "text/plain");
        let answer = roster.call_with("POST", "/setup", &[kind], form.clone()).await;
        assert_eq!(checked(answer).status(), 415);
        let own = ("origin", "https://roster.example.com");
        let answer = roster.call_with("POST", "/setup", &[FORM, own], form).await;
        assert_eq!(checked(answer).status(), 200);
    }

    async fn what_no_page_takes_is_refused_by_a_page(roster: Roster) {
        for page in ["/setup", "/account/password", "/sso/answer"] {
            let answer = roster.call("DELETE", page, None, None).await;
            assert_eq!(checked(answer).status(), 405, "{page}");
        }
        let long = "x".repeat(2 << 20);
        let answer = roster.call_with("POST", "/setup", &[FORM], long).await;
        assert_eq!(checked(answer).status(), 413);
    }
}
