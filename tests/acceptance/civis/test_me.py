"""Rows 17, 18 and 20: oneself and who administers one's organization (D13, D14, D18)."""

from __future__ import annotations

import warnings

from shapes import ADMIN, ME, check

PREFERENCES = {
    "app_index": "order_field order_dir",
    "result_index": "order_field order_dir type_filter author_filter archived_filter",
    "import_index": "order_field order_dir type_filter author_filter dest_filter status_filter archived_filter",
    "export_index": "order_field order_dir type_filter author_filter status_filter",
    "model_index": "order_field order_dir author_filter status_filter archived_filter thumbnail_view",
    "script_index": "order_field order_dir type_filter author_filter status_filter archived_filter",
    "project_index": "order_field order_dir author_filter archived_filter",
    "project_detail": "order_field order_dir author_filter type_filter archived_filter",
    "enhancement_index": "order_field order_dir author_filter archived_filter",
    "registration_index": "order_field order_dir status_filter",
    "welcome": "order_field order_dir author_filter status_filter archived_filter",
    "notebook": "order_field order_dir author_filter archived_filter status_filter",
    "workflow_index": "order_field order_dir author_filter archived_filter",
    "service": "order_field order_dir author_filter archived_filter",
}
TEXTS = [f"{prefix}_{end}" for prefix, ends in PREFERENCES.items() for end in ends.split()] + [
    "report_index_thumbnail_view", "upgrade_requested", "data_pane_width", "data_pane_collapsed", "assume_role_history"]
BOOLEANS = """civis_explore_skip_intro default_success_notifications_on default_failure_notifications_on my_activity_metrics
ai_sql_assist_disabled standard_sql_autocomplete_disabled""".split()
NUMBERS = ["preferred_server_id", "query_preview_rows"]


def test_me(door, root):
    person = door.person()
    me = check(ME, person.ok("GET", "users/me"))
    user = person.user
    assert {key: me[key] for key in ("id", "name", "email", "initials", "primaryGroupId", "createdAt", "groups")} == {
        key: user[key] for key in ("id", "name", "email", "initials", "primaryGroupId", "createdAt", "groups")}
    assert me["username"] == user["user"] and me["organizationSlug"] == user["organizationSlug"]
    assert me["lastCheckedAnnouncements"] == me["createdAt"]
    assert me | {"assumingRole": False, "roleAssumer": {}, "assumingAdmin": False, "assumingAdminExpiration": None,
                 "superadminModeExpiration": None, "signInCount": 0, "customBranding": None, "personaRole": None,
                 "disableNonCompliantFedrampFeatures": False, "createdById": root.id} == me
    assert me["preferences"] == {"default_success_notifications_on": True, "default_failure_notifications_on": True,
                                 "query_preview_rows": 50}
    assert person.client.users.get_me().id == person.id and person.client.username == user["user"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert person.client.users.list_me().id == person.id
    assert any(issubclass(one.category, FutureWarning) for one in caught)
    assert "org_admin" in door.with_role("org_admin").ok("GET", "users/me")["roles"]


def test_every_preference(door):
    person = door.person()
    assert len(TEXTS) + len(BOOLEANS) + len(NUMBERS) == 78
    given = {key: f"x {key}" for key in TEXTS} | dict.fromkeys(BOOLEANS, False) | dict.fromkeys(NUMBERS, 7)
    changed = person.client.users.patch_me(preferences=given)
    assert {key: changed.preferences[key] for key in given} == given
    assert person.ok("GET", "users/me")["preferences"] == given
    merged = person.ok("PATCH", "users/me", json={"preferences": {"appIndexOrderField": "y", "aiSQLAssistDisabled": True,
                                                                  "standardSQLAutocompleteDisabled": None}})["preferences"]
    assert merged["app_index_order_field"] == "y" and merged["ai_sql_assist_disabled"] is True
    assert "standard_sql_autocomplete_disabled" not in merged and len(merged) == 77
    for wrong in ({"unknown": "x"}, {"app_index_order_field": 7}, {"preferred_server_id": "7"}, {"preferred_server_id": 1.5},
                  {"my_activity_metrics": "true"}, {"query_preview_rows": True}, {"welcome_order_dir": "x" * 10_001},
                  {"welcome_order_dir": "a\0"}, {"welcome_order_dir": ["x"]}, [], "x", None):
        assert person.raw("PATCH", "users/me", json={"preferences": wrong}).status_code == 400, wrong
    assert person.ok("GET", "users/me")["preferences"] == merged


def test_announcements(door):
    person = door.person()
    changed = person.client.users.patch_me(last_checked_announcements="2026-04-17T20:37:20+02:00")
    assert changed.last_checked_announcements == "2026-04-17T18:37:20.000Z"
    for wrong in ("soon", 7, None):
        assert person.raw("PATCH", "users/me", json={"last_checked_announcements": wrong}).status_code == 400
    assert person.ok("GET", "announcements") == []
    assert person.raw("GET", "announcements", params={"limit": 51}).status_code == 400


def test_organization_admins(door):
    boss, person = door.with_role("org_admin"), door.person()
    admins = [check(ADMIN, one) for one in person.ok("GET", "users/me/organization_admins")]
    assert {"id": boss.id, "name": boss.user["name"], "username": boss.user["user"], "initials": boss.user["initials"],
            "online": None, "email": boss.user["email"]} in admins
    assert person.id not in {one["id"] for one in admins}
    door.root.ok("PATCH", f"users/{boss.id}", json={"active": False})
    assert boss.id not in {one.id for one in person.client.users.list_me_organization_admins()}
