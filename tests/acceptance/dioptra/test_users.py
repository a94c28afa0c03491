"""Users (contract, sections 4 to 8, 10 and 11)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
import requests

from people import compat_roster, people  # noqa: F401: fixtures
from server import ADMIN_NAME, ADMIN_PASSWORD
from test_sessions import refused

CURRENT = {
    "id", "username", "email", "groups", "createdOn", "lastModifiedOn", "lastLoginOn", "passwordExpiresOn",
}


def time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    assert at.utcoffset() == timedelta(0)
    return at


def test_create_gives_the_whole_user_and_no_session(people):
    client = people.client()
    user = client.users.create("the very first", "not an address", "four")
    assert set(user) == CURRENT
    assert isinstance(user["id"], int)
    assert (user["username"], user["email"], user["lastLoginOn"]) == ("the very first", "not an address", None)
    created = time(user["createdOn"])
    assert abs(created - datetime.now(timezone.utc)) < timedelta(minutes=2)
    assert user["lastModifiedOn"] == user["createdOn"]
    assert time(user["passwordExpiresOn"]) - created == timedelta(days=365)
    (group,) = user["groups"]
    assert group == {"id": group["id"], "name": "public", "url": f"/api/v1/groups/{group['id']}"}
    assert refused(client.users.get_current)[0] == 401
    client.auth.login("the very first", "four")
    current = client.users.get_current()
    assert set(current) == CURRENT and time(current["lastLoginOn"]) >= created
    assert {**current, "lastLoginOn": None} == user


@pytest.mark.parametrize("name", ["two words", "Ünïcödé ✓", "a@b", "/?#&", "<script>", "x" * 250, "'; DROP TABLE"])
def test_any_characters_make_a_name(people, name):
    ann = people.account(username=name, email=f"{name}!")
    assert ann.client.users.get_current()["username"] == name
    assert ann.client.users.get_by_id(ann.id) == {"id": ann.id, "username": name, "email": f"{name}!"}


@pytest.mark.parametrize("password", ["p", " outer blanks ", "päss ✓", "x" * 1000])
def test_any_password_will_do_and_counts_whole(people, password):
    ann = people.account(password=password)
    client = people.client()
    assert refused(client.auth.login, ann.username, password + "x")[0] == 401
    client.auth.login(ann.username, password)


@pytest.mark.parametrize("name", [
    "", " a", "a ", "a\x00b", "me", "12345", "01890a5d-ac96-774b-bcce-b302099a8057", "x" * 321,
])
def test_few_names_are_refused(people, name):
    status, body = refused(people.client().users.create, name, f"{name}-mail-x", "pass")
    assert status == 400 and "username" in body["errors"]


def test_what_is_missing_or_no_text_is_told_by_field(people):
    client = people.client()
    for arguments, field in [((None, "a", "b"), "username"), (("a", 7, "b"), "email"), (("a", "", "b"), "email")]:
        status, body = refused(client.users.create, *arguments)
        assert (status, list(body["errors"])) == (400, [field])
    status, body = refused(client.users.create, "a", "b", "")
    assert status == 400 and "password" in body["errors"]
    root = f"{people.address}/api/v1/users"
    answer = requests.post(root, json={"username": "a", "email": "b"})
    assert (answer.status_code, sorted(answer.json()["errors"])) == (400, ["confirmPassword", "password"])
    body = {"username": "a", "email": "b", "password": "c", "confirmPassword": "c"}
    answer = requests.post(root, json={**body, "id": 1})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["id"])
    answer = requests.post(f"{root}/", json={**body, "confirmPassword": "d"})
    assert (answer.status_code, answer.json()["error"]) == (400, "QueryParameterValidationError")
    assert requests.post(root, data="nothing", headers={"Content-Type": "application/json"}).status_code == 400


def test_a_taken_name_or_address_is_told_with_its_holder(people):
    ann = people.account()
    for arguments, attributes in [
        ((ann.username.upper(), ann.email, "x"), {"username": ann.username.upper()}),
        (("somebody new", ann.email.upper(), "x"), {"email_address": ann.email.upper()}),
    ]:
        status, body = refused(people.client().users.create, *arguments)
        assert (status, body["error"]) == (409, "EntityExistsError")
        assert body["detail"] == {"entity_type": "user", "existing_id": ann.id, "entity_attributes": attributes}
        assert body["message"].startswith("Conflict - ") and body["originating_path"] == "/api/v1/users?"
    status, body = refused(people.client().users.create, ann.email, "another", "x")
    assert status == 400 and "username" in body["errors"]


def test_of_parallel_creations_one_wins(people):
    clients = [people.raw() for _ in range(8)]

    def create(pair):
        number, client = pair
        return client.users.create("the one", f"the-one-{number}", "x").status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(create, enumerate(clients)))
    assert statuses == [200] + [409] * 7


def test_users_come_by_number_in_pages(people):
    ann = people.account()
    for _ in range(3):
        people.account()
    page = ann.client.users.get()
    assert (page["index"], page["first"]) == (0, "/api/v1/users?index=0&pageLength=10")
    assert len(page["data"]) == min(10, page["totalNumResults"])
    everybody = ann.client.users.get(page_length=1000)
    assert everybody["isComplete"] and "next" not in everybody and "prev" not in everybody
    ids = [user["id"] for user in everybody["data"]]
    assert ids == sorted(ids) and everybody["totalNumResults"] == len(ids)
    assert all(set(user) == {"id", "username", "email"} for user in everybody["data"])
    page = ann.client.users.get(index=1, page_length=2)
    assert [user["id"] for user in page["data"]] == ids[1:3]
    assert not page["isComplete"]
    assert page["next"] == "/api/v1/users?index=3&pageLength=2"
    assert page["prev"] == "/api/v1/users?index=0&pageLength=2"
    far = ann.client.users.get(index=len(ids) + 5)
    assert far["data"] == [] and far["isComplete"] and "prev" in far
    for arguments, field in [
        ({"index": -1}, "index"), ({"index": "x"}, "index"), ({"index": 2**63}, "index"),
        ({"page_length": 0}, "pageLength"), ({"page_length": 1001}, "pageLength"),
    ]:
        status, body = refused(ann.client.users.get, **arguments)
        assert (status, list(body["errors"])) == (400, [field])


def test_a_user_is_read_by_number(people):
    ann = people.account()
    expected = {"id": ann.id, "username": ann.username, "email": ann.email}
    assert ann.client.users.get_by_id(ann.id) == ann.client.users.get_by_id(str(ann.id)) == expected
    for unknown in (0, 999_999_999, 2**63 - 1, 2**80):
        status, body = refused(ann.client.users.get_by_id, unknown)
        assert (status, body["error"], body["detail"]) == (401, "UserDoesNotExistError", {})
        assert body["originating_path"] == f"/api/v1/users/{unknown}?"
    assert refused(ann.client.users.get_by_id, "abc")[0] == 404
    assert ann.client.users.get_current()["id"] == ann.id


def test_one_renames_oneself(people):
    ann, bob = people.account(), people.account()
    before = ann.client.users.get_current()
    after = ann.client.users.modify_current_user(f"new-{ann.username}", f"new-{ann.email}")
    assert (after["username"], after["email"]) == (f"new-{ann.username}", f"new-{ann.email}")
    for same in ("id", "createdOn", "lastLoginOn", "passwordExpiresOn", "groups"):
        assert after[same] == before[same]
    assert time(after["lastModifiedOn"]) > time(before["lastModifiedOn"])
    again = ann.client.users.modify_current_user(after["username"], after["email"])
    assert time(again["lastModifiedOn"]) > time(after["lastModifiedOn"])
    assert refused(people.client().auth.login, ann.username, ann.password)[0] == 401
    people.client().auth.login(after["username"], ann.password)
    for arguments in [(bob.username.upper(), after["email"]), (after["username"], bob.email)]:
        status, body = refused(ann.client.users.modify_current_user, *arguments)
        assert (status, body["error"], body["detail"]["existing_id"]) == (409, "EntityExistsError", bob.id)
    now = ann.client.users.get_current()
    assert {**now, "lastLoginOn": None} == {**again, "lastLoginOn": None}
    people.account(username=ann.username, email=ann.email)
    status, body = refused(ann.client.users.modify_current_user, None, "")
    assert (status, list(body["errors"])) == (400, ["username"])


def test_a_changed_password_ends_every_session(people):
    ann = people.account()
    elsewhere = people.client()
    elsewhere.auth.login(ann.username, ann.password)
    change = ann.client.users.change_current_user_password
    for old, new in [("wrong", "new"), (ann.password, ann.password)]:
        status, body = refused(change, old, new)
        assert (status, body["error"], body["detail"]) == (403, "UserPasswordChangeError", {})
    assert refused(change, ann.password, "")[0] == 400
    before = ann.client.users.get_current()
    assert change(ann.password, "new") == {"status": "Password Change Success"}
    for client in (ann.client, elsewhere):
        assert refused(client.users.get_current)[0] == 401
    assert refused(ann.client.auth.login, ann.username, ann.password)[0] == 401
    ann.client.auth.login(ann.username, "new")
    after = ann.client.users.get_current()
    for moved in ("passwordExpiresOn", "lastModifiedOn"):
        assert time(after[moved]) > time(before[moved])


def test_whoever_has_the_old_password_changes_it(people):
    ann, bob = people.account(), people.account()
    nobody = people.client()
    status, body = refused(nobody.users.change_password_by_id, ann.id, "wrong", "new")
    assert (status, body["error"]) == (403, "UserPasswordChangeError")
    assert ann.client.users.get_current()["id"] == ann.id
    assert nobody.users.change_password_by_id(ann.id, ann.password, "new") == {"status": "Password Change Success"}
    assert refused(ann.client.users.get_current)[0] == 401
    bob.client.users.change_password_by_id(str(ann.id), "new", "newer")
    assert bob.client.users.get_current()["id"] == bob.id
    ann.client.auth.login(ann.username, "newer")
    for unknown in (999_999_999, 2**80):
        status, body = refused(nobody.users.change_password_by_id, unknown, "a", "b")
        assert (status, body["error"]) == (401, "UserDoesNotExistError")
    assert refused(nobody.users.change_password_by_id, "abc", "a", "b")[0] == 404
    path = f"{people.address}/api/v1/users/{ann.id}/password"
    answer = requests.post(path, json={"oldPassword": "newer"})
    assert (answer.status_code, sorted(answer.json()["errors"])) == (400, ["confirmNewPassword", "newPassword"])
    answer = requests.post(path, json={"oldPassword": "newer", "newPassword": "a", "confirmNewPassword": "b"})
    assert (answer.status_code, answer.json()["error"]) == (403, "UserPasswordChangeError")


def test_whoever_deletes_oneself_is_gone_and_the_names_stay_taken(people):
    ann, bob = people.account(), people.account()
    elsewhere = people.client()
    elsewhere.auth.login(ann.username, ann.password)
    total = bob.client.users.get()["totalNumResults"]
    status, body = refused(ann.client.users.delete_current_user, "wrong")
    assert (status, body["error"], body["detail"]) == (401, "UserPasswordError", {})
    assert refused(ann.client.users.delete_current_user, None)[0] == 400
    assert ann.client.users.get_current()["id"] == ann.id
    assert ann.client.users.delete_current_user(ann.password) == {"id": [ann.id], "status": "Success"}
    for client in (ann.client, elsewhere):
        assert refused(client.users.get_current)[0] == 401
    assert refused(elsewhere.auth.login, ann.username, ann.password)[0] == 401
    assert bob.client.users.get()["totalNumResults"] == total - 1
    status, body = refused(bob.client.users.get_by_id, ann.id)
    assert (status, body["error"]) == (401, "UserDoesNotExistError")
    assert refused(elsewhere.users.change_password_by_id, ann.id, ann.password, "x")[0] == 401
    for arguments in [(ann.username, "something new", "x"), ("something new", ann.email, "x")]:
        status, body = refused(people.client().users.create, *arguments)
        assert (status, body["detail"]["existing_id"]) == (409, ann.id)


def test_who_is_gone_comes_back_by_an_administrator(compat_roster, people):
    ann = people.account()
    ann.client.users.delete_current_user(ann.password)
    api = f"{compat_roster.address}/api/v1"
    login = requests.post(f"{api}/sessions", json={"login": ADMIN_NAME, "password": ADMIN_PASSWORD}).json()
    bearer = {"Authorization": f"Bearer {login['token']}"}
    assert requests.post(f"{api}/users/{ann.id}/restore", headers=bearer).status_code == 200
    ann.client.auth.login(ann.username, ann.password)


def test_the_response_client_gives_what_came(people):
    ann = people.account()
    raw = people.raw()
    assert raw.users.get().status_code == 401
    assert raw.auth.login(ann.username, ann.password).json()["username"] == ann.username
    answer = raw.users.get_current()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert raw.users.create(ann.username, "x", "y").status_code == 409
    assert raw.users.get_by_id(ann.id).json()["email"] == ann.email
    assert raw.groups.get().json()["totalNumResults"] == 1
    assert raw.auth.logout(everywhere=True).json()["everywhere"] is True


@pytest.mark.parametrize("registration", ["closed", "open"])
def test_outside_of_compat_the_operator_decides_who_registers(request, start_roster, people, registration):
    engine = request.node.callspec.params["compat_roster"]
    roster = start_roster(engine, ROSTER_REGISTRATION=registration)
    other = type(people)(f"{roster.address}/dioptra")
    arguments = ("ann", "ann@example.com", "a long enough secret")
    client = other.client()
    if registration == "open":
        # The account comes to life by the mailed link, and nobody is told whether there is one already.
        answers = [client.users.create(*arguments), client.users.create("eve", "root@example.com", arguments[2])]
        assert [answer["status"] for answer in answers] == ["Registration Mailed"] * 2 and answers[0] == answers[1]
        status, body = refused(client.auth.login, "ann", "a long enough secret")
        assert status == 401
    else:
        status, body = refused(client.users.create, *arguments)
        assert (status, body["error"]) == (403, "RegistrationClosedError")
        client.auth.login(ADMIN_NAME, ADMIN_PASSWORD)
        assert client.users.create(*arguments)["username"] == "ann"
        assert client.users.get_current()["username"] == ADMIN_NAME
    status, body = refused(client.users.create, "bob", "bob@example.com", "short")
    if registration == "open":
        assert (status, list(body["errors"])) == (400, ["password"])
