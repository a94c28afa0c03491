"""Section 5, MFA, and section 6, one-time passwords in general."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, unquote, urlparse

import pytest
import zxingcpp
from airt.client import APIKey, Client, User

from authenticator import Authenticator
from people import wire
from test_users import new_user, refusal


def test_the_address_is_one_that_authenticator_apps_read(people):
    user = people.make()
    url = urlparse(User._get_mfa_provision_url())
    query = {key: values[0] for key, values in parse_qs(url.query).items()}
    assert (url.scheme, url.netloc) == ("otpauth", "totp")
    assert user.username in unquote(url.path) or user.email in unquote(url.path)
    assert query["issuer"]
    assert len(base64.b32decode(query["secret"] + "=" * (-len(query["secret"]) % 8))) == 20
    assert query.get("algorithm", "SHA1") == "SHA1"
    assert query.get("digits", "6") == "6"
    assert query.get("period", "30") == "30"


def test_enable_mfa_draws_the_address_as_a_qr_code(people, monkeypatch):
    people.make()
    urls = []
    fetch = User._get_mfa_provision_url
    monkeypatch.setattr(User, "_get_mfa_provision_url", staticmethod(lambda otp=None: urls.append(fetch(otp)) or urls[-1]))
    picture = User.enable_mfa().get_image().convert("L")
    assert zxingcpp.read_barcode(picture).text == urls[0]


def test_mfa_is_active_only_after_a_right_code(people):
    user = people.make()
    authenticator = Authenticator(User._get_mfa_provision_url())
    assert user.details()["is_mfa_active"] is False
    assert user.log_in().details()["is_mfa_active"] is False  # t06: nor does it stand in the way of a login
    frame = User.activate_mfa(otp=authenticator.code())
    assert len(frame) == 1 and set(frame.columns) == set(User.USER_COLS)
    assert bool(frame.iloc[0]["is_mfa_active"]) is True
    assert user.details()["is_mfa_active"] is True


def test_each_generation_makes_a_new_secret_and_drops_the_earlier(people):
    user = people.make()
    first, second = (Authenticator(User._get_mfa_provision_url()) for _ in range(2))
    assert first.totp.secret != second.totp.secret
    assert "Invalid OTP" in refusal(User.activate_mfa, otp=first.code())
    User.activate_mfa(otp=second.code())


def test_three_wrong_codes_use_up_the_pending_secret(people):
    user = people.make()
    authenticator = Authenticator(User._get_mfa_provision_url())
    for _ in range(3):
        assert "Invalid OTP" in refusal(User.activate_mfa, otp=authenticator.wrong())
    assert "Invalid OTP" in refusal(User.activate_mfa, otp=authenticator.code())
    assert user.details()["is_mfa_active"] is False
    user.turn_on_mfa()
    assert user.details()["is_mfa_active"] is True


def test_two_wrong_codes_do_not(people):
    user = people.make()
    authenticator = Authenticator(User._get_mfa_provision_url())
    for _ in range(2):
        refusal(User.activate_mfa, otp=authenticator.wrong())
    User.activate_mfa(otp=authenticator.code())
    assert user.details()["is_mfa_active"] is True


def test_t05_parallel_wrong_activations_count(people):
    user = people.make()
    authenticator = Authenticator(User._get_mfa_provision_url())
    wrong = authenticator.wrong()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: user.wire("POST", "/user/mfa/activate", json={"user_otp": wrong}), range(8)))
    refusal(User.activate_mfa, otp=authenticator.code())


def test_activation_without_a_pending_secret_is_an_error(people):
    people.make()
    refusal(User.activate_mfa, otp="123456")
    for body in ({}, {"user_otp": None}):
        answer = people.make().wire("POST", "/user/mfa/activate", json=body)
        assert 400 <= answer.status_code < 500


def test_a_running_mfa_stays_in_force_until_the_new_one_is_activated(people):
    user = people.make().turn_on_mfa()
    assert "OTP is required" in refusal(User._get_mfa_provision_url)
    old = user.authenticator
    new = Authenticator(User._get_mfa_provision_url(otp=old.code()))
    refusal(APIKey.create, name="with-new", otp=new.wrong())
    assert user.details()["is_mfa_active"] is True
    User.update(first_name="Old", otp=old.code())
    User.activate_mfa(otp=new.code())
    assert "Invalid OTP" in refusal(User.update, first_name="New", otp=Authenticator(old.url).wrong())
    User.update(first_name="New", otp=new.code())
    assert user.details()["first_name"] == "New"


def test_disabling_with_the_authenticator(people):
    user = people.make().turn_on_mfa()
    assert "OTP is required" in refusal(User.disable_mfa)
    assert "Invalid OTP" in refusal(User.disable_mfa, otp=user.authenticator.wrong())
    frame = User.disable_mfa(otp=user.code())
    assert len(frame) == 1 and set(frame.columns) == set(User.USER_COLS)
    assert user.details()["is_mfa_active"] is False
    assert user.log_in().token


def test_disabling_what_is_not_active_is_an_error(people):
    user = people.make()
    assert "OTP" not in refusal(User.disable_mfa)
    User._get_mfa_provision_url()
    refusal(User.disable_mfa)
    people.admin.act()
    refusal(User.disable_mfa, user=user.username)


def test_disabling_deletes_the_secret(people):
    user = people.make().turn_on_mfa()
    User.disable_mfa(otp=user.code())
    refusal(User.activate_mfa, otp=user.code())
    assert user.details()["is_mfa_active"] is False


def test_disabling_with_an_sms_code(people):
    user = people.make().verify_phone().turn_on_mfa()
    wrong_template = user.request_sms("get_token")
    code = user.request_sms("disable_mfa")
    assert "Invalid OTP" in refusal(User.disable_mfa, otp=wrong_template)
    User.disable_mfa(otp=code)
    assert user.details()["is_mfa_active"] is False


def test_a_super_user_disables_the_mfa_of_others(people):
    user = people.make().turn_on_mfa()
    people.admin.act()
    User.disable_mfa(user=user.username)
    assert user.details()["is_mfa_active"] is False


def test_the_code_asked_for_is_the_callers(people):
    boss, user = people.super_user().turn_on_mfa(), people.make().turn_on_mfa()
    boss.act()
    assert "OTP is required" in refusal(User.disable_mfa, user=user.username)
    assert "Invalid OTP" in refusal(User.disable_mfa, user=user.username, otp=user.code())
    User.disable_mfa(user=user.username, otp=boss.code())
    assert user.details()["is_mfa_active"] is False


def test_a_super_user_without_mfa_gives_no_code(people):
    user = people.make().turn_on_mfa()
    people.admin.act()
    refusal(User.disable_mfa, user=user.username, otp=user.code())
    assert user.details()["is_mfa_active"] is True


def test_a_plain_user_cannot_disable_the_mfa_of_others(people):
    user, other = people.make(), people.make().turn_on_mfa()
    user.act()
    refusal(User.disable_mfa, user=other.username)
    assert user.wire("DELETE", f"/user/mfa/{other.uuid}/disable").status_code == 403
    assert other.details()["is_mfa_active"] is True


# --- section 6 ---------------------------------------------------------------------------------------------------------


def protected(boss, target):
    """Every call that needs the caller's code, as (name, call)."""
    return [
        ("create", lambda otp: User.create(**new_user(f"by-{boss.username}-{otp}"), otp=otp)),
        ("update", lambda otp: User.update(first_name="X", otp=otp)),
        ("update other", lambda otp: User.update(user=target.username, first_name="X", otp=otp)),
        ("disable", lambda otp: User.disable(target.username, otp=otp)),
        ("enable", lambda otp: User.enable(target.username, otp=otp)),
        ("generate", lambda otp: User._get_mfa_provision_url(otp=otp)),
        ("disable mfa", lambda otp: User.disable_mfa(otp=otp)),
        ("disable other mfa", lambda otp: User.disable_mfa(user=target.username, otp=otp)),
        ("enable sso", lambda otp: User.enable_sso("google", "a@example.com", otp=otp)),
        ("disable sso", lambda otp: User.disable_sso("google", otp=otp)),
        ("register phone", lambda otp: User.register_phone_number("440123456789", otp=otp)),
        ("create key", lambda otp: APIKey.create(name="k", otp=otp)),
        ("revoke key", lambda otp: APIKey.revoke("k", otp=otp)),
    ]


