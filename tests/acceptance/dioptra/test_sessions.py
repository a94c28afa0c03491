"""The client itself, logging in and out (contract, sections 1 to 3)."""

from __future__ import annotations

import pytest
import requests
from dioptra.client import connect_json_dioptra_client, connect_response_dioptra_client
from dioptra.client.base import APIConnectionError, StatusCodeError

from people import compat_roster, people  # noqa: F401: fixtures
from server import ADMIN_NAME, ADMIN_PASSWORD, free_port


def refused(call, *arguments, **named) -> tuple[int, dict]:
    """The status and the body with which a call is refused."""
    with pytest.raises(StatusCodeError) as failure:
        call(*arguments, **named)
    return failure.value.status_code, requests.models.complexjson.loads(failure.value.message)


@pytest.mark.parametrize("end", ["", "/"])
def test_the_address_may_end_with_a_slash(people, end):
    client = connect_json_dioptra_client(people.address + end)
    assert client.auth.login(ADMIN_NAME, ADMIN_PASSWORD)["username"] == ADMIN_NAME
    assert client.users.get_current()["username"] == ADMIN_NAME


def test_the_address_may_stand_in_a_variable(people, monkeypatch):
    with pytest.raises(ValueError):
        connect_json_dioptra_client()
    monkeypatch.setenv("DIOPTRA_API", people.address)
    assert connect_json_dioptra_client().auth.login(ADMIN_NAME, ADMIN_PASSWORD)["status"] == "Login successful"


def test_nobody_there_is_a_connection_error():
    with pytest.raises(APIConnectionError):
        connect_json_dioptra_client(f"http://127.0.0.1:{free_port()}/dioptra").users.get()


def test_a_login_gives_a_cookie_for_this_door(people):
    client = people.raw()
    answer = client.auth.login(ADMIN_NAME, ADMIN_PASSWORD)
    assert answer.status_code == 200
    assert answer.json() == {"username": ADMIN_NAME, "status": "Login successful"}
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "Path=/dioptra" in cookie and "Secure" not in cookie


def test_a_closed_client_starts_anew(people):
    ann = people.account()
    ann.client.close()
    assert refused(ann.client.users.get_current)[0] == 401


def test_every_refused_login_is_the_same(people):
    ann = people.account()
    gone = people.account()
    gone.client.users.delete_current_user(gone.password)
    client = people.raw()
    names = [(ann.username, "wrong"), ("nobody at all", "x"), (gone.username, gone.password), ("", "x")]
    answers = [client.auth.login(*pair) for pair in names]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    body = client.auth.login(ann.username, "wrong").json()
    assert body["error"] == "UserAuthenticationError" and body["detail"] == {}
    assert body["message"].startswith("Unauthorized - ")
    assert body["originating_path"] == "/api/v1/auth/login?"


def test_an_empty_or_missing_password_is_a_fault_of_the_request(people):
    client = people.client()
    status, body = refused(client.auth.login, ADMIN_NAME, "")
    assert (status, list(body["errors"])) == (400, ["password"])
    status, body = refused(client.auth.login, None, 7)
    assert (status, sorted(body["errors"])) == (400, ["password", "username"])


def test_a_login_on_the_same_client_takes_the_place_of_the_session(people):
    ann, bob = people.account(), people.account()
    assert refused(ann.client.auth.login, bob.username, "wrong")[0] == 401
    assert ann.client.users.get_current()["id"] == ann.id
    ann.client.auth.login(bob.username, bob.password)
    assert ann.client.users.get_current()["id"] == bob.id


def test_a_logout_ends_this_session_or_all(people):
    ann = people.account()
    elsewhere = people.client()
    elsewhere.auth.login(ann.username.upper(), ann.password)
    expected = {"username": ann.username, "everywhere": False, "status": "Logout successful"}
    assert ann.client.auth.logout() == expected
    assert refused(ann.client.auth.logout)[0] == 401
    assert elsewhere.users.get_current()["id"] == ann.id
    ann.client.auth.login(ann.username, ann.password)
    assert ann.client.auth.logout(everywhere=True) == {**expected, "everywhere": True}
    assert refused(elsewhere.users.get_current)[0] == 401


def test_a_kept_copy_of_the_cookies_is_worth_nothing_after_a_logout(people):
    ann = people.account()
    raw = people.raw()
    raw.auth.login(ann.username, ann.password)
    address = f"{people.address}/api/v1/users/current"
    cookies = requests.utils.dict_from_cookiejar(raw.users.get_current().request._cookies)
    assert cookies and requests.get(address, cookies=cookies).status_code == 200
    raw.auth.logout()
    assert requests.get(address, cookies=cookies).status_code == 401


def test_a_flag_that_is_none_keeps_the_session(people):
    ann = people.account()
    status, body = refused(ann.client.auth.logout, everywhere="perhaps")
    assert (status, list(body["errors"])) == (400, ["everywhere"])
    assert ann.client.users.get_current()["id"] == ann.id


def test_without_a_session_everything_else_is_401(people):
    client = people.client()
    for call, arguments in [
        (client.users.get, ()), (client.users.get_by_id, (1,)), (client.users.get_current, ()),
        (client.users.modify_current_user, ("a", "b")), (client.users.change_current_user_password, ("a", "b")),
        (client.users.delete_current_user, ("a",)), (client.groups.get, ()), (client.groups.get_by_id, (1,)),
        (client.auth.logout, ()),
    ]:
        status, body = refused(call, *arguments)
        assert status == 401 and "error" not in body and isinstance(body["message"], str), call


def test_a_name_in_a_netrc_is_passed_over(people, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert people.account().client.users.get()["index"] == 0


def test_five_failures_in_a_row_are_borne(people):
    ann = people.account()
    client = people.client()
    for _ in range(5):
        assert refused(client.auth.login, ann.username, "wrong")[0] == 401
    client.auth.login(ann.username, ann.password)


def test_an_address_that_leads_nowhere_is_404_and_a_wrong_method_405(people):
    root = f"{people.address}/api/v1"
    assert requests.get(f"{root}/nothing").status_code == 404
    assert requests.get(f"{root}/users/abc").status_code == 404
    assert requests.delete(f"{root}/users/1").status_code == 405
    response = connect_response_dioptra_client(people.address)
    assert response.users.get_by_id("abc").status_code == 404
