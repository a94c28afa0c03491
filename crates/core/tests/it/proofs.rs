//! An invitation is worth what its sender may do, and an address what was shown of it (threats T17, T20, T24).

use std::time::Duration;

use roster_core::{
    Actor, Door, Error, Origin, Profile, Registration, Settings, SignUp, sso::SsoReturn,
};
use roster_model::{
    Channel, ConfirmEmail, ErrorCode, Field, NewAccount, NewApiKey, NewInvitation, PasswordReset,
    Role, Secret, User, UserRef, UserUpdate,
};
use roster_store::Location;

use crate::{
    authority::{code, group, join, system, to},
    fixture::{PASSWORD, Roster, nobody, origin, postgres},
    providers::{CODE, identity},
};

const GOOGLE: &str = "google";

fn by_mail(settings: &mut Settings) {
    settings.channels = vec![Channel::Email];
    settings.registration = Registration::Invite;
}

async fn on_sqlite() -> Roster {
    Roster::on(&Location::Memory, by_mail).await
}

async fn on_postgres() -> Roster {
    Roster::on(&postgres().await, by_mail).await
}

/// Where anybody may make an account with anybody's address.
fn openly(settings: &mut Settings) {
    settings.channels = vec![Channel::Email];
    settings.profile = Profile::Compat;
}

async fn openly_on_sqlite() -> Roster {
    Roster::on(&Location::Memory, openly).await
}

async fn openly_on_postgres() -> Roster {
    Roster::on(&postgres().await, openly).await
}

fn at_dioptra() -> Actor {
    Actor::nobody(Origin { door: Door::Dioptra, ..origin() })
}

/// Makes an account at once, as that door does.
async fn sign_up(roster: &Roster, new: &NewAccount) -> User {
    match roster.sign_up(&at_dioptra(), new).await.unwrap() {
        SignUp::Made(account) => account.user,
        SignUp::Mailed(_) => panic!("an account is made at once"),
    }
}

/// The token in the last mail that waits.
async fn mailed(roster: &Roster, template: &str) -> Secret {
    let mails = roster.claim_messages(&system(), 100).await.unwrap();
    let mail = mails.into_iter().rfind(|mail| mail.template == template).unwrap();
    let text = mail.text.expose().to_owned();
    let (_, rest) = text.split_once("token=").unwrap();
    Secret::new(rest.split_whitespace().next().unwrap())
}

fn account(name: &str, email: &str, invitation: Option<Secret>) -> NewAccount {
    NewAccount {
        username: name.into(),
        email: email.into(),
        password: PASSWORD.into(),
        first_name: None,
        last_name: None,
        invitation,
    }
}

async fn invite(roster: &Roster, inviter: &Actor, name: &str, role: Role) -> Secret {
    let email = format!("{name}@example.com");
    let new = NewInvitation { email, role: Some(role), organization_id: None };
    roster.invite_person(inviter, &new).await.unwrap();
    mailed(roster, "invitation").await
}

async fn accept(roster: &Roster, name: &str, token: Secret) -> Result<User, Error> {
    let made = roster.register(&nobody(), &account(name, "", Some(token))).await;
    made.map(|account| account.user)
}

/// How the sign-in of this identity ends, for which nobody was named.
async fn come_back(roster: &Roster, subject: &str, email: &str) -> Option<ErrorCode> {
    roster.providers.set(Some(identity(subject, email)));
    roster.begin_sso_sign_in(&nobody(), GOOGLE, None).await.unwrap();
    let state = roster.providers.last().state;
    let state = state.into();
    let returned = SsoReturn { state, code: Some(CODE.into()), error: None, issuer: None };
    code(roster.sso_callback(&nobody(), GOOGLE, &returned).await)
}

mod invitations {
    use super::*;

