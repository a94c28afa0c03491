"""Section 5, API keys."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest
from airt.client import APIKey, Client, User

from people import wire
from test_users import refusal

COLUMNS = ["uuid", "name", "created", "expiry", "disabled"]


def details_with(roster, bearer: str) -> int:
    return wire(roster, "GET", "/user/details", bearer).status_code


def test_a_key_is_a_credential_of_its_owner(people):
    user = people.make()
    made = APIKey.create(name="key")
    assert set(made) == {"access_token", "token_type"}
    Client.set_token(token=made["access_token"], server=user.roster.airt)
    assert User.details()["uuid"] == user.uuid
    assert APIKey.details("key").iloc[0]["name"] == "key"


def test_a_super_users_key_has_the_super_users_rights(people):
    boss = people.super_user()
    key = APIKey.create(name="key")["access_token"]
    target = people.make(log_in=False)
    Client.set_token(token=key, server=boss.roster.airt)
    assert User.disable(target.username).iloc[0]["disabled"]
    assert APIKey.create(name="made with a key")["access_token"]


def test_the_key_object(people):
    people.make()
    APIKey.create(name="forever")
    APIKey.create(name="for ten days", expiry=10)
    frame = APIKey.details("forever")
    assert list(frame.columns) == COLUMNS and len(frame) == 1
    row = frame.iloc[0]
    assert row["expiry"] == "" and not row["disabled"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", row["uuid"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", row["created"])
    expiry = APIKey.details("for ten days").iloc[0]["expiry"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00", expiry)


def test_the_expiry_is_kept_to_the_minute_and_taken_as_utc(people):
    people.make()
    until = datetime(2040, 2, 29, 12, 34, 56)
    APIKey.create(name="dated", expiry=until)
    APIKey.create(name="delta", expiry=timedelta(days=3))
    assert APIKey.details("dated").iloc[0]["expiry"] == "2040-02-29T12:34:00"
    in_three_days = datetime.now() + timedelta(days=3)
    assert APIKey.details("delta").iloc[0]["expiry"] in {
        (in_three_days - timedelta(minutes=late)).strftime("%Y-%m-%dT%H:%M:00") for late in (0, 1)
    }


def test_a_past_expiry_is_refused_or_useless(people):
    user = people.make()
    past = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(days=1)
    try:
        key = APIKey.create(name="late", expiry=past)["access_token"]
    except ValueError:
        return
    assert details_with(user.roster, key) == 401


@pytest.mark.parametrize("expiry", ["tomorrow", "2040-13-01T00:00", "2040-02-30T00:00", "2040-01-01", "2040-01-01T00:00:00Z", "", "99999-01-01T00:00", "2040-01-01T24:00"])
def test_what_is_no_expiry_is_refused(people, expiry):
    user = people.make()
    answer = user.wire("POST", "/apikey", json={"name": "odd", "expiry": expiry, "otp": None})
    assert 400 <= answer.status_code < 500
    assert APIKey.ls() == []


@pytest.mark.parametrize("name", ["", None, "x" * 2000, "a\nb", " "])
def test_what_is_no_name_is_refused(people, name):
    answer = people.make().wire("POST", "/apikey", json={"name": name, "expiry": None, "otp": None})
    assert 400 <= answer.status_code < 500


def test_names_are_unique_among_live_keys(people):
    user = people.make()
    APIKey.create(name="key")
    refusal(APIKey.create, name="key")
    APIKey.revoke("key")
    APIKey.create(name="key")
    other = people.make()
    APIKey.create(name="key")
    assert len(APIKey.ls()) == 1
    user.act()
    assert len(APIKey.ls()) == 1
    assert other.uuid != user.uuid


def test_lookup_by_name_prefers_the_live_key(people):
    people.make()
    APIKey.create(name="key")
    old = APIKey.details("key").iloc[0]["uuid"]
    APIKey.revoke("key")
    refusal(APIKey.details, "key")
    APIKey.create(name="key")
    new = APIKey.details("key").iloc[0]["uuid"]
    assert new != old
    refusal(APIKey.details, old)
    assert APIKey.details(new).iloc[0]["name"] == "key"


def test_revoking_ends_the_key_at_once(people):
    user = people.make()
    key = APIKey.create(name="key")["access_token"]
    assert details_with(user.roster, key) == 200
    frame = APIKey.revoke("key")
    assert list(frame.columns) == COLUMNS
    assert frame.iloc[0]["disabled"]
    assert [details_with(user.roster, key) for _ in range(20)] == [401] * 20


def test_revoking_takes_names_uuids_lists_and_instances(people):
    people.make()
    for name in "abcde":
        APIKey.create(name=name)
    keys = {key.name: key for key in APIKey.ls()}
    assert list(APIKey.revoke(keys["a"].uuid)["name"]) == ["a"]
    assert list(APIKey.revoke(["b", keys["c"].uuid])["name"]) == ["b", "c"]
    assert list(APIKey.revoke([keys["d"], keys["e"]])["name"]) == ["d", "e"]
    assert APIKey.ls() == []


def test_revoking_what_is_revoked_or_unknown_is_an_error(people):
    people.make()
    APIKey.create(name="key")
    uuid = APIKey.details("key").iloc[0]["uuid"]
    APIKey.revoke("key")
    for key in ("key", uuid, "unknown", "00000000-0000-0000-0000-000000000000"):
        refusal(APIKey.revoke, key)
        refusal(APIKey.details, key)


def test_ls_is_oldest_first_and_hides_revoked_keys(people):
    people.make()
    for name in "abcd":
        APIKey.create(name=name)
    APIKey.revoke("b")
    assert [key.name for key in APIKey.ls()] == ["a", "c", "d"]
    assert [key.name for key in APIKey.ls(include_disabled=True)] == ["a", "b", "c", "d"]
    assert [key.name for key in APIKey.ls(offset=1, limit=1)] == ["c"]
    assert [key.name for key in APIKey.ls(offset=None, limit=None)] == ["a", "c", "d"]
    assert APIKey.ls(offset=10) == []
    frame = APIKey.as_df(APIKey.ls(include_disabled=True))
    assert list(frame.columns) == COLUMNS and list(frame["disabled"]) == [False, True, False, False]
    assert set(frame["expiry"]) == {""}


def test_a_plain_user_has_own_keys_only(people):
    user, other = people.make(), people.make()
    APIKey.create(name="theirs")
    uuid = APIKey.details("theirs").iloc[0]["uuid"]
    user.act()
    refusal(APIKey.ls, user=other.username)
    refusal(APIKey.revoke, "theirs", user=other.username)
    for key in ("theirs", uuid):
        refusal(APIKey.details, key)
        assert user.wire("GET", f"/{other.uuid}/apikey").status_code == 403
        assert user.wire("DELETE", f"/{other.uuid}/apikey/{key}").status_code == 403
        assert user.wire("DELETE", f"/{user.uuid}/apikey/{key}").status_code == 400  # t23: own parent, foreign child
    other.act()
    assert [key.name for key in APIKey.ls()] == ["theirs"]


def test_a_super_user_lists_and_revokes_the_keys_of_others(people):
    user = people.make()
    key = APIKey.create(name="theirs")["access_token"]
    uuid = APIKey.details("theirs").iloc[0]["uuid"]
    people.admin.act()
    assert [key.name for key in APIKey.ls(user=user.username)] == ["theirs"]
    assert people.admin.wire("DELETE", f"/{people.admin.uuid}/apikey/{uuid}").status_code == 400
    assert list(APIKey.revoke(APIKey.ls(user=user.uuid), user=user.username)["disabled"]) == [True]
    assert details_with(user.roster, key) == 401


def test_a_key_of_an_account_made_super_or_not_follows_the_account(people):
    user = people.make()
    key = APIKey.create(name="k")["access_token"]
    Client(server=user.roster.airt, auth_token=key)
    refusal(User.ls)
    refusal(User.disable, people.admin.username)
