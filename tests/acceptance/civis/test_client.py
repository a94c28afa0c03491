"""Rows 1 and 2 of the contract's checklist: the client, its methods, credentials and the wire (D1)."""

from __future__ import annotations

import inspect
import os
import uuid

import civis
import pytest
import requests
from civis.base import CivisAPIError, CivisAPIKeyError

from door import Door, basic
from shapes import DETAIL, check

USERS = """delete_2fa delete_api_keys delete_me_favorites delete_sessions get get_api_keys get_me list list_api_keys
list_me list_me_activity list_me_favorites list_me_organization_admins list_me_themes get_me_themes patch patch_me patch_me_favorites_ranking_bottom
patch_me_favorites_ranking_higher patch_me_favorites_ranking_lower patch_me_favorites_ranking_top post post_access_email
post_api_keys post_me_favorites post_unsuspend""".split()
GROUPS = """delete delete_members delete_shares_groups delete_shares_users get get_child_groups get_shares list
list_child_groups list_shares patch post put put_members put_shares_groups put_shares_users""".split()


def methods(resource) -> set[str]:
    return {name for name in dir(resource) if not name.startswith("_") and callable(getattr(resource, name))}


def arguments(method) -> tuple[list[str], set[str]]:
    parameters = inspect.signature(method).parameters.values()
    required = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    return required, {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}


def test_the_client_has_every_method_with_its_arguments(root):
    client = root.client
    assert set(USERS) <= methods(client.users), set(USERS) - methods(client.users)
    assert set(GROUPS) <= methods(client.groups), set(GROUPS) - methods(client.groups)
    assert {"list_favorites", "post_favorites", "delete_favorites"} <= methods(client.organizations)
    assert "list" in methods(client.roles)
    assert {"list_organizations", "post_themes", "patch_themes"} <= methods(client.admin)
    paging = {"limit", "page_num", "order", "order_dir", "iterator"}
    users = client.users
    for method, required, optional in (
        (users.list, [], {"feature_flag", "account_status", "query", "group_id", "group_ids", "organization_id",
                          "exclude_groups"} | paging),
        (users.get, ["id"], set()),
        (users.post, ["name", "email", "primary_group_id", "user"],
         {"active", "city", "state", "time_zone", "initials", "department", "title", "prefers_sms_otp", "group_ids",
          "vpn_enabled", "sso_disabled", "otp_required_for_login", "exempt_from_org_sms_otp_disabled", "robot",
          "send_email"}),
        (users.patch, ["id"],
         {"name", "email", "active", "primary_group_id", "city", "state", "time_zone", "initials", "department",
          "title", "prefers_sms_otp", "group_ids", "vpn_enabled", "sso_disabled", "otp_required_for_login",
          "exempt_from_org_sms_otp_disabled", "robot", "phone", "password", "account_status"}),
        (users.delete_2fa, ["id"], set()),
        (users.delete_sessions, ["id"], set()),
        (users.post_unsuspend, ["id"], set()),
        (users.post_access_email, ["id"], set()),
        (users.list_api_keys, ["id"], paging),
        (users.get_api_keys, ["id", "key_id"], set()),
        (users.post_api_keys, ["id", "expires_in", "name"], {"constraints"}),
        (users.delete_api_keys, ["id", "key_id"], set()),
        (users.get_me, [], set()),
        (users.patch_me, [], {"preferences", "last_checked_announcements"}),
        (users.list_me_organization_admins, [], set()),
        (users.list_me_themes, [], set()),
        (users.get_me_themes, ["id"], set()),
        (client.admin.post_themes, ["name"], {"settings_json", "organization_ids", "logo_file_id"}),
        (client.admin.patch_themes, ["id"], {"name", "settings_json", "organization_ids", "logo_file_id"}),
        (client.groups.post, ["name"],
         {"description", "slug", "organization_id", "default_otp_required_for_login", "role_ids", "default_time_zone",
          "default_jobs_label", "default_notebooks_label", "default_services_label"}),
        (client.groups.put_shares_users, ["id", "user_ids", "permission_level"],
         {"share_email_body", "send_shared_email"}),
    ):
        assert arguments(method) == (required, optional), method