def test_these_calls_need_the_callers_code_with_a_token_and_with_a_key(people):
    boss, target = people.super_user(), people.make()
    boss.act()
    key = APIKey.create(name="boss key")["access_token"]
    boss.turn_on_mfa()
    before = boss.details()
    for bearer in (boss.token, key):
        Client(server=boss.roster.airt, auth_token=bearer)
        for name, call in protected(boss, target):
            assert "OTP is required" in refusal(call, None), name
    for name, call in protected(boss, target)[:4]:
        assert "Invalid OTP" in refusal(call, boss.authenticator.wrong()), name
    assert boss.details() == before
    assert target.details()["disabled"] is False


def test_reading_needs_none(people):
    boss = people.super_user()
    APIKey.create(name="k")
    boss.turn_on_mfa()
    User.details()
    User.details(people.admin.username)
    User.ls()
    APIKey.ls()
    APIKey.details("k")


def test_without_mfa_a_given_code_is_refused_and_nothing_changes(people):
    boss, target = people.super_user(), people.make()
    boss.act()
    before = boss.details()
    for name, call in protected(boss, target):
        told = refusal(call, "123456")
        assert "OTP is required" not in told, name
    assert boss.details() == before
    assert target.details() == {**target.details(), "disabled": False, "first_name": "Ann"}
    assert APIKey.ls() == []


