//! `users/`: listing, making and reading users, and what one does with one's own account.

use roster_core::{
    Account, Actor, DirectorySelection, Error, SignUp, credentials::PasswordReplacement,
};
use roster_model::{DeleteAccount, NewAccount, PageRequest, UserId, UserRef, UserUpdate};

use super::{
    Reply,
    call::Call,
    listing::Listing,
    replies::{
        CurrentUserReply, DeletedReply, MailedReply, StatusReply, UserReply, accepted, done,
        done_with,
    },
    search,
    translate::{self, Refusal},
};

pub(super) async fn list(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let listing = Listing::read(call.query())?;
    let filter = listing.filter(search::USERS)?;
    let organization = actor.credential().map(|credential| credential.user.organization_id);
    let selection = DirectorySelection { filter, organization, ..DirectorySelection::default() };
    let page = PageRequest {
        limit: Some(listing.page_length),
        offset: Some(listing.index),
        count: Some(true),
        ..PageRequest::default()
    };
    let found = call.core().select_directory(&actor, selection, &page).await?;
    let data: Vec<_> = found.items.iter().map(UserReply::from).collect();
    done(&listing.page("/api/v1/users", data, found.total.unwrap_or_default()))
}

/// Registration, or an administrator's making somebody an account. Opens no session, and ends none. Where the address
/// is to be shown first there is no user yet, and none is shown.
pub(super) async fn create(call: &Call) -> Reply {
    let mut body = call.json()?;
    let username = body.text("username");
    let email = body.text("email");
    let password = body.some_secret("password");
    let repeated = body.secret("confirmPassword");
    body.end()?;
    let actor = call.anybody().await?;
    if password.expose() != repeated.expose() {
        return Err(Refusal::unlike_passwords());
    }
    let new = NewAccount {
        username,
        email,
        password,
        first_name: None,
        last_name: None,
        invitation: None,
    };
    let signed_up = call.core().sign_up(&actor, &new).await;
    let about_names = |error| translate::about_names(error, &new.username, &new.email);
    match signed_up.map_err(about_names)? {
        SignUp::Made(made) => done(&CurrentUserReply::from(&*made)),
        SignUp::Mailed(mailed) => {
            accepted(&MailedReply { status: "Registration Mailed", message: &mailed.detail })
        }
    }
}

pub(super) async fn get(call: &Call, user: &str) -> Reply {
    let actor = call.caller().await?;
    let user = UserRef::Id(numbered(user)?);
    done(&UserReply::from(&call.core().get_directory_entry(&actor, &user).await?))
}

pub(super) async fn get_current(call: &Call) -> Reply {
    let actor = call.caller().await?;
    done(&CurrentUserReply::from(&account(call, &actor).await?))
}

pub(super) async fn modify_current(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let mut body = call.json()?;
    let username = body.text("username");
    let email = body.text("email");
    body.end()?;
    let update = UserUpdate {
        username: Some(username.clone()),
        email: Some(email.clone()),
        ..UserUpdate::default()
    };
    let changed = call.core().update_user(&actor, &UserRef::Me, &update, None).await;
    changed.map_err(|error| translate::about_names(error, &username, &email))?;
    done(&CurrentUserReply::from(&account(call, &actor).await?))
}

pub(super) async fn delete_current(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let mut body = call.json()?;
    let input = DeleteAccount { password: body.secret("password") };
    body.end()?;
    let deleted = call.core().delete_own_account(&actor, &UserRef::Me, &input).await;
    deleted.map_err(translate::at_deletion)?;
    let id = own_id(&actor)?;
    done_with(call.clear_cookie()?, &DeletedReply { id: [id.0], status: "Success" })
}

/// The session that asks ends like all the others.
pub(super) async fn change_current_password(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let input = replacement(call)?;
    replace(call, &actor, own_id(&actor)?, &input).await?;
    done_with(call.clear_cookie()?, &CHANGED)
}

/// Whoever knows the old password may change it, signed in or not (contract, R1).
pub(super) async fn change_password(call: &Call, user: &str) -> Reply {
    let input = replacement(call)?;
    let actor = call.anybody().await?;
    replace(call, &actor, numbered(user)?, &input).await?;
    done(&CHANGED)
}

const CHANGED: StatusReply = StatusReply { status: "Password Change Success" };

fn replacement(call: &Call) -> Result<PasswordReplacement, Refusal> {
    let mut body = call.json()?;
    let input = PasswordReplacement {
        password: body.secret("oldPassword"),
        new_password: body.some_secret("newPassword"),
        repetition: Some(body.secret("confirmNewPassword")),
    };
    body.end()?;
    Ok(input)
}

async fn replace(
    call: &Call,
    actor: &Actor,
    user: UserId,
    input: &PasswordReplacement,
) -> Result<(), Refusal> {
    let replaced = call.core().replace_password(actor, user, input).await;
    replaced.map_err(translate::at_password_change)
}

async fn account(call: &Call, actor: &Actor) -> Result<Account, Refusal> {
    Ok(call.core().get_own_account(actor).await?)
}

fn own_id(actor: &Actor) -> Result<UserId, Refusal> {
    actor.user_id().ok_or_else(|| Error::Unauthenticated.into())
}

/// The number in a path. What no user can have is nobody's.
fn numbered(user: &str) -> Result<UserId, Refusal> {
    user.parse().map(UserId).map_err(|_| Refusal::no_such_user())
}
