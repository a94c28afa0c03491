"""Sections 1 to 3: hosts, credentials, statuses and bodies."""

from __future__ import annotations

import pyotp
import pytest
import requests
from geobox.exception import AuthenticationError, AuthorizationError, NotFoundError, ValidationError

from server import ADMIN_NAME, ADMIN_PASSWORD


def wire(roster, method, path, token=None, **options) -> requests.Response:
    """A request as it stands. Whatever comes back is JSON, or nothing, with a status that the client understands."""
    headers = options.pop("headers", {})
    if token:
        headers = {"Authorization": f"Bearer {token}", **headers}
    reply = requests.request(method, roster.address + path, headers=headers, allow_redirects=False, timeout=60, **options)
    assert reply.status_code in (200, 201, 204, 401, 403, 404, 422), (path, reply.status_code, reply.text)
    assert "set-cookie" not in reply.headers
    if reply.status_code != 204:
        assert reply.headers["content-type"] == "application/json"
        if reply.status_code >= 400:
            detail = reply.json()["detail"]
            assert isinstance(detail, str) or (len(detail) == 1 and set(detail[0]) == {"loc", "msg", "type"}), detail
    return reply


@pytest.mark.parametrize("host, ver", [
    ("/geobox/", "v1/"),
    ("", "geobox/v1/"),
    ("", "/geobox/v1/"),
    ("/geobox/v1/", ""),
    ("/GeoBox/", "v1/"),
    ("/geobox", "v1/"),
    ("/geobox/", "v1"),
])
def test_every_spelling_of_the_host_signs_in(people, host, ver):
    client = people.kind.connect(
        host=people.roster.address + host, ver=ver, username=ADMIN_NAME, password=ADMIN_PASSWORD
    )
    assert client.get_user().username == ADMIN_NAME


def test_a_token_is_bearer_and_lasts_a_working_day(roster):
    form = {"username": ADMIN_NAME, "password": ADMIN_PASSWORD}
    reply = wire(roster, "POST", "/geobox/v1/auth/token/", data=form)
    body = reply.json()
    assert reply.status_code == 200 and body["token_type"] == "bearer" and body["expires_in"] >= 8 * 3600
    assert body["access_token"].isascii() and " " not in body["access_token"]
    assert wire(roster, "GET", "/geobox/v1/users/me", token=body["access_token"]).status_code == 200


def test_wrong_password_and_unknown_user_are_one(roster):
    said = set()
    for form in ({"username": ADMIN_NAME, "password": "wrong"}, {"username": "nobody at all", "password": "wrong"}):
        reply = wire(roster, "POST", "/geobox/v1/auth/token", data=form)
        said.add((reply.status_code, reply.text))
    assert len(said) == 1 and said.pop()[0] == 401


def test_a_refused_sign_in_raises(people):
    with pytest.raises(AuthenticationError, match="incorrect username or password"):
        people.connect(ADMIN_NAME, "wrong")


def test_a_token_and_a_key_sign_in(people):
    person = people.person()
    key = person.client.create_apikey("for signing in")
    assert people.with_token(person.client.access_token).get_user().id == person.id
    assert people.with_key(key.key).get_user().id == person.id


@pytest.mark.parametrize("credential", [{"access_token": "ros_s0"}, {"apikey": "ros_k0"}, {"access_token": "x"}])
def test_no_good_credential_raises(people, credential):
    client = people.kind.connect(host=people.host, **credential)
    for call in (client.get_user, client.get_users, client.get_plans, client.get_apikeys, client.get_groups):
        with pytest.raises(AuthenticationError):
            call()


def test_the_header_decides_over_the_key(roster, people):
    person = people.person()
    key = person.client.create_apikey("beside a header").key
    path = f"/geobox/v1/users/me/?apikey={key}"
    assert wire(roster, "GET", path).json()["id"] == person.id
    assert wire(roster, "GET", path, token="ros_s0").status_code == 401
    assert wire(roster, "GET", path, headers={"Authorization": "Basic YTpi"}).status_code == 401
    assert wire(roster, "GET", "/geobox/v1/users/me/").status_code == 401


def test_the_door_speaks_only_what_the_client_understands(roster, root):
    token = root.access_token
    for method, path in [
        ("PATCH", "/geobox/v1/users/1"), ("DELETE", "/geobox/v1/users/"), ("PUT", "/geobox/v1/users/search"),
        ("GET", "/geobox/v1/auth/token/"), ("GET", "/geobox/v1/"), ("GET", "/geobox"), ("GET", "/geobox/v1/layers/"),
        ("GET", "/geobox/v1/groups/resource-groups"), ("POST", "/geobox/v1/groups/1/share-resource"),
    ]:
        assert wire(roster, method, path, token=token).status_code == 404, (method, path)
    for path in ("users/0", "users/-1", "users/x", "users/99999999999999999999", "plans/x", "groups/0", "apikeys/y",
                 "users/987654321", "plans/987654321", "groups/987654321", "apikeys/987654321"):
        assert wire(roster, "GET", f"/geobox/v1/{path}/?f=json", token=token).status_code == 404, path
    for body in ("", "{", "[]", "null", '{"username": 1}'):
        assert wire(roster, "POST", "/geobox/v1/users/", token=token, data=body).status_code == 422, body[:40]
    deep = "(" * 5000
    for query in ("limit=10001", "limit=-1", "skip=x", "return_count=maybe", "q=%00", "search=%FF", "user_id=x", f"q={deep}",
                  "order_by=password", "search_fields=role", "status=Gone"):
        assert wire(roster, "GET", f"/geobox/v1/users/?{query}", token=token).status_code == 422, query[:40]


def test_slashes_at_the_end_make_no_difference(roster, root):
    token = root.access_token
    for path in ("users/me", "users/me/sessions", "users", "plans", "apikeys", "groups", "groups/shareable", "users/search"):
        plain, slashed = (wire(roster, "GET", f"/geobox/v1/{path}{end}?f=json", token=token) for end in ("", "/"))
        assert plain.status_code == slashed.status_code == 200, path
    assert wire(roster, "GET", "/geobox/v1/users//me/", token=token).status_code == 200


def test_exceptions_carry_the_sentence(people, root):
    person = people.person()
    with pytest.raises(NotFoundError, match="no such user"):
        root.get_user(987654321)
    with pytest.raises(AuthorizationError, match="Access forbidden"):
        person.client.get_users()
    with pytest.raises(ValidationError, match="already in use"):
        people.make(username=person.username)


def test_a_second_factor_cannot_be_passed_by(roster, people):
    person = people.person()
    native, token = f"{roster.address}/api/v1/users/me/mfa/totp", person.client.access_token
    headers = {"Authorization": f"Bearer {token}"}
    key = person.client.create_apikey("before the second factor").key
    begun = requests.post(native, headers=headers, timeout=60).json()
    code = pyotp.parse_uri(begun["otpauth_url"]).now()
    done = requests.post(f"{native}/activation", json={"code": code}, headers=headers, timeout=60)
    assert done.status_code == 200, done.text
    with pytest.raises(AuthenticationError, match="API key"):
        people.connect(person.username, person.password)
    assert people.with_key(key).get_user().id == person.id


def test_failures_on_many_accounts_do_not_lock_an_address_out(people):
    for number in range(40):
        with pytest.raises(AuthenticationError):
            people.connect(f"nobody{number}", "wrong")
    assert people.connect(ADMIN_NAME, ADMIN_PASSWORD).get_user().username == ADMIN_NAME
