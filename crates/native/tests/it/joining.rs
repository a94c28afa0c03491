//! Making an account for oneself, being invited, and leaving.

use std::time::Duration;

use roster_core::{Profile, Registration, messages::Outgoing};
use roster_model::{ErrorCode, Invitation, Page, Role, User};
use roster_testing::{Answer, Builder, PASSWORD, Person, Roster, on_both_databases};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn builder(registration: Registration) -> Builder {
    let mut builder = Builder::default();
    builder.settings.registration = registration;
    builder
}

async fn by_invitation_on_sqlite() -> Roster {
    builder(Registration::Invite).on_sqlite().await
}

async fn by_invitation_on_postgres() -> Roster {
    builder(Registration::Invite).on_postgres().await
}

async fn register(roster: &Roster, body: Value) -> Answer {
    roster.call("POST", "/api/v1/register", None, Some(&body)).await
}

/// Invites an address; the token that was mailed.
async fn invited(admin: &Person, body: Value) -> String {
    let answer = admin.post("/api/v1/invitations", body).await;
    answer.done::<Invitation>(201);
    mailed(admin).await
}

/// The token in the invitation that was mailed.
async fn mailed(admin: &Person) -> String {
    let messages = admin.roster.messages().await;
    let [message] = &messages[..] else { panic!("{messages:?}") };
    assert_eq!(message.template, "invitation");
    let text = message.text.expose();
    let (_, rest) =
        text.split_once("https://roster.example.com/account/invitation?token=").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

mod by_invitation {
    use super::*;

    roster_testing::postgres_fixture::on_both! {
        with (crate::joining::by_invitation_on_sqlite, crate::joining::by_invitation_on_postgres);

        async fn an_invitation_makes_an_account_of_its_address(roster: Roster) {
            let admin = roster.admin().await;
            let token = invited(&admin, json!({"email": "Ann@example.com", "role": "editor"})).await;
            let body = json!({"username": "ann", "password": PASSWORD, "invitation": token});
            let ann: User = register(&roster, body.clone()).await.done(201);
            assert_eq!((ann.email.as_str(), ann.role), ("Ann@example.com", Role::Editor));
            let again = register(&roster, body).await;
            again.refused(401, ErrorCode::OtpInvalid);
            assert!(roster.sign_in(ann).await.is_signed_in().await);
        }

        async fn an_invitation_names_who_sends_it_and_the_organization(roster: Roster) {
            let admin = roster.admin().await;
            let ask = json!({"email": "ann@example.com"});
            let invitation: Invitation = admin.post("/api/v1/invitations", ask).await.done(201);
            let text = |messages: &[Outgoing]| messages[0].text.expose().to_owned();
            let first = text(&roster.messages().await);
            let names = |by: &str| format!("\n\"{by}\" invites you to the organization \"Default\".\n");
            assert!(first.contains(&names(&admin.user.name())), "{first}");
            let named = json!({"first_name": "Ann", "last_name": "://evil.example"});
            admin.patch("/api/v1/users/me", named).await.done::<User>(200);
            let again = format!("/api/v1/invitations/{}/resend", invitation.id);
            admin.post(&again, json!({})).await.done::<Invitation>(200);
            let second = text(&roster.messages().await);
            assert!(second.contains(&names("Ann ___evil.example")), "{second}");
            let new = json!({"username": "bob", "email": "bob@example.com", "send_invitation": true});
            admin.post("/api/v1/users", new).await.done::<User>(201);
            let welcome = text(&roster.messages().await);
            assert!(welcome.contains("account \"bob\" was made for you.\n\"Ann"), "{welcome}");
        }

        async fn t17_an_invitation_is_bound_to_its_address(roster: Roster) {
            let admin = roster.admin().await;
            let token = invited(&admin, json!({"email": "ann@example.com"})).await;
            let body = |email: &str| json!({
                "username": "eve", "email": email, "password": PASSWORD, "invitation": token,
            });
            let refused = register(&roster, body("eve@example.com")).await;
            refused.refused(422, ErrorCode::FieldInvalid);
            register(&roster, body("ANN@example.com")).await.done::<User>(201);
        }

        async fn t18_an_expired_or_replaced_invitation_is_none(roster: Roster) {
            let admin = roster.admin().await;
            let first = invited(&admin, json!({"email": "ann@example.com"})).await;
            let second = invited(&admin, json!({"email": "ANN@example.com"})).await;
            let body = |token: &str| json!({
                "username": "ann", "password": PASSWORD, "invitation": token,
            });
            register(&roster, body(&first)).await.refused(401, ErrorCode::OtpInvalid);
            roster.advance(7 * DAY);
            register(&roster, body(&second)).await.refused(401, ErrorCode::OtpInvalid);
            for token in ["", "x", "ros_l000"] {
                register(&roster, body(token)).await.refused(401, ErrorCode::OtpInvalid);
            }
        }

        async fn t05_of_parallel_acceptances_one_succeeds(roster: Roster) {
            let admin = roster.admin().await;
            let token = invited(&admin, json!({"email": "ann@example.com"})).await;
            let tries = (0..8).map(|number| {
                let (roster, token) = (roster.clone(), token.clone());
                let username = format!("ann{number}");
                tokio::spawn(async move {
                    let body =
                        json!({"username": username, "password": PASSWORD, "invitation": token});
                    register(&roster, body).await.status().as_u16()
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

        async fn a_refused_password_leaves_the_invitation_as_it_is(roster: Roster) {
            let admin = roster.admin().await;
            let token = invited(&admin, json!({"email": "ann@example.com"})).await;
            let body = |password: &str| json!({
                "username": "ann", "password": password, "invitation": token,
            });
            register(&roster, body("short")).await.refused(422, ErrorCode::FieldInvalid);
            register(&roster, body(PASSWORD)).await.done::<User>(201);
        }

        async fn t24_nobody_invites_to_more_than_it_has(roster: Roster) {
            let boss = roster.person_with_role("boss", Role::AccountAdmin).await;
            let body = json!({"email": "ann@example.com", "role": "system_admin"});
            boss.post("/api/v1/invitations", body).await.refused(403, ErrorCode::Forbidden);
            let ann = roster.person("ann").await;
            let body = json!({"email": "new@example.com"});
            ann.post("/api/v1/invitations", body).await.refused(403, ErrorCode::Forbidden);
            let body = json!({"email": "ANN@example.com"});
            boss.post("/api/v1/invitations", body).await.refused(409, ErrorCode::AlreadyExists);
        }

        async fn administrators_see_open_invitations_and_when_they_end(roster: Roster) {
            let admin = roster.admin().await;
            let boss = roster.person_with_role("boss", Role::AccountAdmin).await;
            let other = roster.organization("other").await;
            invited(&boss, json!({"email": "ann@example.com", "role": "editor"})).await;
            roster.advance(DAY);
            let boss = roster.sign_in(boss.user).await;
            let admin = roster.sign_in(admin.user).await;
            invited(&boss, json!({"email": "bob@example.com"})).await;
            let far = json!({"email": "far@example.com", "organization_id": other});
            let token = invited(&admin, far).await;
            let list = async |person: &Person, query: &str| {
                let uri = format!("/api/v1/invitations{query}");
                let page: Page<Invitation> = person.get(&uri).await.done(200);
                page.items.into_iter().map(|one| one.email).collect::<Vec<_>>()
            };
            assert_eq!(list(&boss, "").await, ["ann@example.com", "bob@example.com"]);
            assert_eq!(list(&admin, "").await.len(), 3);
            assert_eq!(list(&admin, "?filter=role%20%3D%20'editor'").await, ["ann@example.com"]);
            assert_eq!(
                list(&admin, "?order_by=-expires_at,email&search=EXAMPLE&limit=2").await,
                ["bob@example.com", "far@example.com"],
            );
            let page: Page<Invitation> =
                boss.get("/api/v1/invitations?limit=1&count=true").await.done(200);
            let first = &page.items[0];
            assert_eq!(first.expires_at, first.created_at + 7 * DAY);
            assert_eq!((first.invited_by, page.total), (Some(boss.user.id), Some(2)));
            // What was accepted, what is over, and what an account has come of otherwise is not open.
            let body = json!({"username": "far", "password": PASSWORD, "invitation": token});
            register(&roster, body).await.done::<User>(201);
            roster.person("bob").await;
            assert_eq!(list(&admin, "").await, ["ann@example.com"]);
            roster.advance(6 * DAY);
            let admin = roster.sign_in(admin.user).await;
            assert_eq!(list(&admin, "").await, [""; 0]);
        }

        async fn t14_a_revoked_invitation_is_none(roster: Roster) {
            let admin = roster.admin().await;
            let token = invited(&admin, json!({"email": "ann@example.com"})).await;
            let page: Page<Invitation> = admin.get("/api/v1/invitations").await.done(200);
            let path = format!("/api/v1/invitations/{}", page.items[0].id);
            admin.delete(&path).await.empty();
            let body = json!({"username": "ann", "password": PASSWORD, "invitation": token});
            register(&roster, body).await.refused(401, ErrorCode::OtpInvalid);
            admin.delete(&path).await.refused(404, ErrorCode::NotFound);
            admin.ask(&format!("{path}/resend")).await.refused(404, ErrorCode::NotFound);
            let events = admin.get("/api/v1/audit-events?action=invitation.revoked").await;
            let subject = format!("invitation:{}", page.items[0].id);
            assert_eq!(events.json()["items"][0]["subject"], json!(subject));
            assert!(!events.text().contains("ann@example.com"));
        }

        async fn t17_an_invitation_that_is_sent_again_has_another_link_to_the_same_address(roster: Roster) {
            let admin = roster.admin().await;
            let first = invited(&admin, json!({"email": "ann@example.com", "role": "editor"})).await;
            roster.advance(6 * DAY);
            let admin = roster.sign_in(admin.user).await;
            let page: Page<Invitation> = admin.get("/api/v1/invitations").await.done(200);
            let path = format!("/api/v1/invitations/{}/resend", page.items[0].id);
            // Where it goes is no part of the request (T12, T13).
            let headers = [("host", "evil.example"), ("x-forwarded-host", "evil.example")];
            let body = json!({"email": "eve@evil.example"});
            let again = admin.call_with("POST", &path, &headers, Some(&body)).await;
            let again: Invitation = again.done(200);
            assert_eq!((again.id, again.role), (page.items[0].id, Role::Editor));
            assert_eq!(again.expires_at, roster.now() + 7 * DAY);
            let second = mailed(&admin).await;
            let body = |token: &str| json!({
                "username": "ann", "password": PASSWORD, "invitation": token,
            });
            register(&roster, body(&first)).await.refused(401, ErrorCode::OtpInvalid);
            roster.advance(6 * DAY);
            let ann: User = register(&roster, body(&second)).await.done(201);
            assert_eq!((ann.email.as_str(), ann.role), ("ann@example.com", Role::Editor));
        }

        async fn t24_invitations_to_more_than_one_has_and_elsewhere_are_out_of_reach(roster: Roster) {
            let admin = roster.admin().await;
            let boss = roster.person_with_role("boss", Role::AccountAdmin).await;
            let other = roster.organization("other").await;
            let ann = roster.person("ann").await;
            let body = json!({
                "email": "chief@example.com", "role": "system_admin",
                "organization_id": boss.user.organization_id,
            });
            invited(&admin, body).await;
            let far = json!({"email": "far@example.com", "organization_id": other});
            invited(&admin, far).await;
            let page: Page<Invitation> = admin.get("/api/v1/invitations").await.done(200);
            let [chief, far] = &page.items[..] else { panic!("{page:?}") };
            for (id, status) in [(chief.id, 403), (far.id, 404)] {
                let path = format!("/api/v1/invitations/{id}");
                for answer in [boss.delete(&path).await, boss.ask(&format!("{path}/resend")).await] {
                    assert_eq!(answer.status(), status, "{}", answer.text());
                }
            }
            let absent = boss.delete("/api/v1/invitations/987654").await.problem();
            let hidden = boss.delete(&format!("/api/v1/invitations/{}", far.id)).await.problem();
            assert_eq!((absent.status, absent.detail), (hidden.status, hidden.detail));
            ann.get("/api/v1/invitations").await.refused(403, ErrorCode::Forbidden);
            assert!(roster.messages().await.is_empty());
            let page: Page<Invitation> = admin.get("/api/v1/invitations").await.done(200);
            assert_eq!(page.items.len(), 2);
        }

        async fn without_an_invitation_nobody_registers(roster: Roster) {
            roster.admin().await;
            let body = json!({"username": "ann", "email": "ann@example.com", "password": PASSWORD});
            register(&roster, body).await.refused(403, ErrorCode::RegistrationClosed);
        }
    }
}

on_both_databases! {
    async fn whoever_leaves_shows_the_password(roster: Roster) {
        let ann = roster.person("ann").await;
        let path = "/api/v1/users/me/deletion";
        let refused = ann.post(path, json!({"password": "wrong"})).await;
        assert_eq!(refused.refused(422, ErrorCode::FieldInvalid).reason.as_deref(), Some("wrong"));
        ann.post(path, json!({"password": PASSWORD})).await.empty();
        assert!(!ann.is_signed_in().await);
    }

    async fn where_registration_is_closed_nobody_is_invited(roster: Roster) {
        let admin = roster.admin().await;
        let body = json!({"email": "ann@example.com"});
        let refused = admin.post("/api/v1/invitations", body).await;
        refused.refused(403, ErrorCode::RegistrationClosed);
        let body = json!({"username": "ann", "email": "ann@example.com", "password": PASSWORD});
        register(&roster, body).await.refused(403, ErrorCode::RegistrationClosed);
    }

    async fn everybody_may_look_one_person_up(roster: Roster) {
        let ann = roster.person("ann").await;
        let bob = roster.person("bob").await;
        let entry: Value = ann.get(&format!("/api/v1/directory/{}", bob.user.id)).await.done(200);
        assert_eq!((&entry["username"], &entry["email"]), (&json!("bob"), &json!("bob@example.com")));
        assert_eq!(entry.get("role"), None);
        ann.get("/api/v1/directory/nobody").await.refused(404, ErrorCode::NotFound);
    }

    async fn people_are_told_before_their_password_expires(roster: Roster) {
        let admin = roster.admin().await;
        let path = format!("/api/v1/organizations/{}", admin.user.organization_id);
        admin.patch(&path, json!({"password_expiry_days": 30})).await.done::<Value>(200);
        let ann = roster.person("ann").await;
        roster.advance(15 * DAY);
        roster.core.clear_away(&roster.system()).await.unwrap();
        assert!(roster.messages().await.is_empty());
        roster.advance(2 * DAY);
        for round in 0..2 {
            roster.core.clear_away(&roster.system()).await.unwrap();
            let messages = roster.messages().await;
            assert_eq!(messages.len(), usize::from(round == 0), "once");
            for message in messages {
                assert_eq!(message.to, "ann@example.com");
                assert!(message.text.expose().contains("13 days"), "{}", message.text.expose());
            }
        }
        let login = json!({"login": "ann", "password": PASSWORD});
        roster.call("POST", "/api/v1/sessions", None, Some(&login)).await.done::<Value>(201);
        roster.advance(14 * DAY);
        let refused = roster.call("POST", "/api/v1/sessions", None, Some(&login)).await;
        refused.refused(403, ErrorCode::PasswordExpired);
        let change = json!({"login": "ann", "password": PASSWORD, "new_password": "another one 1"});
        roster.call("POST", "/api/v1/expired-password", None, Some(&change)).await.empty();
        roster.advance(17 * DAY);
        roster.core.clear_away(&roster.system()).await.unwrap();
        assert_eq!(roster.messages().await.len(), 1, "a new password, a new warning");
        drop(ann);
    }
}

#[tokio::test]
async fn the_permissive_profile_alone_opens_the_native_door_to_nobody() {
    let mut builder = builder(Registration::Closed);
    builder.settings.profile = Profile::Compat;
    let roster = builder.on_sqlite().await;
    roster.admin().await;
    let body = json!({"username": "ann", "email": "ann", "password": "x"});
    register(&roster, body).await.refused(403, ErrorCode::RegistrationClosed);
}
