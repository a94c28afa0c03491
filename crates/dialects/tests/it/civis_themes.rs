//! Themes at this door (threats T12, T22, T37).

use roster_core::Actor;
use roster_model::{NewTheme, OrganizationId, OrganizationUpdate, Role, Theme, ThemeId};
use roster_testing::{Answer, Roster};
use serde_json::{Value, json};

use crate::civis::{Guest, on_both_databases, says, status};

const GIF: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0;<script>alert(1)</script>";

async fn theme_for(roster: &Roster, name: &str, organizations: &[OrganizationId]) -> Theme {
    let organization_ids = Some(organizations.to_vec());
    let new = NewTheme { name: name.into(), organization_ids, ..NewTheme::default() };
    roster.core.create_theme(&Actor::system("tests"), &new).await.unwrap()
}

async fn patch(guest: &Guest, path: &str, body: Value) -> Answer {
    guest.call("PATCH", path, Some(&body)).await
}

fn names(answer: &Answer) -> Vec<Value> {
    let rows = answer.json();
    rows.as_array().unwrap().iter().map(|row| row["name"].clone()).collect()
}

on_both_databases! {
    async fn ones_themes_are_those_of_ones_organization(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let (home, other) = (OrganizationId(1), roster.organization("other").await);
        assert_eq!(ann.get("users/me/themes").await.json(), json!([]));
        let harbour = theme_for(&roster, "Harbour", &[home]).await;
        let far = theme_for(&roster, "Far", &[other]).await;
        let shared = theme_for(&roster, "Shared", &[home, other]).await;
        // A super user is somebody of an organization here, too.
        for guest in [&ann, &root] {
            let rows = guest.get("users/me/themes").await;
            assert_eq!(names(&rows), ["Harbour", "Shared"]);
            let keys: Vec<_> = rows.json()[0].as_object().unwrap().keys().cloned().collect();
            assert_eq!(keys, ["createdAt", "id", "name", "updatedAt"]);
            for absent in [far.id.to_string(), "987654".into(), "0".into(), "x".into(), "9007199254740992".into()] {
                assert_eq!(status(&guest.get(&format!("users/me/themes/{absent}")).await), 404, "{absent}");
            }
        }
        let shown = ann.get(&format!("users/me/themes/{}", harbour.id)).await.json();
        assert_eq!(shown, json!({
            "id": harbour.id, "name": "Harbour", "organizationIds": [home], "settings": "{}", "logoFile": null,
            "createdAt": "2027-01-15T08:00:00.000Z", "updatedAt": "2027-01-15T08:00:00.000Z",
        }));
        let path = format!("users/me/themes/{}", shared.id);
        assert_eq!(ann.get(&path).await.json()["organizationIds"], json!([home]));
        assert_eq!(root.get(&path).await.json()["organizationIds"], json!([home, other]));
    }

    async fn t37_the_logo_is_downloaded_from_where_it_is_said_to_be(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let theme = theme_for(&roster, "Harbour", &[OrganizationId(1)]).await;
        let system = Actor::system("tests");
        let theme = roster.core.set_theme_logo(&system, theme.id, GIF).await.unwrap();
        let shown = ann.get(&format!("users/me/themes/{}", theme.id)).await.json();
        assert_eq!(shown["logoFile"]["id"], json!(theme.logo.unwrap().id));
        let url = shown["logoFile"]["downloadUrl"].as_str().unwrap();
        let path = url.strip_prefix("https://roster.example.com").unwrap();
        let image = roster.call("GET", path, None, None).await;
        assert_eq!((status(&image), &*image.bytes), (200, GIF));
        assert_eq!(image.header("content-type"), Some("image/gif"));
        assert_eq!(image.header("x-content-type-options"), Some("nosniff"));
        assert!(image.header("content-security-policy").unwrap().contains("sandbox"));
    }

    async fn the_default_theme_of_the_organization_is_ones_own(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        assert_eq!(ann.get("users/me").await.json()["organizationDefaultThemeId"], Value::Null);
        let home = OrganizationId(1);
        let theme = theme_for(&roster, "Harbour", &[home]).await;
        let set = async |theme: Option<ThemeId>| {
            let update = OrganizationUpdate { default_theme_id: Some(theme), ..OrganizationUpdate::default() };
            roster.core.update_organization(&Actor::system("tests"), home, &update).await.unwrap();
        };
        set(Some(theme.id)).await;
        assert_eq!(ann.get("users/me").await.json()["organizationDefaultThemeId"], json!(theme.id));
        set(None).await;
        assert_eq!(ann.get("users/me").await.json()["organizationDefaultThemeId"], Value::Null);
    }

    async fn super_users_make_and_change_themes(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let other = roster.organization("other").await;
        let new = json!({"name": "Harbour", "settingsJson": "{\"a\": 1}", "organizationIds": [1, other]});
        let made = root.post("admin/themes", new).await;
        assert_eq!(status(&made), 201, "{}", made.text());
        let made = made.json();
        assert_eq!((&made["settings"], &made["organizationIds"]), (&json!("{\"a\": 1}"), &json!([1, other])));
        let path = format!("admin/themes/{}", made["id"]);
        let changed = patch(&root, &path, json!({"name": "Quay", "organization_ids": [1]})).await;
        assert_eq!(status(&changed), 201);
        let changed = changed.json();
        assert_eq!((&changed["name"], &changed["settings"]), (&json!("Quay"), &json!("{\"a\": 1}")));
        assert_eq!(changed["organizationIds"], json!([1]));
        let plain = root.post("admin/themes", json!({"name": "Plain"})).await.json();
        assert_eq!((&plain["settings"], &plain["organizationIds"]), (&json!("{}"), &json!([1])));

        let system = Actor::system("tests");
        let id = ThemeId(made["id"].as_i64().unwrap());
        let logo = roster.core.set_theme_logo(&system, id, GIF).await.unwrap().logo.unwrap();
        let same = format!("admin/themes/{}", plain["id"]);
        let with = patch(&root, &same, json!({"logo_file_id": logo.id})).await.json();
        assert_eq!(with["logoFile"]["id"], json!(logo.id));
        let without = patch(&root, &same, json!({"logoFileId": null})).await.json();
        assert_eq!(without["logoFile"], Value::Null);
        assert_eq!(status(&patch(&root, "admin/themes/987654", json!({})).await), 404);
    }

    async fn t22_nobody_else_does(roster: Roster) {
        let theme = theme_for(&roster, "Harbour", &[OrganizationId(1)]).await;
        for role in [Role::AccountAdmin, Role::Viewer] {
            let guest = Guest::of_role(&roster, &format!("{role}"), role).await;
            assert_eq!(status(&guest.post("admin/themes", json!({"name": "x"})).await), 403, "{role}");
            for id in [theme.id.to_string(), "987654".to_owned()] {
                let refused = patch(&guest, &format!("admin/themes/{id}"), json!({"name": "x"})).await;
                assert_eq!(status(&refused), 403, "{role}");
            }
        }
        let ann = Guest::new(&roster, "ann").await;
        assert_eq!(names(&ann.get("users/me/themes").await), ["Harbour"]);
    }

    async fn t12_bad_themes_are_refused_and_change_nothing(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let theme = theme_for(&roster, "Harbour", &[OrganizationId(1)]).await;
        let path = format!("admin/themes/{}", theme.id);
        for (body, about) in [
            (json!({"name": ""}), "name"),
            (json!({"name": null}), "name"),
            (json!({"name": ["x"]}), "name"),
            (json!({"name": "x".repeat(256)}), "name"),
            (json!({"name": "x", "settingsJson": {"a": 1}}), "settingsJson"),
            (json!({"name": "x", "settingsJson": "[]"}), "settingsJson"),
            (json!({"name": "x", "settingsJson": "nothing"}), "settingsJson"),
            (json!({"name": "x", "settingsJson": format!("{{\"a\":\"{}\"}}", "x".repeat(10_000))}), "settingsJson"),
            (json!({"name": "x", "settings_json": 1}), "settings_json"),
            (json!({"name": "x", "organizationIds": [987_654]}), "organizationIds"),
            (json!({"name": "x", "organizationIds": ["1"]}), "organizationIds"),
            (json!({"name": "x", "organizationIds": 1}), "organizationIds"),
            (json!({"name": "x", "logoFileId": 987_654}), "logoFileId"),
            (json!({"name": "x", "logoFileId": "1"}), "logoFileId"),
        ] {
            for refused in [root.post("admin/themes", body.clone()).await, patch(&root, &path, body.clone()).await] {
                assert_eq!(status(&refused), 400, "{body}");
                let says = says(&refused);
                assert!(says.as_str().unwrap().starts_with(about), "{body}: {says}");
            }
        }
        assert_eq!(status(&root.post("admin/themes", json!({})).await), 400);
        assert_eq!(names(&root.get("users/me/themes").await), ["Harbour"]);
        let shown = root.get(&format!("users/me/themes/{}", theme.id)).await.json();
        assert_eq!(shown["settings"], "{}");
    }
}
