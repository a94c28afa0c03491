"""Sections 4 and 5: users, accounts and sessions."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
import requests
from geobox.enums import UserRole, UserStatus
from geobox.exception import AuthenticationError, AuthorizationError, NotFoundError, ValidationError
from geobox.utils import xor_encode

from test_sign_in import wire

KEYS = {
    "id", "username", "email", "first_name", "last_name", "mobile", "role", "status", "plan", "plan_id", "parent_id",
    "expiration_date", "created_at", "updated_at",
}


def now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


def test_create_returns_the_whole_user(people, root):
    details = people.details(mobile="+98 9120123456", role=UserRole.EDITOR, status=UserStatus.PENDING)
    user = root.create_user(**details)
    assert set(user.data) == KEYS
    assert isinstance(user.id, int) and user.id > 0
    assert (user.role, user.status, user.plan, user.parent_user) == (UserRole.EDITOR, UserStatus.PENDING, None, None)
    for key in ("username", "email", "first_name", "last_name", "mobile"):
        assert user.data[key] == details[key]
    assert isinstance(user.created_at, datetime) and abs(user.created_at - now()) < timedelta(minutes=2)
    assert str(user.id) in repr(user) and "Gia" in repr(user)


@pytest.mark.parametrize("role", list(UserRole))
@pytest.mark.parametrize("status", list(UserStatus))
def test_every_role_and_status_reads_back(people, root, role, status):
    user, _ = people.make(role=role, status=status)
    again = root.get_user(user.id)
    assert (again.role, again.status) == (role, status)


@pytest.mark.parametrize("wrong", [
    {"email": "nowhere"}, {"username": ""}, {"username": "me"}, {"password": ""}, {"mobile": "call me"},
])
def test_what_cannot_be_is_refused(people, wrong):
    with pytest.raises(ValidationError):
        people.make(**wrong)


def test_what_the_client_would_not_send_is_refused(roster, people, root):
    good = people.details()
    good |= {"password": xor_encode(good["password"]), "role": "Viewer", "status": "Active"}
    for change in ({"role": "Owner"}, {"status": "Gone"}, {"password": "not base64!"}, {"username": 7}, {"email": None}):
        reply = wire(roster, "POST", "/geobox/v1/users", token=root.access_token, json={**good, **change})
        assert reply.status_code == 422, change
        assert reply.json()["detail"][0]["loc"] == ["body", *change]
    for missing in ("username", "email", "password", "role", "first_name", "last_name", "status"):
        body = {key: value for key, value in good.items() if key != missing}
        reply = wire(roster, "POST", "/geobox/v1/users", token=root.access_token, json=body)
        assert (reply.status_code, reply.json()["detail"][0]["loc"]) == (422, ["body", missing])
    assert wire(roster, "POST", "/geobox/v1/users", token=root.access_token, json=good).status_code in (200, 201)


def test_of_creations_of_one_name_at_once_one_wins(roster, people, root):
    details = people.details()
    body = {**details, "password": xor_encode(details["password"]), "role": "Viewer", "status": "Active"}
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: wire(roster, "POST", "/geobox/v1/users", token=root.access_token, json=body), range(8)))
    assert sorted(reply.status_code for reply in replies) == [200] + [422] * 7


def test_a_user_is_read_by_number_and_as_oneself(people, root):
    person = people.person()
    assert root.get_user(person.id).username == person.username
    assert person.client.get_user().id == person.id
    assert person.client.get_user(person.id).id == person.id
    with pytest.raises(NotFoundError):
        root.get_user(987654321)


def test_update_changes_what_is_given_and_merges_the_answer(people, root):
    user, _ = people.make(mobile="+98 9120123456")
    updated = user.update(first_name="Mara", last_name="Jo", role=UserRole.PUBLISHER, status=UserStatus.DISABLED)
    assert set(updated) == KEYS
    assert (user.first_name, user.role, user.status) == ("Mara", UserRole.PUBLISHER, UserStatus.DISABLED)
    assert user.update(email=f"new-{user.username}@example.com")["email"] == f"new-{user.username}@example.com"
    assert user.update(username=f"new-{user.username}")["mobile"] == "+98 9120123456"
    assert user.update(mobile="+44 1632 960001")["mobile"] == "+44 1632 960001"
    assert user.update(mobile="")["mobile"] is None
    assert root.get_user(user.id).data == user.data
    for wrong in ({"email": "nowhere"}, {"plan": SimpleNamespace(id=987654)}, {"expiration_date": "soon"}, {"username": "me"}):
        with pytest.raises(ValidationError):
            user.update(**wrong)


def test_a_past_end_locks_out_and_an_empty_one_lets_in_again(people, root):
    person = people.person()
    user = root.get_user(person.id)
    for end in ("2020-01-01", "2020-01-01T10:00:00", "2020-01-01 10:00:00.5", "2020-01-01T10:00:00+03:30"):
        assert user.update(expiration_date=end)["expiration_date"].startswith("2020-01-01T")
        with pytest.raises(AuthenticationError):
            person.client.get_user()
        with pytest.raises(AuthenticationError):
            people.connect(person.username, person.password)
    assert user.update(expiration_date="")["expiration_date"] is None
    assert people.connect(person.username, person.password).get_user().id == person.id


def test_disabling_takes_effect_at_once(people, root):
    person = people.person()
    key = people.with_key(person.client.create_apikey("any").key)
    user = root.get_user(person.id)
    user.update(status=UserStatus.DISABLED)
    for client in (person.client, key):
        with pytest.raises(AuthenticationError):
            client.get_user()
    with pytest.raises(AuthenticationError):
        people.connect(person.username, person.password)
    user.update(status=UserStatus.ACTIVE)
    assert people.connect(person.username, person.password).get_user().status == UserStatus.ACTIVE


def test_delete_leaves_nothing(people, root):
    person = people.person()
    key = people.with_key(person.client.create_apikey("any").key)
    assert root.get_user(person.id).delete() is None
    with pytest.raises(NotFoundError):
        root.get_user(person.id)
    for client in (person.client, key):
        with pytest.raises(AuthenticationError):
            client.get_user()
    assert root.get_users(q=f"username = '{person.username}'") == []
    with pytest.raises(ValidationError):
        people.make(username=person.username)


def test_a_password_is_changed_without_the_old_one(people, root):
    person = people.person()
    other = people.connect(person.username, person.password)
    assert person.client.get_user().change_password("çhanged by mysélf 1") is None
    assert person.client.get_user().id == person.id
    with pytest.raises(AuthenticationError):
        other.get_user()
    with pytest.raises(AuthenticationError):
        people.connect(person.username, person.password)
    mine = people.connect(person.username, "çhanged by mysélf 1")
    root.get_user(person.id).change_password("changed by the admin 2")
    with pytest.raises(AuthenticationError):
        mine.get_user()
    assert people.connect(person.username, "changed by the admin 2").get_user().id == person.id


def test_the_last_system_admin_stays(people, roster):
    # Whoever made the server is not the last one here, so another server would be needed to be so; the rule is tested
    # in the rulebook. Here: a system admin may go while others stay.
    person = people.person(role=UserRole.SYSTEM_ADMIN)
    person.client.get_user().update(role=UserRole.VIEWER)
    assert person.client.get_user().role == UserRole.VIEWER


def test_ordinary_people_change_themselves_and_see_nobody_else(people):
    person, other = people.person(), people.person()
    me = person.client.get_user()
    assert me.update(first_name="Mia", last_name="Lu", mobile="+98 9120123456")["mobile"] == "+98 9120123456"
    for forbidden in (
        {"role": UserRole.EDITOR}, {"status": UserStatus.NEW}, {"username": "mine"}, {"plan": SimpleNamespace(id=1)}, {"expiration_date": "2040-01-01"},
    ):
        with pytest.raises(AuthorizationError):
            me.update(**forbidden)
    for call in (
        me.renew_plan, me.delete, person.client.get_users, lambda: person.client.get_users(return_count=True),
        lambda: person.client.get_user(other.id), lambda: person.client.get_user(987654321),
        lambda: me.get_sessions(user_id=other.id), lambda: people.make(by=person.client),
    ):
        with pytest.raises(AuthorizationError):
            call()


def test_a_new_user_signs_in_and_is_active_by_that_and_a_pending_one_may_not(people, root):
    user, password = people.make(status=UserStatus.NEW)
    assert user.status == UserStatus.NEW
    assert people.connect(user.username, password).get_user().status == UserStatus.ACTIVE
    assert root.get_user(user.id).status == UserStatus.ACTIVE
    pending, password = people.make(status=UserStatus.PENDING)
    with pytest.raises(AuthenticationError):
        people.connect(pending.username, password)


def test_ones_own_new_address_waits_for_its_link_and_an_administrators_change_does_not(people, root, roster):
    person = people.person()
    me = person.client.get_user()
    before, after = me.email, f"after-{person.username}@example.com"
    assert me.update(email=after)["email"] == before
    assert root.get_user(person.id).email == before
    link = re.search(r"https?://\S+", roster.wait_for_mail(after, "confirm_email").text)[0]
    token = re.split(r"[#=]", link)[-1]
    assert requests.post(f"{roster.address}/api/v1/email-confirmations", json={"token": token}, timeout=60).ok
    assert person.client.get_user().email == after
    assert root.get_user(person.id).update(email=before)["email"] == before


def test_an_account_admin_has_its_own_people_and_no_others(people, root):
    boss, other = people.boss(), people.boss()
    own, password = people.make(by=boss.client)
    assert own.parent_id == boss.id and own.parent_user.id == boss.id
    free, _ = people.make()
    assert free.parent_id is None and free.parent_user is None
    assert {user.id for user in boss.client.get_users(limit=100)} == {boss.id, own.id}
    assert boss.client.get_users(return_count=True) == 2
    assert boss.client.get_user(own.id).update(first_name="Ours")["first_name"] == "Ours"
    boss.client.get_user(own.id).change_password("set by the account admin")
    signed_in = people.connect(own.username, "set by the account admin")
    sessions = boss.client.get_user(own.id).get_sessions()
    assert len(sessions) == 1
    sessions[0].close()
    with pytest.raises(AuthenticationError):
        signed_in.get_user()
    for stranger in (free, root.get_user(other.id), root.get_user()):
        for call in (
            lambda: boss.client.get_user(stranger.id),
            lambda: people.kind.User.get_user(boss.client, stranger.id).update(first_name="Theirs"),
            lambda: boss.client.create_apikey("theirs", user_id=stranger.id),
        ):
            with pytest.raises(AuthorizationError):
                call()
    for forbidden in ({"role": UserRole.SYSTEM_ADMIN}, {"plan": SimpleNamespace(id=987654)}):
        with pytest.raises((AuthorizationError, ValidationError)):
            boss.client.get_user(own.id).update(**forbidden)
    with pytest.raises(AuthorizationError):
        people.make(by=boss.client, role=UserRole.SYSTEM_ADMIN)
    with pytest.raises(AuthorizationError):
        boss.client.get_user().update(role=UserRole.SYSTEM_ADMIN)
    with pytest.raises(NotFoundError):
        boss.client.get_user(987654321)
    boss.client.get_user(own.id).delete()
    with pytest.raises(NotFoundError):
        root.get_user(own.id)


def test_members_are_attached_by_system_admins_and_let_go(people, root):
    boss = people.boss()
    free, _ = people.make()
    account = root.get_user(boss.id)
    with pytest.raises(AuthorizationError):
        boss.client.add_member(free.id)
    account.add_member(free.id)
    assert [user.id for user in account.get_members()] == [free.id]
    assert [user.id for user in boss.client.get_members()] == [free.id]
    assert root.get_user(free.id).parent_user.id == boss.id
    boss.client.remove_member(free.id)
    assert boss.client.get_members() == [] and root.get_user(free.id).parent_id is None
    with pytest.raises(NotFoundError):
        account.add_member(987654321)
    mine, _ = people.make()
    root.add_member(mine.id)
    assert mine.id in {user.id for user in root.get_members()}
    root.remove_member(mine.id)
    assert mine.id not in {user.id for user in root.get_members()}


def test_people_of_a_deleted_account_admin_belong_to_nobody(people, root):
    boss = people.boss()
    own, _ = people.make(by=boss.client)
    root.get_user(boss.id).delete()
    assert root.get_user(own.id).parent_id is None


def test_each_sign_in_is_one_session(people):
    person = people.person()
    people.with_key(person.client.create_apikey("no session").key).get_user()
    second = people.connect(person.username, person.password)
    sessions = second.get_my_sessions()
    assert len(sessions) == 2
    newest = sessions[0]
    assert set(newest.data) == {"uuid", "id", "user_id", "agent", "ip", "created_at", "last_used_at", "expires_at"}
    assert newest.data["user_id"] == person.id and newest.data["ip"] == "127.0.0.1"
    assert "python" in newest.agent.lower() and newest.agent in repr(newest)
    assert newest.data["created_at"] >= sessions[1].data["created_at"]
    sessions[1].close()
    with pytest.raises(AuthenticationError):
        person.client.get_user()
    assert [one.uuid for one in second.get_my_sessions()] == [newest.uuid]
    with pytest.raises(NotFoundError):
        sessions[1].close()
    newest.close()
    with pytest.raises(AuthenticationError):
        second.get_user()


def test_sessions_of_others_are_seen_by_their_administrators(roster, people, root):
    person, other = people.person(), people.person()
    me = root.get_user()
    seen = me.get_sessions(user_id=person.id)
    assert [one.data["user_id"] for one in seen] == [person.id]
    # The path decides whose session it is to be.
    path = f"/geobox/v1/users/{other.id}/sessions/{seen[0].uuid}"
    body = {"user_id": person.id, "session_uuid": seen[0].uuid}
    assert wire(roster, "POST", path, token=root.access_token, json=body).status_code == 404
    assert person.client.get_user().id == person.id
    for unknown in ("00000000-0000-0000-0000-000000000000", "x"):
        path = f"/geobox/v1/users/me/sessions/{unknown}"
        assert wire(roster, "POST", path, token=root.access_token, json=body).status_code == 404
