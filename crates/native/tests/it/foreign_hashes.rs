//! Hashes that other programs made are verified as they are, and replaced at the sign-in that shows them to be right.

use roster_model::{ErrorCode, ImportReport, Secret};
use roster_store::Tx;
use roster_testing::{Person, Roster, on_both_databases};
use serde_json::{Value, json};

/// What all these hashes are of.
const PASSWORD: &str = "correct horse é";

/// Dioptra's own form first, then what others keep.
const HASHES: [(&str, &str); 8] = [
    ("dioptra", "$pbkdf2-sha256$1000$.//..//.c2FsdA$8VSolY982syp0AtvhViOANuVAT/oeRvU3V5aoEA1q2A"),
    ("django", "pbkdf2_sha256$1000$seasalt$B4Z5Cum0PMgRdOBgciYsdCAY1DcYMltvBCObhdQxhHU="),
    ("bcrypt", "$2b$04$abcdefghijklmnopqrstuub.ZjCeFtaHcVNO3csJiht1Oa5O89F5e"),
    (
        "scrypt",
        "$scrypt$ln=4,r=8,p=2$c2FsdHNhbHRzYWx0c2FsdA$axjZQEoALw3IVi/U6RwlIunK7YTYDTEfArXmG5vuT1Y",
    ),
    ("sha256", "$5$saltstring$aXLr59fnwrVg6Wz/o5uKtjZU0xGSbMc6YxPqiHv2NE."),
    (
        "sha512",
        "$6$saltstring$Vy1qkR4howG25g0MrA26uBcI9k9c5cxzfoR6VfYPEDH6Qz8CJGsLsSf6i7jmz6/3LKpWlmhxHaJqvorDx2KhI.",
    ),
    (
        "argon2i",
        "$argon2i$v=19$m=64,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$Z5ydtlZ+AX227NC4L+BM0XHGvywI71mea6GSW3SdjKQ",
    ),
    // The right kind at another cost.
    (
        "argon2id",
        "$argon2id$v=19$m=256,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$iUQi1NznlqnnLLbSKl/9J8jZ3kDaDlI1Gj7Z6YKTZ1g",
    ),
];

async fn kept(roster: &Roster, name: &str) -> String {
    let user = name.parse().unwrap();
    let user = roster.core.get_user(&roster.system(), &user).await.unwrap().id;
    let found = roster.store.read(async |tx: &mut Tx| tx.find_password_hash(user).await).await;
    found.unwrap().unwrap()
}

async fn sign_in(roster: &Roster, name: &str, password: &str) -> roster_testing::Answer {
    let body = json!({"login": name, "password": password});
    roster.call("POST", "/api/v1/sessions", None, Some(&body)).await
}

async fn import(admin: &Person) {
    let rows = HASHES.iter().map(|(name, hash)| {
        json!({"username": name, "email": format!("{name}@example.com"), "password_hash": hash})
    });
    let body = json!({"users": rows.collect::<Vec<_>>()});
    let report: ImportReport = admin.post("/api/v1/user-imports", body).await.done(200);
    assert!(report.refused.is_empty(), "{report:?}");
}

on_both_databases! {
    async fn a_foreign_hash_is_replaced_by_argon2id_at_the_next_sign_in(roster: Roster) {
        let admin = roster.admin().await;
        import(&admin).await;
        // What a password that is chosen here looks like: the kind and the cost that all shall have.
        let own = kept(&roster, "admin").await;
        let form = |hash: &str| hash.rsplitn(3, '$').nth(2).map(str::to_owned);
        for (name, hash) in HASHES {
            assert_eq!(kept(&roster, name).await, hash, "taken over as it is");
            let wrong = sign_in(&roster, name, "correct horse e").await;
            wrong.refused(401, ErrorCode::InvalidCredentials);
            assert_eq!(kept(&roster, name).await, hash, "a wrong password replaces nothing");
            sign_in(&roster, name, PASSWORD).await.done::<Value>(201);
            let new = kept(&roster, name).await;
            assert!(new.starts_with("$argon2id$"), "{name}: {new}");
            assert_eq!(form(&new), form(&own), "{name}");
            sign_in(&roster, name, PASSWORD).await.done::<Value>(201);
            assert_eq!(kept(&roster, name).await, new, "{name}: once is enough");
            sign_in(&roster, name, "correct horse e").await.refused(401, ErrorCode::InvalidCredentials);
        }
        let events = admin.get("/api/v1/audit-events?limit=1000").await.text();
        for (name, hash) in HASHES {
            assert!(!events.contains(Secret::new(hash).expose()), "{name}");
        }
    }
}
