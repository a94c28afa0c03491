//! Secrets stay inside (threat T26): nothing that is read back, refused or logged holds one.

use std::{
    io::Write,
    sync::{LazyLock, Mutex, PoisonError},
};

use roster_api::ENDPOINTS;
use roster_model::{RecoveryCodes, TotpEnrolment};
use roster_store::Tx;
use roster_testing::{PASSWORD, Roster, on_both_databases};
use serde_json::{Value, json};

use crate::example;

/// Everything that any test of this program has logged, at any level.
static LOG: LazyLock<Mutex<Vec<u8>>> = LazyLock::new(|| {
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let subscriber = subscriber.with_ansi(false).with_writer(|| Tee).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    Mutex::default()
});

struct Tee;

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

on_both_databases! {
    async fn t26_no_secret_comes_back_in_answers_or_logs(roster: Roster) {
        drop(LOG.lock());
        let admin = roster.admin().await;
        let mut ann = roster.person("ann").await;
        let begun: TotpEnrolment = ann.ask("/api/v1/users/me/mfa/totp").await.done(201);
        ann.has_authenticator(&begun);
        let code = ann.fresh_code();
        let activation = json!({"code": code});
        let recovery: RecoveryCodes =
            ann.post("/api/v1/users/me/mfa/totp/activation", activation).await.done(200);
        let key = ann.api_key("ci").await;
        let asked = json!({"login": "ann", "purpose": "reset_password", "channel": "email"});
        roster.call("POST", "/api/v1/one-time-codes", None, Some(&asked)).await;
        let sent = roster.only_code().await;
        let id = ann.user.id;
        let hash = roster
            .store
            .read(async |tx: &mut Tx| tx.find_password_hash(id).await)
            .await
            .unwrap()
            .unwrap();

        let mut secrets = vec![
            ("password", PASSWORD.to_owned()),
            ("password hash", hash),
            ("TOTP secret", begun.secret.expose().to_owned()),
            ("session", ann.token.clone()),
            ("session of admin", admin.token.clone()),
            ("API key", key),
        ];
        secrets.extend(recovery.codes.iter().map(|code| ("recovery code", code.expose().to_owned())));
        // Six digits occur by chance in ids and times, so they are looked for as whole texts.
        secrets.push(("code", format!("\"{}\"", sent.expose())));
        let scan = |place: &str, text: &str| {
            for (what, secret) in &secrets {
                assert!(!text.contains(secret.as_str()), "{what} in {place}: {text}");
            }
        };

        for one in ENDPOINTS.iter().filter(|one| one.method == "GET") {
            for person in [&admin, &ann] {
                let path = example::path(one, "ann").replace("987654", "1");
                let answer = person.get(&path).await;
                scan(one.name, &answer.text());
                for value in answer.parts.headers.values() {
                    scan(one.name, value.to_str().unwrap());
                }
            }
        }
        // Refusals do not repeat what was sent.
        for body in [
            json!({"login": "ann", "password": [PASSWORD]}),
            json!({"login": "ann", "password": PASSWORD, PASSWORD: 1}),
            json!({"login": "ann", "password": {"x": PASSWORD}}),
            json!({"login": "nobody", "password": PASSWORD}),
        ] {
            let answer = roster.call("POST", "/api/v1/sessions", None, Some(&body)).await;
            if body.get(PASSWORD).is_none() {
                scan("a refusal", &answer.text());
            }
        }
        let wrong = ann.call_with("DELETE", "/api/v1/users/me/mfa", &[("roster-otp", PASSWORD)], None).await;
        scan("a refused code", &wrong.text());
        let own: Value = ann.get("/api/v1/users/me").await.done(200);
        for field in ["password", "password_hash", "otp_secret", "secret", "token", "hash"] {
            assert!(own.get(field).is_none(), "{field}");
        }
        let log = LOG.lock().unwrap_or_else(PoisonError::into_inner).clone();
        assert!(!log.is_empty(), "requests were logged");
        scan("the log", &String::from_utf8_lossy(&log));
    }

    // The table of a request's headers is used again for those of its answer.
    async fn t26_an_answer_has_no_header_of_its_request(roster: Roster) {
        let ann = roster.person("ann").await;
        let sent = [("cookie", "roster=1"), ("user-agent", "a program"), ("x-own", "1")];
        let body = json!({"first_name": "Ann"});
        for (method, uri, body, status) in [
            ("GET", "/api/v1/whoami", None, 200),
            ("PATCH", "/api/v1/users/me", Some(&body), 200),
            ("DELETE", "/api/v1/sessions/current", None, 204),
            ("GET", "/api/v1/whoami", None, 401),
        ] {
            let answer = ann.call_with(method, uri, &sent, body).await;
            assert_eq!(answer.status(), status, "{method} {uri}: {}", answer.text());
            for (name, _) in sent.iter().chain(&[("authorization", "")]) {
                assert_eq!(answer.header(name), None, "{method} {uri}");
            }
        }
    }
}
