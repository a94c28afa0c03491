"""Section 1 and 2 of the contract: addresses, content types, slashes, headers, queries."""

from __future__ import annotations

import uuid

import pytest
import requests
from airt.client import APIKey, Client, User

from people import wire
from server import ADMIN_NAME, ADMIN_PASSWORD

NOBODY = str(uuid.UUID(int=7))
ROUTES = [
    ("POST", "/token"),
    ("POST", "/sso/initiate"),
    ("GET", "/sso/token/"),
    ("GET", "/version"),
    ("POST", "/user/"),
    ("GET", "/user/"),
    ("GET", "/user/details"),
    ("POST", f"/user/{NOBODY}/update"),
    ("DELETE", f"/user/{NOBODY}"),
    ("GET", f"/user/{NOBODY}/enable"),
    ("POST", "/user/mfa/activate"),
    ("DELETE", f"/user/mfa/{NOBODY}/disable"),
    ("POST", "/user/sso/enable"),
    ("DELETE", f"/user/sso/{NOBODY}/disable/google"),
    ("POST", "/user/register_phone_number"),
    ("GET", "/user/validate_phone_number"),
    ("GET", "/user/send_sms_otp"),
    ("POST", "/user/reset_password"),
    ("POST", "/apikey"),
    ("GET", f"/{NOBODY}/apikey"),
    ("GET", "/apikey/no-such-key"),
    ("DELETE", f"/{NOBODY}/apikey/no-such-key"),
]


def twisted(path: str):
    bare = path.rstrip("/")
    yield bare
    yield f"{bare}/"
    yield f"/{bare}"
    yield bare.replace("/", "//")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_each_path_answers_with_and_without_final_slash_and_with_doubled_slashes(people, method, path):
    user = people.make()
    answers = [user.wire(method, spelled) for spelled in twisted(path)]
    assert {answer.status_code for answer in answers} == {answers[0].status_code}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].status_code not in (404, 405, 415) or "no " in answers[0].json()["detail"].lower()


@pytest.mark.parametrize(("method", "path"), [("GET", "/user/mfa/generate"), ("GET", "/user/details")])
def test_a_reading_path_answers_in_each_spelling(people, method, path):
    user = people.make()
    assert {user.wire(method, spelled).status_code for spelled in twisted(path)} == {200}


def test_a_base_with_a_final_slash_works(people):
    user = people.make(log_in=False)
    base = people.roster.airt + "/"
    Client.get_token(username=user.username, password=user.password, server=base)
    assert User.details()["uuid"] == user.uuid
    APIKey.create(name="k")
    assert [key.name for key in APIKey.ls()] == ["k"]
    Client(server=base, auth_token=people.admin.token)
    assert User.disable(user.username).iloc[0]["disabled"]


def test_the_base_may_come_from_the_environment(people, monkeypatch):
    monkeypatch.setenv("AIRT_SERVER_URL", people.roster.airt)
    monkeypatch.setenv("AIRT_SERVICE_USERNAME", ADMIN_NAME)
    monkeypatch.setenv("AIRT_SERVICE_PASSWORD", ADMIN_PASSWORD)
    Client.get_token()
    assert User.details()["username"] == ADMIN_NAME
    monkeypatch.setenv("AIRT_SERVICE_TOKEN", Client.auth_token)
    Client.auth_token = None
    Client.set_token()
    assert User.details()["username"] == ADMIN_NAME


@pytest.mark.parametrize("path", ["/", "/nothing", "/user/a/b/c", "/user/mfa", "/model/", "/datablob/from_s3"])
def test_an_unknown_path_is_an_error_with_a_detail(people, path):
    for token in (None, people.admin.token):
        assert wire(people.roster, "GET", path, token).status_code == 404


@pytest.mark.parametrize(("method", "path"), [("PUT", "/token"), ("GET", "/token"), ("PATCH", "/user/"), ("POST", "/version")])
def test_a_wrong_method_is_an_error_with_a_detail(people, method, path):
    assert wire(people.roster, method, path, people.admin.token).status_code in (404, 405)


