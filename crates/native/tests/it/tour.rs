//! Every endpoint does what it is for, at least once.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use roster_api::*;
use roster_core::Registration;
use roster_model::*;
use roster_testing::{Answer, Builder, FakeProvider, PASSWORD, Person, Roster};
use serde_json::{Value, json};

use crate::example;

/// Calls endpoints by their types and notes which were done.
struct Tour {
    roster: Roster,
    done: BTreeSet<&'static str>,
}

impl Tour {
    /// Calls `E` as `who` and gives what it answers.
    async fn call<E: Endpoint>(
        &mut self,
        who: Option<&Person>,
        path: Result<String, SegmentError>,
        body: Value,
    ) -> E::Reply {
        let token = who.map(|person| &*person.token);
        let path = path.unwrap();
        let answer = match (E::DESCRIPTION.body, who) {
            (Some(shape), Some(who)) if !shape.is_json() => {
                example::send_file(who, E::DESCRIPTION, &path).await
            }
            (shape, _) => {
                let body = shape.map(|_| &body);
                self.roster.call(E::METHOD.as_str(), &path, token, body).await
            }
        };
        self.done.insert(E::DESCRIPTION.name);
        Self::read::<E>(answer)
    }

    fn read<E: Endpoint>(answer: Answer) -> E::Reply {
        if E::DESCRIPTION.reply.is_none() {
            answer.empty();
            return E::Reply::read(None, b"null".to_vec()).unwrap();
        }
        assert_eq!(answer.status(), E::STATUS, "{}: {}", answer.asked, answer.text());
        let media_type = answer.header("content-type").map(str::to_owned);
        let read = E::Reply::read(media_type.as_deref(), answer.bytes);
        read.unwrap_or_else(|error| panic!("{}: {error}", answer.asked))
    }

    /// The token of the link in the only message that waits.
    async fn link(&self) -> String {
        let messages = self.roster.messages().await;
        let text = messages.last().unwrap().text.expose().to_owned();
        let start = text.find("ros_").unwrap();
        text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    }

    async fn favorites(&mut self, admin: &Person) {
        let (by, kind) = (Some(admin), ObjectType::SqlReport);
        let told = json!({"name": "Turnout", "author": "me", "state": "succeeded"});
        self.call::<RegisterObject>(by, RegisterObject::path(kind, 7), told).await;
        let object = self.call::<GetObject>(by, GetObject::path(kind, 7), Value::Null).await;
        assert_eq!(object.author_id, admin.user.id);
        let objects = self.call::<ListObjects>(by, ListObjects::path(), Value::Null).await;
        assert_eq!(objects.items, [object]);
        let new = json!({"object_type": "SQL Report", "object_id": 7});
        let path = AddFavorite::path("me");
        let made = self.call::<AddFavorite>(by, path, new.clone()).await;
        assert_eq!(made.object_name.as_deref(), Some("Turnout"));
        let path = MoveFavorite::path("me", made.id);
        self.call::<MoveFavorite>(by, path, json!({"to": "top"})).await;
        let seen = self.call::<ListFavorites>(by, ListFavorites::path("me"), Value::Null).await;
        assert_eq!(seen.items, std::slice::from_ref(&made));
        let path = RemoveFavorite::path("me", made.id);
        self.call::<RemoveFavorite>(by, path, Value::Null).await;
        let home = admin.user.organization_id;
        let path = AddOrganizationFavorite::path(home);
        let made = self.call::<AddOrganizationFavorite>(by, path, new).await;
        let path = ListOrganizationFavorites::path(home);
        let seen = self.call::<ListOrganizationFavorites>(by, path, Value::Null).await;
        assert_eq!(seen.items, std::slice::from_ref(&made));
        let path = RemoveOrganizationFavorite::path(home, made.id);
        self.call::<RemoveOrganizationFavorite>(by, path, Value::Null).await;
        let activity = self.call::<ListActivity>(by, ListActivity::path(), Value::Null).await;
        assert!(activity.items.iter().any(|one| one.name == "Turnout"));
        self.call::<RemoveObject>(by, RemoveObject::path(kind, 7), Value::Null).await;
    }