def test_permission_comes_before_the_code(people):
    user, other = people.make().turn_on_mfa(), people.make()
    user.act()
    for otp in (None, user.authenticator.wrong()):
        for call in (lambda: User.create(**new_user("never"), otp=otp), lambda: User.disable(other.username, otp=otp)):
            assert "OTP" not in refusal(call)
        suffix = f"?otp={otp}" if otp else ""
        for method, path in (("DELETE", f"/user/{other.uuid}"), ("GET", f"/user/{other.uuid}/enable"), ("DELETE", f"/user/mfa/{other.uuid}/disable"), ("DELETE", f"/user/sso/{other.uuid}/disable/google"), ("DELETE", f"/{other.uuid}/apikey/k")):
            answer = user.wire(method, path + suffix)
            assert answer.status_code == 403 and "OTP" not in answer.text
        assert user.wire("POST", f"/user/{other.uuid}/update", json={"otp": otp}).status_code == 403


def test_the_code_comes_before_everything_else(people):
    boss, target = people.super_user().turn_on_mfa(), people.make()
    boss.act()
    taken = new_user(target.username)
    bad = [
        lambda otp: User.create(**taken, otp=otp),
        lambda otp: User.create(**new_user("fresh", subscription_type="odd"), otp=otp),
        lambda otp: User.update(username=target.username, otp=otp),
        lambda otp: User.enable(target.username, otp=otp),
        lambda otp: User.disable_mfa(user=target.username, otp=otp),
        lambda otp: User.enable_sso("facebook", "no address", otp=otp),
        lambda otp: User.disable_sso("google", otp=otp),
        lambda otp: User.register_phone_number("12", otp=otp),
        lambda otp: APIKey.revoke("no such key", otp=otp),
    ]
    for call in bad:
        assert "OTP is required" in refusal(call, None)
    assert "OTP is required" in boss.wire("DELETE", "/user/no-such-name").text
    for call in bad[:2]:
        assert "Invalid OTP" in refusal(call, boss.authenticator.wrong())


def test_a_code_of_a_call_that_then_fails_is_used_up(people):
    boss, target = people.super_user().turn_on_mfa(), people.make()
    boss.act()
    code = boss.code()
    assert "OTP" not in refusal(User.create, **new_user(target.username), otp=code)
    assert "Invalid OTP" in refusal(User.create, **new_user("after-failure"), otp=code)


def test_the_code_of_the_activation_is_used_up(people):
    user = people.make()
    authenticator = Authenticator(User._get_mfa_provision_url())
    code = authenticator.code()
    User.activate_mfa(otp=code)
    assert "Invalid OTP" in refusal(User.update, first_name="X", otp=code)


def test_a_code_of_a_login_is_used_up_for_all_purposes(people):
    user = people.make().turn_on_mfa()
    code = user.code()
    user.log_in(otp=code).act()
    for call in (
        lambda: User.disable_mfa(otp=code),
        lambda: User.update(first_name="X", otp=code),
        lambda: APIKey.create(name="k", otp=code),
    ):
        assert "Invalid OTP" in refusal(call)
    told = refusal(User.reset_password, username=user.username, new_password="the next pass phrase", otp=code)
    assert told == refusal(User.reset_password, username=user.username, new_password="the next pass phrase", otp="1")


