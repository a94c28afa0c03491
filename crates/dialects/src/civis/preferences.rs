//! Preferences: what Civis' own pages remember of somebody. Roster keeps them and makes nothing of them.

use serde_json::{Map, Value};

use super::{
    fields::{Field, boolean, integer, long_text},
    names,
    parameters::Values,
    translate::Refusal,
};

/// Every preference there is (contract, section 10).
pub(super) const FIELDS: &[Field] = &[
    long_text("app_index_order_field").nullable(),
    long_text("app_index_order_dir").nullable(),
    long_text("result_index_order_field").nullable(),
    long_text("result_index_order_dir").nullable(),
    long_text("result_index_type_filter").nullable(),
    long_text("result_index_author_filter").nullable(),
    long_text("result_index_archived_filter").nullable(),
    long_text("import_index_order_field").nullable(),
    long_text("import_index_order_dir").nullable(),
    long_text("import_index_type_filter").nullable(),
    long_text("import_index_author_filter").nullable(),
    long_text("import_index_dest_filter").nullable(),
    long_text("import_index_status_filter").nullable(),
    long_text("import_index_archived_filter").nullable(),
    long_text("export_index_order_field").nullable(),
    long_text("export_index_order_dir").nullable(),
    long_text("export_index_type_filter").nullable(),
    long_text("export_index_author_filter").nullable(),
    long_text("export_index_status_filter").nullable(),
    long_text("model_index_order_field").nullable(),
    long_text("model_index_order_dir").nullable(),
    long_text("model_index_author_filter").nullable(),
    long_text("model_index_status_filter").nullable(),
    long_text("model_index_archived_filter").nullable(),
    long_text("model_index_thumbnail_view").nullable(),
    long_text("script_index_order_field").nullable(),
    long_text("script_index_order_dir").nullable(),
    long_text("script_index_type_filter").nullable(),
    long_text("script_index_author_filter").nullable(),
    long_text("script_index_status_filter").nullable(),
    long_text("script_index_archived_filter").nullable(),
    long_text("project_index_order_field").nullable(),
    long_text("project_index_order_dir").nullable(),
    long_text("project_index_author_filter").nullable(),
    long_text("project_index_archived_filter").nullable(),
    long_text("report_index_thumbnail_view").nullable(),
    long_text("project_detail_order_field").nullable(),
    long_text("project_detail_order_dir").nullable(),
    long_text("project_detail_author_filter").nullable(),
    long_text("project_detail_type_filter").nullable(),
    long_text("project_detail_archived_filter").nullable(),
    long_text("enhancement_index_order_field").nullable(),
    long_text("enhancement_index_order_dir").nullable(),
    long_text("enhancement_index_author_filter").nullable(),
    long_text("enhancement_index_archived_filter").nullable(),
    integer("preferred_server_id").nullable(),
    boolean("civis_explore_skip_intro").nullable(),
    long_text("registration_index_order_field").nullable(),
    long_text("registration_index_order_dir").nullable(),
    long_text("registration_index_status_filter").nullable(),
    long_text("upgrade_requested").nullable(),
    long_text("welcome_order_field").nullable(),
    long_text("welcome_order_dir").nullable(),
    long_text("welcome_author_filter").nullable(),
    long_text("welcome_status_filter").nullable(),
    long_text("welcome_archived_filter").nullable(),
    long_text("data_pane_width").nullable(),
    long_text("data_pane_collapsed").nullable(),
    long_text("notebook_order_field").nullable(),
    long_text("notebook_order_dir").nullable(),
    long_text("notebook_author_filter").nullable(),
    long_text("notebook_archived_filter").nullable(),
    long_text("notebook_status_filter").nullable(),
    long_text("workflow_index_order_field").nullable(),
    long_text("workflow_index_order_dir").nullable(),
    long_text("workflow_index_author_filter").nullable(),
    long_text("workflow_index_archived_filter").nullable(),
    long_text("service_order_field").nullable(),
    long_text("service_order_dir").nullable(),
    long_text("service_author_filter").nullable(),
    long_text("service_archived_filter").nullable(),
    long_text("assume_role_history").nullable(),
    boolean("default_success_notifications_on").nullable(),
    boolean("default_failure_notifications_on").nullable(),
    boolean("my_activity_metrics").nullable(),
    boolean("ai_sql_assist_disabled").nullable(),
    boolean("standard_sql_autocomplete_disabled").nullable(),
    integer("query_preview_rows").nullable(),
];

/// What holds until somebody chooses.
fn at_first() -> [(&'static str, Value); 3] {
    [
        ("default_success_notifications_on", true.into()),
        ("default_failure_notifications_on", true.into()),
        ("query_preview_rows", 50.into()),
    ]
}

/// What is to change, under the names that are kept: `null` takes one away.
pub(super) fn read(given: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let is_known = |key: &&String| FIELDS.iter().any(|field| field.name == names::snake(key));
    if let Some(key) = given.keys().find(|key| !is_known(key)) {
        let key: String = key.chars().take(64).collect();
        return Err(Refusal::invalid(format!("preferences.{key} is not known")));
    }
    Values::of_object(given, FIELDS, "preferences.").map(Values::into_object)
}

/// What somebody has chosen, and what holds where it has not.
pub(super) fn shown(kept: &Map<String, Value>) -> Map<String, Value> {
    let known = |key: &&str| FIELDS.iter().any(|field| field.name == *key);
    let kept = kept.iter().filter(|(key, _)| known(&key.as_str()));
    let mut shown: Map<_, _> =
        at_first().map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
    shown.extend(kept.map(|(key, value)| (key.clone(), value.clone())));
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn there_are_seventy_eight_and_both_spellings_are_one() {
        assert_eq!(FIELDS.len(), 78);
        let given =
            json!({"aiSQLAssistDisabled": true, "welcomeOrderDir": null, "preferred_server_id": 7});
        let read = read(given.as_object().unwrap()).ok().unwrap();
        let kept = json!({"ai_sql_assist_disabled": true, "welcome_order_dir": null, "preferred_server_id": 7});
        assert_eq!(Value::Object(read), kept);
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_refused() {
        for wrong in [
            json!({"colour": "red"}),
            json!({"welcome_order_dir": 7}),
            json!({"preferred_server_id": "7"}),
            json!({"my_activity_metrics": 1}),
            json!({"welcome_order_dir": "x".repeat(10_001)}),
        ] {
            assert!(read(wrong.as_object().unwrap()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_nobody_chose_holds_as_at_first() {
        let kept = json!({"query_preview_rows": 7, "of_somebody_else": 1});
        let shown = shown(kept.as_object().unwrap());
        assert_eq!(
            Value::Object(shown),
            json!({
                "default_success_notifications_on": true, "default_failure_notifications_on": true, "query_preview_rows": 7,
            })
        );
    }
}
