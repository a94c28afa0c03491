//! Who is refused where. An endpoint that is not in the table fails the test.

use std::collections::HashSet;

use roster_api::ENDPOINTS;
use roster_model::{ErrorCode, Role, User};
use roster_testing::{Roster, on_both_databases};
use serde_json::Value;

use crate::example;

/// What a caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// Nothing.
    Nothing,
    /// To be signed in.
    SignIn,
    /// To be the user in question, or to administer it.
    RightsOverUser,
    /// To administer something that is no user.
    Administration,
}

const TABLE: &[(&str, Needs)] = &[
    ("SignInWithPassword", Needs::Nothing),
    ("SignOut", Needs::SignIn),
    ("ReplaceExpiredPassword", Needs::Nothing),
    ("WhoAmI", Needs::SignIn),
    ("Introspect", Needs::SignIn),
    ("CreateUser", Needs::Administration),
    ("ListUsers", Needs::Administration),
    ("GetUser", Needs::RightsOverUser),
    ("UpdateUser", Needs::RightsOverUser),
    ("DeleteUser", Needs::RightsOverUser),
    ("RestoreUser", Needs::RightsOverUser),
    ("EnableUser", Needs::RightsOverUser),
    ("DisableUser", Needs::RightsOverUser),
    ("SuspendUser", Needs::RightsOverUser),
    ("InviteUser", Needs::RightsOverUser),
    ("ListDirectory", Needs::SignIn),
    ("ChangeUserPassword", Needs::RightsOverUser),
    ("SendCode", Needs::Nothing),
    ("ResetPassword", Needs::Nothing),
    ("ConfirmEmailAddress", Needs::Nothing),
    ("SetUserPhone", Needs::RightsOverUser),
    ("RemovePhone", Needs::RightsOverUser),
    ("VerifyUserPhone", Needs::RightsOverUser),
    ("GetMfa", Needs::RightsOverUser),
    ("BeginTotp", Needs::RightsOverUser),
    ("ActivateTotp", Needs::RightsOverUser),
    ("DisableMfa", Needs::RightsOverUser),
    ("RenewRecoveryCodes", Needs::RightsOverUser),
    ("ListSessions", Needs::RightsOverUser),
    ("EndSessions", Needs::RightsOverUser),
    ("EndSession", Needs::RightsOverUser),
    ("ImpersonateUser", Needs::RightsOverUser),
    ("CreateApiKey", Needs::RightsOverUser),
    ("ListApiKeys", Needs::RightsOverUser),
    ("GetApiKey", Needs::RightsOverUser),
    ("RevokeApiKey", Needs::RightsOverUser),
    ("ListSsoProviders", Needs::Nothing),
    ("BeginSsoSignIn", Needs::Nothing),
    ("FinishSsoSignIn", Needs::Nothing),
    ("ListSsoLinks", Needs::RightsOverUser),
    ("EnableUserSso", Needs::RightsOverUser),
    ("DisableUserSso", Needs::RightsOverUser),
    ("ListOrganizations", Needs::SignIn),
    ("GetOrganization", Needs::SignIn),
    ("UpdateOrganization", Needs::Administration),
    ("CreateGroup", Needs::Administration),
    ("ListGroups", Needs::SignIn),
    ("GetGroup", Needs::SignIn),
    ("UpdateGroup", Needs::Administration),
    ("DeleteGroup", Needs::Administration),
    ("ListMembers", Needs::SignIn),
    ("SetMember", Needs::Administration),
    ("RemoveMember", Needs::Administration),
    ("ListPlans", Needs::SignIn),
    ("GetPlan", Needs::SignIn),
    ("SetUpRoster", Needs::Nothing),
    ("ListMessages", Needs::Administration),
    ("RetryMessage", Needs::Administration),
    ("ListAuditEvents", Needs::SignIn),
];

#[test]
fn every_endpoint_is_in_the_table() {
    let table: HashSet<_> = TABLE.iter().map(|(name, _)| *name).collect();
    let declared: HashSet<_> = ENDPOINTS.iter().map(|one| one.name).collect();
    assert_eq!(table, declared);
    for (name, needs) in TABLE {
        assert_eq!(example::endpoint(name).is_open, *needs == Needs::Nothing, "{name}");
    }
}

on_both_databases! {
    async fn every_endpoint_refuses_a_caller_without_the_right(roster: Roster) {
        let admin = roster.admin().await;
        let viewer = roster.person("viewer").await;
        let victim = roster.person("victim").await;
        let other = roster.organization("other").await;
        let stranger = roster
            .person_who("boss", |new| {
                new.role = Some(Role::AccountAdmin);
                new.organization_id = Some(other);
            })
            .await;
        let before: Value = admin.get(&victim.path("")).await.done(200);
        let document = example::document();
        for (name, needs) in TABLE {
            let one = example::endpoint(name);
            let body = example::body(&document, one);
            let path = example::path(one, &victim.user.id.to_string());
            let method = one.method.as_str();
            if matches!(needs, Needs::RightsOverUser | Needs::Administration) {
                let problem = viewer.call(method, &path, body.as_ref()).await.problem();
                assert!(
                    matches!(problem.code, ErrorCode::Forbidden | ErrorCode::NotFound),
                    "{name} by a viewer: {problem:?}"
                );
            }
            if *needs == Needs::RightsOverUser {
                // Absent and forbidden look the same across organizations.
                let problem = stranger.call(method, &path, body.as_ref()).await.problem();
                assert_eq!((problem.status, problem.code), (404, ErrorCode::NotFound), "{name}");
                let nobody = example::path(one, "987654");
                let absent = stranger.call(method, &nobody, body.as_ref()).await.problem();
                assert_eq!((&problem.detail, problem.status), (&absent.detail, absent.status), "{name}");
            }
        }
        let after: Value = admin.get(&victim.path("")).await.done(200);
        for field in ["version", "updated_at", "status", "email", "phone", "is_mfa_active", "deleted_at"] {
            assert_eq!(before[field], after[field], "{field}");
        }
        assert!(victim.is_signed_in().await);
    }

    async fn t24_nobody_acts_on_somebody_with_more_rights(roster: Roster) {
        let admin = roster.admin().await;
        let boss = roster.person_with_role("boss", Role::AccountAdmin).await;
        for (name, _) in TABLE.iter().filter(|(_, needs)| *needs == Needs::RightsOverUser) {
            let one = example::endpoint(name);
            if one.method == "GET" {
                continue;
            }
            let body = example::body(&example::document(), one);
            let path = example::path(one, "admin");
            let problem = boss.call(one.method.as_str(), &path, body.as_ref()).await.problem();
            assert!(
                matches!(problem.code, ErrorCode::Forbidden | ErrorCode::NotFound),
                "{name}: {problem:?}"
            );
        }
        assert!(admin.is_signed_in().await);
        let role = serde_json::json!({"role": "system_admin"});
        boss.patch(&boss.path(""), role).await.refused(403, ErrorCode::Forbidden);
    }

    async fn t25_a_key_does_what_its_owner_may_and_mints_no_other(roster: Roster) {
        let admin = roster.admin().await;
        let ann = roster.person("ann").await;
        let key = ann.api_key("ci").await;
        let me: User = roster.call("GET", "/api/v1/users/me", Some(&key), None).await.done(200);
        assert_eq!(me.id, ann.user.id);
        let answer = roster.call("GET", &admin.path(""), Some(&key), None).await;
        answer.refused(403, ErrorCode::Forbidden);
        let answer = roster.call("GET", "/api/v1/users", Some(&key), None).await;
        answer.refused(403, ErrorCode::Forbidden);
    }
}
