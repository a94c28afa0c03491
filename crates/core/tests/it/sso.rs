//! Signing in at providers, and the links it goes through.

use std::time::Duration;

use roster_core::{
    Actor, Door, Error, Origin, Proof, Result,
    sso::{SsoOutcome, SsoReturn},
};
use roster_model::{
    AuthenticationMethod, ErrorCode, Field, LoginType, Role, Secret, SignIn, SignedIn, SsoTicket,
    Status, User, UserRef,
};

use crate::{
    fixture::{PASSWORD, Roster, nobody, on_both_databases, origin},
    providers::{CODE, identity},
};

const GOOGLE: &str = "google";

/// Somebody not signed in, at the airt door.
fn at_airt() -> Actor {
    Actor::nobody(Origin { door: Door::Airt, ..origin() })
}

impl Roster {
    /// A user who has enabled the provider for this address.
    async fn linked(&self, name: &str, email: Option<&str>) -> User {
        let user = self.user(name, Role::Viewer).await;
        let actor = self.acting(&user).await;
        self.enable_sso(&actor, &UserRef::Me, GOOGLE, email).await.unwrap();
        user
    }

    /// Begins with the password, as airt's client does.
    async fn begin_as(
        &self,
        name: &str,
        password: &str,
        code: Option<Secret>,
    ) -> Result<SsoTicket> {
        let account = SignIn { login: name.into(), password: password.into(), code };
        self.begin_sso_sign_in(&at_airt(), GOOGLE, Some(&account)).await
    }

    async fn begin(&self) -> SsoTicket {
        self.begin_sso_sign_in(&nobody(), GOOGLE, None).await.unwrap()
    }

    /// The browser comes back from the provider with the state of the last sign-in.
    async fn come_back(&self) -> Result<SsoOutcome> {
        self.come_back_with(GOOGLE, CODE, &self.providers.last().state).await
    }

    async fn come_back_with(&self, provider: &str, code: &str, state: &str) -> Result<SsoOutcome> {
        let returned =
            SsoReturn { state: state.into(), code: Some(code.into()), error: None, issuer: None };
        self.sso_callback(&nobody(), provider, &returned).await
    }

    /// As [`come_back`](Self::come_back), where the person then says that the sign-in is its own.
    async fn come_back_and_agree(&self) -> Result<()> {
        match self.come_back().await? {
            SsoOutcome::Asked { token, .. } => {
                self.answer_sso_sign_in(&nobody(), &token, true).await
            }
            SsoOutcome::SignedIn => panic!("nobody was asked"),
        }
    }

    async fn finish_at(&self, ticket: &SsoTicket) -> Result<SignedIn> {
        self.finish_sso_sign_in_at(&at_airt(), ticket.authorization_url.expose()).await
    }

    async fn finish(&self, ticket: &SsoTicket) -> Result<SignedIn> {
        self.finish_sso_sign_in(&nobody(), &ticket.ticket).await
    }

    /// How a sign-in of `ann` with her password ends.
    async fn ends(&self) -> Result<SignedIn> {
        let ticket = self.begin_as("ann", PASSWORD, None).await.unwrap();
        let came_back = self.come_back().await;
        let finished = self.finish_at(&ticket).await;
        assert_eq!(came_back.is_ok(), finished.is_ok());
        finished
    }
}

fn code_of<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.code(),
    }
}

