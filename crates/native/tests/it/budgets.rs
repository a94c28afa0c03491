//! What is sent to people has budgets, so that nobody makes a living of texts to costly numbers or fills mailboxes
//! (threat T11). The fake gateway counts.

use std::{net::IpAddr, time::Duration};

use roster_http_kit::TrustedProxies;
use roster_model::ErrorCode;
use roster_testing::{Answer, Builder, Roster, on_both_databases};
use serde_json::{Value, json};

/// A Roster behind a proxy, with small budgets.
fn thrifty() -> Builder {
    let mut builder = Builder::default();
    builder.settings.registration = roster_core::Registration::Open;
    builder.settings.limits.sms_per_prefix = 8;
    builder.settings.limits.codes_per_address = 6;
    let proxy = IpAddr::from([192, 0, 2, 1]);
    builder.gate.trusted_proxies = TrustedProxies::new(vec![proxy.into()]);
    builder
}

async fn thrifty_on_sqlite() -> Roster {
    thrifty().on_sqlite().await
}

async fn thrifty_on_postgres() -> Roster {
    thrifty().on_postgres().await
}

/// How many messages a request for a code makes that comes from `address`, whose answer tells nothing.
async fn ask_from(roster: &Roster, address: &str, login: &str, channel: &str) -> usize {
    let ask = json!({"login": login, "purpose": "get_token", "channel": channel});
    let headers = [("content-type", "application/json"), ("x-forwarded-for", address)];
    let answer =
        roster.call_with("POST", "/api/v1/one-time-codes", &headers, ask.to_string()).await;
    assert_eq!(answer.status(), 202, "the answer tells nobody of budgets (T01)");
    roster.messages().await.len()
}

/// Somebody who has shown `phone` to be its own, which takes a message.
async fn person_with_phone(roster: &Roster, name: &str, phone: &str) {
    let one = roster.person_who(name, |new| new.phone = Some(phone.into())).await;
    // Everybody is at home somewhere else.
    let address = format!("198.51.100.{}", one.user.id.0);
    let headers = [("x-forwarded-for", address.as_str())];
    let own = "/api/v1/users/me/phone";
    one.call_with("PUT", own, &headers, Some(&json!({}))).await.done::<Value>(200);
    let body = json!({"code": roster.only_code().await.expose()});
    let uri = "/api/v1/users/me/phone/verification";
    one.call_with("POST", uri, &headers, Some(&body)).await.done::<Value>(200);
}

