"""Rows 3 to 11: people (D2 to D10)."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
import requests
from civis.base import CivisAPIError

from door import basic
from shapes import DETAIL, SUMMARY, USER_GROUP, a_time, check

PASSWORD = "a long enough secret of somebody"


def status(call) -> int:
    with pytest.raises(CivisAPIError) as refusal:
        call()
    return refusal.value.status_code


def sign_in(door, login: str, password: str = PASSWORD) -> requests.Response:
    return requests.post(f"{door.roster.address}/api/v1/sessions", json={"login": login, "password": password})


def is_session(door, token: str) -> bool:
    return door.raw("GET", "users/me", auth=f"Bearer {token}").status_code == 200


def test_a_user_is_made_with_four_fields_and_defaults(door, root):
    new = door.new(name="Test Create 3rd éa")
    made = check(DETAIL, root.ok("POST", "users", json=new))
    assert {name: made[name] for name in ("name", "email", "user")} == {name: new[name] for name in ("name", "email", "user")}
    assert made["primaryGroupId"] == door.group and [group["id"] for group in made["groups"]] == [door.group]
    assert made["initials"] == "TCÉ"
    assert made | {
        "active": True, "prefersSmsOtp": True, "robot": False, "suspended": False, "accountStatus": "Active",
        "myPermissionLevel": "manage", "createdById": root.id, "lastUpdatedById": root.id, "lastSeenAt": None,
        "unconfirmedEmail": None, "githubUsername": None, "city": None, "phone": None, "otpRequiredForLogin": False,
        "organizationLoginType": "password", "organizationSSODisableCapable": False, "smsOtpAllowed": True,
    } == made
    assert check(DETAIL, root.ok("GET", f"users/{made['id']}")) == made
    by_client = root.client.users.post("Cy", f"{uuid.uuid4().hex}@example.com", door.group, f"cy-{uuid.uuid4().hex}")
    assert by_client.active and by_client.organization_sso_disable_capable is False
    assert sign_in(door, new["user"]).status_code == 401, "a new user has no password"


def test_a_user_is_made_with_every_field(door, root):
    group = door.make_group()
    given = {
        "active": False, "city": "Zürich", "state": "ZH", "time_zone": "Europe/Zurich", "initials": "XY",
        "department": "R&D", "title": "Dr", "prefers_sms_otp": False, "group_ids": [group["id"]], "vpn_enabled": True,
        "sso_disabled": True, "otp_required_for_login": True, "exempt_from_org_sms_otp_disabled": True, "robot": True,
    }
    new = door.new()
    made = root.client.users.post(new["name"], new["email"], new["primary_group_id"], new["user"], **given)
    for name, value in given.items():
        if name != "group_ids":
            assert made[name] == value, name
    assert {one.id for one in made.groups} == {door.group, group["id"]}
    assert (made.account_status, made.suspended) == ("Deactivated", False)
    assert made.groups[0].organization_name and set(made.groups[0].json()) == {
        "id", "name", "slug", "organization_id", "organization_name"}


def test_what_is_no_user_is_refused(door, root):
    user = door.make()
    good = door.new()
    before = len(root.ok("GET", "users", params={"limit": 10000, "account_status": "all"}))
    for wrong in (
        {"name": None}, {"name": ""}, {"name": " "}, {"name": 7}, {"email": ""}, {"email": "nowhere"}, {"email": ["a@b.c"]},
        {"email": user["email"]}, {"email": user["email"].upper()}, {"user": user["user"]}, {"user": user["user"].upper()},
        {"user": user["email"]}, {"user": ""}, {"user": "a\0b"}, {"primary_group_id": 987654}, {"primary_group_id": "1"},
        {"primary_group_id": None}, {"group_ids": [987654]}, {"group_ids": "1"}, {"active": "true"}, {"active": None},
        {"city": "x" * 256}, {"time_zone": "Nowhere/At all"}, {"robot": 1}, {"send_email": "yes"},
    ):
        assert root.raw("POST", "users", json=good | wrong).status_code == 400, wrong
    for missing in ("name", "email", "primary_group_id", "user"):
        assert root.raw("POST", "users", json={k: v for k, v in good.items() if k != missing}).status_code == 400
    assert len(root.ok("GET", "users", params={"limit": 10000, "account_status": "all"})) == before
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: root.raw("POST", "users", json=good).status_code, range(8)))
    assert sorted(answers) == [200] + [400] * 7


def test_who_may_make_and_change_whom(door, root):
    person, other = door.person(), door.person()
    for method, path, body in (
        ("POST", "users", door.new()), ("PATCH", f"users/{other.id}", {"city": "x"}), ("PATCH", f"users/{person.id}", {"city": "x"}),
        ("DELETE", f"users/{other.id}/2fa", None), ("DELETE", f"users/{person.id}/2fa", None),
        ("DELETE", f"users/{other.id}/sessions", None), ("POST", f"users/{other.id}/unsuspend", None),
        ("POST", f"users/{other.id}/access_email", None),
    ):
        assert person.raw(method, path, json=body).status_code == 403, (method, path)
    assert person.ok("GET", f"users/{other.id}")["myPermissionLevel"] == "read"
    assert person.ok("GET", f"users/{person.id}")["myPermissionLevel"] == "write"
    boss = door.with_role("org_admin")
    assert boss.ok("PATCH", f"users/{other.id}", json={"city": "x"})["city"] == "x"
    assert boss.ok("GET", f"users/{other.id}")["myPermissionLevel"] == "manage"
    assert boss.ok("POST", "users", json=door.new())["createdById"] == boss.id
    for method, path, body in (
        ("PATCH", f"users/{root.id}", {"city": "x"}), ("DELETE", f"users/{root.id}/2fa", None),
        ("DELETE", f"users/{root.id}/sessions", None), ("POST", f"users/{root.id}/access_email", None),
        ("GET", f"users/{root.id}/api_keys", None),
    ):
        assert boss.raw(method, path, json=body).status_code == 403, "t24: a super user"


def test_team_admins_manage_their_groups_people(door, root):
    team, elsewhere = door.make_group(), door.make_group()
    admin = door.with_role("team_admin")
    assert admin.raw("POST", "users", json=door.new(primary_group_id=team["id"])).status_code == 403
    root.ok("PUT", f"groups/{team['id']}/shares/users", json={"user_ids": [admin.id], "permission_level": "manage"})
    member = check(DETAIL, admin.ok("POST", "users", json=door.new(primary_group_id=team["id"])))
    assert member["myPermissionLevel"] == "manage"
    assert admin.ok("PATCH", f"users/{member['id']}", json={"title": "x"})["title"] == "x"
    for body in ({"primary_group_id": elsewhere["id"]}, {"group_ids": [elsewhere["id"]]}):
        assert admin.raw("PATCH", f"users/{member['id']}", json=body).status_code == 403
    assert admin.raw("POST", "users", json=door.new(primary_group_id=team["id"], group_ids=[elsewhere["id"]])).status_code == 403
    assert admin.raw("PATCH", f"users/{door.make()['id']}", json={"title": "x"}).status_code == 403
    own = admin.ok("POST", "groups", json={"name": f"own {uuid.uuid4().hex}"})
    assert admin.raw("PATCH", f"groups/{own['id']}", json={"role_ids": [door.role("org_admin")]}).status_code == 403
    assert admin.raw("PATCH", f"groups/{elsewhere['id']}", json={"description": "x"}).status_code == 403


def test_only_what_is_given_changes_and_null_clears(door, root):
    user = door.make(city="Rome", initials="ZZ", time_zone="Europe/Rome")
    patch = root.client.users.patch
    changed = patch(user["id"], title="Dr", city=None)
    assert (changed.title, changed.city, changed.time_zone, changed.initials) == ("Dr", None, "Europe/Rome", "ZZ")
    after = check(DETAIL, root.ok("GET", f"users/{user['id']}"))
    same = {name: value for name, value in after.items() if name not in ("title", "city", "updatedAt")}
    assert same == {name: user[name] for name in same} and after["updatedAt"] > user["updatedAt"]
    renamed = patch(user["id"], name="Maria da Silva")
    assert (renamed.name, renamed.initials) == ("Maria da Silva", "MDS"), "recomputed"
    assert patch(user["id"], name="Max", initials="QQ").initials == "QQ"
    for wrong in ({"name": None}, {"name": " "}, {"email": None}, {"active": None}, {"primary_group_id": None},
                  {"title": 7}, {"city": "x" * 256}, {"prefers_sms_otp": "yes"}, {"account_status": "active"},
                  {"account_status": "Pending"}, {"account_status": None}, {"active": True, "account_status": "Deactivated"},
                  {"active": False, "account_status": "Active"}, {"password": "x"}, {"group_ids": [987654]},
                  {"city": "Oslo", "primary_group_id": 987654}, {"city": "Oslo", "email": "nowhere"}):
        assert root.raw("PATCH", f"users/{user['id']}", json=wrong).status_code == 400, wrong
    assert root.ok("GET", f"users/{user['id']}")["city"] is None, "all or nothing"
    ignored = root.ok("PATCH", f"users/{user['id']}", json={"user": "another", "id": 1, "github_username": "x"})
    assert (ignored["user"], ignored["githubUsername"]) == (user["user"], None)
    assert status(lambda: patch(987654321, city="x")) == 404


def test_groups_are_replaced_and_the_primary_one_kept(door, root):
    one, two = door.make_group(), door.make_group()
    user = door.make()
    ids = lambda shown: {group["id"] for group in shown["groups"]}  # noqa: E731
    changed = root.ok("PATCH", f"users/{user['id']}", json={"group_ids": [one["id"]]})
    assert ids(changed) == {door.group, one["id"]}
    changed = root.ok("PATCH", f"users/{user['id']}", json={"group_ids": [two["id"]]})
    assert ids(changed) == {door.group, two["id"]}
    changed = root.ok("PATCH", f"users/{user['id']}", json={"primary_group_id": one["id"]})
    assert changed["primaryGroupId"] == one["id"] and {one["id"], two["id"]} <= ids(changed)
    changed = root.ok("PATCH", f"users/{user['id']}", json={"group_ids": []})
    assert ids(changed) == {one["id"]}


def test_states(door, root):
    person = door.person()
    token = sign_in_with_password(door, root, person)
    path = f"users/{person.id}"
    off = root.ok("PATCH", path, json={"active": False})
    assert (off["active"], off["accountStatus"], off["suspended"]) == (False, "Deactivated", False)
    assert not person.is_known() and not is_session(door, token)
    on = root.ok("PATCH", path, json={"active": True})
    assert (on["active"], on["accountStatus"]) == (True, "Active")
    assert person.is_known(), "keys work again when the account does"
    assert not is_session(door, token), "sessions don't"
    suspended = root.ok("PATCH", path, json={"account_status": "Suspended"})
    assert (suspended["active"], suspended["accountStatus"], suspended["suspended"]) == (True, "Suspended", True)
    assert not person.is_known()
    lifted = root.client.users.post_unsuspend(person.id)
    assert set(lifted.json()) == {"id", "user", "unlocked_at"} and a_time(lifted.unlocked_at)
    assert (lifted.id, lifted.user) == (person.id, person.user["user"])
    assert root.ok("GET", path)["accountStatus"] == "Unsuspended"
    assert status(lambda: root.client.users.post_unsuspend(person.id)) == 400
    time.sleep(0.01)
    assert person.is_known()
    assert root.ok("GET", path)["accountStatus"] == "Active", "once it came back"
    for word, active in (("Deactivated", False), ("Unsuspended", True), ("Suspended", True), ("Active", True)):
        assert root.ok("PATCH", path, json={"accountStatus": word}) | {"accountStatus": word, "active": active}
        assert root.ok("GET", path)["accountStatus"] == word


def sign_in_with_password(door, root, person) -> str:
    root.ok("PATCH", f"users/{person.id}", json={"password": PASSWORD})
    return sign_in(door, person.user["user"]).json()["token"]


def test_sessions_end_all_at_once_and_keys_do_not(door, root):
    person = door.person()
    tokens = [sign_in_with_password(door, root, person)]
    tokens.append(sign_in(door, person.user["user"]).json()["token"])
    shown = lambda: root.ok("GET", "users", params={"query": person.user["user"]})[0]["currentSignInAt"]  # noqa: E731
    assert shown()
    ended = check(DETAIL, root.ok("DELETE", f"users/{person.id}/sessions"))
    assert ended["id"] == person.id
    assert not any(is_session(door, token) for token in tokens) and person.is_known()
    assert shown() is None
    assert root.client.users.delete_sessions(person.id).id == person.id


def test_second_factors_are_wiped(door, root):
    person = door.person()
    assert check(DETAIL, root.ok("DELETE", f"users/{person.id}/2fa"))["id"] == person.id, "without any, too"
    token = sign_in_with_password(door, root, person)
    headers = {"Authorization": f"Bearer {token}"}
    api = f"{door.roster.address}/api/v1/users/me/mfa"
    begun = requests.post(f"{api}/totp", headers=headers).json()
    code = pyotp.TOTP(begun["secret"]).now()
    assert requests.post(f"{api}/totp/activation", headers=headers, json={"code": code}).status_code == 200
    assert sign_in(door, person.user["user"]).status_code == 401
    key = door.raw("POST", "users/me/api_keys", auth=basic(person.user["user"], PASSWORD), json={"name": "x", "expires_in": 9})
    assert key.status_code in (401, 403)
    root.ok("PATCH", f"users/{person.id}", json={"otp_required_for_login": True})
    assert root.client.users.delete_2fa(person.id).otp_required_for_login is True
    assert root.ok("PATCH", f"users/{person.id}", json={"otp_required_for_login": False})
    assert sign_in(door, person.user["user"]).status_code == 201


def test_a_new_address_waits_for_its_link(door, root):
    user = door.make()
    path, new = f"users/{user['id']}", f"{uuid.uuid4().hex}@example.com"
    changed = root.ok("PATCH", path, json={"email": new})
    assert (changed["email"], changed["unconfirmedEmail"]) == (user["email"], new)
    first = door.roster.wait_for_mail(new, "confirm_email").code
    door.roster.wait_for_mail(user["email"], "email_changed")
    newer = f"{uuid.uuid4().hex}@example.com"
    assert root.ok("PATCH", path, json={"email": newer})["unconfirmedEmail"] == newer
    second = door.roster.wait_for_mail(newer, "confirm_email").code
    confirm = lambda token: door.raw("POST", "users/confirmation", json={"confirmationToken": token})  # noqa: E731
    for wrong in (first, "nonsense", "", 7, None):
        assert confirm(wrong).status_code == 400, wrong
    done = confirm(second)
    assert done.status_code == 200
    assert done.json() == {"id": user["id"], "user": user["user"], "email": newer}
    assert confirm(second).status_code == 400, "once"
    shown = root.ok("GET", path)
    assert (shown["email"], shown["unconfirmedEmail"]) == (newer, None)
    root.ok("PATCH", path, json={"email": new})
    assert root.ok("PATCH", path, json={"email": newer})["unconfirmedEmail"] is None, "the current address cancels"
    taken = door.make()["email"]
    for wrong in (taken, "nowhere"):
        assert root.raw("PATCH", path, json={"email": wrong}).status_code == 400


def test_access_mail_welcomes_or_resets(door, root):
    person = door.person()
    assert root.raw("POST", f"users/{person.id}/access_email").status_code == 204
    welcome = door.roster.wait_for_mail(person.user["email"], "welcome")
    assert welcome.code
    root.ok("PATCH", f"users/{person.id}", json={"password": PASSWORD})
    assert not root.client.users.post_access_email(person.id).json()
    assert door.roster.wait_for_mail(person.user["email"], "reset_password").code
    root.ok("PATCH", f"users/{person.id}", json={"active": False})
    assert root.raw("POST", f"users/{person.id}/access_email").status_code == 400
    welcomed = root.ok("POST", "users", json=door.new(send_email=True))
    assert door.roster.wait_for_mail(welcomed["email"], "welcome").code
    quiet = door.make()
    assert not [one for one in door.roster._sent(door.roster.mails) if one.to == quiet["email"]]


def test_a_password_is_set_by_admins_under_the_policy(door, root):
    person = door.person()
    token = sign_in_with_password(door, root, person)
    answer = root.raw("PATCH", f"users/{person.id}", json={"password": "another long enough secret"})
    assert "another long" not in answer.text and not is_session(door, token)
    assert sign_in(door, person.user["user"]).status_code == 401
    assert sign_in(door, person.user["user"], "another long enough secret").status_code == 201
    for weak in ("short", ""):
        assert root.raw("PATCH", f"users/{person.id}", json={"password": weak}).status_code == 400


def test_lists(door, root):
    mark = uuid.uuid4().hex[:8]
    group, other = door.make_group(), door.make_group()
    names = ["bert", "Anna", "ärne", "Zoe", "carl"]
    made = {name: door.make(name=f"{mark} {name}", group_ids=[group["id"]] if name in "Anna carl" else []) for name in names}
    root.ok("PUT", f"groups/{other['id']}/members/{made['Zoe']['id']}")
    off = door.make(name=f"{mark} off", active=False)
    find = lambda **query: [row["id"] for row in root.ok("GET", "users", params={"query": mark, **query})]  # noqa: E731
    rows = [check(SUMMARY, row) for row in root.ok("GET", "users", params={"query": mark})]
    assert [row["name"].split()[1] for row in rows] == ["Anna", "bert", "carl", "Zoe", "ärne"]
    assert find(order="user", order_dir="desc") == [
        made[name]["id"] for name in sorted(names, key=lambda name: made[name]["user"], reverse=True)]
    assert find(account_status="inactive") == [off["id"]] and len(find(account_status="all")) == 6
    assert set(find(group_id=group["id"])) == {made["Anna"]["id"], made["carl"]["id"]}
    both = root.client.users.list(query=mark, group_ids=[group["id"], other["id"]])
    assert {row.id for row in both} == {made[name]["id"] for name in ("Anna", "carl", "Zoe")}
    assert len(root.ok("GET", "users", params={"query": mark, "group_ids": [group["id"], other["id"]]})) == 3
    assert find(group_id=door.group) == find() and find(group_id=987654) == [] and find(organization_id=987654) == []
    assert find(organization_id=1) == find() and find(feature_flag="no such flag") == []
    assert root.ok("GET", "users", params={"query": mark, "exclude_groups": "True"})[0]["groups"] == []
    by_id = root.ok("GET", "users", params={"query": str(off["id"]), "account_status": "all"})
    assert off["id"] in {row["id"] for row in by_id}
    assert root.ok("GET", "users", params={"query": made["Zoe"]["email"].upper()})[0]["id"] == made["Zoe"]["id"]
    for hostile in ("%", "_", "\\", "'", '"', "; DROP TABLE users"):
        assert root.ok("GET", "users", params={"query": f"{mark}{hostile}"}) == []
    for wrong in ({"group_id": 1, "group_ids": [1]}, {"account_status": "on"}, {"order": "id"}, {"order_dir": "up"},
                  {"limit": 10001}, {"limit": 0}, {"page_num": 0}, {"group_id": "x"}, {"exclude_groups": "x"}, {"limit": "x"}):
        assert root.raw("GET", "users", params=wrong).status_code == 400, wrong
    assert root.ok("GET", "users", params={"limit": 10000, "page_num": 2**53}) == []


def test_pages_of_users_neither_overlap_nor_skip(door, root):
    mark = uuid.uuid4().hex[:8]
    made = {door.make(name=f"{mark} same")["id"] for _ in range(25)}
    assert len(root.ok("GET", "users", params={"query": mark})) == 20
    walked = [row.id for row in root.client.users.list(query=mark, limit=7, page_num=3, iterator=True)]
    assert walked == sorted(made)
    down = [row.id for row in root.client.users.list(query=mark, limit=7, order_dir="desc", iterator=True)]
    assert down == sorted(made, reverse=True)
    answer = root.raw("GET", "users", params={"query": mark, "limit": 10, "page_num": 3})
    heads = {name: answer.headers[f"X-Pagination-{name}"] for name in
             ("Per-Page", "Current-Page", "Total-Pages", "Total-Entries")}
    assert heads == {"Per-Page": "10", "Current-Page": "3", "Total-Pages": "3", "Total-Entries": "25"}
    assert len(answer.json()) == 5


def test_everybody_sees_colleagues(door):
    person, other = door.person(), door.make(phone_is_ignored=1)
    assert check(SUMMARY, person.ok("GET", "users", params={"query": other["user"]})[0])["id"] == other["id"]
    seen = check(DETAIL, person.ok("GET", f"users/{other['id']}"))
    assert (seen["email"], seen["myPermissionLevel"]) == (other["email"], "read")
    assert person.ok("GET", "users", params={"limit": 1})[0]["groups"][0].keys() == USER_GROUP.keys()
