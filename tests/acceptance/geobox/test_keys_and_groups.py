"""Section 7: API keys, groups and their members."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone

import pytest
from geobox.exception import AuthenticationError, AuthorizationError, NotFoundError, ValidationError

from test_sign_in import wire


def name(kind: str = "key") -> str:
    return f"{kind} {uuid.uuid4().hex[:8]}"


def in_hours(hours: int) -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(hours=hours)


def near(one: datetime, other: datetime) -> bool:
    return abs(one - other) < timedelta(minutes=2)


def test_a_key_shows_its_secret_once(people):
    person = people.person()
    key = person.client.create_apikey("once")
    assert set(key.data) == {
        "id", "name", "key", "revoked", "expiration_mode", "expiration_interval", "expires_at", "user_id", "created_at",
        "last_used_at",
    }
    assert key.revoked is False and key.expires_at is None and key.user_id == person.id
    again = person.client.get_apikey(key.id)
    assert again.name == "once" and again.key != key.key and not key.key.startswith(again.key)
    assert people.with_key(key.key).get_user().id == person.id
    assert "once" in repr(key)


def test_a_key_is_revoked_granted_renamed_and_deleted(people):
    person = people.person()
    key = person.client.create_apikey("first")
    holder = people.with_key(key.key)
    key.revoke()
    assert person.client.get_apikey(key.id).revoked is True
    with pytest.raises(AuthenticationError):
        holder.get_user()
    key.grant()
    assert person.client.get_apikey(key.id).revoked is False
    assert holder.get_user().id == person.id
    changed = key.update(name="second")
    assert (changed["name"] if isinstance(changed, dict) else changed.name) == "second"
    assert person.client.get_apikey(key.id).name == "second"
    key.delete()
    with pytest.raises(AuthenticationError):
        holder.get_user()
    with pytest.raises(NotFoundError):
        person.client.get_apikey(key.data["id"])


def test_the_end_of_a_key_is_an_interval_or_a_date(people):
    client = people.person().client
    for interval, hours in (("1d", 24), ("1h", 1), ("2w", 336), (timedelta(days=1), 24), (timedelta(hours=12), 12)):
        key = client.create_apikey(name(), expiration_mode="interval", expiration_interval=interval)
        assert near(key.expires_at, in_hours(hours)), interval
    for date in (datetime(2040, 1, 1), datetime(2040, 1, 1, tzinfo=timezone.utc)):
        key = client.create_apikey(name(), expiration_mode="datetime", expires_at=date)
        assert key.expires_at == datetime(2040, 1, 1)
    key.update(name=key.name, expiration_mode="interval", expiration_interval="3d")
    assert near(client.get_apikey(key.id).expires_at, in_hours(72))


def test_what_is_no_end_is_refused(roster, people):
    token = people.person().client.access_token
    for form in (
        {}, {"name": ""}, {"name": "x", "expiration_mode": "never"}, {"name": "x", "expiration_mode": "interval"},
        {"name": "x", "expiration_mode": "interval", "expiration_interval": "soon"},
        {"name": "x", "expiration_mode": "datetime"}, {"name": "x", "expiration_mode": "datetime", "expires_at": "soon"},
        {"name": "x", "user_id": "y"},
    ):
        assert wire(roster, "POST", "/geobox/v1/apikeys/", token=token, data=form).status_code == 422, form


def test_keys_are_listed_ten_at_a_time_and_exact_names_come_first(people):
    client = people.person().client
    names = [f"key {number:02}" for number in range(12)] + ["key 1"]
    for one in names:
        client.create_apikey(one)
    assert [key.name for key in client.get_apikeys()] == names[:10]
    assert [key.name for key in client.get_apikeys(skip=10)] == names[10:]
    assert [key.name for key in client.get_apikeys(order_by="name D", limit=2)] == ["key 11", "key 10"]
    assert [key.name for key in client.get_apikeys(search="KEY 1")][0] in ("key 1", "key 10")
    assert client.get_apikey_by_name("key 1").name == "key 1"
    assert client.get_apikey_by_name("no such key") is None
    assert client.get_apikeys(search="%") == []


def test_keys_of_others_are_their_administrators_business(people, root):
    boss, other = people.boss(), people.person()
    own, _ = people.make(by=boss.client)
    key = boss.client.create_apikey("for own", user_id=own.id)
    assert people.with_key(key.key).get_user().id == own.id
    assert [one.id for one in boss.client.get_apikeys(user_id=own.id)] == [key.id]
    assert boss.client.get_apikeys() == [] and boss.client.get_apikey(key.id).user_id == own.id
    assert boss.client.get_apikey_by_name("for own", user_id=own.id).id == key.id
    assert root.get_apikey(key.id).id == key.id
    for call in (
        lambda: other.client.get_apikey(key.id),
        lambda: other.client.get_apikeys(user_id=own.id),
        lambda: other.client.create_apikey("theirs", user_id=own.id),
        lambda: boss.client.get_apikey(key.id).update(name="x", user_id=other.id),
    ):
        with pytest.raises((NotFoundError, AuthorizationError, ValidationError)):
            call()
    boss.client.get_apikey(key.id).revoke()
    with pytest.raises(AuthenticationError):
        people.with_key(key.key).get_user()


def test_a_group_is_made_read_changed_and_deleted(root):
    group = root.create_group(name=name("group"), description="Any")
    assert set(group.data) == {"id", "name", "description", "owner_id", "owner_name", "member_count"}
    me = root.get_user()
    assert group.owner_id == me.id and group.owner_name == f"{me.first_name} {me.last_name}".strip()
    assert root.get_group(group.id).data == group.data
    changed = group.update(description="Some")
    assert changed["description"] == "Some" and root.get_group(group.id).description == "Some"
    assert root.get_group_by_name(group.name).id == group.id
    assert root.get_group_by_name("no such group") is None
    assert group.id in {one.id for one in root.get_shareable_groups()}
    assert [one.id for one in root.get_shareable_groups(search=group.name.upper())] == [group.id]
    with pytest.raises(ValidationError):
        root.create_group(name=group.name)
    number = group.id
    group.delete()
    with pytest.raises(NotFoundError):
        root.get_group(number)


def test_groups_are_listed_filtered_and_counted(root):
    mark = uuid.uuid4().hex[:8]
    groups = [root.create_group(name=f"{mark} {letter}", description=letter) for letter in "bca"]
    assert [one.description for one in root.get_groups(search=mark, order_by="name A")] == ["a", "b", "c"]
    assert root.get_groups(search=mark, return_count=True) == 3
    assert [one.id for one in root.get_groups(q=f"name LIKE '{mark}%' AND description > 'a'")] == [groups[0].id, groups[1].id]
    with pytest.raises(ValidationError):
        root.get_groups(q="slug = 'x'")


def test_members_come_and_go(people, root):
    group = root.create_group(name=name("group"))
    person = people.person()
    before = group.member_count
    assert isinstance(group.add_member(person.id), dict)
    assert root.get_group(group.id).member_count == before + 1
    assert person.id in {user.id for user in group.get_members()}
    assert group.get_members(search=person.username)[0].username == person.username
    assert [one.id for one in person.client.get_shareable_groups(search=group.name)] == [group.id]
    assert group.remove_member(person.id) is None
    assert person.id not in {user.id for user in group.get_members()}
    for wrong in (lambda: group.add_member(987654321), lambda: group.remove_member(person.id)):
        with pytest.raises(NotFoundError):
            wrong()


def test_account_admins_have_groups_of_their_own_people(people, root):
    boss, other = people.boss(), people.boss()
    own, _ = people.make(by=boss.client)
    free, _ = people.make()
    group = boss.client.create_group(name=name("group"))
    group.add_member(own.id)
    assert own.id in {user.id for user in group.get_members()}
    with pytest.raises(AuthorizationError):
        group.add_member(free.id)
    theirs = other.client.get_group(group.id)
    for call in (lambda: theirs.update(description="x"), theirs.delete, lambda: theirs.add_member(other.id)):
        with pytest.raises(AuthorizationError):
            call()
    person = people.person()
    with pytest.raises(AuthorizationError):
        person.client.create_group(name=name("group"))
