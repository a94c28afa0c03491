"""A database that the original server has made is taken over, and its users sign in at Roster."""

from __future__ import annotations

import os
import sqlite3
import subprocess

import pytest
from dioptra.client import connect_json_dioptra_client, connect_response_dioptra_client

from original import Original
from server import ADMIN_NAME, ADMIN_PASSWORD, roster_binary

ENGINES = os.environ.get("ROSTER_ENGINES", "sqlite,postgres").split(",")
PEOPLE = {"ann": "a pass phrase", "Bo b": "pässwörd ", "cid@work": "1234"}


def command(roster, *arguments: str, typed: str = "") -> subprocess.CompletedProcess:
    """`roster` at somebody's own machine, where a login is kept."""
    home = roster.directory / "operator"
    home.mkdir(exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    return subprocess.run(
        [roster_binary(), *arguments],
        env=environment, cwd=home, capture_output=True, text=True, input=typed, timeout=120,
    )


@pytest.fixture(scope="module", params=ENGINES)
def filled(request):
    """An original server's database with people in it; on PostgreSQL where Roster is on it, too."""
    url = None
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").database("original").replace("postgres://", "postgresql+psycopg2://")
    original = Original(url).wait()
    client = connect_json_dioptra_client(original.address)
    for username, password in PEOPLE.items():
        client.users.create(username, f"{len(username)}@example.com", password)
    client.users.create("gone", "gone@example.com", "g")
    client.auth.login("gone", "g")
    client.users.delete_current_user("g")
    client.users.create("1", "digits@example.com", "d")
    client.users.create("late", "late@example.com", "l")
    client.auth.login("ann", PEOPLE["ann"])
    execute(request, original, url, "UPDATE users SET password_expire_on = '2020-01-01 00:00:00.000000' WHERE username = 'late'")
    execute(request, original, url, "INSERT INTO \"groups\" (group_id, name, user_id, created_on, last_modified_on) "
            "SELECT 7, 'red team', user_id, created_on, created_on FROM users WHERE username = 'Bo b'")
    for table, columns, values in (
        ("group_members", "read, write, share_read, share_write", "TRUE, TRUE, TRUE, TRUE"),
        ("group_managers", "owner, admin", "TRUE, TRUE"),
    ):
        execute(request, original, url, f"INSERT INTO {table} (user_id, group_id, {columns}) "
                f"SELECT user_id, 7, {values} FROM users WHERE username IN ('Bo b', '1')")
    client.close()
    yield request.param, original
    original.stop()


def execute(request, original, url: str | None, sql: str) -> None:
    """What only an operator of the original could do, in its database."""
    if url is None:
        connection = sqlite3.connect(original.database)
    else:
        import psycopg2

        connection = psycopg2.connect(url.replace("+psycopg2", ""))
    connection.cursor().execute(sql)
    connection.commit()
    connection.close()


@pytest.fixture(scope="module")
def imported(filled, start_roster):
    engine, original = filled
    roster = start_roster(engine, ROSTER_PROFILE="compat")
    logged_in = command(roster, "login", roster.address, "--username", ADMIN_NAME, typed=f"{ADMIN_PASSWORD}\n")
    assert logged_in.returncode == 0, logged_in.stderr
    tried = command(roster, "import", "--from", "dioptra", original.database_url, "--dry-run")
    assert tried.returncode == 1 and "would be created: 5;" in tried.stderr, tried.stderr
    taken = command(roster, "import", "--from", "dioptra", original.database_url)
    assert taken.returncode == 1, taken.stderr
    return roster, original, taken.stderr


def test_what_is_taken_and_what_is_refused_is_told(imported):
    _, _, told = imported
    assert "Users created: 5; there already: 0; deleted ones among both" in told
    assert "(1): username" in told
    assert "user 1 in group red team: was not taken over" in told
    assert "groups created: 1; memberships set: 1; refused: 2." in told
    assert "is managed by ann" in told


def test_users_sign_in_with_the_passwords_they_had(imported):
    roster, _, _ = imported
    for username, password in PEOPLE.items():
        client = connect_response_dioptra_client(f"{roster.address}/dioptra")
        assert client.auth.login(username, password + "x").status_code == 401
        for _ in range(2):
            # The second time with the hash that the first has upgraded.
            assert client.auth.login(username, password).status_code == 200, username
        current = client.users.get_current().json()
        assert current["username"] == username and current["email"] == f"{len(username)}@example.com"
        client.close()


def test_dates_are_kept(imported):
    roster, original, _ = imported
    there, here = (connect_json_dioptra_client(address) for address in (original.address, f"{roster.address}/dioptra"))
    for client in (there, here):
        client.auth.login("ann", PEOPLE["ann"])
    then, now = there.users.get_current(), here.users.get_current()
    for field in ("createdOn", "passwordExpiresOn"):
        assert then[field] == now[field]


def test_people_keep_their_order(imported):
    roster, _, _ = imported
    client = connect_json_dioptra_client(f"{roster.address}/dioptra")
    client.auth.login("ann", PEOPLE["ann"])
    assert [one["username"] for one in client.users.get()["data"]] == [ADMIN_NAME, *PEOPLE, "late"]


def test_a_password_that_has_expired_there_can_only_be_changed(imported):
    roster, _, _ = imported
    client = connect_response_dioptra_client(f"{roster.address}/dioptra")
    assert client.auth.login("late", "l").status_code == 401
    other = connect_json_dioptra_client(f"{roster.address}/dioptra")
    other.auth.login("ann", PEOPLE["ann"])
    late = other.users.get(search="username:late")["data"][0]["id"]
    assert client.users.change_password_by_id(late, "l", "new pass").status_code == 200
    assert client.auth.login("late", "new pass").status_code == 200


def test_names_of_deleted_users_stay_reserved(imported):
    roster, _, _ = imported
    client = connect_response_dioptra_client(f"{roster.address}/dioptra")
    assert client.auth.login("gone", "g").status_code == 401
    assert client.users.create("gone", "other@example.com", "p").status_code == 409
    assert client.users.create("other", "gone@example.com", "p").status_code == 409


def test_t22_groups_come_with_their_people_and_no_others_who_are_called_alike(imported):
    """Nobody could be made of the user called 1; Roster's user number 1 is the administrator."""
    roster, _, _ = imported
    client = connect_json_dioptra_client(f"{roster.address}/dioptra")
    client.auth.login("ann", PEOPLE["ann"])
    (red,) = client.groups.get(search='name:"red team"')["data"]
    assert red["user"]["username"] == "Bo b"
    assert [member["user"]["username"] for member in red["members"]] == ["Bo b"]


def test_made_again_it_changes_nothing(imported):
    roster, original, _ = imported
    again = command(roster, "import", "--from", "dioptra", original.database_url)
    assert "Users created: 0; there already: 5;" in again.stderr and "groups created: 0;" in again.stderr, again.stderr
