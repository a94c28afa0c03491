//! Who is refused where. An endpoint that is not in the table fails the test.

use std::collections::HashSet;

use roster_api::ENDPOINTS;
use roster_core::authz::{Operation, rule};
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

/// Each endpoint, what its caller needs, and the operation of the rulebook behind it.
const TABLE: &[(&str, Needs, Operation)] = &[
    ("SignInWithPassword", Needs::Nothing, Operation::SignIn),
    ("SignOut", Needs::SignIn, Operation::SignOut),
    ("ReplaceExpiredPassword", Needs::Nothing, Operation::ChangeExpiredPassword),
    ("RequestRegistration", Needs::Nothing, Operation::Register),
    ("Register", Needs::Nothing, Operation::Register),
    ("WhoAmI", Needs::SignIn, Operation::Whoami),
    ("Introspect", Needs::SignIn, Operation::Introspect),
    ("CreateUser", Needs::Administration, Operation::CreateUser),
    ("ListUsers", Needs::Administration, Operation::ListUsers),
    ("ImportUsers", Needs::Administration, Operation::ImportUsers),
    ("ExportUsers", Needs::Administration, Operation::ExportUsers),
    ("GetUser", Needs::RightsOverUser, Operation::GetUser),
    ("UpdateUser", Needs::RightsOverUser, Operation::UpdateProfile),
    ("DeleteUser", Needs::RightsOverUser, Operation::DeleteUser),
    ("DeleteOwnAccount", Needs::RightsOverUser, Operation::DeleteOwnAccount),
    ("RestoreUser", Needs::RightsOverUser, Operation::RestoreUser),
    ("EnableUser", Needs::RightsOverUser, Operation::EnableUser),
    ("DisableUser", Needs::RightsOverUser, Operation::DisableUser),
    ("SuspendUser", Needs::RightsOverUser, Operation::SuspendUser),
    ("UnsuspendUser", Needs::RightsOverUser, Operation::UnsuspendUser),
    ("ListPeople", Needs::SignIn, Operation::ReadPeople),
    ("GetPerson", Needs::SignIn, Operation::ReadPeople),
    ("ListOrganizationAdmins", Needs::SignIn, Operation::ListDirectory),
    ("InvitePerson", Needs::Administration, Operation::InvitePerson),
    ("ListInvitations", Needs::Administration, Operation::ListInvitations),
    ("RevokeInvitation", Needs::Administration, Operation::RevokeInvitation),
    ("ResendInvitation", Needs::Administration, Operation::ResendInvitation),
    ("InviteUser", Needs::RightsOverUser, Operation::InviteUser),
    ("RenewPlan", Needs::RightsOverUser, Operation::RenewPlan),
    ("ListDirectory", Needs::SignIn, Operation::ListDirectory),
    ("GetDirectoryEntry", Needs::SignIn, Operation::ListDirectory),
    ("ChangeUserPassword", Needs::RightsOverUser, Operation::SetPassword),
    ("SendCode", Needs::Nothing, Operation::SendCode),
    ("ResetPassword", Needs::Nothing, Operation::ResetPassword),
    ("ConfirmEmailAddress", Needs::Nothing, Operation::ConfirmEmail),
    ("SetUserPhone", Needs::RightsOverUser, Operation::SetPhone),
    ("RemovePhone", Needs::RightsOverUser, Operation::RemovePhone),
    ("VerifyUserPhone", Needs::RightsOverUser, Operation::VerifyPhone),
    ("GetMfa", Needs::RightsOverUser, Operation::GetMfa),
    ("BeginTotp", Needs::RightsOverUser, Operation::BeginTotp),
    ("ActivateTotp", Needs::RightsOverUser, Operation::ActivateTotp),
    ("DisableMfa", Needs::RightsOverUser, Operation::DisableMfa),
    ("RenewRecoveryCodes", Needs::RightsOverUser, Operation::RenewRecoveryCodes),
    ("ListSessions", Needs::RightsOverUser, Operation::ListSessions),
    ("GetSession", Needs::RightsOverUser, Operation::ListSessions),
    ("EndSessions", Needs::RightsOverUser, Operation::EndSession),
    ("EndSession", Needs::RightsOverUser, Operation::EndSession),
    ("ImpersonateUser", Needs::RightsOverUser, Operation::Impersonate),
    ("CreateApiKey", Needs::RightsOverUser, Operation::CreateApiKey),
    ("ListApiKeys", Needs::RightsOverUser, Operation::ListApiKeys),
    ("GetApiKey", Needs::RightsOverUser, Operation::ListApiKeys),
    ("RevokeApiKey", Needs::RightsOverUser, Operation::RevokeApiKey),
    ("UpdateApiKey", Needs::RightsOverUser, Operation::UpdateApiKey),
    ("RestoreApiKey", Needs::RightsOverUser, Operation::RestoreApiKey),
    ("DeleteApiKey", Needs::RightsOverUser, Operation::DeleteApiKey),
    ("ListSsoProviders", Needs::Nothing, Operation::ListSsoProviders),
    ("BeginSsoSignIn", Needs::Nothing, Operation::BeginSsoSignIn),
    ("FinishSsoSignIn", Needs::Nothing, Operation::FinishSsoSignIn),
    ("ListSsoLinks", Needs::RightsOverUser, Operation::ListSsoLinks),
    ("EnableUserSso", Needs::RightsOverUser, Operation::EnableSso),
    ("DisableUserSso", Needs::RightsOverUser, Operation::DisableSso),
    ("ListOrganizations", Needs::SignIn, Operation::ReadOrganizations),
    ("GetOrganization", Needs::SignIn, Operation::ReadOrganizations),
    ("UpdateOrganization", Needs::Administration, Operation::UpdateOrganization),
    // Of a caller with second factors a code is asked only where administration is given.
    ("CreateGroup", Needs::Administration, Operation::GrantGroupRoles),
    ("ImportGroups", Needs::Administration, Operation::WriteGroups),
    ("ListGroups", Needs::SignIn, Operation::ReadGroups),
    ("GetGroup", Needs::SignIn, Operation::ReadGroups),
    ("UpdateGroup", Needs::Administration, Operation::GrantGroupRoles),
    ("DeleteGroup", Needs::Administration, Operation::WriteGroups),
    ("ListMembers", Needs::SignIn, Operation::ReadGroups),
    ("SetMember", Needs::Administration, Operation::GrantAdministration),
    ("RemoveMember", Needs::Administration, Operation::GrantAdministration),
    ("GetGroupShares", Needs::SignIn, Operation::ReadGroups),
    ("ShareGroupWithUsers", Needs::Administration, Operation::ShareGroup),
    ("ShareGroupWithGroups", Needs::Administration, Operation::ShareGroup),
    ("UnshareGroupWithUser", Needs::Administration, Operation::ShareGroup),
    ("UnshareGroupWithGroup", Needs::Administration, Operation::ShareGroup),
    ("ListChildGroups", Needs::SignIn, Operation::ReadGroups),
    ("ListRoles", Needs::SignIn, Operation::ReadGroups),
    ("ListPlans", Needs::SignIn, Operation::ReadPlans),
    ("GetPlan", Needs::SignIn, Operation::ReadPlans),
    ("CreatePlan", Needs::Administration, Operation::WritePlans),
    ("UpdatePlan", Needs::Administration, Operation::WritePlans),
    ("DeletePlan", Needs::Administration, Operation::WritePlans),
    ("ListThemes", Needs::SignIn, Operation::ReadThemes),
    ("CreateTheme", Needs::Administration, Operation::WriteThemes),
    ("GetTheme", Needs::SignIn, Operation::ReadThemes),
    ("UpdateTheme", Needs::Administration, Operation::WriteThemes),
    ("DeleteTheme", Needs::Administration, Operation::WriteThemes),
    ("SetThemeLogo", Needs::Administration, Operation::WriteThemes),
    ("GetThemeLogo", Needs::Nothing, Operation::ReadLogo),
    ("ListFavorites", Needs::RightsOverUser, Operation::ReadFavorites),
    ("AddFavorite", Needs::RightsOverUser, Operation::WriteFavorites),
    ("RemoveFavorite", Needs::RightsOverUser, Operation::WriteFavorites),
    ("MoveFavorite", Needs::RightsOverUser, Operation::WriteFavorites),
    ("ListOrganizationFavorites", Needs::SignIn, Operation::ReadOrganizationFavorites),
    ("AddOrganizationFavorite", Needs::Administration, Operation::WriteOrganizationFavorites),
    ("RemoveOrganizationFavorite", Needs::Administration, Operation::WriteOrganizationFavorites),
    ("ListObjects", Needs::SignIn, Operation::ReadObjects),
    ("GetObject", Needs::SignIn, Operation::ReadObjects),
    ("RegisterObject", Needs::Administration, Operation::WriteObjects),
    ("RemoveObject", Needs::Administration, Operation::WriteObjects),
    ("ListActivity", Needs::SignIn, Operation::ListActivity),
    ("ListFeatureFlags", Needs::Administration, Operation::ReadFeatureFlags),
    ("GetFeatureFlag", Needs::Administration, Operation::ReadFeatureFlags),
    ("CreateFeatureFlag", Needs::Administration, Operation::WriteFeatureFlags),
    ("DeleteFeatureFlag", Needs::Administration, Operation::WriteFeatureFlags),
    ("ListFeatureFlagSwitches", Needs::Administration, Operation::ReadFeatureFlags),
    ("ChangeFeatureFlag", Needs::Administration, Operation::WriteFeatureFlags),
    ("ListFeatureFlagsOfUser", Needs::RightsOverUser, Operation::ReadFeatureFlagsOfUser),
    ("SetUpRoster", Needs::Nothing, Operation::SetUp),
    ("ListMessages", Needs::Administration, Operation::ReadMessages),
    ("RetryMessage", Needs::Administration, Operation::ReadMessages),
    ("ListAuditEvents", Needs::SignIn, Operation::ReadAudit),
];

