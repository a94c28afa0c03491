"""Section 6: plans, their assignment and renewal."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone

import pytest
from geobox.exception import AuthenticationError, AuthorizationError, NotFoundError, ValidationError

KEYS = {
    "id", "name", "display_name", "description", "plan_color", "storage", "concurrent_tasks", "daily_api_calls",
    "monthly_api_calls", "daily_traffic", "monthly_traffic", "daily_process", "monthly_process", "number_of_days",
    "created_at", "updated_at",
}
NUMBERS = [
    "storage", "concurrent_tasks", "daily_api_calls", "monthly_api_calls", "daily_traffic", "monthly_traffic",
    "daily_process", "monthly_process",
]


def details(**changes) -> dict:
    numbers = {name: 10 for name in NUMBERS}
    return {"name": f"plan {uuid.uuid4().hex[:8]}", "plan_color": "#00ff7F", **numbers, **changes}


def in_days(days: int) -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(days=days)


def near(one: datetime, other: datetime) -> bool:
    return abs(one - other) < timedelta(minutes=2)


def test_a_plan_is_made_read_changed_and_deleted(root):
    given = details(storage=2**60, number_of_days=30, display_name="Gold", description="For those who dig")
    plan = root.create_plan(**given)
    assert set(plan.data) == KEYS and {key: plan.data[key] for key in given} == given
    assert isinstance(plan.created_at, datetime)
    assert root.get_plan(plan.id).data == plan.data
    changed = plan.update(display_name="Silver", storage=5)
    assert changed["display_name"] == "Silver" and changed["storage"] == 5 and set(changed) == KEYS
    assert root.get_plan(plan.id).display_name == "Silver"
    assert plan.delete() is None
    with pytest.raises(NotFoundError):
        root.get_plan(given and changed["id"])


@pytest.mark.parametrize("wrong", [
    {"plan_color": "red"}, {"name": ""}, *({name: 0} for name in NUMBERS), {"number_of_days": -1}, {"storage": 2**63},
])
def test_what_makes_no_plan_is_refused(root, wrong):
    with pytest.raises(ValidationError):
        root.create_plan(**details(**wrong))


def test_names_are_unique(root):
    plan = root.create_plan(**details())
    with pytest.raises(ValidationError, match="already in use"):
        root.create_plan(**details(name=plan.name))
    other = root.create_plan(**details())
    with pytest.raises(ValidationError):
        other.update(name=plan.name)


def test_a_plan_is_found_by_name(root):
    plan = root.create_plan(**details())
    assert root.get_plan_by_name(plan.name).id == plan.id
    assert root.get_plan_by_name("no such plan") is None
    with pytest.raises(ValidationError):
        root.get_plan_by_name("O'Neil")


def test_plans_are_listed_searched_ordered_and_counted(root):
    mark = uuid.uuid4().hex[:8]
    plans = [root.create_plan(**details(description=f"{mark} {number}", storage=number)) for number in (3, 1, 2)]
    found = root.get_plans(search=mark.upper(), order_by="storage D")
    assert [plan.storage for plan in found] == [3, 2, 1]
    assert root.get_plans(search=mark, return_count=True, limit=1) == 3
    assert [plan.id for plan in root.get_plans(q=f"description LIKE '{mark}%' AND storage BETWEEN 2 AND 3")] == [plans[0].id, plans[2].id]
    assert [plan.id for plan in root.get_plans(search=mark, skip=1, limit=1)] == [plans[1].id]
    assert root.get_plans(search=mark, search_fields="name") == []
    assert {plan.name for plan in root.get_plans(limit=100)} >= {"small", "medium", "large"}
    for wrong in ({"order_by": "nothing"}, {"q": "nothing = 1"}, {"search": "x", "search_fields": "storage"}):
        with pytest.raises(ValidationError):
            root.get_plans(**wrong)


def test_everybody_reads_and_only_system_admins_write(people, root):
    plan = root.create_plan(**details())
    for person in (people.person(), people.boss()):
        assert person.client.get_plan(plan.id).name == plan.name
        assert person.client.get_plan_by_name(plan.name).id == plan.id
        for call in (
            lambda: person.client.create_plan(**details()),
            lambda: person.client.get_plan(plan.id).update(storage=7),
            lambda: person.client.get_plan(plan.id).delete(),
        ):
            with pytest.raises(AuthorizationError):
                call()


def test_assignment_begins_a_period_and_renewal_prolongs_it(people, root):
    plan = root.create_plan(**details(number_of_days=30))
    user, _ = people.make()
    with pytest.raises(ValidationError):
        user.renew_plan()
    user.update(plan=plan)
    assert user.plan.data == plan.data and user.plan_id == plan.id
    assert near(user.expiration_date, in_days(30))
    assert user.renew_plan() is None
    assert near(root.get_user(user.id).expiration_date, in_days(60))
    user.update(plan=plan, expiration_date="2040-01-01T00:00:00")
    assert user.expiration_date == datetime(2040, 1, 1)
    with pytest.raises(ValidationError):
        plan.delete()
    user.update(plan="")
    assert user.plan is None and user.plan_id is None and user.expiration_date == datetime(2040, 1, 1)
    plan.delete()


def test_renewal_of_what_is_over_begins_now_and_lets_in_again(people, root):
    plan = root.create_plan(**details(number_of_days=7))
    endless = root.create_plan(**details())
    person = people.person()
    user = root.get_user(person.id)
    user.update(plan=plan, expiration_date="2020-01-01")
    with pytest.raises(AuthenticationError):
        people.connect(person.username, person.password)
    user.renew_plan()
    assert near(root.get_user(user.id).expiration_date, in_days(7))
    assert people.connect(person.username, person.password).get_user().plan.id == plan.id
    user.update(plan=endless)
    assert user.expiration_date is None
    user.renew_plan()
    assert root.get_user(user.id).expiration_date is None


def test_account_admins_renew_their_people_but_not_themselves(people, root):
    plan = root.create_plan(**details(number_of_days=7))
    boss = people.boss()
    own, _ = people.make(by=boss.client)
    own.update(plan=plan)
    own.renew_plan()
    assert near(boss.client.get_user(own.id).expiration_date, in_days(14))
    root.get_user(boss.id).update(plan=plan)
    with pytest.raises(AuthorizationError):
        boss.client.get_user().renew_plan()
