//! Registration where anybody may have an account: the address comes first (threats T01, T02, T13, T14, T16, T17, T20).

use std::time::Duration;

use roster_core::{Profile, Registration};
use roster_model::{ErrorCode, NewUser, Role, User};
use roster_testing::{Answer, Builder, PASSWORD, Roster, new_user};
use serde_json::{Value, json};

use crate::statements::asked;

const DAY: Duration = Duration::from_secs(24 * 3600);
const ASK: &str = "/api/v1/registrations";
const MAKE: &str = "/api/v1/register";

fn builder() -> Builder {
    let mut builder = Builder::default();
    builder.settings.registration = Registration::Open;
    builder
}

async fn on_sqlite() -> Roster {
    builder().on_sqlite().await
}

async fn on_postgres() -> Roster {
    builder().on_postgres().await
}

async fn ask(roster: &Roster, email: &str) -> Answer {
    roster.call("POST", ASK, None, Some(&json!({"email": email}))).await
}

async fn make(roster: &Roster, token: &str, username: &str) -> Answer {
    let body = json!({"username": username, "password": PASSWORD, "invitation": token});
    roster.call("POST", MAKE, None, Some(&body)).await
}

/// The token that was mailed to an address.
async fn mailed(roster: &Roster, email: &str) -> String {
    ask(roster, email).await.done::<Value>(202);
    let messages = roster.messages().await;
    let [message] = &messages[..] else { panic!("{messages:?}") };
    assert_eq!((message.template.as_str(), message.to.as_str()), ("registration", email));
    let text = message.text.expose();
    let (_, rest) =
        text.split_once("https://roster.example.com/account/invitation?token=").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

/// What a stranger sees, the request's id aside.
fn seen(answer: &Answer) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let headers = answer.parts.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()));
    (answer.status().as_u16(), headers.collect(), answer.bytes.clone())
}

/// Addresses that are in use in every way there is.
async fn people(roster: &Roster) -> Vec<&'static str> {
    let admin = roster.admin().await;
    roster.person("active").await;
    let gone = roster.person("gone").await;
    admin.delete(&gone.path("")).await.empty();
    roster.advance(31 * DAY);
    roster.core.clear_away(&roster.system()).await.unwrap();
    let admin = roster.sign_in(admin.user).await;
    let deleted = roster.person("deleted").await;
    admin.delete(&deleted.path("")).await.empty();
    let disabled = roster.person("disabled").await;
    admin.ask(&disabled.path("/disable")).await.done::<Value>(200);
    // Names and addresses are one set.
    roster.create(&NewUser { username: "name@example.com".into(), ..new_user("named") }).await;
    let invited = json!({"email": "invited@example.com", "role": "editor"});
    let answer = admin.post("/api/v1/invitations", invited).await;
    assert!(answer.status().is_success(), "{}", answer.text());
    roster.messages().await;
    vec![
        "active@example.com",
        "ACTIVE@example.com",
        "gone@example.com",
        "deleted@example.com",
        "disabled@example.com",
        "name@example.com",
        "invited@example.com",
    ]
}

