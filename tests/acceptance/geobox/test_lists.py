"""Section 8: filters, search, order, pages and counts."""

from __future__ import annotations

import itertools
import uuid

import pytest
from geobox.enums import UserRole, UserStatus
from geobox.exception import AuthorizationError, NotFoundError, ValidationError


@pytest.fixture(scope="module")
def crowd(people, root):
    """Twelve users whose names share a piece that nobody else has."""
    piece = "q" + uuid.uuid4().hex[:8]
    roles = itertools.cycle([UserRole.VIEWER, UserRole.EDITOR, UserRole.PUBLISHER])
    users = []
    for number in range(12):
        user, _ = people.make(
            first_name=f"Abe{number % 3}" if number % 2 else f"abe{number % 3}",
            last_name=f"{piece} O'Neil" if number == 0 else f"{piece} 100%_{number}",
            role=next(roles),
            status=UserStatus.NEW if number < 4 else UserStatus.ACTIVE,
            mobile="+98 9120123456" if number == 5 else None,
        )
        users.append(user)
    return piece, users


def ids(users):
    return [user.id for user in users]


def test_ten_are_given_unless_more_are_asked_for(root, crowd):
    piece, users = crowd
    assert ids(root.get_users(search=piece)) == ids(users)[:10]
    assert ids(root.get_users(search=piece, limit=100)) == ids(users)
    assert root.get_users(search=piece, limit=0) == []
    assert root.get_users(search=piece, skip=1000) == []


def test_pages_neither_overlap_nor_leave_gaps(root, crowd):
    piece, users = crowd
    for order in (None, "first_name D", "role A, status D", "mobile"):
        pages = [root.get_users(search=piece, order_by=order, skip=skip, limit=5) for skip in (0, 5, 10)]
        found = [one for page in pages for one in ids(page)]
        assert sorted(found) == ids(users) and len(pages[2]) == 2
        assert found == ids(root.get_users(search=piece, order_by=order, limit=100))


def test_counts_count_the_complete_list(root, crowd):
    piece, users = crowd
    count = root.get_users(search=piece, return_count=True, limit=3, skip=2)
    assert count == len(users)
    assert root.get_users(q=f"last_name LIKE '{piece}%' AND status = 'New'", return_count=True) == 4
    assert root.get_users(status=UserStatus.NEW, search=piece, return_count=True) == 4


def test_search_is_one_literal_piece_of_one_field(root, crowd):
    piece, users = crowd
    assert ids(root.get_users(search=f"  {piece.upper()} o'neil ")) == ids(users)[:1]
    assert ids(root.get_users(search=f"{piece} 100%_3")) == [users[3].id]
    assert root.get_users(search=f"{piece}_100") == []
    assert root.get_users(search=f"{piece}%") == []
    assert root.get_users(search=piece, search_fields="username, email") == []
    assert len(root.get_users(search=piece, search_fields="username,last_name", limit=50)) == len(users)
    assert ids(root.get_users(search="9120123456", q=f"last_name LIKE '{piece}%'", limit=50)) == ids(users), "q wins"
    assert root.get_users(search="   ", q=" ", limit=2) == [] or len(root.get_users(search="   ", q=" ", limit=2)) == 2
    for field in ("role", "id", "password", "nothing"):
        with pytest.raises(ValidationError):
            root.get_users(search=piece, search_fields=field)


def test_order_is_by_folded_text_with_the_id_last(root, crowd):
    piece, users = crowd
    expected = sorted(users, key=lambda user: (user.first_name.lower(), user.id))
    assert ids(root.get_users(search=piece, order_by="first_name", limit=50)) == ids(expected)
    expected = sorted(users, key=lambda user: user.id)
    expected = sorted(expected, key=lambda user: user.first_name.lower(), reverse=True)
    assert ids(root.get_users(search=piece, order_by="first_name d", limit=50)) == ids(expected)
    expected = sorted(users, key=lambda user: (user.role.value, user.id))
    assert ids(root.get_users(search=piece, order_by=" role  A ", limit=50)) == ids(expected)
    assert root.get_users(search=piece, order_by="mobile A", limit=50)[-1].id == users[5].id, "nulls come first"
    assert ids(root.get_users(search=piece, order_by="id D", limit=3)) == ids(users)[:-4:-1]
    for wrong in ("nothing", "first_name X", "first_name A B", "first_name,,id", "plan", "password A"):
        with pytest.raises(ValidationError):
            root.get_users(order_by=wrong)


