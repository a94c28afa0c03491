"""Section 5, authentication: tokens, the OTP envelope, the order of checks."""

from __future__ import annotations

import json

import pytest
from airt.client import APIKey, Client, User

from people import wire


def refusal(function, *arguments, **options) -> str:
    with pytest.raises(ValueError) as caught:
        function(*arguments, **options)
    return str(caught.value)


def login(person, password=None, otp=None, username=None) -> str:
    """Why a login was refused."""
    return refusal(
        Client.get_token,
        username=username or person.username,
        password=password or person.password,
        server=person.roster.airt,
        otp=otp,
    )


def token(person, password, username=None):
    return wire(person.roster, "POST", "/token", data={"username": username or person.username, "password": password})


def test_a_token_is_for_its_account(people):
    user = people.make()
    assert User.details()["uuid"] == user.uuid
    answer = token(user, user.password).json()
    assert answer["token_type"] == "bearer"
    assert set(answer) == {"access_token", "token_type"}


def test_set_token_takes_a_token_and_an_api_key_without_a_request(people):
    user = people.make()
    key = APIKey.create(name="key")["access_token"]
    Client.set_token(token=user.token, server=user.roster.airt)
    assert User.details()["uuid"] == user.uuid
    Client.set_token(token=key, server=user.roster.airt)
    assert User.details()["uuid"] == user.uuid


def test_a_login_does_not_end_others(people):
    user = people.make()
    first = user.token
    assert user.log_in().token != first
    Client.set_token(token=first, server=user.roster.airt)
    assert User.details()["uuid"] == user.uuid


def test_t01_unknown_user_and_wrong_password_look_the_same(people):
    user = people.make()
    wrong, unknown = token(user, "wrong"), token(user, "wrong", username="nobody at all")
    assert (wrong.status_code, wrong.text) == (unknown.status_code, unknown.text) == (401, wrong.text)
    dates = {"date", "x-request-id"}
    headers = [{k.lower(): v for k, v in answer.headers.items() if k.lower() not in dates} for answer in (wrong, unknown)]
    assert headers[0] == headers[1]
    assert "OTP" not in wrong.text


def test_an_otp_without_mfa_is_refused_like_a_wrong_password(people):
    user = people.make()
    assert login(user, otp="123456") == login(user, password="wrong") == login(user, password="wrong", otp="123456")


def test_with_mfa_the_right_password_asks_for_a_code(people):
    user = people.make().turn_on_mfa()
    assert "OTP is required" in login(user)


def test_with_mfa_a_wrong_password_yields_no_otp_phrase(people):
    user = people.make().turn_on_mfa()
    plain = login(people.make(), password="wrong")
    assert login(user, password="wrong") == plain
    assert login(user, password="wrong", otp=user.authenticator.wrong()) == plain
    assert login(user, password="wrong", otp=user.code()) == plain


def test_with_mfa_a_wrong_code_is_an_invalid_otp(people):
    user = people.make().turn_on_mfa()
    for wrong in (user.authenticator.wrong(), user.authenticator.far(), "abc", "", "12345", "1234567", "１２３４５６"):
        assert "Invalid OTP" in login(user, otp=wrong)


def test_with_mfa_a_code_lets_in_once(people):
    user = people.make().turn_on_mfa()
    code = user.code()
    assert user.log_in(otp=code).details()["uuid"] == user.uuid
    assert "Invalid OTP" in login(user, otp=code)


def test_the_code_of_the_envelope_may_be_a_number(people):
    user = people.make().turn_on_mfa()
    assert user.log_in(otp=int(user.code())).details()["uuid"] == user.uuid


def test_an_sms_code_lets_in_once_when_mfa_is_on(people):
    user = people.make().verify_phone().turn_on_mfa()
    code = user.request_sms("get_token")
    assert user.log_in(otp=code).details()["uuid"] == user.uuid
    assert "Invalid OTP" in login(user, otp=code)


@pytest.mark.parametrize("template", ["disable_mfa", "reset_password"])
def test_t07_an_sms_code_of_another_template_does_not_let_in(people, template):
    user = people.make().verify_phone().turn_on_mfa()
    assert "Invalid OTP" in login(user, otp=user.request_sms(template))


def test_a_newer_sms_code_replaces_the_older(people):
    user = people.make().verify_phone().turn_on_mfa()
    older, newer = user.request_sms("get_token"), user.request_sms("get_token")
    if older != newer:
        assert "Invalid OTP" in login(user, otp=older)
    user.log_in(otp=newer)


