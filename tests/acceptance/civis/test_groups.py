"""Rows 30 to 32: groups, shares, child groups and roles."""

from __future__ import annotations

import uuid

import pytest
from civis.base import CivisAPIError

from shapes import CHILD_GROUPS, GROUP, GROUP_SUMMARY, ROLE, SHARES, check


def name() -> str:
    return f"group {uuid.uuid4().hex[:12]}"


def status(call) -> int:
    with pytest.raises(CivisAPIError) as refusal:
        call()
    return refusal.value.status_code


def test_a_group_is_made_read_changed_and_deleted(door, root):
    groups = root.client.groups
    answer = root.raw("POST", "groups", json={"name": name()})
    assert answer.status_code == 201
    made = check(GROUP, answer.json())
    assert made["slug"] and made["createdById"] == root.id
    assert (made["memberCount"], made["totalMemberCount"], made["members"], made["roleIds"]) == (0, 0, [], [])
    assert made["description"] is None and made["defaultTimeZone"] is None
    assert check(GROUP, root.ok("GET", f"groups/{made['id']}")) == made
    full = {
        "description": "What it is for", "slug": f"s-{uuid.uuid4().hex[:8]}", "default_otp_required_for_login": True,
        "role_ids": [door.role("rv")], "default_time_zone": "Europe/Vienna", "default_jobs_label": "a",
        "default_notebooks_label": "b", "default_services_label": "c",
    }
    whole = groups.post(name(), **full)
    for key, value in full.items():
        assert whole[key] == value, key
    patched = groups.patch(whole.id, description=None, default_time_zone=None)
    assert (patched.description, patched.default_time_zone, patched.default_jobs_label) == (None, None, "a")
    put = groups.put(whole.id, whole.name)
    assert (put.slug, put.description, put.default_jobs_label, put.role_ids) == (whole.slug, None, None, [])
    assert put.default_otp_required_for_login is None and put.organization_id == whole.organization_id
    for wrong in ({}, {"name": None}, {"name": ""}, {"name": "x", "role_ids": [99]}, {"name": "x", "slug": put.slug},
                  {"name": "x", "default_time_zone": "No/Where"}, {"name": ["x"]}, {"name": "x", "role_ids": ["1"]}):
        assert root.raw("POST", "groups", json=wrong).status_code == 400, wrong
    assert root.raw("DELETE", f"groups/{whole.id}").status_code == 204
    assert status(lambda: groups.get(whole.id)) == 404
    groups.delete(made["id"])
    assert status(lambda: groups.get(made["id"])) == 404


def test_a_groups_defaults_are_its_peoples(door, root):
    group = door.make_group(default_time_zone="Asia/Tokyo", default_otp_required_for_login=True)
    user = door.make(primary_group_id=group["id"])
    assert (user["timeZone"], user["otpRequiredForLogin"]) == ("Asia/Tokyo", True)
    assert root.raw("DELETE", f"groups/{group['id']}").status_code == 409, "somebody's primary group"


def test_members(door, root):
    group = door.make_group()
    user, off = door.make(), door.make(active=False)
    path = f"groups/{group['id']}"
    for _ in range(2):
        shown = check(GROUP, root.ok("PUT", f"{path}/members/{user['id']}"))
    root.client.groups.put_members(group["id"], off["id"])
    shown = check(GROUP, root.ok("GET", path))
    assert (shown["memberCount"], shown["totalMemberCount"]) == (1, 2)
    member = next(one for one in shown["members"] if one["id"] == user["id"])
    assert member == {"id": user["id"], "name": user["name"], "username": user["user"], "initials": user["initials"],
                      "online": None, "email": user["email"], "primaryGroupId": door.group, "active": True}
    assert root.raw("DELETE", f"{path}/members/{user['id']}").status_code == 204
    assert root.raw("DELETE", f"{path}/members/{user['id']}").status_code == 404
    assert root.raw("DELETE", f"groups/{door.group}/members/{user['id']}").status_code == 400, "its primary group"
    assert root.raw("PUT", f"{path}/members/987654").status_code == 404
    person = door.person()
    assert person.raw("PUT", f"{path}/members/{person.id}").status_code == 403
    assert person.raw("DELETE", f"{path}/members/{off['id']}").status_code == 403