    postgres_fixture::on_both! {
        with (crate::proofs::on_sqlite, crate::proofs::on_postgres);

        async fn t24_an_invitation_gives_no_more_than_its_sender_could_give_when_it_is_accepted(roster: Roster) {
            let root = roster.user("root", Role::SystemAdmin).await;
            roster.acting(&root).await;
            let demoted = UserUpdate { role: Some(Role::AccountAdmin), ..UserUpdate::default() };
            let disabled = UserUpdate { active: Some(false), ..UserUpdate::default() };
            let moved = UserUpdate {
                organization_id: Some(roster.elsewhere().await.0),
                ..UserUpdate::default()
            };
            for (number, (role, given, change)) in [
                (Role::SystemAdmin, Role::SystemAdmin, Some(&demoted)),
                (Role::SystemAdmin, Role::Viewer, Some(&disabled)),
                (Role::AccountAdmin, Role::Viewer, Some(&moved)),
                (Role::AccountAdmin, Role::Viewer, None),
            ]
            .into_iter()
            .enumerate()
            {
                let boss = roster.user(&format!("boss{number}"), role).await;
                let actor = roster.acting(&boss).await;
                let token = invite(&roster, &actor, &format!("eve{number}"), given).await;
                match change {
                    Some(change) => {
                        roster.update_user(&system(), &to(&boss), change, None).await.unwrap();
                    }
                    None => roster.delete_user(&system(), &to(&boss)).await.unwrap(),
                }
                let refused = accept(&roster, &format!("eve{number}"), token).await;
                assert_eq!(code(refused), Some(ErrorCode::OtpInvalid), "{number}");
            }
        }

        async fn t24_what_a_group_let_somebody_invite_ends_with_the_group(roster: Roster) {
            let root = roster.user("root", Role::SystemAdmin).await;
            roster.acting(&root).await;
            let admins = group(&roster, "Admins", &[roster_model::GroupRole::OrganizationAdmin]).await;
            let ann = roster.user("ann", Role::Viewer).await;
            join(&roster, &admins, &ann).await;
            let actor = roster.acting(&ann).await;
            let [early, late] = [
                invite(&roster, &actor, "early", Role::AccountAdmin).await,
                invite(&roster, &actor, "late", Role::AccountAdmin).await,
            ];
            let made = accept(&roster, "early", early).await.unwrap();
            assert_eq!(made.role, Role::AccountAdmin);
            roster.remove_member(&system(), admins.id, &to(&ann)).await.unwrap();
            assert_eq!(code(accept(&roster, "late", late).await), Some(ErrorCode::OtpInvalid));
        }

        async fn t17_a_suspended_sender_comes_back_to_its_invitations(roster: Roster) {
            let root = roster.user("root", Role::SystemAdmin).await;
            roster.acting(&root).await;
            let boss = roster.user("boss", Role::AccountAdmin).await;
            let actor = roster.acting(&boss).await;
            let token = invite(&roster, &actor, "ann", Role::Viewer).await;
            roster.suspend_user(&system(), &to(&boss)).await.unwrap();
            let refused = accept(&roster, "ann", token.clone()).await;
            assert_eq!(code(refused), Some(ErrorCode::OtpInvalid));
            roster.unsuspend_user(&system(), &to(&boss)).await.unwrap();
            accept(&roster, "ann", token).await.unwrap();
        }

        async fn t16_nobody_confirms_its_own_address_but_a_system_admin(roster: Roster) {
            let admins = group(&roster, "Admins", &[roster_model::GroupRole::OrganizationAdmin]).await;
            let ann = roster.user("ann", Role::Viewer).await;
            join(&roster, &admins, &ann).await;
            let boss = roster.user("boss", Role::AccountAdmin).await;
            let email = |name: &str| UserUpdate {
                email: Some(format!("{name}@elsewhere.example")),
                ..UserUpdate::default()
            };
            for user in [&ann, &boss] {
                let actor = roster.acting(user).await;
                let name = user.username.as_str();
                let waiting = roster.update_user(&actor, &UserRef::Me, &email(name), None).await.unwrap();
                assert_eq!(waiting.email, user.email);
                assert!(waiting.unconfirmed_email.is_some());
                let update = UserUpdate { is_email_confirmed: Some(true), ..email(name) };
                let refused = roster.update_user(&actor, &UserRef::Me, &update, None).await;
                assert_eq!(refused.unwrap_err().field(), Some(Field::IsEmailConfirmed));
            }
            // Of others it answers for addresses.
            let actor = roster.acting(&boss).await;
            let set = roster.update_user(&actor, &to(&ann), &email("set"), None).await.unwrap();
            assert_eq!(set.email, "set@elsewhere.example");
            let root = roster.user("root", Role::SystemAdmin).await;
            let actor = roster.acting(&root).await;
            let set = roster.update_user(&actor, &UserRef::Me, &email("root"), None).await.unwrap();
            assert_eq!(set.email, "root@elsewhere.example");
        }

        async fn t01_who_wants_names_that_others_have_waits(roster: Roster) {
            let (ann, bob) = (roster.user("ann", Role::Viewer).await, roster.user("bob", Role::Viewer).await);
            let admin = roster.user("boss", Role::AccountAdmin).await;
            let (hers, his) = (roster.acting(&ann).await, roster.acting(&bob).await);
            let admins = roster.acting(&admin).await;
            let email = |email: &str| UserUpdate { email: Some(email.into()), ..UserUpdate::default() };
            let name = |name: &str| UserUpdate { username: Some(name.into()), ..UserUpdate::default() };
            let ask = async |actor: &Actor, update: &UserUpdate| {
                code(roster.update_user(actor, &UserRef::Me, update, None).await)
            };
            // What nobody has, and what is one's own, may be asked for ever.
            for number in 0..15 {
                assert_eq!(ask(&hers, &name(&format!("ann{number}"))).await, None);
                assert_eq!(ask(&hers, &email(&ann.email)).await, None);
            }
            for number in 0..11 {
                let taken = if number % 2 == 0 { email(&bob.email) } else { name(&bob.email) };
                assert_eq!(ask(&hers, &taken).await, Some(ErrorCode::AlreadyExists), "{number}");
            }
            for update in [email(&bob.email), email("nobody@elsewhere.example"), name("nobody")] {
                assert_eq!(ask(&hers, &update).await, Some(ErrorCode::RateLimited));
            }
            // It is the names alone that wait, and hers alone.
            let city = UserUpdate { city: Some(Some("Wien".into())), ..UserUpdate::default() };
            assert_eq!(ask(&hers, &city).await, None);
            assert_eq!(ask(&his, &name("robert")).await, None);
            for _ in 0..15 {
                assert_eq!(ask(&admins, &name(&bob.email)).await, Some(ErrorCode::AlreadyExists));
            }
            roster.advance(Duration::from_secs(31));
            assert_eq!(ask(&hers, &name("nobody")).await, None);
        }

        async fn t15_another_spelling_of_an_address_may_be_another_mailbox(roster: Roster) {
            let ann = roster.user_like("ann", Role::Viewer, |user| {
                user.email = "ann@strasse.example".into();
            })
            .await;
            let actor = roster.acting(&ann).await;
            roster.enable_sso(&actor, &UserRef::Me, GOOGLE, None).await.unwrap();
            let stranger = come_back(&roster, "8", "ann@straße.example").await;
            assert_eq!(stranger, Some(ErrorCode::SsoFailed));
            let email = |email: &str| UserUpdate { email: Some(email.into()), ..UserUpdate::default() };
            let changed = roster
                .update_user(&actor, &UserRef::Me, &email("Ann@Strasse.example"), None)
                .await
                .unwrap();
            assert_eq!((changed.email.as_str(), changed.unconfirmed_email), ("Ann@Strasse.example", None));
            for other in ["ann@straße.example", "ａnn@strasse.example"] {
                let waiting =
                    roster.update_user(&actor, &UserRef::Me, &email(other), None).await.unwrap();
                assert_eq!(waiting.email, "Ann@Strasse.example", "{other}");
                assert_eq!(waiting.unconfirmed_email.as_deref(), Some(other));
            }
            let token = mailed(&roster, "confirm_email").await;
            let confirmed = roster.confirm_email(&nobody(), &ConfirmEmail { token }).await.unwrap();
            assert_eq!(confirmed.email, "ａnn@strasse.example");
        }
    }
}