@pytest.mark.parametrize("header", ["Bearer None", "Bearer ros_nonsense", "Bearer", "Basic YTpi", "nonsense", ""])
def test_what_needs_no_login_ignores_the_authorization_header(people, header):
    headers = {"Authorization": header}
    answer = wire(people.roster, "GET", "/version", headers=headers)
    assert isinstance(answer.json()["airt_service"], str)
    form = {"username": ADMIN_NAME, "password": ADMIN_PASSWORD}
    assert wire(people.roster, "POST", "/token", data=form, headers=headers).status_code == 200
    query = "?username=nobody&message_template_name=get_token"
    assert wire(people.roster, "GET", f"/user/send_sms_otp{query}", headers=headers).status_code == 200
    plain = wire(people.roster, "POST", "/user/reset_password", json={"username": "x", "new_password": "y", "otp": "z"})
    dressed = wire(people.roster, "POST", "/user/reset_password", json={"username": "x", "new_password": "y", "otp": "z"}, headers=headers)
    assert (dressed.status_code, dressed.text) == (plain.status_code, plain.text)
    plain = wire(people.roster, "GET", "/sso/token/?authorization_url=x")
    dressed = wire(people.roster, "GET", "/sso/token/?authorization_url=x", headers=headers)
    assert (dressed.status_code, dressed.text) == (plain.status_code, plain.text)


@pytest.mark.parametrize("header", [None, "Bearer None", "Bearer ros_nonsense", "Basic YTpi", "Bearer", ""])
@pytest.mark.parametrize(("method", "path"), [("GET", "/user/details"), ("GET", "/user/"), ("POST", "/user/"), ("POST", "/apikey")])
def test_what_needs_a_login_refuses_a_missing_or_bad_credential(people, method, path, header):
    answer = wire(people.roster, method, path, headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert "OTP" not in answer.json()["detail"]


def test_sso_initiate_reads_its_body_without_a_content_type(people):
    user = people.make()
    body = f'{{"username": "{user.username}", "password": "{user.password}", "sso_provider": "google"}}'
    for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}):
        answer = wire(people.roster, "POST", "/sso/initiate", data=body, headers=headers)
        assert answer.status_code == 400  # understood: what is wrong is that SSO isn't enabled
        assert "google" in answer.json()["detail"].lower()


def test_a_plus_sign_in_a_query_is_a_plus_sign_and_a_blank_a_blank(people):
    plus = people.make(username="ann+plus", email="ann+plus@example.com")
    blank = people.make(username="ann plus", email="annblank@example.com")
    people.admin.act()
    assert User.details("ann+plus")["uuid"] == plus.uuid
    assert User.details("ann plus")["uuid"] == blank.uuid
    assert plus.log_in().details()["uuid"] == plus.uuid


@pytest.mark.parametrize("name", ["Žofie", "ann@work", "ann.o'hara", "ann/slash", "ann?mark", "ann=x", "ann:x", "安娜", "ann;x", "ann,x"])
def test_a_name_that_is_taken_is_usable(people, name):
    user = people.make(username=name, log_in=False)
    assert user.log_in().details()["username"] == name
    people.admin.act()
    assert User.details(name)["uuid"] == user.uuid
    assert User.disable(name).iloc[0]["disabled"]
    assert User.enable([name]).iloc[0]["username"] == name


@pytest.mark.parametrize("disabled", ["False", "None", ""])
@pytest.mark.parametrize("numbers", ["offset=0&limit=100", "offset=None&limit=None", "offset=&limit=", ""])
def test_the_text_none_stands_for_the_default(people, disabled, numbers):
    people.admin.act()
    default = wire(people.roster, "GET", "/user/", people.admin.token).json()
    query = f"/user/?{f'disabled={disabled}&' if disabled else ''}{numbers}"
    assert wire(people.roster, "GET", query, people.admin.token).json() == default


