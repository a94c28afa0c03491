use roster_model::{SignIn, Status};
use roster_store::GroupQuery;

use super::*;
use crate::testing::{Fixture, PASSWORD, new_user, on_both_databases};

async fn token(core: &Core) -> Option<Secret> {
    core.issue_set_up_token(&Fixture::system()).await.unwrap()
}

on_both_databases! {
    async fn the_installation_is_prepared_once_however_often_it_is_asked_for(fixture: Fixture) {
        let core = fixture.core;
        for _ in 0..2 {
            core.prepare(&Fixture::system()).await.unwrap();
            let counted = core
                .store()
                .write(async |tx: &mut Tx| {
                    let organization = home(tx).await?.organization_id;
                    let groups = GroupQuery { organization: Some(organization), ..GroupQuery::default() };
                    Ok::<_, Error>((
                        tx.count_organizations().await?,
                        tx.count_groups(&groups).await?,
                        tx.count_plans().await?,
                    ))
                })
                .await
                .unwrap();
            assert_eq!(counted, (1, 1, 3));
        }
    }

    async fn the_set_up_link_makes_an_administrator_who_can_sign_in_once(fixture: Fixture) {
        let core = fixture.core;
        let nobody = Fixture::nobody();
        let link = token(&core).await.unwrap();
        let user = core.set_up(&nobody, &link, &new_user("ann")).await.unwrap();
        let made = (user.role, user.status, user.username.as_str());
        assert_eq!(made, (Role::SystemAdmin, Status::New, "ann"));
        for name in ["ann", "ANN@example.com"] {
            let login = SignIn { login: name.into(), password: PASSWORD.into(), code: None };
            let signed_in = core.sign_in(&nobody, &login).await.unwrap();
            assert_eq!((signed_in.user.id, signed_in.user.status), (user.id, Status::Active));
        }
        let again = core.set_up(&nobody, &link, &new_user("eve")).await.unwrap_err();
        assert!(matches!(again, Error::WrongState(_)), "{again:?}");
        let other = core.set_up(&nobody, &"x".into(), &new_user("eve")).await.unwrap_err();
        assert_eq!(other.to_string(), again.to_string(), "whatever the token");
        assert!(token(&core).await.is_none());
    }

    async fn no_other_token_sets_up(fixture: Fixture) {
        let core = fixture.core;
        let (nobody, new) = (Fixture::nobody(), new_user("ann"));
        let made_up = Token::issue(TokenKind::Link, core.random());
        let old = token(&core).await.unwrap();
        let present = token(&core).await.unwrap();
        for wrong in [made_up.expose(), old.expose(), "", "ros_", "x"] {
            let refused = core.set_up(&nobody, &wrong.into(), &new).await.unwrap_err();
            assert_eq!(refused.field(), Some(Field::Token), "{refused:?}");
        }
        core.set_up(&nobody, &present, &new).await.unwrap();
    }

    async fn what_the_rules_refuse_leaves_the_link_open(fixture: Fixture) {
        let core = fixture.core;
        let nobody = Fixture::nobody();
        let link = token(&core).await.unwrap();
        let ann = || new_user("ann");
        for (new, field) in [
            (NewUser { username: "me".into(), ..ann() }, Field::Username),
            (NewUser { email: "ann".into(), ..ann() }, Field::Email),
            (NewUser { password: Some("short".into()), ..ann() }, Field::Password),
            (NewUser { password: None, ..ann() }, Field::Password),
        ] {
            match core.set_up(&nobody, &link, &new).await.unwrap_err() {
                Error::Invalid { field: found, .. } => assert_eq!(found, field),
                other => panic!("{field:?}: {other:?}"),
            }
        }
        core.set_up(&nobody, &link, &ann()).await.unwrap();
    }

    async fn of_two_who_use_the_link_at_once_one_becomes_administrator(fixture: Fixture) {
        let core = fixture.core;
        let link = token(&core).await.unwrap();
        let (nobody, ann, eve) = (Fixture::nobody(), new_user("ann"), new_user("eve"));
        let (one, two) =
            tokio::join!(core.set_up(&nobody, &link, &ann), core.set_up(&nobody, &link, &eve));
        assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1);
    }

    async fn the_configured_administrator_is_made_only_while_there_are_no_users(fixture: Fixture) {
        let core = fixture.core;
        let system = Fixture::system();
        let first = core.create_first_administrator(&system, &new_user("ann")).await.unwrap();
        assert!(first.is_some());
        let second = core.create_first_administrator(&system, &new_user("eve")).await.unwrap();
        assert!(second.is_none());
        let nobody = Fixture::nobody();
        assert!(core.create_first_administrator(&nobody, &new_user("eve")).await.is_err());
        assert!(core.prepare(&nobody).await.is_err());
        assert!(core.issue_set_up_token(&nobody).await.is_err());
    }
}
