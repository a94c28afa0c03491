"""Rows 17 to 20, 23 to 29 and 33: oneself, favorites and activity (D13 to D18; themes are in `test_themes`)."""

from __future__ import annotations

import uuid
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from civis.base import CivisAPIError

from shapes import (
    ADMIN, EVENT, FAVORITE, FAVORITE_IN_LIST, ME, SHARED_FAVORITE_IN_LIST, SIMPLE_USER, check, shape,
)

TYPES = """Container Script;Identity Resolution;Import;Python Script;R Script;dbt Script;JavaScript Script;SQL Script;
Template Script;Project;Workflow;Tableau Report;Service Report;HTML Report;SQL Report;Table""".replace("\n", "").split(";")

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


def status(call) -> int:
    with pytest.raises(CivisAPIError) as refusal:
        call()
    return refusal.value.status_code


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


def test_feature_flags(door, root):
    person, other = door.person(), door.person()
    mark = uuid.uuid4().hex[:8]
    group = door.make_group()
    root.ok("PUT", f"groups/{group['id']}/members/{other.id}")
    for name in ("own", "group", "everybody", "nobody"):
        door.native("POST", "feature-flags", json={"name": f"{name}_{mark}"})
    for name, whom in (("own", {"users": [person.user["email"]]}), ("group", {"group_ids": [group["id"]]}),
                       ("everybody", {"everybody": True})):
        door.native("PUT", f"feature-flags/{name}_{mark}/switches", json={"is_on": True, **whom})
    flags = lambda who: {name: is_on for name, is_on in who.ok("GET", "users/me")["featureFlags"].items()  # noqa: E731
                         if name.endswith(mark)}
    assert flags(person) == {f"own_{mark}": True, f"group_{mark}": False, f"everybody_{mark}": True, f"nobody_{mark}": False}
    assert flags(other) == {f"own_{mark}": False, f"group_{mark}": True, f"everybody_{mark}": True, f"nobody_{mark}": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert {f"own_{mark}", f"everybody_{mark}"} <= set(person.client.feature_flags)
        assert not {f"group_{mark}", f"nobody_{mark}"} & set(person.client.feature_flags)
    assert person.client.users.get_me()["feature_flags"][f"own_{mark}"] is True
    having = lambda name: [row.id for row in person.client.users.list(feature_flag=f"{name}_{mark}", iterator=True)]  # noqa: E731
    assert having("own") == [person.id] and having("group") == [other.id] and having("nobody") == []
    assert {person.id, other.id} <= set(having("everybody"))
    door.native("PUT", f"feature-flags/everybody_{mark}/switches", json={"is_on": False, "everybody": True})
    assert having("everybody") == [] and flags(person)[f"everybody_{mark}"] is False
    for name in ("own", "group", "everybody", "nobody"):
        door.native("DELETE", f"feature-flags/{name}_{mark}")
    assert flags(person) == {} and having("own") == []


def test_favorites(door):
    person, other = door.person(), door.person()
    users = person.client.users
    made = []
    for number, kind in enumerate(TYPES):
        answer = person.raw("POST", "users/me/favorites", json={"object_id": number + 1, "object_type": kind})
        assert answer.status_code == 201, kind
        made.append(check(FAVORITE, answer.json())["id"])
    rows = [check(FAVORITE_IN_LIST, row) for row in person.ok("GET", "users/me/favorites")]
    assert [row["position"] for row in rows] == list(range(1, 17)) and [row["id"] for row in rows] == made
    ids = lambda **query: [row.id for row in users.list_me_favorites(**query)]  # noqa: E731
    assert ids(order_dir="desc") == made[::-1] and ids(order="created_at") == made
    assert ids(limit=5, iterator=True) == made and ids(object_type="Table") == [made[-1]]
    assert ids(object_type="Table", object_id=16) == [made[-1]] and ids(object_type="Table", object_id=1) == []
    for query in ({"object_id": 1}, {"limit": 1001}, {"order": "id"}, {"object_type": "table"}):
        assert person.raw("GET", "users/me/favorites", params=query).status_code == 400, query
    for wrong in ({}, {"object_id": 1}, {"object_type": "Table"}, {"object_id": 1, "object_type": "table"},
                  {"object_id": 0, "object_type": "Table"}, {"object_id": "1", "object_type": "Table"},
                  {"object_id": 16, "object_type": "Table"}):
        assert person.raw("POST", "users/me/favorites", json=wrong).status_code == 400, wrong
    for move, at, expected in (("top", 3, 0), ("bottom", 3, 15), ("higher", 3, 2), ("lower", 3, 4),
                               ("top", 0, 0), ("higher", 0, 0), ("lower", 15, 15), ("bottom", 15, 15)):
        before = ids()
        answer = person.raw("PATCH", f"users/me/favorites/{before[at]}/ranking/{move}")
        assert answer.status_code == 204 and not answer.content
        assert ids().index(before[at]) == expected, move
        rest = [one for one in before if one != before[at]]
        assert [one for one in ids() if one != before[at]] == rest
    users.patch_me_favorites_ranking_top(made[5])
    users.patch_me_favorites_ranking_lower(made[5])
    users.patch_me_favorites_ranking_higher(made[5])
    users.patch_me_favorites_ranking_bottom(made[5])
    assert ids()[-1] == made[5]
    assert not users.delete_me_favorites(made[0]).json()
    assert [row.position for row in users.list_me_favorites()] == list(range(1, 16))
    assert person.raw("DELETE", f"users/me/favorites/{made[0]}").status_code == 404
    assert other.ok("GET", "users/me/favorites") == []
    for method, path in (("DELETE", f"users/me/favorites/{made[1]}"), ("PATCH", f"users/me/favorites/{made[1]}/ranking/top")):
        assert other.raw(method, path).status_code == 404


def test_ranks_stay_strict_under_moves_at_once(door):
    person = door.person()
    made = [person.ok("POST", "users/me/favorites", json={"object_id": number, "object_type": "Project"})["id"]
            for number in range(1, 13)]
    moves = [(made[number % 12], ("top", "bottom", "higher", "lower")[number % 4]) for number in range(48)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda move: person.raw("PATCH", f"users/me/favorites/{move[0]}/ranking/{move[1]}").status_code,
                                moves))
    assert set(answers) == {204}
    rows = person.ok("GET", "users/me/favorites")
    assert [row["position"] for row in rows] == list(range(1, 13)) and {row["id"] for row in rows} == set(made)


