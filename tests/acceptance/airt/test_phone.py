"""Section 5, phone numbers, SMS codes and password reset."""

from __future__ import annotations

import re

import pytest
from airt.client import APIKey, Client, User

from people import new_phone, wire
from test_users import refusal


def other(code: str) -> str:
    return "000000" if code != "000000" else "000001"


def test_registering_stores_the_number_and_sends_a_code(people):
    user = people.make()
    phone = new_phone()
    answer = User.register_phone_number(f"+{phone}")
    assert answer == user.details()
    assert (answer["phone_number"], answer["is_phone_number_verified"]) == (phone, False)
    message = user.roster.wait_for_message(phone, 0)
    assert re.fullmatch(r"\d{6}", message.code)
    assert message.code in message.text
    assert message.template


def test_validating_marks_the_number_verified_once(people):
    user = people.make()
    code = user.register_phone().code
    answer = User.validate_phone_number(otp=code)
    assert answer == user.details()
    assert answer["is_phone_number_verified"] is True
    refusal(User.validate_phone_number, otp=code)


@pytest.mark.parametrize("spelled", ["440123456789", "+440123456789", "00440123456789", "+44 0123456789", "(+44) 012 345 6789"])
def test_five_spellings_register_one_number(people, spelled):
    people.make()
    assert User.register_phone_number(spelled)["phone_number"] == "440123456789"


@pytest.mark.parametrize("number", ["", "no digits", "123456", "1234567890123456", "0123456789"])
def test_what_is_no_number_is_refused_and_changes_nothing(people, number):
    user = people.make().verify_phone()
    before = user.details()
    refusal(User.register_phone_number, number)
    assert user.details() == before


def test_without_a_number_the_stored_one_gets_the_code(people):
    phone = new_phone()
    user = people.make(phone_number=phone)
    assert user.details()["is_phone_number_verified"] is False
    assert User.register_phone_number()["phone_number"] == phone
    code = user.roster.wait_for_message(phone, 0).code
    assert User.validate_phone_number(otp=code)["is_phone_number_verified"] is True


def test_without_a_number_and_none_stored_it_is_an_error(people):
    people.make()
    refusal(User.register_phone_number)
    refusal(User.validate_phone_number, otp="123456")


def test_validating_without_a_code_is_an_error(people):
    user = people.make()
    user.register_phone()
    for path in ("/user/validate_phone_number", "/user/validate_phone_number?otp="):
        answer = user.wire("GET", path)
        assert answer.status_code >= 400 and "Too many" not in answer.text


def test_another_number_is_unverified_again(people):
    user = people.make().verify_phone()
    first = user.phone
    user.register_phone()
    details = user.details()
    assert details["phone_number"] == user.phone != first
    assert details["is_phone_number_verified"] is False


def test_a_code_for_the_earlier_number_does_not_verify_the_later(people):
    user = people.make()
    old = user.register_phone().code
    new = user.register_phone().code
    if old != new:
        refusal(User.validate_phone_number, otp=old)
    assert User.validate_phone_number(otp=new)["phone_number"] == user.phone


def test_a_newer_code_replaces_the_older(people):
    user = people.make()
    old = user.register_phone().code
    new = user.register_phone(user.phone).code
    if old != new:
        refusal(User.validate_phone_number, otp=old)
    User.validate_phone_number(otp=new)


def test_a_code_is_for_one_account(people):
    first, second = people.make(), people.make()
    code = first.register_phone().code
    second_code = second.register_phone().code
    if code != second_code:
        refusal(User.validate_phone_number, otp=code)
    assert second.details()["is_phone_number_verified"] is False


def test_validation_does_not_mind_the_callers_mfa(people):
    user = people.make().turn_on_mfa()
    code = user.register_phone().code
    assert User.validate_phone_number(otp=code)["is_phone_number_verified"] is True


def test_ten_wrong_codes_end_the_registration(people):
    user = people.make()
    code = user.register_phone().code
    for _ in range(9):
        told = refusal(User.validate_phone_number, otp=other(code))
        assert "Too many failed attempts" not in told
    refusal(User.validate_phone_number, otp=other(code))
    for attempt in (other(code), code, code):
        assert "Too many failed attempts" in refusal(User.validate_phone_number, otp=attempt)
    assert user.details()["is_phone_number_verified"] is False
    again = user.register_phone(user.phone).code
    assert User.validate_phone_number(otp=again)["is_phone_number_verified"] is True


def test_nine_wrong_codes_do_not(people):
    user = people.make()
    code = user.register_phone().code
    for _ in range(9):
        refusal(User.validate_phone_number, otp=other(code))
    assert User.validate_phone_number(otp=code)["is_phone_number_verified"] is True


def test_t01_send_sms_otp_answers_everybody_the_same(people):
    verified = people.make().verify_phone()
    unverified = people.make(phone_number=new_phone())
    without = people.make()
    disabled = people.make().verify_phone()
    people.admin.act()
    User.disable(disabled.username)
    names = [verified.username, unverified.username, without.username, disabled.username, "nobody at all", ""]
    answers = [User.send_sms_otp(username=name, message_template_name="reset_password") for name in names]
    assert len(set(answers)) == 1 and isinstance(answers[0], str) and answers[0]
    statuses = {wire(verified.roster, "GET", f"/user/send_sms_otp?username={name}&message_template_name=get_token").status_code for name in names}
    assert statuses == {200}


def test_codes_go_to_verified_numbers_only(people):
    verified = people.make().verify_phone()
    unverified = people.make(phone_number=new_phone())
    User.send_sms_otp(username=unverified.username, message_template_name="get_token")
    verified.request_sms("get_token")  # sent later, and here by now
    assert unverified.roster.messages(unverified.phone) == []