def test_lists_of_groups(door, root):
    mark = uuid.uuid4().hex[:8]
    made = {word: door.make_group(name=f"{mark} {word}") for word in ("b", "A", "c")}
    user = door.make(group_ids=[made["A"]["id"]])
    rows = [check(GROUP_SUMMARY, row) for row in root.ok("GET", "groups", params={"query": mark.upper()})]
    assert [row["name"] for row in rows] == [f"{mark} A", f"{mark} b", f"{mark} c"] and rows[0]["members"] == []
    newest = root.client.groups.list(query=mark, order="created_at", order_dir="desc", iterator=True, limit=2)
    assert [row.id for row in newest] == [made[word]["id"] for word in ("c", "A", "b")]
    with_members = root.ok("GET", "groups", params={"query": mark, "include_members": "True"})
    assert [one["id"] for one in with_members[0]["members"]] == [user["id"]] and with_members[1]["members"] == []
    of_user = root.client.groups.list(query=mark, user_ids=[user["id"], 987654])
    assert [row.id for row in of_user] == [made["A"]["id"]]
    assert root.ok("GET", "groups", params={"organization_id": 987654}) == []
    root.ok("PATCH", f"groups/{made['c']['id']}", json={"description": f"described {mark}", "slug": f"slug-{mark}"})
    assert root.ok("GET", "groups", params={"query": f"described {mark}"}) == [], "the name alone is looked through"
    assert root.ok("GET", "groups", params={"query": f"slug-{mark}"}) == []
    assert made["c"]["id"] in {row["id"] for row in root.ok("GET", "groups", params={"query": str(made["c"]["id"])})}
    person = door.person()
    seen = lambda **query: [row["id"] for row in person.ok("GET", "groups", params={"query": mark, **query})]  # noqa: E731
    assert len(seen()) == 3 and seen(permission="manage") == []
    root.ok("PUT", f"groups/{made['b']['id']}/shares/users", json={"user_ids": [person.id], "permission_level": "manage"})
    assert seen(permission="manage") == [made["b"]["id"]]
    for wrong in ({"permission": "own"}, {"limit": 1001}, {"order": "id"}, {"user_ids": "x"}, {"include_members": "x"}):
        assert root.raw("GET", "groups", params=wrong).status_code == 400, wrong


def test_shares_and_child_groups(door, root):
    group, child = door.make_group(), door.make_group()
    user = door.make()
    path = f"groups/{group['id']}/shares"
    assert check(SHARES, root.ok("GET", path))["totalUserShares"] == 0
    groups = root.client.groups
    shared = groups.put_shares_users(group["id"], [user["id"]], "read", send_shared_email=False)
    assert shared.readers.users[0].id == user["id"] and shared.total_user_shares == 1
    shared = check(SHARES, root.ok("PUT", f"{path}/users", json={"userIds": [user["id"]], "permissionLevel": "manage"}))
    assert shared["readers"]["users"] == [] and shared["owners"]["users"] == [{"id": user["id"], "name": user["name"]}]
    shared = groups.put_shares_groups(group["id"], [child["id"]], "write")
    assert shared.writers.groups[0].name == child["name"] and shared.total_group_shares == 1
    children = check(CHILD_GROUPS, root.ok("GET", f"groups/{child['id']}/child_groups"))
    assert children["writeable"] == [{"id": group["id"], "name": group["name"]}]
    assert groups.get_child_groups(child["id"]).writeable[0].id == group["id"]
    assert root.raw("DELETE", f"{path}/groups/{child['id']}").status_code == 204
    assert not groups.delete_shares_users(group["id"], user["id"]).json()
    assert root.raw("DELETE", f"{path}/users/{user['id']}").status_code == 404
    shares = check(SHARES, groups.get_shares(group["id"]).json(snake_case=False))
    assert (shares["totalUserShares"], shares["totalGroupShares"]) == (0, 0)
    for wrong in ({}, {"user_ids": [user["id"]]}, {"user_ids": [user["id"]], "permission_level": "own"},
                  {"user_ids": user["id"], "permission_level": "read"}, {"user_ids": [987654], "permission_level": "read"}):
        assert root.raw("PUT", f"{path}/users", json=wrong).status_code == 400, wrong
    person = door.person()
    assert person.raw("PUT", f"{path}/users", json={"user_ids": [person.id], "permission_level": "manage"}).status_code == 403


