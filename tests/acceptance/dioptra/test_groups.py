"""Groups (contract, sections 4.11, 4.12, 5.3 and 10.3)."""

from __future__ import annotations

from datetime import datetime

from people import compat_roster, people  # noqa: F401: fixtures
from server import ADMIN_NAME
from test_sessions import refused

PERMISSIONS = ("read", "write", "shareRead", "shareWrite", "owner", "admin")


def test_everybody_is_in_the_one_group_public(people):
    ann = people.account()
    page = ann.client.groups.get()
    assert {key: page[key] for key in page if key != "data"} == {
        "index": 0, "isComplete": True, "totalNumResults": 1, "first": "/api/v1/groups?index=0&pageLength=10",
    }
    (group,) = page["data"]
    assert set(group) == {"id", "name", "user", "members", "createdOn", "lastModifiedOn"}
    assert group["name"] == "public" and group["user"]["username"] == ADMIN_NAME
    for key in ("createdOn", "lastModifiedOn"):
        assert datetime.fromisoformat(group[key]).tzinfo
    assert ann.client.groups.get_by_id(group["id"]) == ann.client.groups.get_by_id(str(group["id"])) == group
    reference = {"id": group["id"], "name": "public", "url": f"/api/v1/groups/{group['id']}"}
    assert ann.client.users.get_current()["groups"] == [reference]
    members = {member["user"]["id"]: member for member in group["members"]}
    assert len(members) == len(group["members"]) == ann.client.users.get()["totalNumResults"]
    assert members[ann.id] == {
        "user": {"id": ann.id, "username": ann.username, "url": f"/api/v1/users/{ann.id}"},
        "group": reference,
        "permissions": {name: name in ("read", "write") for name in PERMISSIONS},
    }
    creator = members[group["user"]["id"]]
    assert creator["user"] == group["user"] and creator["permissions"] == dict.fromkeys(PERMISSIONS, True)


def test_joining_does_not_change_a_group_and_renaming_shows_at_once(people):
    ann = people.account()
    (before,) = ann.client.groups.get()["data"]
    bob = people.account()
    bob.client.users.modify_current_user(f"new-{bob.username}", bob.email)
    (after,) = ann.client.groups.get()["data"]
    assert (after["createdOn"], after["lastModifiedOn"]) == (before["createdOn"], before["lastModifiedOn"])
    names = {member["user"]["id"]: member["user"]["username"] for member in after["members"]}
    assert names[bob.id] == f"new-{bob.username}"


def test_unknown_groups_are_told_with_their_number(people):
    ann = people.account()
    status, body = refused(ann.client.groups.get_by_id, 999_999)
    assert (status, body["error"]) == (404, "EntityDoesNotExistError")
    assert body["detail"] == {"entity_type": "group", "group_id": 999_999}
    assert body["message"].startswith("Not Found - ")
    assert refused(ann.client.groups.get_by_id, 2**80)[0] == 404
    assert refused(ann.client.groups.get_by_id, "abc")[0] == 404


def test_pages_of_groups_have_bounds(people):
    ann = people.account()
    for arguments, field in [({"index": -1}, "index"), ({"page_length": 0}, "pageLength")]:
        status, body = refused(ann.client.groups.get, **arguments)
        assert (status, list(body["errors"])) == (400, [field])
    assert ann.client.groups.get(index=5)["data"] == []