def test_favorites_show_what_services_registered(door, root):
    person, other = door.person(), door.person()
    number = uuid.uuid4().int % 2**40 + 1
    door.native("PUT", f"objects/Workflow/{number}", json={
        "name": "Nightly", "author": str(person.id), "state": "succeeded"})
    favorite = check(FAVORITE, person.ok("POST", "users/me/favorites", json={"objectId": number, "objectType": "Workflow"}))
    assert favorite["objectName"] == "Nightly" and favorite["objectUpdatedAt"]
    check(SIMPLE_USER, favorite["objectAuthor"])
    assert favorite["objectAuthor"]["id"] == person.id
    # What is somebody else's is told as what is nobody's.
    guessed = other.ok("POST", "users/me/favorites", json={"objectId": number, "objectType": "Workflow"})
    assert guessed["objectName"] is None and guessed["objectAuthor"] is None


def test_the_organizations_favorites(door):
    boss, person = door.with_role("org_admin"), door.person()
    number = uuid.uuid4().int % 2**40 + 1
    new = {"object_id": number, "object_type": "Project"}
    answer = boss.raw("POST", "organizations/favorites", json=new)
    assert answer.status_code == 201
    made = answer.json()["id"]
    rows = person.ok("GET", "organizations/favorites")
    mine = next(row for row in rows if row["id"] == made)
    shape(SHARED_FAVORITE_IN_LIST)(mine)
    assert made in {row.id for row in person.client.organizations.list_favorites(order="object_id", limit=1000)}
    assert person.raw("POST", "organizations/favorites", json={**new, "object_id": 1}).status_code == 403
    assert person.raw("DELETE", f"organizations/favorites/{made}").status_code == 403
    assert boss.raw("POST", "organizations/favorites", json=new).status_code == 400
    assert boss.raw("DELETE", f"organizations/favorites/{made}").status_code == 204
    assert boss.raw("DELETE", f"organizations/favorites/{made}").status_code == 404


def test_activity(door, root):
    person = door.person()
    number = uuid.uuid4().int % 2**40 + 1
    door.native("PUT", f"objects/Workflow/{number}", json={
        "name": "Nightly", "author": str(person.id), "category": "Jobs", "state": "failed"})
    key = person.ok("POST", "users/me/api_keys", json={"name": "x", "expires_in": 60})
    assert key
    rows = [check(EVENT, row) for row in person.ok("GET", "users/me/activity")]
    times = [row["updatedAt"] for row in rows]
    assert times == sorted(times, reverse=True) and len(rows) >= 2
    nightly = next(row for row in rows if row["name"] == "Nightly")
    assert (nightly["type"], nightly["category"], nightly["state"]) == ("Workflow", "Jobs", "failed")
    names = [row.name for row in person.client.users.list_me_activity(order="name")]
    assert names == sorted(names, reverse=True, key=str.lower) or names == sorted(names, reverse=True)
    assert {row.state for row in person.client.users.list_me_activity(status="failed")} == {"failed"}
    assert "Nightly" not in {row.name for row in person.client.users.list_me_activity(status="succeeded")}
    assert person.client.users.list_me_activity(author=f"{person.id},{root.id}")
    assert person.client.users.list_me_activity(author="987654") == []
    for wrong in ({"status": "x"}, {"order": "oldest"}, {"author": "x"}):
        assert person.raw("GET", "users/me/activity", params=wrong).status_code == 400, wrong