def test_shares_are_told_by_mail_where_that_is_asked_for(door, root):
    group, crew = door.make_group(), door.make_group()
    person, member, off = door.make(), door.make(group_ids=[crew["id"]]), door.make(group_ids=[crew["id"]], active=False)
    groups = root.client.groups
    groups.put_shares_users(group["id"], [person["id"]], "manage", send_shared_email=True, share_email_body="Have\na look.")
    mail = door.roster.wait_for_mail(person["email"], "group_shared")
    assert group["name"] in mail.text and "root-of-tests" in mail.text and "> Have\n> a look.\n" in mail.text
    assert mail.code is None
    root.ok("PUT", f"groups/{group['id']}/shares/groups",
            json={"groupIds": [crew["id"]], "permissionLevel": "read", "sendSharedEmail": True})
    mail = door.roster.wait_for_mail(member["email"], "group_shared")
    assert ">" not in mail.text
    groups.put_shares_users(group["id"], [off["id"]], "read", share_email_body="Nobody reads this.")
    path = f"groups/{group['id']}/shares/users"
    for wrong in ({"send_shared_email": "yes"}, {"share_email_body": 7}, {"share_email_body": "x" * 10_001}):
        new = {"user_ids": [person["id"]], "permission_level": "read", **wrong}
        assert root.raw("PUT", path, json=new).status_code == 400, wrong
    last = door.make()
    groups.put_shares_users(group["id"], [last["id"]], "read", send_shared_email=True)
    door.roster.wait_for_mail(last["email"], "group_shared")
    told = [mail.to for mail in door.roster._sent(door.roster.mails) if mail.template == "group_shared"]
    assert off["email"] not in told and told.count(person["email"]) == 1


def test_groups_are_administrators_business(door, root):
    person = door.person()
    group = door.make_group()
    assert person.raw("POST", "groups", json={"name": name()}).status_code == 403
    for method, body in (("PUT", {"name": name()}), ("PATCH", {"description": "x"}), ("DELETE", None)):
        assert person.raw(method, f"groups/{group['id']}", json=body).status_code == 403
    boss = door.with_role("org_admin")
    made = boss.ok("POST", "groups", json={"name": name(), "role_ids": [door.role("team_admin")]})
    assert boss.ok("PATCH", f"groups/{made['id']}", json={"description": "x"})["description"] == "x"
    assert boss.raw("POST", "groups", json={"name": name(), "organization_id": 987654}).status_code in (400, 403, 404)
    assert person.raw("GET", "groups/987654").status_code == 404


def test_roles(door, root):
    person = door.person()
    roles = [check(ROLE, role) for role in person.ok("GET", "roles")]
    assert {"standard_user", "rv", "uc", "gc", "um", "team_admin", "org_admin"} <= {role["slug"] for role in roles}
    assert [role["id"] for role in roles] == sorted(role["id"] for role in roles)
    assert [role.id for role in root.client.roles.list(limit=2, iterator=True)] == [role["id"] for role in roles]
    assert [role["id"] for role in root.ok("GET", "roles", params={"order_dir": "desc"})] == [role["id"] for role in roles][::-1]
