"""Section 4 and 5, users: create, list, details, update, disable, enable."""

from __future__ import annotations

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pandas as pd
import pytest
from airt.client import Client, User

from people import new_phone, wire

KEYS = {
    "uuid": str,
    "username": str,
    "email": str,
    "first_name": str,
    "last_name": str,
    "subscription_type": str,
    "super_user": bool,
    "is_mfa_active": bool,
    "disabled": bool,
    "is_phone_number_verified": bool,
    "created": str,
}


def refusal(function, *arguments, **options) -> str:
    with pytest.raises(ValueError) as caught:
        function(*arguments, **options)
    return str(caught.value)


def new_user(name: str, **details) -> dict:
    return {
        "username": name,
        "first_name": "Ann",
        "last_name": "Smith",
        "email": f"{name}@example.com",
        "password": "a long enough pass phrase",
        "subscription_type": "small",
        **details,
    }


def test_the_user_object_has_exactly_its_twelve_keys(people):
    user = people.make()
    details = user.details()
    assert set(details) == {*KEYS, "phone_number"}
    for key, kind in KEYS.items():
        assert type(details[key]) is kind, key
    assert details["phone_number"] is None
    assert details["uuid"] == str(uuid.UUID(details["uuid"]))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", details["created"])
    created = datetime.strptime(details["created"], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    assert abs(datetime.now(timezone.utc) - created) < timedelta(minutes=2)


def test_create_returns_a_frame_of_one_row_in_order(people):
    people.admin.act()
    frame = User.create(**new_user("framed", phone_number="440123456789", subscription_type="large", super_user=True))
    assert list(frame.columns) == User.USER_COLS
    assert len(frame) == 1
    row = frame.iloc[0]
    assert (row["username"], row["email"], row["first_name"], row["last_name"]) == ("framed", "framed@example.com", "Ann", "Smith")
    assert row["subscription_type"] == "large"
    assert row["phone_number"] == "440123456789"
    assert row["super_user"] and not row["is_mfa_active"] and not row["disabled"] and not row["is_phone_number_verified"]


@pytest.mark.parametrize("super_user", [None, False])
def test_super_user_defaults_to_false(people, super_user):
    people.admin.act()
    row = User.create(**new_user(f"plain-{super_user}"), super_user=super_user).iloc[0]
    assert not row["super_user"]


@pytest.mark.parametrize("kind", ["small", "medium", "large"])
def test_subscription_types_are_kept(people, kind):
    assert people.make(subscription_type=kind).details()["subscription_type"] == kind


@pytest.mark.parametrize("kind", ["", "Small", "tiny", "small ", "none"])
def test_other_subscription_types_are_refused(people, kind):
    people.admin.act()
    assert "subscription" in refusal(User.create, **new_user("unsubscribed", subscription_type=kind)).lower()
    refusal(User.details, "unsubscribed")


@pytest.mark.parametrize("spelled", ["440123456789", "+440123456789", "00440123456789", "+44 0123456789", "(+44) 012 345 6789"])
def test_five_spellings_are_one_number(people, spelled):
    user = people.make(phone_number=spelled)
    assert user.details()["phone_number"] == "440123456789"
    assert user.details()["is_phone_number_verified"] is False


@pytest.mark.parametrize("number", ["", "no digits", "123456", "1234567890123456", "0123456789", "000440123456789"])
def test_a_number_that_is_none_is_refused(people, number):
    people.admin.act()
    refusal(User.create, **new_user("numberless", phone_number=number))
    refusal(User.details, "numberless")


def test_digits_of_other_scripts_are_no_number(people):
    body = new_user("arabic", phone_number="٤٤٠١٢٣٤٥٦٧٨٩")
    assert 400 <= people.admin.wire("POST", "/user/", json=body).status_code < 500


def test_numbers_need_not_be_unique(people):
    number = new_phone()
    assert people.make(phone_number=number).uuid != people.make(phone_number=number).uuid


def test_only_super_users_create_list_disable_and_enable(people):
    user, other = people.make(), people.make()
    user.act()
    refusal(User.create, **new_user("never"))
    refusal(User.ls)
    refusal(User.disable, other.username)
    for target in (other, user):
        assert user.wire("DELETE", f"/user/{target.uuid}").status_code == 403
        assert user.wire("GET", f"/user/{target.uuid}/enable").status_code == 403
    assert other.details()["disabled"] is False
    assert user.details()["disabled"] is False


def test_a_second_super_user_may_do_the_same(people):
    boss = people.super_user()
    row = User.create(**new_user("made-by-second")).iloc[0]
    assert boss.details()["super_user"] is True
    assert User.disable(row["uuid"]).iloc[0]["disabled"]


def test_a_name_or_address_in_use_is_refused_whatever_its_case(people):
    user = people.make(username="Taken", email="Taken@Example.com")
    people.admin.act()
    for name in ("Taken", "taken", "TAKEN"):
        assert "username" in refusal(User.create, **new_user("ignored", username=name)).lower()
    for address in ("Taken@Example.com", "taken@example.com"):
        assert "email" in refusal(User.create, **new_user("ignored", email=address)).lower()
    refusal(User.create, **new_user("ignored", username="taken@example.com"))
    other = people.make()
    other.act()
    refusal(User.update, username="TAKEN")
    refusal(User.update, email="TAKEN@example.com")
    assert other.details()["username"] == other.username
    assert user.details()["email"] == "Taken@Example.com"


def test_a_refused_creation_changes_nothing(people):
    people.admin.act()
    refusal(User.create, **new_user("half", phone_number="12"))
    assert User.create(**new_user("half")).iloc[0]["username"] == "half"


@pytest.mark.parametrize("name", [str(uuid.uuid4()), str(uuid.uuid4()).upper(), uuid.uuid4().hex, f"{{{uuid.uuid4()}}}", f"urn:uuid:{uuid.uuid4()}"])
def test_a_uuid_is_no_username(people, name):
    people.admin.act()
    refusal(User.create, **new_user("ignored", username=name, email="uuid@example.com"))
    user = people.make()
    user.act()
    refusal(User.update, username=name)


@pytest.mark.parametrize("name", ["", " ", " ann", "ann ", "a\nb", "a\u200bb", "a\u202eb", "a\x00b", "x" * 400])
def test_a_name_nobody_can_tell_from_another_is_refused(people, name):
    answer = people.admin.wire("POST", "/user/", json=new_user("ignored", username=name, email="tell@example.com"))
    assert 400 <= answer.status_code < 500
    assert "username" in answer.json()["detail"].lower()


@pytest.mark.parametrize("address", ["", "ann", "ann@", "@b.c", "ann@localhost", "ann@b.", "ann@.c", "a b@c.d", "a@b@c.d", "a@b..c"])
def test_an_address_without_its_form_is_refused(people, address):
    people.admin.act()
    refusal(User.create, **new_user("addressless", email=address))
    refusal(User.details, "addressless")
    if address:
        user = people.make()
        user.act()
        refusal(User.update, email=address)
        assert user.details()["email"] == user.email


@pytest.mark.parametrize("long", ["n" * 100])
def test_names_of_a_hundred_letters_are_kept(people, long):
    user = people.make(first_name=long, last_name=long)
    assert user.details()["first_name"] == user.details()["last_name"] == long


@pytest.mark.parametrize("password", ["", "short"])
def test_a_password_the_policy_refuses_is_refused(people, password):
    people.admin.act()
    assert "password" in refusal(User.create, **new_user("weak", password=password)).lower()
    refusal(User.details, "weak")


def test_of_parallel_creations_one_wins(people):
    body = new_user("raced")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: people.admin.wire("POST", "/user/", json=body).status_code, range(8)))
    assert sorted(answers) == [200] + [400] * 7


