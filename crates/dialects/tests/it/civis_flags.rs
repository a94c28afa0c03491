//! Feature flags as Civis' client sees them: its own, and who has one.

use roster_model::{NewFeatureFlag, Role, SwitchFeatureFlag};
use roster_testing::Roster;
use serde_json::{Value, json};

use crate::civis::{Guest, on_both_databases, status};

async fn flag(roster: &Roster, name: &str, switch: Option<SwitchFeatureFlag>) {
    let new = NewFeatureFlag { name: name.to_owned(), is_on_for_everybody: false };
    roster.core.create_feature_flag(&roster.system(), &new).await.unwrap();
    if let Some(switch) = switch {
        let switch = SwitchFeatureFlag { is_on: true, ..switch };
        roster.core.switch_feature_flag(&roster.system(), name, &switch).await.unwrap();
    }
}

fn ids(rows: &Value) -> Vec<i64> {
    rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

on_both_databases! {
    async fn oneself_has_all_flags_with_whether_they_are_on(roster: Roster) {
        let (ann, bob) = (Guest::new(&roster, "ann").await, Guest::new(&roster, "bob").await);
        assert_eq!(ann.get("users/me").await.json()["featureFlags"], json!({}));
        let default = SwitchFeatureFlag::default;
        flag(&roster, "alone", Some(SwitchFeatureFlag { users: vec!["ann".to_owned()], ..default() })).await;
        flag(&roster, "all", Some(SwitchFeatureFlag { everybody: true, ..default() })).await;
        flag(&roster, "none", None).await;
        let of = async |guest: &Guest| guest.get("users/me").await.json()["featureFlags"].clone();
        assert_eq!(of(&ann).await, json!({"alone": true, "all": true, "none": false}));
        assert_eq!(of(&bob).await, json!({"alone": false, "all": true, "none": false}));
        let kept = ann.call("PATCH", "users/me", Some(&json!({"featureFlags": {"none": true}}))).await;
        assert_eq!(kept.json()["featureFlags"]["none"], false, "t16");
    }

    async fn a_list_of_users_is_narrowed_to_those_who_have_a_flag(roster: Roster) {
        let (ann, bob) = (Guest::new(&roster, "ann").await, Guest::new(&roster, "bob").await);
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let crew = root.post("groups", json!({"name": "Crew"})).await.json()["id"].as_i64().unwrap();
        let member = format!("groups/{crew}/members/{}", bob.id);
        assert_eq!(status(&root.call("PUT", &member, None).await), 200);
        let default = SwitchFeatureFlag::default;
        let both = SwitchFeatureFlag {
            users: vec![ann.id.to_string()],
            group_ids: vec![roster_model::GroupId(crew)],
            ..default()
        };
        flag(&roster, "new_editor", Some(both)).await;
        flag(&roster, "all", Some(SwitchFeatureFlag { everybody: true, ..default() })).await;
        flag(&roster, "none", None).await;
        let find = async |query: &str| ann.get(&format!("users?order=user&{query}")).await;
        let found = find("feature_flag=new_editor").await;
        assert_eq!(ids(&found.json()), [ann.id, bob.id]);
        assert_eq!(found.header("x-pagination-total-entries"), Some("2"));
        assert_eq!(ids(&find("featureFlag=new_editor&query=bob").await.json()), [bob.id]);
        assert_eq!(ids(&find("feature_flag=new_editor&limit=1&page_num=2&order_dir=desc").await.json()), [ann.id]);
        assert_eq!(ids(&find("feature_flag=all").await.json()), [ann.id, bob.id, root.id]);
        for none in ["none", "no%20such", "", "NEW_EDITOR", "new_edito%25", "new_editor%27"] {
            let found = find(&format!("feature_flag={none}")).await;
            assert_eq!((status(&found), found.json()), (200, json!([])), "{none}");
        }
        assert_eq!(status(&find("feature_flag=%00").await), 400);
        assert_eq!(status(&find("feature_flag=none&order=id").await), 400, "what is wrong is so for nobody, too");
    }
}