roster_testing::postgres_fixture::on_both! {
    with (crate::registration::on_sqlite, crate::registration::on_postgres);

    async fn the_account_comes_to_life_by_the_mailed_link(roster: Roster) {
        roster.admin().await;
        let token = mailed(&roster, "Ann@example.com").await;
        let login = json!({"login": "ann@example.com", "password": PASSWORD});
        let refused = roster.call("POST", "/api/v1/sessions", None, Some(&login)).await;
        refused.refused(401, ErrorCode::InvalidCredentials);
        let ann: User = make(&roster, &token, "ann").await.done(201);
        assert_eq!((ann.email.as_str(), ann.role), ("Ann@example.com", Role::Viewer));
        assert_eq!(ann.unconfirmed_email, None);
        assert!(roster.sign_in(ann).await.is_signed_in().await);
        make(&roster, &token, "ann2").await.refused(401, ErrorCode::OtpInvalid);
    }

    async fn t01_asking_for_an_account_tells_nothing_of_the_address(roster: Roster) {
        let taken = people(&roster).await;
        let free = seen(&ask(&roster, "free@example.com").await);
        assert_eq!(free.0, 202);
        for email in &taken {
            assert_eq!(seen(&ask(&roster, email).await), free, "{email}");
        }
        // Nor does it when so many were sent that no more are.
        for _ in 0..12 {
            for email in ["free@example.com", "active@example.com"] {
                assert_eq!(seen(&ask(&roster, email).await), free, "{email}");
            }
        }
        // With a name that is taken, or free.
        for username in ["active", "nobody"] {
            let body = json!({"email": "other@example.com", "username": username});
            let answer = roster.call("POST", ASK, None, Some(&body)).await;
            assert_eq!(seen(&answer), free, "{username}");
        }
        let without = json!({"username": "active", "email": "active@example.com", "password": PASSWORD});
        let answer = roster.call("POST", MAKE, None, Some(&without)).await;
        let told = answer.refused(422, ErrorCode::FieldInvalid);
        assert_eq!(told.field.as_deref(), Some("token"));
    }

    async fn t02_a_taken_address_costs_what_a_free_one_does(roster: Roster) {
        let taken = people(&roster).await;
        let cost = async |email: &str| {
            let before = roster.core.figures().password_hashes;
            let (_, statements) = asked(ask(&roster, email)).await;
            let hashes = roster.core.figures().password_hashes - before;
            (hashes, statements, roster.messages().await.len())
        };
        let free = cost("free@example.com").await;
        assert_eq!((free.0, free.2), (0, 1));
        assert!(free.1.len() > 3, "{free:?}");
        for email in &taken {
            assert_eq!(cost(email).await, free, "{email}");
        }
    }

    async fn the_owner_of_a_taken_address_is_told_and_nobody_else(roster: Roster) {
        people(&roster).await;
        for email in ["active@example.com", "deleted@example.com", "name@example.com"] {
            ask(&roster, email).await;
            let messages = roster.messages().await;
            let [message] = &messages[..] else { panic!("{messages:?}") };
            assert_eq!((message.template.as_str(), message.to.as_str()), ("already_registered", email));
            let text = message.text.expose();
            assert!(text.contains("There is one already") && !text.contains("token"), "{text}");
        }
    }

    async fn t11_nobody_fills_a_mailbox(roster: Roster) {
        roster.person("ann").await;
        for email in ["ann@example.com", "free@example.com", "FREE@example.com"] {
            for _ in 0..25 {
                ask(&roster, email).await.done::<Value>(202);
            }
        }
        assert_eq!(roster.messages().await.len(), 20, "ten to each mailbox in ten minutes");
        for _ in 0..9 {
            roster.advance(Duration::from_secs(601));
            for _ in 0..11 {
                ask(&roster, "free@example.com").await;
            }
        }
        assert_eq!(roster.messages().await.len(), 20, "thirty in a day");
    }

    async fn t13_the_link_begins_with_the_configured_address_only(roster: Roster) {
        roster.admin().await;
        let headers = [
            ("content-type", "application/json"), ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example"),
        ];
        let body = json!({"email": "ann@example.com"}).to_string();
        roster.call_with("POST", ASK, &headers, body).await.done::<Value>(202);
        let messages = roster.messages().await;
        assert!(!messages[0].text.expose().contains("evil.example"));
        assert!(messages[0].text.expose().contains("https://roster.example.com/account/"));
    }

    async fn t14_a_token_is_good_for_its_address_its_time_and_its_tries(roster: Roster) {
        roster.person("taken").await;
        let token = mailed(&roster, "ann@example.com").await;
        let body = json!({
            "username": "eve", "email": "eve@example.com", "password": PASSWORD, "invitation": token,
        });
        let other = roster.call("POST", MAKE, None, Some(&body)).await;
        other.refused(422, ErrorCode::FieldInvalid);
        // It sets no password and confirms no address of somebody who is there.
        let reset = json!({"token": token, "new_password": "amber walrus 1618"});
        let answer = roster.call("POST", "/api/v1/password-resets", None, Some(&reset)).await;
        answer.refused(401, ErrorCode::OtpInvalid);
        let confirm = json!({"token": token});
        let answer = roster.call("POST", "/api/v1/email-confirmations", None, Some(&confirm)).await;
        answer.refused(401, ErrorCode::OtpInvalid);
        for _ in 0..10 {
            make(&roster, &token, "taken").await.refused(409, ErrorCode::AlreadyExists);
        }
        make(&roster, &token, "ann").await.refused(401, ErrorCode::OtpInvalid);
        let token = mailed(&roster, "ann@example.com").await;
        roster.advance(DAY);
        make(&roster, &token, "ann").await.refused(401, ErrorCode::OtpInvalid);
        for token in ["", "x", "ros_l000"] {
            make(&roster, token, "ann").await.refused(401, ErrorCode::OtpInvalid);
        }
    }

    async fn t16_a_registration_holds_an_address_and_a_name(roster: Roster) {
        roster.admin().await;
        for field in ["role", "status", "organization_id", "plan", "password"] {
            let mut body = json!({"email": "ann@example.com"});
            body[field] = json!("system_admin");
            let answer = roster.call("POST", ASK, None, Some(&body)).await;
            answer.refused(422, ErrorCode::FieldInvalid);
        }
        for email in ["", "ann", "@", " ann@example.com", "ann@example.com\r\nBcc: eve@evil.example"] {
            ask(&roster, email).await.refused(422, ErrorCode::FieldInvalid);
        }
        assert!(roster.messages().await.is_empty());
    }

    async fn t17_a_stranger_spoils_neither_an_invitation_nor_another_link(roster: Roster) {
        let admin = roster.admin().await;
        let body = json!({"email": "ann@example.com", "role": "editor"});
        admin.post("/api/v1/invitations", body).await;
        let text = roster.messages().await.remove(0).text.expose().to_owned();
        let invitation = text.split_once("token=").unwrap().1.split_whitespace().next().unwrap();
        let first = mailed(&roster, "ann@example.com").await;
        mailed(&roster, "ann@example.com").await;
        let ann: User = make(&roster, invitation, "ann").await.done(201);
        assert_eq!(ann.role, Role::Editor, "the invitation was there still");
        make(&roster, &first, "ann2").await.refused(401, ErrorCode::OtpInvalid);
    }

    async fn t20_whoever_asked_first_prepares_nothing_for_the_owner_of_the_address(roster: Roster) {
        roster.admin().await;
        let body = json!({"email": "ann@example.com", "username": "eves"});
        roster.call("POST", ASK, None, Some(&body)).await.done::<Value>(202);
        let text = roster.messages().await.remove(0).text.expose().to_owned();
        assert!(text.contains("&username=eves"), "the page proposes it: {text}");
        let token = text.split_once("token=").unwrap().1.split('&').next().unwrap();
        let ann: User = make(&roster, token, "ann").await.done(201);
        assert_eq!(ann.username, "ann", "and no more");
    }

    async fn t05_of_parallel_makings_one_succeeds(roster: Roster) {
        roster.admin().await;
        let token = mailed(&roster, "ann@example.com").await;
        let tries = (0..8).map(|number| {
            let (roster, token) = (roster.clone(), token.clone());
            tokio::spawn(async move {
                make(&roster, &token, &format!("ann{number}")).await.status().as_u16()
            })
        });
        let mut made = 0;
        for attempt in tries.collect::<Vec<_>>() {
            let status = attempt.await.unwrap();
            assert!(matches!(status, 201 | 401 | 409), "{status}");
            made += u32::from(status == 201);
        }
        assert_eq!(made, 1);
    }
}

#[tokio::test]
async fn nobody_registers_before_there_is_an_administrator() {
    let roster = on_sqlite().await;
    ask(&roster, "ann@example.com").await.refused(409, ErrorCode::WrongState);
}

#[tokio::test]
async fn registration_is_the_operators_to_open() {
    for registration in [Registration::Closed, Registration::Invite] {
        for profile in [Profile::Default, Profile::Compat] {
            let mut builder = Builder::default();
            builder.settings.registration = registration;
            builder.settings.profile = profile;
            let roster = builder.on_sqlite().await;
            roster.admin().await;
            ask(&roster, "ann@example.com").await.refused(403, ErrorCode::RegistrationClosed);
        }
    }
}

#[tokio::test]
async fn without_a_mail_transport_registration_says_so() {
    let mut builder = builder();
    builder.settings.channels.clear();
    let roster = builder.on_sqlite().await;
    roster.person("ann").await;
    for email in ["ann@example.com", "free@example.com"] {
        ask(&roster, email).await.refused(503, ErrorCode::ChannelUnavailable);
    }
}
