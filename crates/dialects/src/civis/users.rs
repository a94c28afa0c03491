//! `users`: reading, making, changing.

use roster_core::{Error, Kind};
use roster_model::{
    AccountFilter, AccountState, ConfirmEmail, GroupId, NewUser, NewUserFlags, OrganizationId,
    PeopleFilter, Profile, Secret, Status, UserRef, UserUpdate, split_name,
};
use serde_json::json;

use super::{
    Reply,
    call::Call,
    fields::{Field, boolean, id, ids, text, text_up_to},
    people::{detail, summary},
    replies::{self, done, nothing},
    times,
    translate::Refusal,
};

/// Which users are wanted.
pub(super) const WANTED: &[Field] = &[
    text("feature_flag"),
    text("account_status"),
    text("query"),
    id("group_id"),
    ids("group_ids"),
    id("organization_id"),
    boolean("exclude_groups"),
];

/// What a new user is to be.
pub(super) const NEW: &[Field] = &[
    text("name").required(),
    text("email").required(),
    id("primary_group_id").required(),
    text("user").required(),
    boolean("active"),
    text("city").nullable(),
    text("state").nullable(),
    text("time_zone").nullable(),
    text("initials").nullable(),
    text("department").nullable(),
    text("title").nullable(),
    boolean("prefers_sms_otp").nullable(),
    ids("group_ids").nullable(),
    boolean("vpn_enabled").nullable(),
    boolean("sso_disabled").nullable(),
    boolean("otp_required_for_login").nullable(),
    boolean("exempt_from_org_sms_otp_disabled").nullable(),
    boolean("robot").nullable(),
    boolean("send_email").nullable(),
];

/// What is to change in a user.
pub(super) const PART: &[Field] = &[
    text("name"),
    text("email"),
    boolean("active"),
    id("primary_group_id"),
    text("city").nullable(),
    text("state").nullable(),
    text("time_zone").nullable(),
    text("initials").nullable(),
    text("department").nullable(),
    text("title").nullable(),
    boolean("prefers_sms_otp"),
    ids("group_ids"),
    boolean("vpn_enabled").nullable(),
    boolean("sso_disabled").nullable(),
    boolean("otp_required_for_login").nullable(),
    boolean("exempt_from_org_sms_otp_disabled").nullable(),
    boolean("robot"),
    text("phone").nullable(),
    text_up_to("password", 1024),
    text("account_status"),
];

/// The proof that an address is one's own.
pub(super) const CONFIRMATION: &[Field] = &[text("confirmation_token").required()];

pub(super) async fn list(call: &Call) -> Reply {
    let (page, query) = (call.page()?, &call.query);
    let account = query.text("account_status").map(|word| {
        let wrong = || Refusal::invalid("accountStatus must be active, inactive or all");
        AccountFilter::from_word(word).ok_or_else(wrong)
    });
    let group_ids = query.ids("group_ids").map(|ids| {
        let words: Vec<_> = ids.iter().map(i64::to_string).collect();
        words.join(",")
    });
    let filter = PeopleFilter {
        account: account.transpose()?,
        search: query.text("query").map(str::to_owned),
        group_id: query.integer("group_id").map(GroupId),
        group_ids,
        feature_flag: query.text("feature_flag").map(str::to_owned),
        organization_id: query.integer("organization_id").map(OrganizationId),
        exclude_groups: query.boolean("exclude_groups"),
        order_by: Some(page.order_by().replace("user", "username")),
    };
    let found = call.core().list_people(&call.actor, &filter, &page.request()).await?;
    let rows: Vec<_> = found.items.iter().map(summary).collect();
    replies::page(&page, found.total.unwrap_or_default(), &rows)
}

pub(super) async fn get(call: &Call) -> Reply {
    show(call, &call.user()?).await
}

pub(super) async fn create(call: &Call) -> Reply {
    let body = &call.body;
    let text = |name: &str| body.text(name).map(str::to_owned);
    let (first_name, last_name) = name(body.text("name").unwrap_or_default())?;
    let primary = GroupId(body.integer("primary_group_id").unwrap_or_default());
    let home = call.core().get_group(&call.actor, primary).await;
    let home = home.map_err(|error| match error {
        Error::NotFound(Kind::Group) => Refusal::invalid("primaryGroupId is not a group"),
        error => error.into(),
    })?;
    let new = NewUser {
        username: text("user").unwrap_or_default(),
        email: text("email").unwrap_or_default(),
        first_name: Some(first_name),
        last_name: Some(last_name),
        status: (body.boolean("active") == Some(false)).then_some(Status::Pending),
        organization_id: Some(home.group.organization_id),
        primary_group_id: Some(primary),
        group_ids: body.ids("group_ids").map(|ids| ids.into_iter().map(GroupId).collect()),
        profile: Some(Profile {
            city: text("city"),
            state: text("state"),
            time_zone: text("time_zone"),
            initials: text("initials"),
            department: text("department"),
            title: text("title"),
            github_username: None,
        }),
        flags: Some(NewUserFlags {
            robot: body.boolean("robot"),
            vpn_enabled: body.boolean("vpn_enabled"),
            sso_disabled: body.boolean("sso_disabled"),
            otp_required_for_login: body.boolean("otp_required_for_login"),
            prefers_sms_otp: Some(body.boolean("prefers_sms_otp").unwrap_or(true)),
            exempt_from_org_sms_otp_disabled: body.boolean("exempt_from_org_sms_otp_disabled"),
        }),
        send_invitation: body.boolean("send_email").unwrap_or(false),
        ..NewUser::default()
    };
    let made = call.core().create_user(&call.actor, &new).await?;
    show(call, &UserRef::Id(made.id)).await
}