#[test]
fn every_endpoint_is_in_the_table() {
    let table: HashSet<_> = TABLE.iter().map(|(name, ..)| *name).collect();
    let declared: HashSet<_> = ENDPOINTS.iter().map(|one| one.name).collect();
    assert_eq!(table, declared);
    for (name, needs, operation) in TABLE {
        let one = example::endpoint(name);
        assert_eq!(one.is_open, *needs == Needs::Nothing, "{name}");
        assert_eq!(one.needs_step_up, rule(*operation).needs_step_up, "{name}");
    }
}

on_both_databases! {
    async fn t27_every_endpoint_refuses_a_caller_without_the_right(roster: Roster) {
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
        for (name, needs, _) in TABLE {
            let one = example::endpoint(name);
            let body = example::body(&document, one);
            let path = example::path(one, &victim.user.id.to_string());
            let method = one.method.as_str();
            if matches!(needs, Needs::RightsOverUser | Needs::Administration) {
                let answer = match one.body {
                    Some(shape) if !shape.is_json() => example::send_file(&viewer, one, &path).await,
                    _ => viewer.call(method, &path, body.as_ref()).await,
                };
                let problem = answer.problem();
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
        for (name, ..) in TABLE.iter().filter(|(_, needs, _)| *needs == Needs::RightsOverUser) {
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
