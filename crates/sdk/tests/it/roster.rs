//! The client against a whole Roster.

use futures_util::TryStreamExt;
use roster_client::{
    Client, Error, Upload,
    model::{ErrorCode, ImageType, NewTheme, Role, SignIn, UserFilter, UserUpdate},
};
use roster_testing::{PASSWORD, Roster, new_user};

/// A client that calls as a system administrator.
async fn administrator(roster: &Roster) -> Client {
    let admin = roster.admin().await;
    let url = roster.listen().await;
    Client::builder(url.as_str()).token(admin.token).build().expect("the address is one")
}

fn code(error: &Error) -> ErrorCode {
    error.code().unwrap_or_else(|| panic!("{error:?}"))
}

#[tokio::test]
async fn users_are_made_changed_and_shut_out() {
    let roster = Roster::on_sqlite().await;
    let client = administrator(&roster).await;
    let ann = client.create_user(&new_user("ann")).await.unwrap();
    let taken = client.create_user(&new_user("ANN")).await.unwrap_err();
    assert_eq!((code(&taken), taken.field()), (ErrorCode::AlreadyExists, Some("username")));

    let title = UserUpdate { title: Some(Some("Pilot".into())), ..UserUpdate::default() };
    let changed = client.update_user_version(ann.id, &title, ann.version).await.unwrap();
    assert_eq!(changed.profile.title.as_deref(), Some("Pilot"));
    let late = client.update_user_version(ann.id, &title, ann.version).await.unwrap_err();
    assert_eq!(code(&late), ErrorCode::PreconditionFailed);

    let login = SignIn { login: "ann".into(), password: PASSWORD.into(), code: None };
    let as_ann = client.with_token(client.sign_in(&login).await.unwrap().token);
    assert_eq!(as_ann.whoami().await.unwrap().user.id, ann.id);
    client.disable_user("ann@example.com").await.unwrap();
    assert_eq!(code(&as_ann.whoami().await.unwrap_err()), ErrorCode::Unauthenticated);
    client.delete_user(ann.uuid).await.unwrap();
    assert_eq!(code(&client.get_user("ann").await.unwrap_err()), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_list_is_gone_through_in_its_order_whatever_the_size_of_a_page() {
    let roster = Roster::on_sqlite().await;
    let client = administrator(&roster).await;
    for name in ["carl", "ann", "bob", "eve", "dan"] {
        client.create_user(&new_user(name)).await.unwrap();
    }
    let viewers = UserFilter {
        role: Some(Role::Viewer),
        order_by: Some("-username".into()),
        ..UserFilter::default()
    };
    for size in [1, 2, 5, 1000] {
        let list = client.users().filter(viewers.clone()).page_size(size).offset(1);
        assert_eq!(list.first_page().await.unwrap().total, Some(5));
        let users: Vec<_> = list.stream().try_collect().await.unwrap();
        let names: Vec<_> = users.iter().map(|user| &*user.username).collect();
        assert_eq!(names, ["dan", "carl", "bob", "ann"], "pages of {size}");
    }
}

#[tokio::test]
async fn a_logo_is_sent_and_fetched_as_it_is() {
    let roster = Roster::on_sqlite().await;
    let client = administrator(&roster).await;
    let new = NewTheme { name: "Harbour".into(), ..NewTheme::default() };
    let theme = client.create_theme(&new).await.unwrap();
    let image = Upload(b"GIF89a\x01\0\x01\0\0\0\0;".to_vec());
    let theme = client.set_theme_logo(theme.id, &image).await.unwrap();
    assert_eq!(client.themes().all().await.unwrap(), std::slice::from_ref(&theme));
    let nobody = client.without_token();
    let fetched = nobody.get_theme_logo(theme.logo.unwrap().name).await.unwrap();
    assert_eq!((fetched.media_type, fetched.bytes), (ImageType::Gif, image.0));
    let text = Upload(b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec());
    let refused = client.set_theme_logo(theme.id, &text).await.unwrap_err();
    assert_eq!((code(&refused), refused.field()), (ErrorCode::FieldInvalid, Some("logo")));
    let absent = nobody.get_theme_logo("0".repeat(32)).await.unwrap_err();
    assert_eq!(code(&absent), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_code_is_wanted_and_given() {
    let roster = Roster::on_sqlite().await;
    let mut admin = roster.admin().await;
    admin.enrol().await;
    admin.let_mfa_age();
    let url = roster.listen().await;
    let client = Client::builder(url.as_str()).token(&*admin.token).build().unwrap();
    let refused = client.create_user(&new_user("ann")).await.unwrap_err();
    assert!(refused.wants_code(), "{refused:?}");
    client.with_code(admin.fresh_code()).create_user(&new_user("ann")).await.unwrap();
}