def test_ls_gives_active_or_disabled_accounts_in_order_of_creation(people):
    made = [people.make(log_in=False) for _ in range(4)]
    people.admin.act()
    User.disable([made[1].username, made[3].uuid])
    active = [user.uuid for user in User.ls(limit=100_000)]
    disabled = [user.uuid for user in User.ls(limit=100_000, disabled=True)]
    uuids = [user.uuid for user in made]
    assert [u for u in active if u in uuids] == [uuids[0], uuids[2]]
    assert [u for u in disabled if u in uuids] == [uuids[1], uuids[3]]
    assert not set(active) & set(disabled)
    created = [user.created for user in User.ls(limit=100_000)]
    assert created == sorted(created)


def test_ls_pages(people):
    for _ in range(3):
        people.make(log_in=False)
    everybody = [user.uuid for user in User.ls(limit=100_000)]
    assert [user.uuid for user in User.ls(limit=2)] == everybody[:2]
    assert [user.uuid for user in User.ls(offset=1, limit=2)] == everybody[1:3]
    assert [user.uuid for user in User.ls(offset=len(everybody) - 1)] == everybody[-1:]
    assert User.ls(offset=len(everybody) + 5) == []
    assert User.ls(offset=10**12) == []
    assert [user.uuid for user in User.ls(offset=None, limit=None, disabled=None)] == everybody[:100]
    assert [user.uuid for user in User.ls(limit=10**9)] == everybody