@pytest.mark.parametrize(
    "password",
    [
        json.dumps({"password": "x"}),
        json.dumps({"password": "x", "user_otp": "1", "more": 1}),
        json.dumps(["password", "user_otp"]),
        json.dumps({"user_otp": "123456"}),
        json.dumps({"password": 1, "user_otp": "123456"}),
        json.dumps({"password": "x", "user_otp": {}}),
        "{nearly json",
        "a  pass word, +with% & signs =",
        "пароль пароль",
    ],
)
def test_other_json_as_a_password_is_a_password(people, password):
    user = people.make(password=password)
    assert user.details()["uuid"] == user.uuid


def test_the_envelope_needs_no_order_and_no_particular_spacing(people):
    user = people.make().turn_on_mfa()
    envelope = f'{{ "user_otp" : "{user.code()}" ,\n "password" : {json.dumps(user.password)} }}'
    assert "access_token" in token(user, envelope).json()


@pytest.mark.parametrize("form", [{}, {"username": "x"}, {"password": "x"}])
def test_a_token_form_without_its_fields_is_malformed_input(people, form):
    assert wire(people.roster, "POST", "/token", data=form).status_code == 422


def test_t08_a_name_may_be_written_in_any_case(people):
    user = people.make(username="Ann Of The Case")
    user.username = "ANN OF THE CASE"
    assert user.log_in().details()["username"] == "Ann Of The Case"


def test_a_disabled_account_gets_no_token(people):
    user = people.make(log_in=False)
    User.disable(user.username)
    told = login(user)
    assert "OTP" not in told
    unknown = login(user, username="nobody at all")
    assert login(user, password="wrong") == unknown
    assert told != unknown


def test_a_disabled_account_is_told_so_before_a_code_is_asked_for(people):
    user = people.make().turn_on_mfa()
    people.admin.act()
    User.disable(user.username)
    without = login(user)
    assert "OTP" not in without
    assert login(user, otp=user.authenticator.wrong()) == without


def test_t30_disabling_stops_tokens_and_api_keys_at_once(people):
    user = people.make()
    key = APIKey.create(name="k")["access_token"]
    for bearer in (user.token, key):
        assert wire(user.roster, "GET", "/user/details", bearer).status_code == 200
    people.admin.act()
    User.disable(user.username)
    for _ in range(20):
        for bearer in (user.token, key):
            assert wire(user.roster, "GET", "/user/details", bearer).status_code == 401


def test_disabling_ends_api_keys_for_good(people):
    user = people.make()
    key = APIKey.create(name="k")["access_token"]
    people.admin.act()
    User.disable(user.username)
    User.enable(user.username)
    assert wire(user.roster, "GET", "/user/details", key).status_code == 401
    assert user.log_in().act().details()["disabled"] is False
    assert APIKey.ls() == []
    assert [key.disabled for key in APIKey.ls(include_disabled=True)] == [True]


def test_tokens_survive_mfa_on_mfa_off_and_a_new_name(people):
    user = people.make()
    user.turn_on_mfa()
    assert user.details()["is_mfa_active"] is True
    User.disable_mfa(otp=user.code())
    assert user.details()["is_mfa_active"] is False
    User.update(username=f"{user.username}-renamed")
    assert user.details()["username"] == f"{user.username}-renamed"


def test_ten_wrong_passwords_in_a_row_are_tolerated(people):
    user = people.make()
    assert len({login(user, password="wrong") for _ in range(10)}) == 1
    assert user.log_in().details()["uuid"] == user.uuid


def test_ten_wrong_codes_in_a_row_are_tolerated(people):
    user = people.make().turn_on_mfa()
    wrong = user.authenticator.wrong()
    for _ in range(10):
        assert "Invalid OTP" in login(user, otp=wrong)
    user.log_in(otp=user.code())


def test_failures_at_reset_password_do_not_block_the_login(people):
    user = people.make().verify_phone()
    user.request_sms("reset_password")
    for _ in range(15):
        refusal(User.reset_password, username=user.username, new_password="never comes to be", otp="000000")
    assert user.log_in().details()["uuid"] == user.uuid


def test_failures_with_sms_codes_do_not_block_the_login(people):
    user = people.make()
    code = user.register_phone().code
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(12):
        refusal(User.validate_phone_number, otp=wrong)
    assert user.log_in().details()["uuid"] == user.uuid


def test_known_tokens_go_on_while_somebody_guesses(people):
    user = people.make()
    for _ in range(25):
        wire(user.roster, "POST", "/token", data={"username": user.username, "password": "guess"})
    assert user.details()["uuid"] == user.uuid