    async fn feature_flags(&mut self, admin: &Person) {
        let by = Some(admin);
        let new = json!({"name": "new_editor"});
        let made = self.call::<CreateFeatureFlag>(by, CreateFeatureFlag::path(), new).await;
        let switch = json!({
            "is_on": true, "users": ["me", "ann"],
            "organization_ids": [admin.user.organization_id], "group_ids": [admin.user.primary_group_id],
        });
        let path = ChangeFeatureFlag::path("new_editor");
        let flag = self.call::<ChangeFeatureFlag>(by, path, switch).await;
        assert_eq!((flag.user_count, flag.group_count, flag.organization_count), (2, 1, 1));
        let path = GetFeatureFlag::path(made.id);
        assert_eq!(self.call::<GetFeatureFlag>(by, path, Value::Null).await, flag);
        let path = ListFeatureFlags::path();
        assert_eq!(self.call::<ListFeatureFlags>(by, path, Value::Null).await.items, [flag]);
        let path = ListFeatureFlagSwitches::path("new_editor");
        let switches = self.call::<ListFeatureFlagSwitches>(by, path, Value::Null).await;
        let names: Vec<_> = switches.items.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["Default", "public", "admin", "ann"]);
        let path = ListFeatureFlagsOfUser::path("me");
        let own = self.call::<ListFeatureFlagsOfUser>(by, path, Value::Null).await;
        assert!(own.items[0].is_on && own.items[0].through.len() == 3, "{own:?}");
        let path = DeleteFeatureFlag::path("new_editor");
        self.call::<DeleteFeatureFlag>(by, path, Value::Null).await;
        admin.get("/api/v1/feature-flags/new_editor").await.refused(404, ErrorCode::NotFound);
    }

    async fn themes(&mut self, admin: &Person) {
        let (by, none) = (Some(admin), Value::Null);
        let new = json!({"name": "Harbour", "settings": "{\"color\": \"#336699\"}"});
        let made = self.call::<CreateTheme>(by, CreateTheme::path(), new).await;
        let home = admin.user.organization_id;
        assert_eq!(made.organization_ids, [home]);
        let path = UpdateTheme::path(made.id);
        let changed = self.call::<UpdateTheme>(by, path, json!({"name": "Quay"})).await;
        assert_eq!((&*changed.name, &changed.settings), ("Quay", &made.settings));
        let path = SetThemeLogo::path(made.id);
        let theme = self.call::<SetThemeLogo>(by, path, none.clone()).await;
        let logo = theme.logo.clone().unwrap();
        let path = GetThemeLogo::path(&logo.name);
        let image = self.call::<GetThemeLogo>(None, path, none.clone()).await;
        assert_eq!((image.media_type, &*image.bytes), (ImageType::Gif, example::GIF));
        let read = self.call::<GetTheme>(by, GetTheme::path(made.id), none.clone()).await;
        assert_eq!(read, theme);
        let list = self.call::<ListThemes>(by, ListThemes::path(), none.clone()).await;
        assert_eq!(list.items, [theme]);
        let default = json!({"default_theme_id": made.id});
        let path = UpdateOrganization::path(home);
        let changed = self.call::<UpdateOrganization>(by, path, default).await;
        assert_eq!(changed.default_theme_id, Some(made.id));
        self.call::<DeleteTheme>(by, DeleteTheme::path(made.id), none.clone()).await;
        let path = GetOrganization::path(home);
        let read = self.call::<GetOrganization>(by, path, none).await;
        assert_eq!(read.default_theme_id, None);
    }

    async fn sessions(&mut self, ann: &Person, admin: &Person) {
        let login = json!({"login": "ann@example.com", "password": PASSWORD});
        let again = self.call::<SignInWithPassword>(None, SignInWithPassword::path(), login).await;
        assert_eq!(again.user.id, ann.user.id);
        let again = ann.with_token(again.token.expose());
        let me = self.call::<WhoAmI>(Some(&again), WhoAmI::path(), Value::Null).await;
        assert_eq!(me.user.username, "ann");

        let about = json!({"token": again.token});
        let known = self.call::<Introspect>(Some(admin), Introspect::path(), about.clone()).await;
        assert_eq!((known.active, known.user_id), (true, Some(ann.user.id)));

        let list =
            self.call::<ListSessions>(Some(ann), ListSessions::path("me"), Value::Null).await;
        assert_eq!(list.items.len(), 2);
        self.call::<SignOut>(Some(&again), SignOut::path(), Value::Null).await;
        assert!(!again.is_signed_in().await && ann.is_signed_in().await);
        let unknown = self.call::<Introspect>(Some(admin), Introspect::path(), about).await;
        assert_eq!(unknown, Introspection::default());

        let other = self.roster.sign_in(ann.user.clone()).await;
        let list =
            self.call::<ListSessions>(Some(&other), ListSessions::path("me"), Value::Null).await;
        let own = list.items.iter().find(|session| session.is_current).unwrap().uuid;
        let path = GetSession::path("ann", own);
        let seen = self.call::<GetSession>(Some(admin), path, Value::Null).await;
        assert_eq!((seen.uuid, seen.is_current), (own, false));
        self.call::<EndSession>(Some(admin), EndSession::path("ann", own), Value::Null).await;
        assert!(!other.is_signed_in().await);

        let other = self.roster.sign_in(ann.user.clone()).await;
        let path = EndSessions::path("me").map(|path| path + "?keep_current=true");
        let ended = self.call::<EndSessions>(Some(ann), path, Value::Null).await;
        assert_eq!(ended.count, 1);
        assert!(!other.is_signed_in().await && ann.is_signed_in().await);

        let acting = self
            .call::<ImpersonateUser>(Some(admin), ImpersonateUser::path("ann"), Value::Null)
            .await;
        assert_eq!(acting.session.impersonator_id, Some(admin.user.id));
    }

    async fn users(&mut self, admin: &Person) {
        let new = json!({"username": "ben", "email": "ben@example.com", "role": "editor", "plan": "small"});
        let ben = self.call::<CreateUser>(Some(admin), CreateUser::path(), new).await;
        assert_eq!((ben.status, ben.role), (Status::New, Role::Editor));
        let read = self.call::<GetUser>(Some(admin), GetUser::path(ben.uuid), Value::Null).await;
        assert_eq!(read, ben);
        let change = json!({"city": "Rome", "preferences": {"theme": "dark"}});
        let changed = self.call::<UpdateUser>(Some(admin), UpdateUser::path("ben"), change).await;
        assert_eq!(changed.profile.city.as_deref(), Some("Rome"));
        assert!(changed.version > ben.version);
        let list = self.call::<ListUsers>(Some(admin), ListUsers::path(), Value::Null).await;
        assert!(list.items.contains(&changed));
        let rows = json!({"users": [
            {"username": "ivy", "email": "ivy@example.com", "status": "active"},
            {"username": "ben", "email": "ben@example.com"},
            {"username": "ben", "email": "other@example.com"},
        ]});
        let report = self.call::<ImportUsers>(Some(admin), ImportUsers::path(), rows).await;
        assert_eq!((report.created, report.present, report.refused.len()), (1, 1, 1));
        assert_eq!(report.refused[0].field, Some(Field::Username));
        let rows = self.call::<ExportUsers>(Some(admin), ExportUsers::path(), Value::Null).await;
        assert!(rows.items.iter().any(|row| row.username == "ivy" && row.password_hash.is_none()));
        let people =
            self.call::<ListDirectory>(Some(admin), ListDirectory::path(), Value::Null).await;
        assert!(people.items.iter().any(|entry| entry.username == "ben"));
        let people = self.call::<ListPeople>(Some(admin), ListPeople::path(), Value::Null).await;
        let one = self.call::<GetPerson>(Some(admin), GetPerson::path("ben"), Value::Null).await;
        assert!(people.items.contains(&one));
        assert_eq!(one.permission, PermissionLevel::Manage);
        let path = ListOrganizationAdmins::path();
        let admins = self.call::<ListOrganizationAdmins>(Some(admin), path, Value::Null).await;
        assert_eq!(admins.items[0].id, admin.user.id);

        let is = self.call::<DisableUser>(Some(admin), DisableUser::path("ben"), Value::Null).await;
        assert_eq!(is.status, Status::Disabled);
        let is = self.call::<EnableUser>(Some(admin), EnableUser::path("ben"), Value::Null).await;
        assert!(is.status.may_sign_in());
        let is = self.call::<SuspendUser>(Some(admin), SuspendUser::path("ben"), Value::Null).await;
        assert_eq!(is.status, Status::Suspended);
        let is =
            self.call::<UnsuspendUser>(Some(admin), UnsuspendUser::path("ben"), Value::Null).await;
        assert!(is.status.may_sign_in() && is.unlocked_at.is_some());
        let is = self.call::<SuspendUser>(Some(admin), SuspendUser::path("ben"), Value::Null).await;
        assert_eq!(is.status, Status::Suspended);
        self.call::<EnableUser>(Some(admin), EnableUser::path("ben"), Value::Null).await;

        self.call::<InviteUser>(Some(admin), InviteUser::path("ben"), Value::Null).await;
        let token = self.link().await;
        let body = json!({"token": token, "new_password": PASSWORD});
        self.call::<ResetPassword>(None, ResetPassword::path(), body).await;
        let ben = self.roster.sign_in(is).await;
        assert!(ben.is_signed_in().await);

        self.call::<DeleteUser>(Some(admin), DeleteUser::path("ben"), Value::Null).await;
        assert!(!ben.is_signed_in().await);
        let back = self
            .call::<RestoreUser>(Some(admin), RestoreUser::path(ben.user.id), Value::Null)
            .await;
        assert_eq!(back.deleted_at, None);
    }

    async fn credentials(&mut self, ann: &Person) {
        let phone = json!({"phone": "+44 1632 960001"});
        let user = self.call::<SetUserPhone>(Some(ann), SetUserPhone::path("me"), phone).await;
        assert_eq!(user.phone_verified_at, None);
        let code = json!({"code": self.roster.only_code().await});
        let user = self.call::<VerifyUserPhone>(Some(ann), VerifyUserPhone::path("me"), code).await;
        assert!(user.phone_verified_at.is_some());

        let asked = json!({"login": "ann", "purpose": "reset_password", "channel": "sms"});
        self.call::<SendCode>(None, SendCode::path(), asked).await;
        let code = self.roster.only_code().await;
        let reset = json!({"login": "ann", "code": code, "new_password": "amber walrus 1618"});
        self.call::<ResetPassword>(None, ResetPassword::path(), reset).await;
        let ann = self.sign_in("ann", "amber walrus 1618").await;
        self.roster.messages().await;

        let change = json!({"password": "amber walrus 1618", "new_password": PASSWORD});
        let path = ChangeUserPassword::path("me");
        self.call::<ChangeUserPassword>(Some(&ann), path, change).await;
        let ann = self.sign_in("ann", PASSWORD).await;
        self.roster.messages().await;

        let wish = json!({"email": "ann@example.org"});
        let user = self.call::<UpdateUser>(Some(&ann), UpdateUser::path("me"), wish).await;
        assert_eq!(user.unconfirmed_email.as_deref(), Some("ann@example.org"));
        let token = self.roster_link_to("ann@example.org").await;
        let body = json!({"token": token});
        let user = self.call::<ConfirmEmailAddress>(None, ConfirmEmailAddress::path(), body).await;
        assert_eq!(user.email, "ann@example.org");
        let user = self.call::<RemovePhone>(Some(&ann), RemovePhone::path("me"), Value::Null).await;
        assert_eq!(user.phone, None);
    }

    async fn sign_in(&self, login: &str, password: &str) -> Person {
        let body = json!({"login": login, "password": password});
        let answer = self.roster.call("POST", "/api/v1/sessions", None, Some(&body)).await;
        let signed_in: SignedIn = answer.done(201);
        let made = self.roster.person_like(signed_in);
        assert!(made.is_signed_in().await);
        made
    }

    /// The token of the link in the message to `address`.
    async fn roster_link_to(&self, address: &str) -> String {
        let messages = self.roster.messages().await;
        let message = messages.iter().find(|message| message.to == address).unwrap();
        let text = message.text.expose();
        let start = text.find("ros_").unwrap();
        text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    }

    async fn mfa(&mut self, admin: &Person) {
        let mut eve = self.roster.person("eve").await;
        let begun = self.call::<BeginTotp>(Some(&eve), BeginTotp::path("me"), Value::Null).await;
        assert!(begun.otpauth_url.expose().starts_with("otpauth://totp/"));
        eve.has_authenticator(&begun);
        let code = json!({"code": eve.fresh_code()});
        let codes = self.call::<ActivateTotp>(Some(&eve), ActivateTotp::path("me"), code).await;
        assert_eq!(codes.codes.len(), 10);
        let status = self.call::<GetMfa>(Some(&eve), GetMfa::path("me"), Value::Null).await;
        assert!(status.is_active);
        let path = RenewRecoveryCodes::path("me");
        let again = self.call::<RenewRecoveryCodes>(Some(&eve), path, Value::Null).await;
        assert_ne!(again.codes[0].expose(), codes.codes[0].expose());
        let user = self.call::<DisableMfa>(Some(admin), DisableMfa::path("eve"), Value::Null).await;
        assert!(!user.is_mfa_active);
    }

    async fn api_keys(&mut self, ann: &Person) {
        let new = json!({"name": "ci"});
        let issued = self.call::<CreateApiKey>(Some(ann), CreateApiKey::path("me"), new).await;
        let with_key = ann.with_token(issued.token.expose());
        let me = self.call::<WhoAmI>(Some(&with_key), WhoAmI::path(), Value::Null).await;
        assert_eq!(me.credential, CredentialKind::ApiKey);
        let list = self.call::<ListApiKeys>(Some(ann), ListApiKeys::path("me"), Value::Null).await;
        assert_eq!(list.items.len(), 1);
        let one = self.call::<GetApiKey>(Some(ann), GetApiKey::path("me", "ci"), Value::Null).await;
        assert_eq!(one.id, issued.api_key.id);
        let path = RevokeApiKey::path("me", one.id);
        let gone = self.call::<RevokeApiKey>(Some(ann), path, Value::Null).await;
        assert!(gone.revoked_at.is_some());
        assert!(!with_key.is_signed_in().await);
        let path = RestoreApiKey::path("me", one.id);
        let back = self.call::<RestoreApiKey>(Some(ann), path, Value::Null).await;
        assert_eq!(back.revoked_at, None);
        assert!(with_key.is_signed_in().await);
        let change = json!({"name": "nightly", "expires_at": null});
        let path = UpdateApiKey::path("me", "ci");
        let changed = self.call::<UpdateApiKey>(Some(ann), path, change).await;
        assert_eq!((changed.name.as_str(), changed.expires_at), ("nightly", None));
        let path = DeleteApiKey::path("me", "nightly");
        self.call::<DeleteApiKey>(Some(ann), path, Value::Null).await;
        assert!(!with_key.is_signed_in().await);
    }

    async fn groups(&mut self, admin: &Person) {
        let none = Value::Null;
        let list = self
            .call::<ListOrganizations>(Some(admin), ListOrganizations::path(), none.clone())
            .await;
        let home = list.items[0].id;
        let one = self
            .call::<GetOrganization>(Some(admin), GetOrganization::path(home), none.clone())
            .await;
        assert_eq!(one.slug, "default");
        let change = json!({"inactivity_suspension_days": 90});
        let path = UpdateOrganization::path(home);
        let one = self.call::<UpdateOrganization>(Some(admin), path, change).await;
        assert_eq!(one.settings.inactivity_suspension_days, Some(90));

        let rows = json!({"groups": [{"name": "Day shift"}, {"name": "Day shift"}, {"name": "DAY SHIFT"}]});
        let report = self.call::<ImportGroups>(Some(admin), ImportGroups::path(), rows).await;
        assert_eq!((report.created, report.present), (1, 2), "{report:?}");
        let new = json!({"name": "Night shift"});
        let group = self.call::<CreateGroup>(Some(admin), CreateGroup::path(), new).await;
        let read = self.call::<GetGroup>(Some(admin), GetGroup::path(group.id), none.clone()).await;
        assert_eq!(read.group, group);
        let change = json!({"description": "Those who are awake"});
        let group =
            self.call::<UpdateGroup>(Some(admin), UpdateGroup::path(group.id), change).await;
        assert_eq!(group.description, "Those who are awake");
        let list = self.call::<ListGroups>(Some(admin), ListGroups::path(), none.clone()).await;
        assert!(list.items.iter().any(|one| one.group == group));
        let rank = json!({"rank": "manager"});
        let path = SetMember::path(group.id, "ann");
        let member = self.call::<SetMember>(Some(admin), path, rank).await;
        assert_eq!((member.rank, &*member.user.username), (MembershipRank::Manager, "ann"));
        let path = ListMembers::path(group.id);
        let list = self.call::<ListMembers>(Some(admin), path, none.clone()).await;
        assert_eq!(list.items, [member]);
        self.shares(admin, &group).await;
        let path = RemoveMember::path(group.id, "ann");
        self.call::<RemoveMember>(Some(admin), path, none.clone()).await;
        self.call::<DeleteGroup>(Some(admin), DeleteGroup::path(group.id), none.clone()).await;

        let plans = self.call::<ListPlans>(Some(admin), ListPlans::path(), none.clone()).await;
        assert_eq!(plans.items.len(), 3);
        let plan = self.call::<GetPlan>(Some(admin), GetPlan::path("large"), none.clone()).await;
        assert!(plans.items.contains(&plan));
        self.plans(admin).await;
    }

    async fn shares(&mut self, admin: &Person, group: &Group) {
        let none = Value::Null;
        let roles = self.call::<ListRoles>(Some(admin), ListRoles::path(), none.clone()).await;
        assert_eq!(roles.items.last().unwrap().slug, GroupRole::OrganizationAdmin);
        let new = json!({"name": "Early shift", "roles": ["team_admin"]});
        let day = self.call::<CreateGroup>(Some(admin), CreateGroup::path(), new).await;
        assert_eq!(day.roles, [GroupRole::TeamAdmin]);
        let share = json!({"user_ids": [admin.user.id], "permission": "read"});
        let path = ShareGroupWithUsers::path(group.id);
        self.call::<ShareGroupWithUsers>(Some(admin), path, share).await;
        let share = json!({"group_ids": [day.id], "permission": "manage"});
        let path = ShareGroupWithGroups::path(group.id);
        let shares = self.call::<ShareGroupWithGroups>(Some(admin), path, share).await;
        assert_eq!(shares.readers.users[0].id, admin.user.id);
        assert_eq!(shares.managers.groups[0].id, day.id);
        let path = GetGroupShares::path(group.id);
        let read = self.call::<GetGroupShares>(Some(admin), path, none.clone()).await;
        assert_eq!(read, shares);
        let path = ListChildGroups::path(day.id);
        let children = self.call::<ListChildGroups>(Some(admin), path, none.clone()).await;
        assert_eq!(children.manageable[0].id, group.id);
        let path = UnshareGroupWithUser::path(group.id, admin.user.id);
        self.call::<UnshareGroupWithUser>(Some(admin), path, none.clone()).await;
        let path = UnshareGroupWithGroup::path(group.id, day.id);
        self.call::<UnshareGroupWithGroup>(Some(admin), path, none.clone()).await;
        self.call::<DeleteGroup>(Some(admin), DeleteGroup::path(day.id), none).await;
    }

    async fn plans(&mut self, admin: &Person) {
        let none = Value::Null;
        let new = json!({
            "name": "Trial", "plan_color": "#00ff7F", "storage": 1, "concurrent_tasks": 1,
            "daily_api_calls": 10, "monthly_api_calls": 100, "daily_traffic": 1,
            "monthly_traffic": 1, "daily_process": 1, "monthly_process": 1, "number_of_days": 30,
        });
        let trial = self.call::<CreatePlan>(Some(admin), CreatePlan::path(), new).await;
        let change = json!({"display_name": "Try it", "number_of_days": 7});
        let changed = self.call::<UpdatePlan>(Some(admin), UpdatePlan::path("trial"), change).await;
        assert_eq!((changed.id, changed.number_of_days), (trial.id, Some(7)));
        let tom = self.roster.person("tom").await;
        let give = json!({"plan": "trial"});
        let given = self.call::<UpdateUser>(Some(admin), UpdateUser::path("tom"), give).await;
        let end = given.plan_expires_at.unwrap();
        let renewed =
            self.call::<RenewPlan>(Some(admin), RenewPlan::path(tom.user.id), none.clone()).await;
        assert_eq!(renewed.plan_expires_at, Some(end + Duration::from_secs(7 * 24 * 3600)));
        admin.delete("/api/v1/plans/trial").await.refused(409, ErrorCode::WrongState);
        let take = json!({"plan": null});
        self.call::<UpdateUser>(Some(admin), UpdateUser::path("tom"), take).await;
        self.call::<DeletePlan>(Some(admin), DeletePlan::path(trial.id), none).await;
        admin.get("/api/v1/plans/trial").await.refused(404, ErrorCode::NotFound);
    }

    async fn sso(&mut self, provider: &FakeProvider) {
        let none = Value::Null;
        let joe = self.roster.person("joe").await;
        let list =
            self.call::<ListSsoProviders>(None, ListSsoProviders::path(), none.clone()).await;
        assert_eq!(list.items[0].name, "google");
        let path = EnableUserSso::path("me", "google");
        let link =
            self.call::<EnableUserSso>(Some(&joe), path, json!({"email": "joe@gmail.com"})).await;
        assert!(!link.is_confirmed && !link.is_disabled);

        let account = json!({"login": "joe", "password": PASSWORD});
        let begin = json!({"provider": "google", "account": account});
        let ticket = self.call::<BeginSsoSignIn>(None, BeginSsoSignIn::path(), begin).await;
        let state = FakeProvider::state(ticket.authorization_url.expose());
        let redeem = json!({"ticket": ticket.ticket});
        let early =
            self.roster.call("POST", "/api/v1/sso/sign-ins/session", None, Some(&redeem)).await;
        early.refused(409, ErrorCode::SsoPending);
        provider.will_say("google-7", "joe@gmail.com", true);
        self.roster.come_back_from("google", &state).await;
        let path = FinishSsoSignIn::path();
        let signed_in = self.call::<FinishSsoSignIn>(None, path, redeem).await;
        assert_eq!(signed_in.user.id, joe.user.id);

        let links =
            self.call::<ListSsoLinks>(Some(&joe), ListSsoLinks::path("me"), none.clone()).await;
        assert!(links.items[0].is_confirmed);
        let path = DisableUserSso::path("me", "google");
        let link = self.call::<DisableUserSso>(Some(&joe), path, none).await;
        assert!(link.is_disabled);
    }

    async fn operations(&mut self, admin: &Person) {
        let asked = json!({"login": "admin", "purpose": "reset_password", "channel": "email"});
        self.call::<SendCode>(None, SendCode::path(), asked).await;
        let path = ListMessages::path();
        let list = self.call::<ListMessages>(Some(admin), path, Value::Null).await;
        let message = &list.items[0];
        assert_eq!(
            (message.to.as_str(), message.state),
            ("admin@example.com", MessageState::Pending)
        );
        self.roster.give_up(message.id).await;
        let path = RetryMessage::path(message.id);
        let again = self.call::<RetryMessage>(Some(admin), path, Value::Null).await;
        assert_eq!(again.state, MessageState::Pending);
        let events =
            self.call::<ListAuditEvents>(Some(admin), ListAuditEvents::path(), Value::Null).await;
        assert!(events.items[0].id > events.items[1].id, "newest first");
    }

    /// Coming by invitation, looking somebody up, and leaving.
    async fn joining(&mut self, admin: &Person) {
        let address = json!({"email": "nia@example.com"});
        let open = self.call::<InvitePerson>(Some(admin), InvitePerson::path(), address).await;
        let by = Some(admin);
        let listed = self.call::<ListInvitations>(by, ListInvitations::path(), Value::Null).await;
        assert_eq!(listed.items, std::slice::from_ref(&open));
        let path = ResendInvitation::path(open.id);
        let sent = self.call::<ResendInvitation>(by, path, Value::Null).await;
        assert_eq!((sent.id, &*sent.email), (open.id, "nia@example.com"));
        let invitation = self.link().await;
        let other = json!({"email": "leo@example.com"});
        let other = self.call::<InvitePerson>(by, InvitePerson::path(), other).await;
        self.call::<RevokeInvitation>(by, RevokeInvitation::path(other.id), Value::Null).await;
        let address = json!({"email": "leo@example.com"});
        self.call::<RequestRegistration>(None, RequestRegistration::path(), address).await;
        let body = json!({"username": "nia", "password": PASSWORD, "invitation": invitation});
        let nia = self.call::<Register>(None, Register::path(), body).await;
        let nia = self.roster.sign_in(nia).await;
        let path = GetDirectoryEntry::path("admin");
        let seen = self.call::<GetDirectoryEntry>(Some(&nia), path, Value::Null).await;
        assert_eq!(seen.id, admin.user.id);
        let body = json!({"password": PASSWORD});
        self.call::<DeleteOwnAccount>(Some(&nia), DeleteOwnAccount::path("me"), body).await;
        assert!(!nia.is_signed_in().await);
    }

    /// With the settings of an organization whose passwords end.
    async fn expired_password(&mut self, admin: &Person) {
        let days = json!({"password_expiry_days": 30});
        let path = UpdateOrganization::path(admin.user.organization_id);
        self.call::<UpdateOrganization>(Some(admin), path, days).await;
        let kim = self.roster.person("kim").await;
        self.roster.advance(Duration::from_secs(31 * 24 * 3600));
        let login = json!({"login": "kim", "password": PASSWORD});
        let answer = self.roster.call("POST", "/api/v1/sessions", None, Some(&login)).await;
        answer.refused(403, ErrorCode::PasswordExpired);
        let body =
            json!({"login": "kim", "password": PASSWORD, "new_password": "amber walrus 1618"});
        self.call::<ReplaceExpiredPassword>(None, ReplaceExpiredPassword::path(), body).await;
        let again = self.sign_in("kim", "amber walrus 1618").await;
        assert_eq!(again.user.id, kim.user.id);
    }
}