roster_testing::postgres_fixture::on_both! {
    with (thrifty_on_sqlite, thrifty_on_postgres);

    async fn t11_texts_to_numbers_that_begin_alike_have_a_bound(roster: Roster) {
        for (name, phone) in [
            ("ann", "+375 29 123 45 67"), ("bob", "+375 29 123 45 68"), ("cyd", "+375 29 199 99 99"),
            ("dan", "+375 33 123 45 67"), ("eve", "+44 7700 900123"),
        ] {
            person_with_phone(&roster, name, phone).await;
        }
        let mut sent = 3;
        for round in 0..4 {
            for (number, name) in ["ann", "bob", "cyd"].iter().enumerate() {
                let address = format!("203.0.113.{}", 10 * round + number);
                sent += ask_from(&roster, &address, name, "sms").await;
            }
        }
        assert_eq!(sent, 8, "from twelve addresses to three numbers of one operator");
        for name in ["dan", "eve"] {
            assert_eq!(ask_from(&roster, "203.0.113.99", name, "sms").await, 1, "{name}'s is another");
        }
        assert_eq!(ask_from(&roster, "203.0.113.99", "ann", "email").await, 1, "mail has no prefix");
        roster.advance(Duration::from_secs(24 * 3600));
        assert_eq!(ask_from(&roster, "203.0.113.99", "ann", "sms").await, 1, "the next day it goes on");
    }

    async fn t11_what_one_client_address_asks_for_has_a_bound(roster: Roster) {
        let names = ["ann", "bob", "cyd", "dan"];
        for (number, name) in names.iter().enumerate() {
            person_with_phone(&roster, name, &format!("+44 77{number}0 900123")).await;
        }
        let mut sent = 0;
        for name in names.iter().chain(&names) {
            sent += ask_from(&roster, "203.0.113.7", name, "sms").await;
        }
        assert_eq!(sent, 6);
        assert_eq!(ask_from(&roster, "203.0.113.8", "ann", "sms").await, 1, "others go on");
        assert_eq!(ask_from(&roster, "203.0.113.7", "ann", "email").await, 1, "mails count by themselves");
        for round in 1..=6 {
            let sent = ask_from(&roster, &format!("2001:db8:0:7::{round}"), "ann", "email").await;
            assert_eq!(sent, 1, "{round}");
        }
        assert_eq!(ask_from(&roster, "2001:db8:0:7:ffff::1", "ann", "email").await, 0, "one network");
        assert_eq!(ask_from(&roster, "2001:db8:0:8::1", "bob", "email").await, 1);
        roster.advance(Duration::from_secs(24 * 3600));
        assert_eq!(ask_from(&roster, "203.0.113.7", "ann", "sms").await, 1, "the next day it goes on");
    }

    async fn t11_links_asked_for_from_one_address_count_with_the_codes(roster: Roster) {
        let ann = roster.person("ann").await;
        let headers = [("content-type", "application/json"), ("x-forwarded-for", "203.0.113.7")];
        for number in 0..5 {
            let body = json!({"email": format!("victim{number}@example.org")}).to_string();
            roster.call_with("POST", "/api/v1/registrations", &headers, body).await.done::<Value>(202);
        }
        assert_eq!(roster.messages().await.len(), 5);
        let own = &headers[1..];
        let email = |name: &str| json!({"email": format!("{name}@example.org")});
        let me = "/api/v1/users/me";
        ann.call_with("PATCH", me, own, Some(&email("new"))).await.done::<Value>(200);
        assert_eq!(roster.messages().await.len(), 2, "the link, and the notice to the old address");
        let refused = ann.call_with("PATCH", me, own, Some(&email("newer"))).await;
        refused.refused(429, ErrorCode::RateLimited);
        let body = json!({"email": "victim6@example.org"}).to_string();
        roster.call_with("POST", "/api/v1/registrations", &headers, body).await.done::<Value>(202);
        assert_eq!(roster.messages().await.len(), 0);
    }

    async fn t11_who_asks_too_often_is_told_when_there_is_room_again(roster: Roster) {
        const HOUR: u64 = 3600;
        let advance = |seconds| roster.advance(Duration::from_secs(seconds));
        let (ann, me) = (roster.person("ann").await, "/api/v1/users/me");
        let call = async |method: &str, uri: &str, address: String, body: Value| {
            ann.call_with(method, uri, &[("x-forwarded-for", &address)], Some(&body)).await
        };
        let wait = |answer: Answer| {
            answer.refused(429, ErrorCode::RateLimited);
            answer.header("retry-after").unwrap().parse::<u64>().unwrap()
        };

        // Ten links for one person in ten minutes.
        let change = async |number: u32| {
            let email = json!({"email": format!("new{number}@example.org")});
            call("PATCH", me, format!("198.51.100.{number}"), email).await
        };
        change(0).await.done::<Value>(200);
        advance(60);
        for number in 1..10 {
            change(number).await.done::<Value>(200);
        }
        assert_eq!(wait(change(10).await), 540);
        advance(540);
        change(11).await.done::<Value>(200);

        // Eight texts in a day to numbers that begin alike.
        let verify = async |number: u32| {
            let phone = json!({"phone": format!("+375 29 123 45 0{number}")});
            call("PUT", "/api/v1/users/me/phone", format!("192.0.2.{}", 10 + number), phone).await
        };
        for number in 0..8 {
            verify(number).await.done::<Value>(200);
            advance(HOUR);
        }
        assert_eq!(wait(verify(8).await), 16 * HOUR);
        advance(16 * HOUR);
        verify(9).await.done::<Value>(200);

        // Six mails in a day that one client address asks for.
        let change = async |number: u32| {
            let email = json!({"email": format!("newer{number}@example.org")});
            call("PATCH", me, "203.0.113.7".to_owned(), email).await
        };
        for number in 0..6 {
            change(number).await.done::<Value>(200);
            advance(1);
        }
        assert_eq!(wait(change(6).await), 24 * HOUR - 6);
    }

    async fn t01_an_addresss_budget_does_not_tell_who_exists(roster: Roster) {
        person_with_phone(&roster, "ann", "+44 7700 900123").await;
        for _ in 0..6 {
            ask_from(&roster, "203.0.113.7", "nobody", "sms").await;
        }
        assert_eq!(ask_from(&roster, "203.0.113.7", "ann", "sms").await, 0, "as if nobody were ann");
    }
}

