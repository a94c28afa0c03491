//! Messages from the operation that writes them to the transport that takes them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use roster_core::clock::ManualClock;
use roster_core::credentials::hasher::PasswordHasher;
use roster_core::credentials::secret_key::Keyring;
use roster_core::random::SeededRandom;
use roster_core::sso::provider::NoProviders;
use roster_core::{Actor, Core, Origin, Parts};
use roster_model::{CodeChannel, CodePurpose, CodeRequest, NewUser};
use roster_server::delivery::Transports;
use roster_server::jobs::Jobs;
use roster_server::metrics::Metrics;
use roster_store::{Location, Store};

use crate::settings;

struct House {
    core: Core,
    clock: Arc<ManualClock>,
    jobs: Jobs,
}

/// An installation with one user, whose e-mail goes to `file`.
async fn house(file: &Path) -> House {
    let email = format!("file:{}", file.display());
    let settings = settings(&[
        ("ROSTER_EMAIL", &email),
        ("ROSTER_PASSWORDS_MEMORY_KIB", "8"),
        ("ROSTER_PASSWORDS_PASSES", "1"),
    ]);
    let random = Arc::new(SeededRandom::new(1));
    let clock = Arc::new(ManualClock::new("2026-11-24T00:00:00Z".parse().unwrap()));
    let core = Core::new(Parts {
        store: Store::open(&Location::Memory, &settings.store_options()).await.unwrap(),
        clock: clock.clone(),
        hasher: PasswordHasher::start(settings.hashing(), random.clone()).unwrap(),
        keys: Keyring::generate(&*random),
        random,
        settings: settings.rulebook(&"https://roster.example.com".parse().unwrap()),
        providers: Arc::new(NoProviders),
    });
    let system = Actor::system("test");
    core.prepare(&system).await.unwrap();
    let ann = NewUser {
        username: "ann".into(),
        email: "ann@example.com".into(),
        password: Some("a long enough password".into()),
        ..NewUser::default()
    };
    core.create_first_administrator(&system, &ann).await.unwrap().unwrap();
    let transports = Transports::new(&settings).unwrap_or_else(|error| panic!("{error}"));
    let jobs = Jobs::new(core.clone(), transports, Arc::new(Metrics::new(&core)));
    House { core, clock, jobs }
}

impl House {
    async fn ask_for_code(&self, login: &str) {
        let request = CodeRequest {
            login: login.into(),
            purpose: CodePurpose::ResetPassword,
            channel: CodeChannel::Email,
        };
        let nobody = Actor::nobody(Origin::system());
        self.core.send_code(&nobody, &request).await.unwrap();
    }

    async fn send(&self) {
        self.jobs.send_messages(&Actor::system("test")).await.unwrap();
    }
}

fn lines(file: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_code_that_is_asked_for_leaves_the_house_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("messages.jsonl");
    let house = house(&file).await;
    house.ask_for_code("ann").await;
    house.ask_for_code("nobody-of-this-name").await;
    for _ in 0..3 {
        house.send().await;
        house.clock.advance(Duration::from_secs(120));
    }
    let lines = lines(&file);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    assert_eq!((&line["channel"], &line["to"]), (&"email".into(), &"ann@example.com".into()));
    assert_eq!(line["template"], "reset_password");
    assert_eq!(line["created_at"], "2026-11-24T00:00:00Z");
    let code = line["code"].as_str().unwrap();
    assert!(code.len() == 6 && line["text"].as_str().unwrap().contains(code), "{line}");
}

#[tokio::test]
async fn what_could_not_be_sent_is_tried_again_after_a_wait() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not-there-yet/messages.jsonl");
    let house = house(&file).await;
    house.ask_for_code("ann").await;
    house.send().await;
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    house.send().await;
    assert!(lines(&file).is_empty(), "it is not due yet");
    house.clock.advance(Duration::from_secs(60));
    house.send().await;
    assert_eq!(lines(&file).len(), 1);
}
