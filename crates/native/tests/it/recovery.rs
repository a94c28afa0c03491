//! There is no way to a password but with its proof (threat T14).

use roster_model::{ErrorCode, SignedIn};
use roster_testing::{Answer, PASSWORD, Roster, on_both_databases};
use serde_json::{Value, json};

const NEW: &str = "amber walrus 1618";

async fn post(roster: &Roster, uri: &str, body: &Value) -> Answer {
    roster.call("POST", uri, None, Some(body)).await
}

async fn sign_in(roster: &Roster, login: &str, password: &str) -> Answer {
    post(roster, "/api/v1/sessions", &json!({"login": login, "password": password})).await
}

/// The code for a new password that was just mailed to somebody.
async fn code(roster: &Roster, login: &str) -> String {
    let ask = json!({"login": login, "purpose": "reset_password", "channel": "email"});
    assert_eq!(post(roster, "/api/v1/one-time-codes", &ask).await.status(), 202);
    roster.only_code().await.expose().to_owned()
}

/// The token of the link in the only message that waits.
async fn token_of_link(roster: &Roster) -> String {
    let messages = roster.messages().await;
    let token = messages.iter().find_map(|message| message.text.expose().split_once("token="));
    let (_, rest) = token.unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

on_both_databases! {
    async fn t14_no_password_is_set_without_its_own_proof(roster: Roster) {
        let ann = roster.person("ann").await;
        let bob = roster.person("bob").await;
        let of_bob = code(&roster, "bob").await;
        ann.patch("/api/v1/users/me", json!({"email": "ann@new.example"})).await.done::<Value>(200);
        let confirms_address = token_of_link(&roster).await;
        let proofs = [
            json!({}),
            json!({"login": "ann"}),
            json!({"login": "ann", "code": ""}),
            json!({"login": "ann", "code": of_bob}),
            json!({"login": "ann", "code": PASSWORD}),
            json!({"token": confirms_address}),
            json!({"token": ann.token}),
            json!({"login": "ann", "token": confirms_address}),
        ];
        for mut proof in proofs {
            proof["new_password"] = json!(NEW);
            let answer = post(&roster, "/api/v1/password-resets", &proof).await;
            assert!(answer.status().is_client_error(), "{proof}: {}", answer.text());
        }
        let skipped = json!({"login": "bob", "password": PASSWORD, "new_password": NEW});
        let answer = post(&roster, "/api/v1/expired-password", &skipped).await;
        assert!(answer.status().is_client_error(), "it has not expired: {}", answer.text());
        for (password, uri) in [("wrong", bob.path("/password")), (PASSWORD, ann.path("/password"))] {
            let change = json!({"password": password, "new_password": NEW});
            let answer = bob.post(&uri, change).await;
            assert!(answer.status().is_client_error(), "{uri}: {}", answer.text());
        }
        for login in ["ann", "bob"] {
            sign_in(&roster, login, NEW).await.refused(401, ErrorCode::InvalidCredentials);
            sign_in(&roster, login, PASSWORD).await.done::<SignedIn>(201);
        }
    }

    async fn t14_a_proof_is_good_for_one_password(roster: Roster) {
        roster.person("ann").await;
        let code = code(&roster, "ann").await;
        let reset = async |password: &str| {
            let body = json!({"login": "ann", "code": code, "new_password": password});
            post(&roster, "/api/v1/password-resets", &body).await
        };
        let answer = reset(NEW).await;
        assert!(answer.status().is_success(), "{}", answer.text());
        reset("another walrus 2357").await.refused(401, ErrorCode::OtpInvalid);
        sign_in(&roster, "ann", NEW).await.done::<SignedIn>(201);
    }
}