def test_one_code_does_for_a_list_of_targets(people):
    boss = people.super_user().turn_on_mfa()
    names = [people.make(log_in=False).username for _ in range(3)]
    boss.act()
    code = boss.code()
    assert list(User.disable(names, otp=code)["disabled"]) == [True] * 3
    assert "Invalid OTP" in refusal(User.disable, names[0], otp=code)  # handled with it already
    assert "Invalid OTP" in refusal(User.enable, names, otp=code)  # another operation
    assert list(User.enable(names, otp=boss.code())["disabled"]) == [False] * 3


def test_the_code_of_a_list_is_good_for_nothing_else(people):
    boss = people.super_user()
    boss.act()
    key = APIKey.create(name="k")["access_token"]
    boss.turn_on_mfa()
    first, second = (people.make(log_in=False).username for _ in range(2))
    code = boss.code()
    boss.act()
    User.disable(first, otp=code)
    assert "Invalid OTP" in refusal(User.update, first_name="X", otp=code)
    assert "Invalid OTP" in refusal(APIKey.revoke, "k", otp=code)
    with pytest.raises(ValueError, match="Invalid OTP"):
        Client.get_token(username=boss.username, password=boss.password, server=boss.roster.airt, otp=code)
    Client(server=boss.roster.airt, auth_token=key)
    assert "Invalid OTP" in refusal(User.disable, second, otp=code)  # another credential
    boss.act()
    assert User.disable(second, otp=code).iloc[0]["disabled"]


def test_a_code_used_for_something_else_is_not_good_for_a_list(people):
    boss, target = people.super_user().turn_on_mfa(), people.make(log_in=False)
    code = boss.code()
    boss.act()
    User.update(first_name="X", otp=code)
    assert "Invalid OTP" in refusal(User.disable, target.username, otp=code)
    assert User.details(target.username)["disabled"] is False


def test_one_code_revokes_several_keys(people):
    user = people.make()
    for name in ("a", "b", "c"):
        APIKey.create(name=name)
    user.turn_on_mfa()
    code = user.code()
    frame = APIKey.revoke(["a", "b"], otp=code)
    assert list(frame["disabled"]) == [True, True]
    assert "Invalid OTP" in refusal(APIKey.revoke, "a", otp=code)
    assert [key.name for key in APIKey.ls()] == ["c"]


def test_codes_out_of_reach_are_invalid(people):
    user = people.make().turn_on_mfa()
    assert "Invalid OTP" in refusal(User.update, first_name="X", otp=user.authenticator.far())


@pytest.mark.parametrize("otp", ["", "12345", "1234567", "abcdef", "１２３４５６", "12345６", "-12345", "1e5"])
def test_what_is_no_code_is_an_invalid_one(people, otp):
    user = people.make().turn_on_mfa()
    body = {"first_name": "X", "otp": otp}
    answer = user.wire("POST", f"/user/{user.uuid}/update", json=body)
    assert answer.status_code < 500 and re.search("Invalid OTP|OTP is required", answer.text)
    assert user.details()["first_name"] == "Ann"


def test_t05_one_code_in_a_parallel_burst_is_accepted_once(people):
    user = people.make().turn_on_mfa()
    code = user.code()
    with ThreadPoolExecutor(16) as pool:
        bodies = [{"name": f"k{number}", "otp": code} for number in range(16)]
        answers = list(pool.map(lambda body: user.wire("POST", "/apikey", json=body).status_code, bodies))
    assert sorted(answers)[:2] == [200, 400] or sorted(answers)[:2] == [200, 401] or sorted(answers)[:2] == [200, 403]
    assert len(APIKey.ls()) == 1


def test_t30_a_login_of_a_removed_token_never_comes_back(people):
    user = people.make().turn_on_mfa()
    assert wire(user.roster, "GET", "/user/details", user.token + "x").status_code == 401
    assert wire(user.roster, "GET", "/user/details", user.token[:-1]).status_code == 401
    assert wire(user.roster, "GET", "/user/details", user.token.swapcase()).status_code == 401