on_both_databases! {
    async fn an_office_behind_one_address_gets_its_codes(roster: Roster) {
        for number in 0..12 {
            let phone = format!("+44 7{number:02}0 900123");
            let one = roster.person_who(&format!("user{number}"), |new| new.phone = Some(phone)).await;
            one.put("/api/v1/users/me/phone", json!({})).await.done::<Value>(200);
            let body = json!({"code": roster.only_code().await.expose()});
            one.post("/api/v1/users/me/phone/verification", body).await.done::<Value>(200);
        }
        let mut sent = 0;
        for round in 0..20 {
            for number in 0..12 {
                let login = format!("user{number}");
                let channel = if round % 2 == 0 { "sms" } else { "email" };
                let ask = json!({"login": login, "purpose": "get_token", "channel": channel});
                roster.call("POST", "/api/v1/one-time-codes", None, Some(&ask)).await;
            }
            roster.advance(Duration::from_secs(120));
            sent += roster.messages().await.len();
        }
        assert_eq!(sent, 240, "as many as two hundred people want in a morning");
    }

    async fn t11_codes_to_one_number_have_a_bound_whoever_asks_and_for_what(roster: Roster) {
        for name in ["ann", "bob", "cyd", "dan"] {
            let one = roster.person_who(name, |new| new.phone = Some("+44 7700 900123".into())).await;
            one.put("/api/v1/users/me/phone", json!({})).await.done::<Value>(200);
            let code = roster.only_code().await;
            let body = json!({"code": code.expose()});
            one.post("/api/v1/users/me/phone/verification", body).await.done::<Value>(200);
        }
        let mut sent = 0;
        for round in 0..6 {
            for name in ["ann", "bob", "cyd", "dan"] {
                for purpose in ["reset_password", "get_token", "disable_mfa"] {
                    let ask = json!({"login": name, "purpose": purpose, "channel": "sms"});
                    let answer = roster.call("POST", "/api/v1/one-time-codes", None, Some(&ask)).await;
                    assert_eq!(answer.status(), 202, "{round}: nobody is told");
                }
            }
            let messages = roster.messages().await;
            assert!(messages.iter().all(|message| message.to == "+447700900123"));
            sent += messages.len();
        }
        assert_eq!(sent, 30 - 4, "thirty in a day, those that showed it to be theirs among them");
        roster.advance(Duration::from_secs(24 * 3600));
        let ask = json!({"login": "ann", "purpose": "get_token", "channel": "sms"});
        roster.call("POST", "/api/v1/one-time-codes", None, Some(&ask)).await;
        assert_eq!(roster.messages().await.len(), 1, "the next day it goes on");
    }

    async fn t11_codes_to_one_person_have_a_bound(roster: Roster) {
        roster.person("ann").await;
        let ask = json!({"login": "ann", "purpose": "reset_password", "channel": "email"});
        for _ in 0..30 {
            let answer = roster.call("POST", "/api/v1/one-time-codes", None, Some(&ask)).await;
            assert_eq!(answer.status(), 202, "the answer tells nobody of the bound (T01)");
        }
        assert_eq!(roster.messages().await.len(), 10);
    }
}

#[tokio::test]
async fn t11_text_messages_of_the_installation_have_a_bound() {
    let mut builder = roster_testing::Builder::default();
    builder.settings.limits.sms_per_day = 5;
    let roster = builder.on_sqlite().await;
    for number in 0..4 {
        let name = format!("user{number}");
        let phone = format!("+44 7700 90012{number}");
        let one = roster.person_who(&name, |new| new.phone = Some(phone)).await;
        one.put("/api/v1/users/me/phone", json!({})).await.done::<Value>(200);
        let code = roster.only_code().await;
        let body = json!({"code": code.expose()});
        one.post("/api/v1/users/me/phone/verification", body).await.done::<Value>(200);
    }
    let ask = async |name: &str, channel: &str| {
        let ask = json!({"login": name, "purpose": "reset_password", "channel": channel});
        let answer = roster.call("POST", "/api/v1/one-time-codes", None, Some(&ask)).await;
        assert_eq!(answer.status(), 202);
        roster.messages().await.len()
    };
    let mut sent = 0;
    for number in 0..4 {
        sent += ask(&format!("user{number}"), "sms").await;
    }
    assert_eq!(sent, 1, "four were sent before");
    assert_eq!(ask("user0", "email").await, 1, "what costs nothing goes on");
    roster.advance(Duration::from_secs(24 * 3600));
    assert_eq!(ask("user1", "sms").await, 1);
}
