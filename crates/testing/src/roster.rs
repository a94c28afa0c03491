//! The Roster of a test.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::body::Body;
use http::{HeaderName, Method, Request, header::AUTHORIZATION, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use jiff::Timestamp;
use roster_core::{
    Actor, Core, Door, Origin,
    clock::{Clock, ManualClock},
    messages::Outgoing,
    sso::{SsoOutcome, SsoReturn},
};
use roster_http_kit::Gate;
use roster_model::{
    Group, MessageId, NewUser, OrganizationId, Role, Secret, SignIn, SignedIn, User,
};
use roster_store::{Store, Tx};
use serde_json::Value;
use uuid::Uuid;

use crate::{Answer, Builder, Person, builder::Seen};

/// The password of everybody whom the harness makes.
pub const PASSWORD: &str = "vivid walrus 2718";

/// A whole Roster. Clones are the same one.
#[derive(Clone)]
pub struct Roster {
    /// The rulebook, for what no door offers.
    pub core: Core,
    /// What is kept, to look behind the doors.
    pub store: Store,
    /// The time, which stands still until it is moved.
    pub clock: Arc<ManualClock>,
    pub(crate) gate: Gate,
    pub(crate) seen: Arc<Seen>,
}

impl Roster {
    /// A Roster on SQLite, all else as it comes.
    pub async fn on_sqlite() -> Self {
        Builder::default().on_sqlite().await
    }

    /// A Roster on PostgreSQL, all else as it comes.
    pub async fn on_postgres() -> Self {
        Builder::default().on_postgres().await
    }

    /// The operator.
    pub fn system(&self) -> Actor {
        Actor::system("test")
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Makes a user and signs it in.
    pub async fn person(&self, username: &str) -> Person {
        self.person_who(username, |_| ()).await
    }

    /// Makes a user of `role` and signs it in.
    pub async fn person_with_role(&self, username: &str, role: Role) -> Person {
        self.person_who(username, |new| new.role = Some(role)).await
    }

    /// Makes the user that `change` says, and signs it in.
    pub async fn person_who(&self, username: &str, change: impl FnOnce(&mut NewUser)) -> Person {
        let mut new = new_user(username);
        change(&mut new);
        let user = self.create(&new).await;
        self.sign_in(user).await
    }

    /// A system administrator, signed in.
    pub async fn admin(&self) -> Person {
        self.person_with_role("admin", Role::SystemAdmin).await
    }

    /// Makes a user as the operator.
    pub async fn create(&self, new: &NewUser) -> User {
        self.core.create_user(&self.system(), new).await.unwrap()
    }

    /// Makes an organization with its group `public`.
    pub async fn organization(&self, slug: &str) -> OrganizationId {
        let now = self.now();
        let uuid = slug.bytes().fold(1_u128, |number, byte| (number << 8) | u128::from(byte));
        self.store
            .write(async |tx: &mut Tx| {
                let id = tx.ensure_organization(Uuid::from_u128(uuid), slug, slug, now).await?;
                let public = Group::plain(id, "public", "public", now);
                tx.insert_group(&public).await?;
                Ok::<_, roster_store::Error>(id)
            })
            .await
            .unwrap()
    }

    /// Signs a user in with [`PASSWORD`] through the native door.
    pub async fn sign_in(&self, user: User) -> Person {
        self.person_like(self.session_of(&user).await)
    }

    /// Whoever a test has signed in by itself.
    pub fn person_like(&self, signed_in: SignedIn) -> Person {
        Person::new(self.clone(), signed_in.user, signed_in.token.expose().to_owned())
    }

    /// One more session of a user with [`PASSWORD`].
    pub async fn session_of(&self, user: &User) -> SignedIn {
        let login = SignIn { login: user.username.clone(), password: PASSWORD.into(), code: None };
        let nobody = Actor::nobody(Origin {
            door: Door::Native,
            address: None,
            user_agent: None,
            request_id: None,
        });
        self.core.sign_in(&nobody, &login).await.unwrap()
    }

    /// The token of the set-up link, while there are no users.
    pub async fn set_up_token(&self) -> Secret {
        self.core.issue_set_up_token(&self.system()).await.unwrap().unwrap()
    }

    /// Somebody comes back from a provider, and says that the sign-in is its own if asked.
    pub async fn come_back_from(&self, provider: &str, state: &str) {
        let nobody = Actor::nobody(Origin { door: Door::Console, ..Origin::system() });
        let returned =
            SsoReturn { state: state.into(), code: Some("code".into()), error: None, issuer: None };
        let outcome = self.core.sso_callback(&nobody, provider, &returned).await.unwrap();
        if let SsoOutcome::Asked { token, .. } = outcome {
            self.core.answer_sso_sign_in(&nobody, &token, true).await.unwrap();
        }
    }

    /// Lets the gateway refuse a message for good.
    pub async fn give_up(&self, id: MessageId) {
        let system = self.system();
        let messages = self.core.claim_messages(&system, 1000).await.unwrap();
        let message = messages.iter().find(|message| message.id == id).unwrap();
        self.core.message_failed(&system, message, "refused", true).await.unwrap();
    }

    /// The messages that wait to be sent, which are sent by this.
    pub async fn messages(&self) -> Vec<Outgoing> {
        let system = self.system();
        let messages = self.core.claim_messages(&system, 1000).await.unwrap();
        for message in &messages {
            self.core.message_sent(&system, message.id).await.unwrap();
        }
        messages
    }

    /// The code in the only waiting message that has one.
    pub async fn only_code(&self) -> Secret {
        let messages = self.messages().await;
        let mut codes: Vec<_> =
            messages.iter().filter_map(|message| message.code.clone()).collect();
        assert_eq!(codes.len(), 1, "{messages:?}");
        codes.remove(0)
    }

    /// The declared path that the last request has met, by which the router has found its handler.
    pub fn last_route(&self) -> &'static str {
        *self.seen.route.lock().unwrap()
    }

    /// Sends a request through the gate. A body is sent as JSON.
    pub async fn call(
        &self,
        method: &str,
        uri: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method.parse::<Method>().unwrap()).uri(uri);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    /// Sends a request with headers of the test's own.
    pub async fn call_with(
        &self,
        method: &str,
        uri: &str,
        headers: &[(&'static str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(HeaderName::from_static(name), *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Sends any request through the gate.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let peer = Some([192, 0, 2, 1].into());
        let asked = format!("{} {}", request.method(), request.uri());
        let (parts, body) = self.gate.clone().handle(peer, request).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        assert_eq!(self.seen.panics.load(Ordering::SeqCst), 0, "{asked} made a handler panic");
        Answer::new(asked, parts, bytes.to_vec())
    }
}

/// A viewer of that name with [`PASSWORD`].
pub fn new_user(username: &str) -> NewUser {
    NewUser {
        username: username.into(),
        email: format!("{username}@example.com"),
        first_name: Some("Ann".into()),
        last_name: Some("Archer".into()),
        password: Some(PASSWORD.into()),
        ..NewUser::default()
    }
}