mod open_registration {
    use super::*;

    postgres_fixture::on_both! {
        with (crate::proofs::openly_on_sqlite, crate::proofs::openly_on_postgres);

        async fn t20_an_account_made_with_somebody_elses_address_waits_for_nobody_at_a_provider(roster: Roster) {
            let root = roster.user("root", Role::SystemAdmin).await;
            roster.acting(&root).await;
            let new = account("eve", "ann@example.com", None);
            let eve = sign_up(&roster, &new).await;
            let actor = roster.acting(&eve).await;
            roster.enable_sso(&actor, &UserRef::Me, GOOGLE, None).await.unwrap();
            assert_eq!(come_back(&roster, "7", "ann@example.com").await, Some(ErrorCode::SsoFailed));
            // Nor is it enough to write it down as one's own.
            let eve = roster.user("eva", Role::Viewer).await;
            let actor = roster.acting(&eve).await;
            let bob = UserUpdate { email: Some("bob@example.com".into()), ..UserUpdate::default() };
            let changed = roster.update_user(&actor, &UserRef::Me, &bob, None).await.unwrap();
            assert_eq!(changed.email, "bob@example.com");
            roster.enable_sso(&actor, &UserRef::Me, GOOGLE, None).await.unwrap();
            assert_eq!(come_back(&roster, "8", "bob@example.com").await, Some(ErrorCode::SsoFailed));
            // An administrator may answer for it.
            let cid = UserUpdate { email: Some("cid@example.com".into()), ..UserUpdate::default() };
            roster.update_user(&system(), &to(&eve), &cid, None).await.unwrap();
            roster.enable_sso(&actor, &UserRef::Me, GOOGLE, Some("cid@example.com")).await.unwrap();
            assert_eq!(come_back(&roster, "9", "cid@example.com").await, None);
        }

        async fn t20_whoever_shows_the_address_first_finds_no_ways_in_that_others_have_laid(roster: Roster) {
            let root = roster.user("root", Role::SystemAdmin).await;
            roster.acting(&root).await;
            let new = account("eve", "ann@example.com", None);
            let made = sign_up(&roster, &new).await;
            let actor = roster.acting(&made).await;
            let key = NewApiKey {
                name: "in".into(),
                expires_at: None,
                scopes: Vec::new(),
                constraints: Vec::new(),
            };
            let key = roster.create_api_key(&actor, &UserRef::Me, &key).await.unwrap().token;
            roster.enable_sso(&actor, &UserRef::Me, GOOGLE, Some("eve@elsewhere.example")).await.unwrap();
            let reset = async |password: &str| {
                roster.invite_user(&system(), &to(&made)).await.unwrap();
                let reset = PasswordReset {
                    login: None,
                    code: None,
                    token: Some(mailed(&roster, "reset_password").await),
                    new_password: password.into(),
                };
                roster.reset_password(&nobody(), &reset).await.unwrap();
            };
            reset("hers from now on").await;
            assert_eq!(code(roster.actor(&key).await), Some(ErrorCode::Unauthenticated));
            let links = roster.list_sso_links(&system(), &to(&made)).await.unwrap();
            assert!(links.iter().all(|link| link.is_disabled));

            // From then on it is hers, and what she makes outlives the next forgotten password.
            let signed_in = roster.try_sign_in("eve", "hers from now on", None).await.unwrap();
            let actor = roster.actor(&signed_in.token).await.unwrap();
            let key = NewApiKey {
                name: "hers".into(),
                expires_at: None,
                scopes: Vec::new(),
                constraints: Vec::new(),
            };
            let key = roster.create_api_key(&actor, &UserRef::Me, &key).await.unwrap().token;
            roster.enable_sso(&actor, &UserRef::Me, GOOGLE, None).await.unwrap();
            reset("hers, too, it is").await;
            roster.actor(&key).await.unwrap();
            assert_eq!(come_back(&roster, "7", "ann@example.com").await, None);
        }
    }
}