pub(super) async fn patch(call: &Call) -> Reply {
    let (user, body) = (call.user()?, &call.body);
    let name = body.text("name").map(name).transpose()?;
    let flag = |name: &str| body.cleared_boolean(name).map(Option::unwrap_or_default);
    let update = UserUpdate {
        first_name: name.as_ref().map(|(first, _)| first.clone()),
        last_name: name.map(|(_, last)| last),
        email: body.text("email").map(str::to_owned),
        is_email_confirmed: body.text("email").map(|_| false),
        active: body.boolean("active"),
        account_state: body.text("account_status").map(state).transpose()?,
        primary_group_id: body.integer("primary_group_id").map(GroupId),
        group_ids: body.ids("group_ids").map(|ids| ids.into_iter().map(GroupId).collect()),
        phone: body.cleared_text("phone"),
        city: body.cleared_text("city"),
        state: body.cleared_text("state"),
        time_zone: body.cleared_text("time_zone"),
        initials: body.cleared_text("initials"),
        department: body.cleared_text("department"),
        title: body.cleared_text("title"),
        robot: body.boolean("robot"),
        vpn_enabled: flag("vpn_enabled"),
        sso_disabled: flag("sso_disabled"),
        otp_required_for_login: flag("otp_required_for_login"),
        prefers_sms_otp: body.boolean("prefers_sms_otp"),
        exempt_from_org_sms_otp_disabled: flag("exempt_from_org_sms_otp_disabled"),
        ..UserUpdate::default()
    };
    let password = body.text("password").map(Secret::new);
    call.core().manage_user(&call.actor, &user, &update, password.as_ref()).await?;
    show(call, &user).await
}

pub(super) async fn delete_2fa(call: &Call) -> Reply {
    let user = call.user()?;
    call.core().wipe_mfa(&call.actor, &user).await?;
    show(call, &user).await
}

pub(super) async fn delete_sessions(call: &Call) -> Reply {
    let user = call.user()?;
    call.core().terminate_sessions(&call.actor, &user).await?;
    show(call, &user).await
}

pub(super) async fn unsuspend(call: &Call) -> Reply {
    let user = call.core().unsuspend_user(&call.actor, &call.user()?).await?;
    let unlocked_at = user.unlocked_at.map(times::written);
    done(&json!({ "id": user.id, "user": user.username, "unlockedAt": unlocked_at }))
}

pub(super) async fn mail_access(call: &Call) -> Reply {
    call.core().invite_user(&call.actor, &call.user()?).await?;
    nothing()
}

pub(super) async fn confirm(call: &Call) -> Reply {
    let token = Secret::new(call.body.text("confirmation_token").unwrap_or_default());
    let confirmed = call.core().confirm_email(&call.actor, &ConfirmEmail { token }).await;
    let user = confirmed.map_err(|error| match error {
        Error::OtpInvalid | Error::OtpExpired | Error::OtpExhausted | Error::NotFound(_) => {
            Refusal::invalid("the token is unknown, used, replaced or expired")
        }
        error => error.into(),
    })?;
    done(&json!({ "id": user.id, "user": user.username, "email": user.email }))
}

async fn show(call: &Call, user: &UserRef) -> Reply {
    done(&detail(&call.core().get_person(&call.actor, user).await?))
}

/// A name, which may not be blank.
fn name(text: &str) -> Result<(String, String), Refusal> {
    match split_name(text) {
        (first, _) if first.is_empty() => Err(Refusal::invalid("name must not be blank")),
        parts => Ok(parts),
    }
}

fn state(word: &str) -> Result<AccountState, Refusal> {
    match word {
        "Active" => Ok(AccountState::Active),
        "Deactivated" => Ok(AccountState::Deactivated),
        "Suspended" => Ok(AccountState::Suspended),
        "Unsuspended" => Ok(AccountState::Unsuspended),
        _ => Err(Refusal::invalid(
            "accountStatus must be Active, Deactivated, Suspended or Unsuspended",
        )),
    }
}