def test_as_df_makes_a_frame_without_a_request(people):
    people.make()
    people.admin.act()
    users = User.ls(limit=3)
    Client.server = "http://127.0.0.1:9/nowhere"
    frame = User.as_df(users)
    assert list(frame.columns) == User.USER_COLS and len(frame) == 3
    assert list(User.as_df([]).columns) == User.USER_COLS


def test_details_finds_by_name_and_uuid_disabled_ones_too(people):
    user = people.make()
    people.admin.act()
    assert User.details(user.username) == User.details(user.uuid) == User.details(user.uuid.upper())
    User.disable(user.username)
    assert User.details(user.username)["disabled"] is True
    assert User.details()["uuid"] == people.admin.uuid


def test_details_of_oneself_may_be_asked_by_name_and_uuid(people):
    user = people.make()
    assert User.details(user.username) == User.details(user.uuid) == User.details()


def test_t03_a_plain_user_cannot_tell_who_exists(people):
    user, other = people.make(), people.make()
    ghost_uuid = str(uuid.uuid4())
    requests = [
        ("GET", "/user/details?user_uuid_or_name={}", {}),
        ("POST", "/user/{}/update", {"json": {"first_name": "X"}}),
        ("DELETE", "/user/{}", {}),
        ("GET", "/user/{}/enable", {}),
        ("DELETE", "/user/mfa/{}/disable", {}),
        ("DELETE", "/user/sso/{}/disable/google", {}),
        ("GET", "/{}/apikey", {}),
        ("DELETE", "/{}/apikey/some", {}),
    ]
    for method, path, options in requests:
        answers = [
            user.wire(method, path.format(target), **options)
            for target in (other.uuid, other.username, ghost_uuid, "no-such-name")
        ]
        assert {answer.status_code for answer in answers} == {403}, (method, path)
        assert len({answer.text for answer in answers}) == 1, (method, path)
    assert other.details()["first_name"] == "Ann"


def test_a_super_user_gets_an_error_for_whom_there_is_not(people):
    people.admin.act()
    for target in (str(uuid.uuid4()), "no-such-name", "0", "99999999999999999999", "x" * 5000):
        refusal(User.details, target)
        assert people.admin.wire("DELETE", f"/user/{target}").status_code == 400
        assert people.admin.wire("GET", f"/user/{target}/enable").status_code == 400
        assert people.admin.wire("POST", f"/user/{target}/update", json={"first_name": "X"}).status_code == 400


def test_each_route_takes_a_name_in_place_of_the_uuid(people):
    user = people.make()
    admin = people.admin
    assert admin.wire("POST", f"/user/{user.username}/update", json={"first_name": "Bea"}).json()["first_name"] == "Bea"
    assert admin.wire("DELETE", f"/user/{user.username}").json()["disabled"] is True
    assert admin.wire("GET", f"/user/{user.username}/enable").json()["disabled"] is False
    assert admin.wire("GET", f"/{user.username}/apikey").json() == []
    user.log_in().turn_on_mfa()
    assert admin.wire("DELETE", f"/user/mfa/{user.username}/disable").json()["is_mfa_active"] is False