@pytest.mark.parametrize("template", ["register_phone_number", "verify_phone", "no_such_template", ""])
def test_other_templates_send_nothing(people, template):
    user = people.make().verify_phone()
    earlier = len(user.roster.messages(user.phone))
    wire(user.roster, "GET", f"/user/send_sms_otp?username={user.username}&message_template_name={template}")
    user.request_sms("get_token")
    assert len(user.roster.messages(user.phone)) == earlier + 1


def test_no_code_is_in_the_answer(people):
    user = people.make().verify_phone()
    earlier = len(user.roster.messages(user.phone))
    told = User.send_sms_otp(username=user.username, message_template_name="get_token")
    assert user.roster.wait_for_message(user.phone, earlier).code not in told


def test_reset_by_sms_without_mfa(people):
    user = people.make().verify_phone()
    old = user.password
    told = User.reset_password(username=user.username, new_password="the next pass phrase", otp=user.request_sms("reset_password"))
    assert isinstance(told, str) and told
    refusal(Client.get_token, username=user.username, password=old, server=user.roster.airt)
    user.password = "the next pass phrase"
    assert user.log_in().details()["uuid"] == user.uuid


def test_reset_by_sms_with_mfa(people):
    user = people.make().verify_phone().turn_on_mfa()
    User.reset_password(username=user.username, new_password="the next pass phrase", otp=user.request_sms("reset_password"))
    user.password = "the next pass phrase"
    assert "OTP is required" in refusal(user.log_in)
    assert user.log_in(otp=user.code()).details()["is_mfa_active"] is True


def test_reset_by_totp_with_mfa_and_without_a_phone(people):
    user = people.make().turn_on_mfa()
    code = user.code()
    User.reset_password(username=user.username, new_password="the next pass phrase", otp=code)
    user.password = "the next pass phrase"
    assert "Invalid OTP" in refusal(user.log_in, otp=code)  # used up by the reset
    assert user.log_in(otp=user.code()).token


def test_the_code_may_be_a_number_at_reset(people):
    user = people.make().verify_phone()
    code = user.request_sms("reset_password")
    body = {"username": user.username, "new_password": "the next pass phrase", "otp": int(code)}
    assert wire(user.roster, "POST", "/user/reset_password", json=body).status_code == 200


def test_t01_all_refused_resets_look_the_same(people):
    with_phone, with_mfa, plain = people.make().verify_phone(), people.make().turn_on_mfa(), people.make()
    pending = people.make()
    User._get_mfa_provision_url()
    off = people.make().turn_on_mfa()
    people.admin.act()
    User.disable(off.username)
    used = with_phone.request_sms("reset_password")
    User.reset_password(username=with_phone.username, new_password="the next pass phrase", otp=used)
    foreign = with_phone.request_sms("get_token")
    tries = [
        ("nobody at all", "123456"),
        (with_phone.username, used),
        (with_phone.username, foreign),
        (with_phone.username, "123456"),
        (with_mfa.username, with_mfa.authenticator.wrong()),
        (with_mfa.username, with_mfa.authenticator.far()),
        (plain.username, "123456"),
        (pending.username, "123456"),
        (off.username, off.code()),
        (plain.username, ""),
        (plain.username, "not a code"),
    ]
    answers = []
    for name, otp in tries:
        body = {"username": name, "new_password": "the pass phrase after that", "otp": otp}
        answers.append(wire(with_phone.roster, "POST", "/user/reset_password", json=body))
    assert {answer.status_code for answer in answers} == {answers[0].status_code}
    assert {answer.text for answer in answers} == {answers[0].text}
    plain.log_in()


def test_a_pending_enrolment_is_no_proof_for_a_reset(people):
    from authenticator import Authenticator

    user = people.make()
    authenticator = Authenticator(User._get_mfa_provision_url())
    refusal(User.reset_password, username=user.username, new_password="the next pass phrase", otp=authenticator.code())
    assert user.log_in().token


def test_a_reset_keeps_the_password_rules(people):
    user = people.make().verify_phone()
    refusal(User.reset_password, username=user.username, new_password="short", otp=user.request_sms("reset_password"))
    assert user.log_in().token


def test_t07_a_reset_ends_outstanding_codes(people):
    user = people.make().verify_phone().turn_on_mfa()
    login_code = user.request_sms("get_token")
    User.reset_password(username=user.username, new_password="the next pass phrase", otp=user.request_sms("reset_password"))
    user.password = "the next pass phrase"
    assert "Invalid OTP" in refusal(user.log_in, otp=login_code)


def test_t07_ten_wrong_codes_void_a_code_of_any_template(people):
    user = people.make().verify_phone()
    code = user.request_sms("reset_password")
    for _ in range(10):
        refusal(User.reset_password, username=user.username, new_password="the next pass phrase", otp=other(code))
    refusal(User.reset_password, username=user.username, new_password="the next pass phrase", otp=code)
    assert user.log_in().token


def test_t07_a_code_for_a_number_dies_with_the_number(people):
    user = people.make().verify_phone()
    code = user.request_sms("reset_password")
    user.register_phone()
    refusal(User.reset_password, username=user.username, new_password="the next pass phrase", otp=code)
    assert user.log_in().token


def test_a_disabled_accounts_api_key_cannot_register_a_phone(people):
    user = people.make()
    key = APIKey.create(name="k")["access_token"]
    people.admin.act()
    User.disable(user.username)
    answer = wire(user.roster, "POST", "/user/register_phone_number", key, json={"phone_number": new_phone(), "otp": None})
    assert answer.status_code == 401


def test_several_messages_in_a_row_are_sent(people):
    user = people.make().verify_phone()
    for _ in range(6):
        user.request_sms("get_token")