async fn tour(on_postgres: bool) {
    let provider = Arc::new(FakeProvider::default());
    let mut builder = Builder { providers: provider.clone(), ..Builder::default() };
    builder.settings.registration = Registration::Open;
    let roster = if on_postgres { builder.on_postgres().await } else { builder.on_sqlite().await };
    let mut tour = Tour { roster: roster.clone(), done: BTreeSet::new() };
    let token = roster.set_up_token().await;
    let user = json!({"username": "admin", "email": "admin@example.com", "password": PASSWORD});
    let body = json!({"token": token, "user": user});
    let admin = tour.call::<SetUpRoster>(None, SetUpRoster::path(), body).await;
    assert_eq!(admin.role, Role::SystemAdmin);
    let admin = roster.sign_in(admin).await;
    let ann = roster.person("ann").await;

    tour.sessions(&ann, &admin).await;
    tour.users(&admin).await;
    tour.api_keys(&ann).await;
    tour.groups(&admin).await;
    tour.mfa(&admin).await;
    tour.sso(&provider).await;
    tour.credentials(&ann).await;
    tour.operations(&admin).await;
    tour.joining(&admin).await;
    tour.themes(&admin).await;
    tour.favorites(&admin).await;
    tour.feature_flags(&admin).await;
    tour.expired_password(&admin).await;

    let declared: BTreeSet<_> = ENDPOINTS.iter().map(|one| one.name).collect();
    assert_eq!(tour.done, declared);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_does_its_work_on_sqlite() {
    tour(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_does_its_work_on_postgres() {
    tour(true).await;
}