def test_the_description_is_what_the_client_reads(root, door):
    spec = root.ok("GET", "endpoints")
    assert spec["swagger"] == "2.0"
    for resource in ("files", "notebooks", "jobs"):
        paths = [path for path in spec["paths"] if path.strip("/").split("/")[0] == resource]
        assert paths, resource
        assert all("deprecated" in spec["paths"][path]["get"]["summary"].lower() for path in paths)
        assert root.ok("GET", paths[0].strip("/")) == []
    for path, verbs in spec["paths"].items():
        for verb, operation in verbs.items():
            assert operation["summary"] and isinstance(operation["parameters"], list), path
            assert all("description" in one for one in operation["responses"].values())
            deprecated = "deprecated" in operation["summary"].lower()
            assert deprecated == (path.strip("/").split("/")[0] in ("files", "notebooks", "jobs")), path
    assert len(requests.get(f"{door.url}/endpoints", headers={"Authorization": basic(root.key)}).content) < 100_000
    assert root.raw("GET", "endpoints", params={"openapi_version": "3.0"}).status_code == 400
    assert root.raw("GET", "endpoints", params={"unknown": "3.0"}).status_code == 200


def test_without_a_key_the_client_does_not_start(door):
    os.environ["CIVIS_API_ENDPOINT"] = door.url
    with pytest.raises(EnvironmentError):
        civis.APIClient()
    with pytest.raises(requests.exceptions.HTTPError):
        civis.APIClient(api_key=f"nobody's {uuid.uuid4()}")


def test_a_refused_key_is_told_in_the_clients_own_way(door):
    person = door.person()
    client = person.client
    client.users.delete_api_keys("me", client.users.list_api_keys("me")[0].id)
    with pytest.raises(CivisAPIKeyError) as refused:
        client.users.get_me()
    assert 'error="invalid_token"' in str(refused.value)
    assert refused.value.__cause__.status_code == 401


def test_a_refusal_is_told_with_its_sentence(root):
    with pytest.raises(CivisAPIError) as refused:
        root.client.users.get(987654321)
    assert refused.value.status_code == 404 and refused.value.error_message == "there is no such user"


def test_every_form_of_a_credential(door, root):
    for auth in (basic(root.key), f"Bearer {root.key}", f"bearer {root.key}"):
        assert door.raw("GET", "users/me", auth=auth).json()["id"] == root.id
    session = requests.post(f"{door.roster.address}/api/v1/sessions",
                            json={"login": "root-of-tests", "password": "correct horse battery staple"}).json()
    assert door.raw("GET", "users/me", auth=f"Bearer {session['token']}").json()["id"] == root.id
    for auth in (None, "Bearer nonsense", "Basic nonsense", basic("nonsense"), basic("root-of-tests"), "Digest x"):
        assert door.raw("GET", "users/me", auth=auth).status_code == 401, auth
    assert door.raw("GET", f"users/me?api_key={root.key}").status_code == 401
    for path in ("users/me", "users", "endpoints", f"users/{root.id}/api_keys"):
        assert door.raw("GET", path, auth=basic("root-of-tests", "correct horse battery staple")).status_code == 401