def test_update_changes_what_is_given(people):
    user = people.make()
    frame = User.update(first_name="Béatrice", last_name="de la Cruz")
    assert list(frame.columns) == User.USER_COLS
    assert (frame.iloc[0]["first_name"], frame.iloc[0]["last_name"]) == ("Béatrice", "de la Cruz")
    assert frame.iloc[0]["username"] == user.username
    User.update(username=f"{user.username}-2")
    assert user.details()["username"] == f"{user.username}-2"
    user.username += "-2"
    assert user.log_in().details()["first_name"] == "Béatrice"


def test_update_with_null_or_empty_strings_changes_nothing(people):
    user = people.make()
    before = user.details()
    assert User.update().iloc[0].to_dict() == pd.Series(before)[User.USER_COLS].to_dict()
    for body in ({}, {"username": "", "first_name": "", "last_name": "", "email": ""}, {"username": None, "otp": None}):
        assert user.wire("POST", f"/user/{user.uuid}/update", json=body).json() == before
    assert user.details() == before


def test_updating_ones_own_address_shows_and_reserves_it(people):
    """The example of the release's documentation, word by word."""
    user = people.make()
    new = f"new-{user.email}"
    User.update(email=new)
    assert User.details()["email"] == new
    refusal(User.update, email=new)


def test_ones_own_present_name_and_address_are_in_use(people):
    user = people.make()
    refusal(User.update, username=user.username)
    refusal(User.update, email=user.email)


def test_a_super_user_updates_others(people):
    user = people.make()
    people.admin.act()
    new = f"set-{user.email}"
    row = User.update(user=user.username, first_name="Set", email=new).iloc[0]
    assert (row["first_name"], row["email"], row["uuid"]) == ("Set", new, user.uuid)
    assert user.details()["email"] == new
    refusal(User.update, user=user.username, email=new)
    refusal(User.update, user="no-such-name", first_name="X")


def test_a_plain_user_cannot_update_others(people):
    user, other = people.make(), people.make()
    user.act()
    refusal(User.update, user=other.username, first_name="X")
    assert user.wire("POST", f"/user/{other.uuid}/update", json={"first_name": "X"}).status_code == 403
    assert other.details()["first_name"] == "Ann"


def test_disable_and_enable_take_one_or_many(people):
    users = [people.make(log_in=False) for _ in range(3)]
    people.admin.act()
    frame = User.disable([users[2].username, users[0].uuid])
    assert list(frame.columns) == User.USER_COLS
    assert list(frame["uuid"]) == [users[2].uuid, users[0].uuid]
    assert list(frame["disabled"]) == [True, True]
    assert User.details(users[1].uuid)["disabled"] is False
    frame = User.enable([users[0].username, users[2].username])
    assert list(frame["uuid"]) == [users[0].uuid, users[2].uuid]
    assert list(frame["disabled"]) == [False, False]
    assert len(User.disable(users[1].uuid)) == 1


def test_disabling_and_enabling_twice_is_an_error(people):
    user = people.make(log_in=False)
    refusal(User.enable, user.username)
    User.disable(user.username)
    refusal(User.disable, user.username)
    User.enable(user.username)
    refusal(User.enable, user.username)


def test_an_error_in_a_list_leaves_the_earlier_targets_changed(people):
    first, last = people.make(log_in=False), people.make(log_in=False)
    people.admin.act()
    refusal(User.disable, [first.username, "no-such-name", last.username])
    assert User.details(first.username)["disabled"] is True
    assert User.details(last.username)["disabled"] is False


def test_t24_the_last_active_super_user_cannot_be_disabled(start_roster):
    from people import People

    alone = People(start_roster("sqlite"))
    alone.admin.act()
    refusal(User.disable, alone.admin.username)
    assert alone.admin.details()["disabled"] is False


def test_an_enabled_account_logs_in_again(people):
    user = people.make()
    people.admin.act()
    User.disable(user.username)
    User.enable(user.username)
    assert user.log_in().details()["disabled"] is False


def test_t26_no_answer_holds_a_secret(people):
    user = people.make()
    user.turn_on_mfa()
    secret = user.authenticator.totp.secret
    answers = [user.wire("GET", "/user/details"), people.admin.wire("GET", "/user/?limit=100000"), user.wire("POST", f"/user/{user.uuid}/update", json={"otp": user.code()})]
    for answer in answers:
        assert user.password not in answer.text
        assert secret not in answer.text
        assert "argon2" not in answer.text