on_both_databases! {
    async fn a_password_and_the_provider_open_one_session(roster: Roster) {
        let ann = roster.linked("ann", Some("Ann@Gmail.example")).await;
        roster.providers.set(Some(identity("7", "ann@gmail.EXAMPLE")));
        for round in 0..2 {
            let ticket = roster.begin_as("ann", PASSWORD, None).await.unwrap();
            assert_eq!(code_of(roster.finish_at(&ticket).await), ErrorCode::SsoPending);
            assert!(matches!(roster.come_back().await, Ok(SsoOutcome::SignedIn)));
            let signed_in = roster.finish_at(&ticket).await.unwrap();
            assert_eq!((signed_in.user.id, signed_in.session.method), (ann.id, AuthenticationMethod::Sso));
            let actor = roster.actor(&signed_in.token).await.unwrap();
            let links = roster.list_sso_links(&actor, &UserRef::Me).await.unwrap();
            assert!(links[0].is_confirmed, "round {round}");
            assert_eq!(links[0].last_sign_in_at, Some(roster.now()));
            assert_eq!(code_of(roster.finish_at(&ticket).await), ErrorCode::SsoFailed, "used");
        }
    }

    async fn what_is_asked_of_the_provider_is_new_each_time_and_names_only_this_server(roster: Roster) {
        roster.begin().await;
        let first = roster.providers.last();
        roster.begin().await;
        let second = roster.providers.last();
        assert_ne!(first.state, second.state);
        assert_ne!(first.nonce, second.nonce);
        assert_ne!(first.pkce_challenge, second.pkce_challenge);
        assert_eq!(second.state.len(), 43, "256 bits");
        // T13: no request has a say in this.
        assert_eq!(second.redirect_uri, "https://roster.example/sso/google/callback");
    }

    async fn an_account_is_named_only_by_its_password_and_must_have_enabled_the_provider(roster: Roster) {
        roster.linked("ann", None).await;
        roster.user("bob", Role::Viewer).await;
        roster.user_like("off", Role::Viewer, |user| user.status = Status::Disabled).await;
        for (name, password, code) in [
            ("ann", "wrong", ErrorCode::InvalidCredentials),
            ("nobody", PASSWORD, ErrorCode::InvalidCredentials),
            ("off", PASSWORD, ErrorCode::AccountUnavailable),
            ("bob", PASSWORD, ErrorCode::WrongState),
        ] {
            assert_eq!(code_of(roster.begin_as(name, password, None).await), code, "{name}");
        }
        let unknown = roster.begin_sso_sign_in(&nobody(), "nowhere", None).await;
        assert_eq!(code_of(unknown), ErrorCode::NotFound);
    }

    async fn t19_an_address_counts_only_if_it_is_verified_and_the_one_of_the_link(roster: Roster) {
        roster.linked("ann", None).await;
        let right = identity("7", "ann@example.com");
        for hostile in [
            roster_core::sso::provider::Identity { email_verified: false, ..right.clone() },
            roster_core::sso::provider::Identity { email: None, ..right.clone() },
            identity("7", "eve@example.com"),
        ] {
            roster.providers.set(Some(hostile));
            assert_eq!(code_of(roster.ends().await), ErrorCode::SsoFailed);
        }
        roster.providers.set(None);
        assert_eq!(code_of(roster.ends().await), ErrorCode::SsoFailed);
        roster.providers.set(Some(right));
        roster.ends().await.unwrap();
    }

    async fn t19_once_fixed_a_subject_is_the_identity_whoever_has_the_address(roster: Roster) {
        let ann = roster.linked("ann", None).await;
        roster.providers.set(Some(identity("7", "ann@example.com")));
        roster.ends().await.unwrap();
        // The address was given to somebody else at the provider.
        roster.providers.set(Some(identity("8", "ann@example.com")));
        assert_eq!(code_of(roster.ends().await), ErrorCode::SsoFailed);
        let ticket = roster.begin().await;
        assert_eq!(code_of(roster.come_back().await), ErrorCode::SsoFailed);
        assert_eq!(code_of(roster.finish(&ticket).await), ErrorCode::SsoFailed);
        // The same person has another address there: airt's contract refuses that, the native door does not.
        roster.providers.set(Some(identity("7", "new@example.com")));
        assert_eq!(code_of(roster.ends().await), ErrorCode::SsoFailed);
        let ticket = roster.begin().await;
        roster.come_back_and_agree().await.unwrap();
        assert_eq!(roster.finish(&ticket).await.unwrap().user.id, ann.id);
    }

    async fn t19_without_a_link_nobody_gets_in_by_an_address(roster: Roster) {
        roster.user("ann", Role::Viewer).await;
        roster.providers.set(Some(identity("7", "ann@example.com")));
        let ticket = roster.begin().await;
        assert_eq!(code_of(roster.come_back().await), ErrorCode::SsoFailed);
        assert_eq!(code_of(roster.finish(&ticket).await), ErrorCode::SsoFailed);
    }

    async fn t20_an_account_prepared_with_somebody_elses_address_is_not_signed_in_to(roster: Roster) {
        roster.linked("eve", Some("ann@example.com")).await;
        roster.providers.set(Some(identity("7", "ann@example.com")));
        roster.begin().await;
        assert_eq!(code_of(roster.come_back().await), ErrorCode::SsoFailed);
        // Nor is she in the way of the one whose address it is.
        let ann = roster.linked("ann", None).await;
        let ticket = roster.begin().await;
        roster.come_back_and_agree().await.unwrap();
        assert_eq!(roster.finish(&ticket).await.unwrap().user.id, ann.id);
        // A subject is one person's.
        let ticket = roster.begin_as("eve", PASSWORD, None).await.unwrap();
        assert_eq!(code_of(roster.come_back().await), ErrorCode::SsoFailed);
        assert_eq!(code_of(roster.finish_at(&ticket).await), ErrorCode::SsoFailed);
    }

    async fn a_sign_in_begun_for_one_account_does_not_end_in_another(roster: Roster) {
        roster.linked("ann", None).await;
        roster.linked("bob", None).await;
        roster.providers.set(Some(identity("8", "bob@example.com")));
        assert_eq!(code_of(roster.ends().await), ErrorCode::SsoFailed);
        let ticket = roster.begin_as("bob", PASSWORD, None).await.unwrap();
        roster.come_back().await.unwrap();
        assert_eq!(roster.finish_at(&ticket).await.unwrap().user.username, "bob");
        assert_eq!(code_of(roster.ends().await), ErrorCode::SsoFailed);
    }

    async fn without_a_password_the_person_is_asked_and_the_address_opened_is_no_answer(roster: Roster) {
        roster.linked("ann", None).await;
        roster.providers.set(Some(identity("7", "ann@example.com")));
        for is_own in [false, true] {
            let ticket = roster.begin().await;
            let Ok(SsoOutcome::Asked { token, username, address, .. }) = roster.come_back().await
            else {
                panic!("nobody was asked");
            };
            assert_eq!((username.as_str(), address.as_deref()), ("ann", Some("192.0.2.7")));
            assert_eq!(code_of(roster.finish(&ticket).await), ErrorCode::SsoPending);
            // Whoever sent the link knows the state in it, and not what only the person was shown.
            let state = Secret::new(roster.providers.last().state);
            let forged = roster.answer_sso_sign_in(&nobody(), &state, true).await;
            assert_eq!(code_of(forged), ErrorCode::SsoFailed);
            roster.answer_sso_sign_in(&nobody(), &token, is_own).await.unwrap();
            let again = roster.answer_sso_sign_in(&nobody(), &token, true).await;
            assert_eq!(code_of(again), ErrorCode::SsoFailed);
            let by_address =
                roster.finish_sso_sign_in_at(&nobody(), ticket.authorization_url.expose()).await;
            assert_eq!(code_of(by_address), ErrorCode::SsoFailed);
            assert_eq!(roster.finish(&ticket).await.is_ok(), is_own);
        }
    }

    async fn a_provider_that_cannot_be_reached_is_named(roster: Roster) {
        roster.linked("ann", None).await;
        roster.providers.lose();
        let refused = roster.begin_as("ann", PASSWORD, None).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Unavailable);
        assert!(refused.to_string().contains("provider google cannot be reached"), "{refused}");
    }

    async fn a_state_is_good_once_at_its_provider_and_for_ten_minutes(roster: Roster) {
        roster.linked("ann", None).await;
        roster.providers.set(Some(identity("7", "ann@example.com")));
        let begin = async || {
            let ticket = roster.begin_as("ann", PASSWORD, None).await.unwrap();
            (ticket, roster.providers.last().state)
        };

        let (ticket, state) = begin().await;
        roster.come_back_with(GOOGLE, CODE, &state).await.unwrap();
        assert_eq!(code_of(roster.come_back_with(GOOGLE, CODE, &state).await), ErrorCode::SsoFailed);
        roster.finish_at(&ticket).await.unwrap();

        for (provider, code) in [("github", CODE), (GOOGLE, "stolen")] {
            let (ticket, state) = begin().await;
            let refused = roster.come_back_with(provider, code, &state).await;
            assert_eq!(code_of(refused), ErrorCode::SsoFailed, "{provider} {code}");
            let late = roster.come_back_with(GOOGLE, CODE, &state).await;
            assert_eq!(code_of(late), ErrorCode::SsoFailed, "{provider} {code}");
            assert_eq!(code_of(roster.finish_at(&ticket).await), ErrorCode::SsoFailed);
        }

        let (ticket, state) = begin().await;
        roster.advance(Duration::from_secs(600));
        assert_eq!(code_of(roster.come_back_with(GOOGLE, CODE, &state).await), ErrorCode::SsoFailed);
        assert_eq!(code_of(roster.finish_at(&ticket).await), ErrorCode::SsoFailed);

        let (ticket, state) = begin().await;
        roster.come_back_with(GOOGLE, CODE, &state).await.unwrap();
        roster.advance(Duration::from_secs(600));
        assert_eq!(code_of(roster.finish_at(&ticket).await), ErrorCode::SsoFailed);
    }

    async fn what_the_person_refused_at_the_provider_has_failed(roster: Roster) {
        roster.linked("ann", None).await;
        let ticket = roster.begin_as("ann", PASSWORD, None).await.unwrap();
        let state = roster.providers.last().state.into();
        let error = Some("access_denied".to_owned());
        let returned = SsoReturn { state, code: None, error, issuer: None };
        let refused = roster.sso_callback(&nobody(), GOOGLE, &returned).await;
        assert_eq!(code_of(refused), ErrorCode::SsoFailed);
        assert_eq!(code_of(roster.finish_at(&ticket).await), ErrorCode::SsoFailed);
    }

    async fn tickets_are_of_their_door_and_their_kind(roster: Roster) {
        let ann = roster.linked("ann", None).await;
        roster.providers.set(Some(identity("7", "ann@example.com")));
        let session = roster.signed_in(&ann).await.token;
        let ticket = roster.begin().await;
        roster.come_back_and_agree().await.unwrap();
        let elsewhere = roster.finish_sso_sign_in(&at_airt(), &ticket.ticket).await;
        assert_eq!(code_of(elsewhere), ErrorCode::SsoFailed);
        for wrong in ["", "x", session.expose()] {
            let refused = roster.finish_sso_sign_in(&nobody(), &wrong.into()).await;
            assert_eq!(code_of(refused), ErrorCode::SsoFailed);
        }
        for wrong in ["", "x", "https://google.example/", "https://google.example/?state="] {
            let refused = roster.finish_sso_sign_in_at(&at_airt(), wrong).await;
            assert_eq!(code_of(refused), ErrorCode::SsoFailed);
        }
        let (one, other) = tokio::join!(roster.finish(&ticket), roster.finish(&ticket));
        assert_eq!([&one, &other].iter().filter(|finished| finished.is_ok()).count(), 1);
    }

    async fn t09_a_sign_in_under_way_ends_with_what_ends_sessions(roster: Roster) {
        let ann = roster.linked("ann", None).await;
        let admin = roster.acting(&roster.user("root", Role::SystemAdmin).await).await;
        let reference = UserRef::Id(ann.id);
        roster.providers.set(Some(identity("7", "ann@example.com")));
        let returned = async || {
            let ticket = roster.begin().await;
            roster.come_back_and_agree().await.unwrap();
            ticket
        };

        let ticket = returned().await;
        roster.disable_sso(&admin, &reference, GOOGLE).await.unwrap();
        assert_eq!(code_of(roster.finish(&ticket).await), ErrorCode::SsoFailed);
        roster.begin().await;
        assert_eq!(code_of(roster.come_back().await), ErrorCode::SsoFailed, "the link is off");
        let actor = roster.acting(&ann).await;
        roster.enable_sso(&actor, &UserRef::Me, GOOGLE, None).await.unwrap();

        let ticket = returned().await;
        roster.alter(&ann, |user| user.status = Status::Suspended).await;
        assert_eq!(code_of(roster.finish(&ticket).await), ErrorCode::AccountUnavailable);
        roster.alter(&ann, |user| user.status = Status::Active).await;
        roster.set_organization(|settings| settings.login_type = LoginType::Password).await;
        assert_eq!(code_of(roster.finish(&ticket).await), ErrorCode::AccountUnavailable);
        roster.set_organization(|settings| settings.login_type = LoginType::Sso).await;
        roster.finish(&ticket).await.unwrap();
        // The password alone would not do here; before the provider it does.
        roster.ends().await.unwrap();

        let ticket = returned().await;
        roster.disable_user(&admin, &reference).await.unwrap();
        assert_eq!(code_of(roster.finish(&ticket).await), ErrorCode::SsoFailed);
        roster.enable_user(&admin, &reference).await.unwrap();
        assert_eq!(code_of(roster.finish(&ticket).await), ErrorCode::SsoFailed);
    }

    async fn t09_a_provider_does_not_stand_in_for_the_second_factor(roster: Roster) {
        let ann = roster.linked("ann", None).await;
        let actor = roster.acting(&ann).await;
        let secret = roster.enrol(&actor).await;
        roster.providers.set(Some(identity("7", "ann@example.com")));
        let asked = roster.begin_as("ann", PASSWORD, None).await;
        assert_eq!(code_of(asked), ErrorCode::OtpRequired);
        let ticket = roster.begin_as("ann", PASSWORD, Some(roster.code(&secret))).await.unwrap();
        let shown_at = roster.now();
        roster.come_back().await.unwrap();
        roster.advance(Duration::from_secs(60));
        let session = roster.finish_at(&ticket).await.unwrap().session;
        assert_eq!(session.mfa_at, Some(shown_at));

        let ticket = roster.begin().await;
        roster.come_back_and_agree().await.unwrap();
        assert_eq!(code_of(roster.finish(&ticket).await), ErrorCode::OtpRequired);
        let with = |code: Secret| nobody().with_proof(Proof::Code(code));
        let wrong = roster.finish_sso_sign_in(&with("000000".into()), &ticket.ticket).await;
        assert_eq!(code_of(wrong), ErrorCode::OtpInvalid);
        let right = roster.finish_sso_sign_in(&with(roster.code(&secret)), &ticket.ticket).await;
        assert_eq!(right.unwrap().session.mfa_at, Some(roster.now()));
    }

    async fn links_are_made_replaced_revived_and_switched_off(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let actor = roster.acting(&ann).await;
        let me = &UserRef::Me;
        let enable = async |email| roster.enable_sso(&actor, me, GOOGLE, email).await;
        let link = enable(None).await.unwrap();
        assert_eq!((link.email.as_str(), link.is_disabled), ("ann@example.com", false));
        assert_eq!(enable(Some("ann@work.example")).await.unwrap().email, "ann@work.example");
        let off = roster.disable_sso(&actor, me, GOOGLE).await.unwrap();
        assert!(off.is_disabled);
        let again = roster.disable_sso(&actor, me, GOOGLE).await;
        assert_eq!(code_of(again), ErrorCode::WrongState);
        assert!(!enable(None).await.unwrap().is_disabled);
        match enable(Some("no address")).await.unwrap_err() {
            Error::Invalid { field, .. } => assert_eq!(field, Field::Email),
            other => panic!("{other:?}"),
        }
        match roster.enable_sso(&actor, me, "nowhere", None).await.unwrap_err() {
            Error::Invalid { field, .. } => assert_eq!(field, Field::Provider),
            other => panic!("{other:?}"),
        }
        let names = roster.sso_providers(&nobody()).await.unwrap();
        assert_eq!(names.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["github", "google"]);
        assert_eq!(roster.list_sso_links(&actor, me).await.unwrap().len(), 1);
    }

    async fn a_new_address_waits_for_a_new_subject(roster: Roster) {
        let ann = roster.linked("ann", None).await;
        roster.providers.set(Some(identity("7", "ann@example.com")));
        roster.ends().await.unwrap();
        let actor = roster.acting(&ann).await;
        let link = roster.enable_sso(&actor, &UserRef::Me, GOOGLE, Some("ann@work.example")).await;
        assert!(!link.unwrap().is_confirmed);
        assert_eq!(code_of(roster.ends().await), ErrorCode::SsoFailed);
        roster.providers.set(Some(identity("9", "ann@work.example")));
        roster.ends().await.unwrap();
    }

    async fn a_link_is_its_owners(roster: Roster) {
        let ann = roster.linked("ann", None).await;
        let eve = roster.acting(&roster.user("eve", Role::Viewer).await).await;
        let admin = roster.acting(&roster.user("root", Role::SystemAdmin).await).await;
        let ann = &UserRef::Id(ann.id);
        for stranger in [&eve, &admin] {
            let enabled = roster.enable_sso(stranger, ann, GOOGLE, Some("eve@example.com")).await;
            assert_eq!(code_of(enabled), ErrorCode::Forbidden);
        }
        assert_eq!(code_of(roster.disable_sso(&eve, ann, GOOGLE).await), ErrorCode::Forbidden);
        assert_eq!(code_of(roster.list_sso_links(&eve, ann).await), ErrorCode::Forbidden);
        roster.disable_sso(&admin, ann, GOOGLE).await.unwrap();
    }

    async fn a_password_that_is_changed_ends_a_sign_in_under_way(roster: Roster) {
        let ann = roster.linked("ann", None).await;
        roster.providers.set(Some(identity("7", "ann@example.com")));
        let ticket = roster.begin_as("ann", PASSWORD, None).await.unwrap();
        roster.come_back().await.unwrap();
        let actor = roster.acting(&ann).await;
        let change = roster_model::ChangePassword {
            password: Some(PASSWORD.into()),
            new_password: "another good one of mine".into(),
        };
        roster.change_password(&actor, &UserRef::Me, &change).await.unwrap();
        assert_eq!(code_of(roster.finish_at(&ticket).await), ErrorCode::SsoFailed);
    }
}