@pytest.mark.parametrize("q, numbers", [
    ("first_name = 'Abe1'", [1, 7]),
    ("first_name = 'abe1'", [4, 10]),
    ("first_name LIKE 'Abe_'", [1, 3, 5, 7, 9, 11]),
    ("first_name ILIKE 'ABE1'", [1, 4, 7, 10]),
    ("LAST_NAME like '%O''Neil'", [0]),
    (r"last_name LIKE '%100\%\_1_'", [10, 11]),
    ("status = 'New' AND role <> 'Viewer'", [1, 2]),
    ("status != 'New' and NOT (role = 'Viewer' or role = 'Editor')", [5, 8, 11]),
    ("role IN ('Viewer', 'Publisher') AND status = 'New'", [0, 2, 3]),
    ("role NOT IN ('Viewer', 'Publisher') AND status = 'New'", [1]),
    ("mobile IS NOT NULL", [5]),
    ("mobile IS NULL AND first_name = 'Abe2'", [11]),
    ("mobile = 'x' OR NOT mobile = 'x'", [5]),
    ('"first_name" BETWEEN \'Abe0\' AND \'Abe1\'', [1, 3, 7, 9]),
    ("username LIKE '%gia%' AND created_at > '2021-01-01'", list(range(12))),
    ("created_at < '2021-01-01' OR updated_at < TIMESTAMP('2021-01-01T00:00:00Z')", []),
    ("created_at >= DATE('2021-01-01') AND plan_id IS NULL AND parent_id IS NULL AND expiration_date IS NULL", list(range(12))),
])
def test_cql_finds_what_it_says(root, crowd, q, numbers):
    piece, users = crowd
    found = root.get_users(q=f"last_name LIKE '{piece}%' AND (\n{q}\n)", limit=50)
    assert ids(found) == [users[number].id for number in numbers]


@pytest.mark.parametrize("q", [
    "nothing = 1", "password = 'x'", "id = 'one'", "created_at > 'soon'", "created_at > '2026-02-30'", "first_name = 'open",
    "(id = 1", "id = 1)", "id IN ()", "id = 1; DROP TABLE users", "id = 1 -- x", "lower(first_name) = 'x'", "id = 1 id = 2",
    "first_name = ‘Abe’", "id = (SELECT 1)", "= 1", "id", "NOT", "first_name LIKE 7",
    "NOT " * 5000 + "id = 1", "(" * 5000, "id = 1 OR " * 2000 + "id = 1",
])
def test_what_is_no_cql_is_refused_with_words(root, q):
    with pytest.raises(ValidationError) as caught:
        root.get_users(q=q)
    assert len(caught.value.message) > 5


def test_long_and_deep_filters_are_answered(root, crowd):
    piece, users = crowd
    deep = "(" * 30 + f"last_name LIKE '{piece}%'" + ")" * 30
    assert len(root.get_users(q=deep, limit=50)) == 12
    long = f"last_name LIKE '{piece}%' AND id IN ({', '.join(str(one) for one in range(900))})"
    assert isinstance(root.get_users(q=long[:3999].rsplit(",", 1)[0] + ")"), list)


def test_a_user_id_narrows_to_an_account(people, root):
    boss = people.boss()
    own, _ = people.make(by=boss.client)
    assert set(ids(root.get_users(user_id=boss.id))) == {boss.id, own.id}
    assert root.get_users(user_id=boss.id, return_count=True) == 2
    assert ids(boss.client.get_users(user_id=own.id)) == [own.id]
    with pytest.raises(NotFoundError):
        root.get_users(user_id=987654321)
    with pytest.raises(AuthorizationError):
        boss.client.get_users(user_id=root.get_user().id)


def test_everybody_may_search_and_sees_only_names(people, root, crowd):
    piece, users = crowd
    person = people.person()
    found = person.client.search_users(search=piece, limit=50)
    assert ids(found) == ids(users)
    shown = found[0].data
    assert {key for key, value in shown.items() if value is not None} == {"id", "username", "first_name", "last_name"}
    assert set(shown) == set(users[0].data)
    assert person.client.search_users(search="9120123456") == [], "numbers are nobody else's business"
    whole = root.search_users(search=piece, skip=2, limit=3)
    assert ids(whole) == ids(users)[2:5] and whole[0].email == users[2].email
    assert ids(root.get_users(search=piece, limit=50)) == ids(root.search_users(search=piece, limit=50))
    assert len(person.client.search_users()) == 10