@pytest.mark.parametrize("number", ["abc", "1.5", "-1", "99999999999999999999999999", "0x10", "NaN"])
@pytest.mark.parametrize("key", ["offset", "limit"])
def test_what_is_no_number_is_refused(people, key, number):
    answer = people.admin.wire("GET", f"/user/?{key}={number}")
    assert answer.status_code == 422
    assert key in answer.json()["detail"]


def test_state_changing_gets_forbid_caches(people):
    user = people.make().verify_phone()
    paths = ["/user/mfa/generate", "/user/validate_phone_number?otp=1", f"/user/{user.uuid}/enable"]
    paths += [f"/user/send_sms_otp?username={user.username}&message_template_name=get_token"]
    for path in paths:
        assert user.wire("GET", path).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("otp", ["string", "number"])
def test_a_code_may_be_a_number_and_is_filled_up_with_zeros(people, otp):
    user = people.make()
    user.act()
    from authenticator import Authenticator

    for _ in range(300):
        authenticator = Authenticator(User._get_mfa_provision_url())
        code = authenticator.code()
        if code.startswith("0"):
            break
    user.authenticator = authenticator
    assert User.activate_mfa(otp=int(code) if otp == "number" else code).iloc[0]["is_mfa_active"]


def test_unknown_keys_are_ignored(people):
    user = people.make()
    answer = user.wire("POST", f"/user/{user.uuid}/update?colour=red", json={"first_name": "Bea", "colour": "red", "disabled": True, "super_user": True, "role": "system_admin", "status": "suspended"})
    assert answer.json() == {**user.details(), "first_name": "Bea", "super_user": False, "disabled": False}
    assert wire(people.roster, "GET", "/version?colour=red").status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"1", b"[" * 20000])
@pytest.mark.parametrize("path", ["/user/", "/apikey", "/user/reset_password", "/sso/initiate", "/user/mfa/activate", "/user/sso/enable", "/user/register_phone_number"])
def test_a_body_that_is_no_json_object_is_malformed_input(people, path, body):
    answer = people.admin.wire("POST", path, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "OTP" not in answer.json()["detail"]


@pytest.mark.parametrize("value", [1, True, [], {}, ["a"], {"a": 1}])
def test_a_value_of_another_type_is_malformed_input(people, value):
    good = {"username": "typed", "first_name": "A", "last_name": "B", "email": "typed@example.com", "password": "a long enough one", "subscription_type": "small"}
    for key in good:
        assert people.admin.wire("POST", "/user/", json={**good, key: value}).status_code == 422
    assert people.admin.wire("POST", "/user/", json={**good, "phone_number": value}).status_code == 422
    assert people.admin.wire("GET", "/user/details?user_uuid_or_name=typed").status_code == 400


@pytest.mark.parametrize("key", ["username", "first_name", "last_name", "email", "password", "subscription_type"])
def test_a_missing_value_is_malformed_input(people, key):
    good = {"username": "lacking", "first_name": "A", "last_name": "B", "email": "lacking@example.com", "password": "a long enough one", "subscription_type": "small"}
    without = {other: value for other, value in good.items() if other != key}
    for body in (without, {**good, key: None}):
        answer = people.admin.wire("POST", "/user/", json=body)
        assert 400 <= answer.status_code < 500
        assert key in answer.json()["detail"]


def test_a_body_of_ten_megabytes_is_refused(people):
    answer = people.admin.wire("POST", "/user/", data=b'{"username": "' + b"x" * 10_000_000 + b'"}')
    assert answer.status_code == 413


def test_a_server_that_is_not_there_is_a_connection_error():
    with pytest.raises(requests.exceptions.ConnectionError):
        Client.get_token(username="a", password="b", server="http://127.0.0.1:9/airt")


def test_missing_credentials_are_a_key_error(people):
    with pytest.raises(KeyError):
        Client.get_token(server=people.roster.airt)
    with pytest.raises(KeyError):
        Client.set_token(server=people.roster.airt)


def test_version_tells_both_versions(people):
    Client.server = people.roster.airt
    version = Client.version()
    assert version["client"] == "2023.3.0"
    assert version["server"][0].isdigit()
