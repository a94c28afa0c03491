"""Rows 12 to 16: API keys and constraints (D11, D12)."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from civis.base import CivisAPIError, CivisAPIKeyError

from door import ALL_METHODS, HOUR, constraint
from shapes import KEY, KEY_SUMMARY, NEW_KEY, check

ENDPOINTS = constraint("prefix", "endpoints", "get")


def refused(call) -> int:
    with pytest.raises(CivisAPIError) as refusal:
        call()
    return refusal.value.status_code


def test_a_key_is_made_read_listed_and_revoked(door):
    person = door.person()
    users = person.client.users
    made = users.post_api_keys("me", 2 * HOUR, "nightly")
    raw = check(NEW_KEY, person.ok("POST", "users/me/api_keys", json={"name": "nightly", "expiresIn": HOUR}))
    assert made.name == "nightly" and len(made.token) >= 43 and made.active and not made.expired
    assert (made.scopes, made.constraints, made.use_count, made.last_used_at) == (["public"], [], 0, None)
    shown = check(KEY, person.ok("GET", f"users/me/api_keys/{raw['id']}"))
    assert {**shown, "token": raw["token"]} == raw
    assert check(KEY, person.ok("GET", f"users/{person.id}/api_keys/{raw['id']}")) == shown
    rows = [check(KEY_SUMMARY, row) for row in person.ok("GET", "users/me/api_keys")]
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
    assert {raw["id"], made.id} < {row["id"] for row in rows} and rows[0]["constraintCount"] == 0
    assert made.token not in person.raw("GET", "users/me/api_keys").text
    other = door.client(made.token)
    assert other.users.get_me().id == person.id
    revoked = users.delete_api_keys("me", made.id)
    assert revoked.revoked_at and not revoked.active and not revoked.expired
    with pytest.raises(CivisAPIKeyError):
        other.users.get_me()
    assert check(KEY, person.ok("DELETE", f"users/me/api_keys/{made.id}"))["revokedAt"] == revoked.revoked_at
    assert made.id in [row.id for row in users.list_api_keys("me")]


def test_pages_of_keys(door):
    person = door.person()
    made = [person.ok("POST", "users/me/api_keys", json={"name": "same", "expires_in": 60})["id"] for _ in range(6)]
    up = [row.id for row in person.client.users.list_api_keys("me", order="id", order_dir="asc", limit=3)]
    assert len(up) == 3 and up == sorted(up)
    all_pages = [row.id for row in person.client.users.list_api_keys("me", limit=2, iterator=True)]
    assert all_pages[:6] == made[::-1] and len(set(all_pages)) == len(all_pages) == 7
    answer = person.raw("GET", "users/me/api_keys", params={"limit": 2, "page_num": 2})
    heads = {name: answer.headers[f"X-Pagination-{name}"] for name in
             ("Per-Page", "Current-Page", "Total-Pages", "Total-Entries")}
    assert heads == {"Per-Page": "2", "Current-Page": "2", "Total-Pages": "4", "Total-Entries": "7"}
    assert person.ok("GET", "users/me/api_keys", params={"page_num": 99}) == []
    assert person.ok("GET", "users/me/api_keys", params={"page_num": 2**63 - 1}) == []
    for query in ({"limit": 51}, {"limit": 0}, {"limit": "x"}, {"page_num": 0}, {"order": "name"}, {"order_dir": "up"}):
        assert person.raw("GET", "users/me/api_keys", params=query).status_code == 400, query


def test_what_is_no_key_is_refused(door):
    person = door.person()
    good = {"name": "x", "expires_in": 60}
    for wrong in ({}, {"name": "x"}, {"expires_in": 60}, good | {"name": ""}, good | {"name": "  "}, good | {"name": None},
                  good | {"expires_in": 0}, good | {"expires_in": -1}, good | {"expires_in": "60"},
                  good | {"expires_in": 1.5}, good | {"expires_in": 315_360_001}, good | {"name": 7},
                  good | {"name": "a\0"}, good | {"name": "x" * 256}):
        assert person.raw("POST", "users/me/api_keys", json=wrong).status_code == 400, wrong
    assert person.ok("POST", "users/me/api_keys", json=good | {"expires_in": 315_360_000})
    assert len(person.ok("GET", "users/me/api_keys")) == 2


def test_an_expired_key_is_worth_nothing(door):
    person = door.person()
    key = person.ok("POST", "users/me/api_keys", json={"name": "short", "expires_in": 1})
    assert door.raw("GET", "users/me", key=key["token"]).status_code in (200, 401)
    deadline = time.monotonic() + 10
    while door.raw("GET", "users/me", key=key["token"]).status_code == 200:
        assert time.monotonic() < deadline
    shown = person.ok("GET", f"users/me/api_keys/{key['id']}")
    assert shown["expired"] and not shown["active"]


def test_keys_are_their_owners_and_admins_business(door, root):
    person, other = door.person(), door.person()
    key = person.ok("GET", "users/me/api_keys")[0]["id"]
    boss = door.with_role("org_admin")
    assert boss.ok("GET", f"users/{person.id}/api_keys/{key}")["id"] == key
    assert root.ok("GET", f"users/{person.id}/api_keys")[0]["id"] == key
    for path in (f"users/me/api_keys/{key}", f"users/{other.id}/api_keys/{key}"):
        assert other.raw("GET", path).status_code == 404, "t23"
        assert other.raw("DELETE", path).status_code == 404
    assert other.raw("GET", f"users/{person.id}/api_keys").status_code == 403
    new = {"name": "x", "expires_in": 60}
    assert other.raw("POST", f"users/{person.id}/api_keys", json=new).status_code == 403
    assert boss.raw("POST", f"users/{person.id}/api_keys", json=new).status_code == 403
    assert boss.ok("DELETE", f"users/{person.id}/api_keys/{key}")["revokedAt"]
    assert not person.is_known()


def test_uses_are_counted_exactly_also_at_once(door):
    person = door.person()
    key = person.ok("POST", "users/me/api_keys", json={"name": "busy", "expires_in": HOUR})
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda _: door.raw("GET", "users/me", key=key["token"]).status_code, range(256)))
    assert set(answers) == {200}
    assert person.ok("GET", f"users/me/api_keys/{key['id']}")["useCount"] == 256
    own = door.raw("GET", f"users/me/api_keys/{key['id']}", key=key["token"]).json()
    assert own["useCount"] == 257 and own["lastUsedAt"], "a key sees its own use"


def test_constraints_read_back_in_both_spellings(door):
    person = door.person()
    snake = [constraint("exact", "users/me", "get"), constraint("verb", None, "head", "delete"),
             constraint("regex", "users/[0-9]+", *ALL_METHODS)]
    camel = [{"constraint": "users/me", "constraintType": "exact", "getAllowed": True},
             {"constraintType": "verb", "headAllowed": True, "deleteAllowed": True},
             {"constraint": "users/[0-9]+", "constraintType": "regex"}
             | {f"{method}Allowed": True for method in ALL_METHODS}]
    new = {"name": "x", "expires_in": 60}
    one = check(NEW_KEY, person.ok("POST", "users/me/api_keys", json=new | {"constraints": snake}))["constraints"]
    other = person.ok("POST", "users/me/api_keys", json=new | {"constraints": camel})["constraints"]
    assert one == other
    assert one[0] == {"constraint": "users/me", "constraintType": "exact", "getAllowed": True, "headAllowed": False,
                      "postAllowed": False, "putAllowed": False, "patchAllowed": False, "deleteAllowed": False}
    assert one[1]["constraint"] is None
    by_client = person.client.users.post_api_keys("me", 60, "x", constraints=snake)
    assert [part.constraint_type for part in by_client.constraints] == ["exact", "verb", "regex"]
    assert person.ok("GET", "users/me/api_keys")[0]["constraintCount"] == 3
    for none in ([], None):
        assert person.ok("POST", "users/me/api_keys", json=new | {"constraints": none})["constraints"] == []


def test_what_is_no_constraint_makes_no_key(door):
    person = door.person()
    ok = constraint("exact", "a", "get")
    for wrong in (
        constraint("exact", "a"), constraint("verb", None), constraint("verb", "a", "get"), constraint("exact", None, "get"),
        constraint("exact", "", "get"), constraint("prefix", "", "get"), constraint("Exact", "a", "get"),
        constraint("suffix", "a", "get"), constraint("regex", "(", "get"), constraint("regex", "a)(b", "get"),
        constraint("regex", r"(a)\1", "get"), constraint("regex", "x" * 1001, "get"),
        constraint("regex", "(((a{99}){99}){99}){99}", "get"), constraint("exact", "a\0", "get"),
        constraint("exact", 7, "get"), ok | {"get_allowed": "true"}, ok | {"get_allowed": 1}, {"constraint": "a"}, "a", 7,
    ):
        new = {"name": "x", "expires_in": 60, "constraints": [ok, wrong]}
        assert person.raw("POST", "users/me/api_keys", json=new).status_code == 400, wrong
    for wrong in ({}, "x", [ok] * 101):
        new = {"name": "x", "expires_in": 60, "constraints": wrong}
        assert person.raw("POST", "users/me/api_keys", json=new).status_code == 400
    assert len(person.ok("GET", "users/me/api_keys")) == 1


def limited(person, *constraints, **more) -> str:
    new = {"name": "limited", "expires_in": HOUR, "constraints": list(constraints), **more}
    return person.ok("POST", "users/me/api_keys", json=new)["token"]


def test_the_client_needs_the_description_let_through(door):
    person = door.person()
    client = door.client(limited(person, ENDPOINTS, constraint("exact", "users/me", "get")))
    assert client.users.get_me().id == person.id
    assert refused(lambda: client.users.get(person.id)) == 403, "me and the number are different paths"
    assert refused(client.users.list) == 403
    with pytest.raises(Exception, match="403"):
        door.client(limited(person, constraint("exact", "users/me", "get")))


def test_what_each_kind_lets_through(door, root):
    person = door.person()
    ids = [door.make()["id"] for _ in range(2)]
    for one, yes, no in (
        (constraint("exact", "users/me", "get"), ["GET users/me", "GET users/me/", "GET users//me?x=1"],
         ["GET users", "GET users/me/api_keys", "HEAD users/me", "PATCH users/me", "GET Users/me", "GET nothing"]),
        (constraint("exact", "/users/me/", "get"), ["GET users/me"], ["GET users"]),
        (constraint("prefix", "users/me/", "get", "head"), ["GET users/me/api_keys", "HEAD users/me/api_keys"],
         ["GET users/me", "POST users/me/api_keys", "OPTIONS users/me/api_keys"]),
        (constraint("prefix", f"users/{ids[0]}"[:-1], "get"), [f"GET users/{ids[0]}"], ["GET users"]),
        (constraint("regex", "users|groups/[0-9]+", "get"), ["GET users", f"GET groups/{door.group}"],
         ["GET users/me", "GET groups", f"GET groups/{door.group}/shares", "GET xusers"]),
        (constraint("regex", "(?i)USERS/ME", "get"), ["GET users/me"], ["GET users"]),
        (constraint("verb", None, "get"), ["GET users/me", "GET groups", "GET endpoints"],
         ["HEAD users/me", "PATCH users/me", "DELETE users/me/api_keys/1"]),
        (constraint("verb", None, "head"), ["HEAD users/me"], ["GET users/me"]),
    ):
        key = limited(person, one)
        for asked, statuses in itertools.chain(((ask, (200,)) for ask in yes), ((ask, (403,)) for ask in no)):
            method, path = asked.split(" ")
            assert door.raw(method, path, key=key).status_code in statuses, (one, asked)
    key = limited(person, constraint("exact", "users/me", "get"), constraint("exact", "groups", "patch"))
    assert door.raw("GET", "groups", key=key).status_code == 403, "method and path of different constraints"
    assert door.raw("PATCH", "users/me", key=key).status_code == 403


def test_no_spelling_leads_round_a_constraint(door):
    person = door.person()
    key = limited(person, constraint("prefix", "users/me/", "get", "head"), constraint("exact", "endpoints", "get"))
    for path in ("groups", "users/me/../../groups", "users/me/%2e%2e/%2e%2e/groups", "users/me/..%2f..%2fgroups",
                 "users/me/..;/groups", "users/me/;/../../groups", "users/me/%252e%252e/groups", "users/me%2f..%2f..",
                 "users/me/..\\groups", "users/me/%5c..", "users/me/./../../groups",
                 "//users/me/../../groups", "USERS/me/api_keys", "users/me/%ff", "users;x=/me/api_keys",
                 "../civis/groups", "users/me/api_keys/../../../groups", "groups?path=users/me/", "groups#users/me/"):
        for method in ("GET", "HEAD"):
            answer = door.raw(method, path, key=key)
            assert answer.status_code in (400, 403, 404), (method, path, answer.text)
    for headers in ({"X-HTTP-Method-Override": "GET"}, {"X-Method-Override": "GET"}, {"X-Original-URL": "/civis/users/me/x"},
                    {"X-Forwarded-Prefix": "/users/me"}):
        assert door.raw("POST", "users/me/api_keys", key=key, headers=headers).status_code == 403
        assert door.raw("GET", "groups", key=key, headers=headers).status_code == 403
    shown = person.ok("GET", "users/me/api_keys")[0]
    assert shown["useCount"] == 0, "what is refused is no use"
    for elsewhere in ("/api/v1/whoami", "/api/v1/users/me", "/airt/user/details", "/geobox/v1/users/me/"):
        answer = requests.get(door.roster.address + elsewhere, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 403, (elsewhere, answer.text)


def test_a_limited_key_makes_keys_like_itself_only(door):
    person = door.person()
    same = [constraint("prefix", "users/", "get", "post"), ENDPOINTS]
    key = limited(person, *same)
    new = {"name": "copy", "expires_in": 10 * HOUR}
    copy = door.raw("POST", "users/me/api_keys", key=key, json=new | {"constraints": same[::-1]})
    assert copy.status_code == 200
    for other in (None, [], same[:1], [*same, constraint("verb", None, "get")], [constraint("prefix", "users/", "get")]):
        answer = door.raw("POST", "users/me/api_keys", key=key, json=new | {"constraints": other})
        assert answer.status_code == 400, other
    for path in ("users/me", "users/me/api_keys"):
        assert door.raw("GET", path, key=copy.json()["token"]).status_code == 200
    assert door.raw("GET", "groups", key=copy.json()["token"]).status_code == 403