def test_name_and_password_buy_the_first_key_and_nothing_else(door, root):
    user, password = door.make(), "a long enough secret of somebody"
    root.ok("PATCH", f"users/{user['id']}", json={"password": password})
    new = {"name": "first", "expires_in": 60}
    auth = basic(user["user"], password)
    key = door.raw("POST", "users/me/api_keys", auth=auth, json=new)
    assert key.status_code == 200
    assert door.raw("GET", "users/me", key=key.json()["token"]).json()["id"] == user["id"]
    assert door.raw("POST", "users/me/api_keys", auth=basic(user["user"], "wrong"), json=new).status_code == 401
    assert door.raw("POST", "users/me/api_keys", auth=basic("nobody at all", "wrong"), json=new).status_code == 401
    assert door.raw("POST", f"users/{user['id']}/api_keys", auth=auth, json=new).status_code == 401
    assert door.raw("PATCH", "users/me", auth=auth, json={}).status_code == 401
    sessions = requests.get(f"{door.roster.address}/api/v1/users/{user['id']}/sessions",
                            headers={"Authorization": f"Bearer {root.key}"}).json()
    assert sessions["items"] == [], "the session was for one request"
    root.ok("PATCH", f"users/{user['id']}", json={"active": False})
    assert door.raw("POST", "users/me/api_keys", auth=auth, json=new).status_code == 401


def test_paths_and_names_in_every_spelling(door, root):
    user = door.make()
    for path in (f"users/{user['id']}", f"users/{user['id']}/", f"/users//{user['id']}", f"%75sers/{user['id']}"):
        assert check(DETAIL, root.ok("GET", path))["id"] == user["id"], path
    for path in ("users/./me", "users/../users/me", "users/%2e%2e/users/me", "users%2fme", "users/me%00", "users/%zz",
                 "users\\me", "users/me/%ff"):
        assert root.raw("GET", path).status_code in (400, 404), path
    for path in ("Users/me", "users/ME", "users/me.json", "nothing", "users/me/nothing", "users/0", "users/-1",
                 "users/9007199254740992", "users/99999999999999999999999", "users/1e3", "users/x"):
        assert root.raw("GET", path).status_code == 404, path
    camel = door.new()
    camel = {"name": camel["name"], "email": camel["email"], "primaryGroupId": camel["primary_group_id"],
             "user": camel["user"], "timeZone": "Europe/Berlin", "prefersSmsOtp": False, "unknownKey": 1}
    made = check(DETAIL, root.ok("POST", "users/", json=camel))
    assert (made["timeZone"], made["prefersSmsOtp"]) == ("Europe/Berlin", False)


def test_bodies(door, root):
    for body in ("[]", "x", "{", '"x"', '{"name": "a", "name": "b"}', "1"):
        answer = root.raw("POST", "users", data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, body
    assert root.raw("GET", "users/me", json={}).status_code == 200
    assert root.raw("GET", "users/me", data="nonsense").status_code == 200
    assert root.raw("PATCH", "users/me").status_code == 200
    assert root.raw("PATCH", "users/me", data="").status_code == 200
    for method, path in (("PUT", "users"), ("DELETE", "users"), ("OPTIONS", "users"), ("PATCH", "users")):
        assert root.raw(method, path).status_code == 404
    head = root.raw("HEAD", "users/me")
    assert head.status_code == 200 and not head.content


def test_method_overrides_and_other_addresses_have_no_influence(root, door):
    for headers in ({"X-HTTP-Method-Override": "DELETE"}, {"X-Original-URL": "/civis/groups"}, {"X-Rewrite-URL": "/x"}):
        assert root.raw("GET", "users/me", headers=headers, params={"_method": "DELETE"}).json()["id"] == root.id
    assert root.raw("GET", "users/me", headers={"Accept": "application/vnd.civis-platform.v1"}).status_code == 200


def test_limits_of_requests_are_shown_and_kept(root, start_roster):
    assert root.client.users.get_me().rate_limit is None, "there is none unless it is set"
    door = Door(start_roster("sqlite", ROSTER_RATES_REQUESTS="60"))
    me = door.root.client.users.get_me()
    assert me.rate_limit == 60 and 0 < me.calls_remaining < 60
    answers = (door.root.raw("GET", "users/me") for _ in range(200))
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["Retry-After"]) >= 1
    assert (refused.headers["X-RateLimit-Limit"], refused.headers["X-RateLimit-Remaining"]) == ("60", "0")
