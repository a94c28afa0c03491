"""The script of calls that both servers are put through, and what each answered.

Each call has a name; the table of differences goes by it. Everything but the names of people stands in the answers as
the server gave it, ids, times and texts aside: `compare` masks those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import requests
from dioptra.client import connect_json_dioptra_client, connect_response_dioptra_client
from dioptra.client.base import StatusCodeError

from server import ADMIN_NAME, ADMIN_PASSWORD

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+00:00$")
HUGE = 2**63
# What the answers to these say is free, as long as it is JSON.
NO_OBJECT = "log in with what is no object"


@dataclass
class Answer:
    """What came back from one call."""

    status: int
    body: Any = None
    cookies: list[str] = field(default_factory=list)


class Script:
    """Both the unmodified client and a plain HTTP client at one server."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.answers: dict[str, Answer] = {}
        self.clients = []

    def client(self):
        """A client with a cookie jar of its own."""
        client = connect_response_dioptra_client(self.address)
        self.clients.append(client)
        return client

    def signed_in(self, username: str, password: str):
        client = self.client()
        assert client.auth.login(username, password).status_code == 200
        return client

    def note(self, name: str, response) -> Any:
        """Keeps an answer of the unmodified client or of `raw`."""
        assert name not in self.answers, name
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        body = response.json() if is_json else "<no JSON>"
        self.answers[name] = Answer(response.status_code, body, set_cookies(response))
        return body

    def raw(self, name: str, method: str, path: str, by=None, **options) -> Any:
        """A request that the client would not send, with the cookies of one of its sessions."""
        jar = by._session._session.cookies.copy() if by is not None else None
        response = requests.request(
            method, f"{self.address}/api/v1{path}", cookies=jar, allow_redirects=True, timeout=60, **options
        )
        return self.note(name, response)

    def close(self) -> None:
        for client in self.clients:
            client.close()


def set_cookies(response) -> list[str]:
    """Of each cookie that is set, whether it is kept or cleared and what protects it; its name and value are free."""
    found = set()
    for header in response.raw.headers.getlist("Set-Cookie") if hasattr(response, "raw") else []:
        value, *attributes = [part.strip() for part in header.split(";")]
        names = {attribute.split("=")[0].lower() for attribute in attributes}
        is_cleared = value.endswith("=") or any(attribute.lower() == "max-age=0" for attribute in attributes)
        protection = " ".join(sorted(names & {"httponly", "secure"}))
        found.add(f"{'cleared' if is_cleared else 'set'} {protection}")
    return sorted(found)


def run(address: str) -> dict[str, Answer]:
    """The whole script. Both servers hold one user before it: the administrator of the Roster under test."""
    script = Script(address)
    try:
        register(script)
        log_in_and_out(script)
        read_and_page(script)
        search(script)
        change(script)
        change_passwords(script)
        delete(script)
        malformed(script)
        exceptions(script)
        departures(script)
    finally:
        script.close()
    return script.answers


def register(script: Script) -> None:
    nobody = script.client()
    for name, person in {
        "create ann": ("ann", "ann@example.com", "a pass phrase"),
        "create bob": ("bob", "bob@example.com", "b pass phrase"),
        "create somebody with blanks and signs": ("Ćid, the 3rd!", "cid+tag@localhost", "päss wörd "),
        "create somebody with a plain word as address": ("dan@work", "just-a-word", "1234"),
        "create a long name": ("x" * 250, "long@example.com", "l"),
        "create a taken name": ("ann", "other@example.com", "p"),
        "create a taken address": ("other", "ann@example.com", "p"),
        "create both taken": ("ann", "bob@example.com", "p"),
        "create null": (None, None, None),
        "create numbers": (1, 2, 3),
    }.items():
        script.note(name, nobody.users.create(*person))
    body = {"username": "fay", "email": "fay@example.com", "password": "p", "confirmPassword": "q"}
    script.raw("create with another confirmation", "POST", "/users/", json=body)
    script.raw("create with an id", "POST", "/users/", json=body | {"confirmPassword": "p", "id": 7})
    for left_out in body:
        rest = {key: value for key, value in body.items() if key != left_out}
        script.raw(f"create without {left_out}", "POST", "/users/", json=rest)
    script.note("registration opens no session", nobody.users.get_current())


def log_in_and_out(script: Script) -> None:
    ann = script.client()
    script.note("current without a session", ann.users.get_current())
    script.note("users without a session", ann.users.get(index=-1))
    script.note("groups without a session", ann.groups.get())
    script.note("log out without a session", ann.auth.logout())
    script.note("log in", ann.auth.login("ann", "a pass phrase"))
    script.note("current after the first login", ann.users.get_current())
    script.note("log in with a wrong password", ann.auth.login("ann", "wrong"))
    script.note("a failed login keeps the session", ann.users.get_current())
    script.note("log in as nobody", script.client().auth.login("nobody", "wrong"))
    script.note("log in with an empty password", script.client().auth.login("ann", ""))
    script.note("log in with null as password", script.client().auth.login("ann", None))
    script.note("log in in other letters", script.client().auth.login("ANN", "a pass phrase"))
    script.note("log in with all characters", script.client().auth.login("Ćid, the 3rd!", "päss wörd "))
    script.note("log in with a blank less", script.client().auth.login("Ćid, the 3rd!", "päss wörd"))
    script.note("a second login switches", ann.auth.login("bob", "b pass phrase"))
    script.note("current after the switch", ann.users.get_current())
    twin, third = script.signed_in("bob", "b pass phrase"), script.signed_in("bob", "b pass phrase")
    old = twin._session._session.cookies.copy()
    for name, flag in {"maybe": "maybe", "empty": "", "on": "on", "0": "0", "TRUE": "TRUE"}.items():
        by = script.signed_in("Ćid, the 3rd!", "päss wörd ")
        script.raw(f"log out with the flag {name}", "POST", f"/auth/logout?everywhere={flag}", by=by)
    script.note("log out here", twin.auth.logout())
    script.note("after logging out here", twin.users.get_current())
    copied = requests.get(f"{script.address}/api/v1/users/current", cookies=old, timeout=60)
    script.note("a copy of the cookies after logging out", copied)
    script.note("the other session stays", third.users.get_current())
    script.note("log out everywhere", third.auth.logout(everywhere=True))
    script.note("after logging out everywhere", ann.users.get_current())
    for name, cookie in {"damaged": "x", "forged": "1|" + "0" * 128, "bytes": "%ff%00"}.items():
        jar = {"session": cookie, "dioptra_remember_token": cookie, "roster_dioptra": cookie}
        response = requests.get(f"{script.address}/api/v1/users/current", cookies=jar, timeout=60)
        script.note(f"a {name} cookie", response)


def read_and_page(script: Script) -> None:
    ann = script.signed_in("ann", "a pass phrase")
    whole = script.note("users", ann.users.get(page_length=1000))
    ids = {one["username"]: one["id"] for one in whole["data"]} if "data" in whole else {}
    for index, length in ((0, 1), (0, 2), (1, 2), (2, 2), (3, 1), (4, 1000), (100, 10), (100, 3)):
        script.note(f"users from {index}, {length} at once", ann.users.get(index=index, page_length=length))
    for index, length in ((-1, 10), (0, 0), (0, -5), (0, 1001), ("x", "y"), ("", ""), (1.5, 10), (HUGE, 10)):
        script.note(f"users from {index}, {length} at once is wrong", ann.users.get(index=index, page_length=length))
    script.raw("users by default", "GET", "/users", by=ann)
    script.raw("users with the slash", "GET", "/users/", by=ann)
    script.raw("users with parameters that nobody knows", "GET", "/users/?index=1&foo=bar&pageLength=1", by=ann)
    script.note("users with an empty search", ann.users.get(search="", page_length=1))
    script.note("a user by id", ann.users.get_by_id(ids["bob"]))
    script.note("a user by id as text", ann.users.get_by_id(str(ids["bob"])))
    script.note("oneself by id", ann.users.get_by_id(ids["ann"]))
    for name, wrong in {"unknown": 999_999, "0": 0, "huge": HUGE, "more than huge": 10**30}.items():
        script.note(f"a user by an id that is {name}", ann.users.get_by_id(wrong))
    for wrong in ("abc", "-1", "1.5", "current2"):
        script.note(f"a user by {wrong}", ann.users.get_by_id(wrong))
    script.note("the session survives an unknown user", ann.users.get_current())
    groups = script.note("groups", ann.groups.get())
    public = groups["data"][0]["id"]
    script.note("groups from 1", ann.groups.get(index=1, page_length=5))
    script.note("groups, too many at once", ann.groups.get(page_length=1001))
    script.raw("groups with the slash", "GET", "/groups/", by=ann)
    script.note("public", ann.groups.get_by_id(public))
    script.note("public by its id as text", ann.groups.get_by_id(str(public)))
    for name, wrong in {"unknown": 999_999, "0": 0, "huge": HUGE, "abc": "abc", "negative": -1}.items():
        script.note(f"a group by an id that is {name}", ann.groups.get_by_id(wrong))


SEARCHES = """
ann
ANN
an
n b
username:ann
username:an
username:an*
username:*n
username:?nn
username:a??
username:ANN
username:dan@work
email:just-a-word
email:*@example.com
email:*@example.com,username:b*
username:ann,bob
example
the 3rd
"the 3rd"
'the  3rd'
" the 3rd"
"the *"
"* the"
username:"*, the 3rd!"
username:'*the*'
a*n
a?n
*
?
**
username:*
username:"*"
!
!x
-x
not ann
ann OR bob
a|b
a&b
(ann)
ann@example.com
cid+tag
100%
a_n
username:a_n
username:%
[a]
$1
username:xx*
n,n
 ann
ann 
 username : ann
username: "ann" 
username:ann , bob
\\*
\\?
\\\\
\\n
\\:
\\,
\\'
username:"*\\, the*"
username:ann\\*
name:ann
""".strip("\n").split("\n")

ILLEGAL = """
a,
,a
a,,b
,
username:
:a
username::a
a:b:c
"open
'open
""
''
" "
username:''
username:two words
username:a OR username:b
it's
username:a"b"
username:"a"b
"a" b
\\q
\\
a\\
bad-name:a
user name:a
!username:a
 
foo:a
id:1
USERNAME:a
a,foo:b
""".strip("\n").split("\n")


def search(script: Script) -> None:
    ann = script.signed_in("ann", "a pass phrase")
    for text in SEARCHES + ILLEGAL:
        script.note(f"search users: {text}", ann.users.get(search=text, page_length=1000))
    script.note("search users: \u0107", ann.users.get(search="\u0107", page_length=1000))
    script.note("search users and page", ann.users.get(search="a,*", index=1, page_length=2))
    for text in ("public", "name:public", "name:pub*", "name:pub", "PUB", "zzz", "username:a", "name:", "*"):
        script.note(f"search groups: {text}", ann.groups.get(search=text))


def change(script: Script) -> None:
    ann = script.signed_in("ann", "a pass phrase")
    twin = script.signed_in("ann", "a pass phrase")
    script.note("modify", ann.users.modify_current_user("Ann B.", "ann.b@example.com"))
    script.note("current after modifying", twin.users.get_current())
    script.note("modify to the same", ann.users.modify_current_user("Ann B.", "ann.b@example.com"))
    script.note("log in with the former name", script.client().auth.login("ann", "a pass phrase"))
    script.note("log in with the new name", script.client().auth.login("Ann B.", "a pass phrase"))
    script.note("members after modifying", ann.groups.get())
    script.note("modify to null", ann.users.modify_current_user(None, None))
    script.raw("modify without address", "PUT", "/users/current", by=ann, json={"username": "x"})
    script.raw("modify the password", "PUT", "/users/current", by=ann,
               json={"username": "Ann B.", "email": "ann.b@example.com", "password": "x"})
    script.note("modify without a session", script.client().users.modify_current_user("x", "y"))


def change_passwords(script: Script) -> None:
    who = ("gil", "gil@example.com")
    gil, twin, bob = script.client(), script.client(), script.signed_in("bob", "b pass phrase")
    gil.users.create(*who, "first pass")
    gil.auth.login("gil", "first pass")
    twin.auth.login("gil", "first pass")
    number = gil.users.get_current().json()["id"]
    current = gil.users.change_current_user_password
    script.note("change the password with a wrong old one", current("wrong", "second pass"))
    script.note("change the password to the same", current("first pass", "first pass"))
    script.note("change the password to null", current("first pass", None))
    script.note("a refused change keeps the session", gil.users.get_current())
    body = {"oldPassword": "first pass", "newPassword": "p", "confirmNewPassword": "q"}
    script.raw("change the password with another confirmation", "POST", "/users/current/password", by=gil, json=body)
    script.raw("change the password with a wrong one and another confirmation", "POST", "/users/current/password",
               by=gil, json=body | {"oldPassword": "x"})
    for left_out in body:
        rest = {key: value for key, value in body.items() if key != left_out}
        script.raw(f"change the password without {left_out}", "POST", "/users/current/password", by=gil, json=rest)
    script.raw("change the password and more", "POST", "/users/current/password", by=gil, json=body | {"id": 1})
    script.note("change the password", gil.users.change_current_user_password("first pass", "second pass"))
    script.note("the own session after changing the password", gil.users.get_current())
    script.note("another session after changing the password", twin.users.get_current())
    script.note("log in with the old password", gil.auth.login("gil", "first pass"))
    script.note("log in with the new password", gil.auth.login("gil", "second pass"))
    by_id = bob.users.change_password_by_id
    script.note("change another's password with a wrong old one", by_id(number, "wrong", "third pass"))
    script.note("change another's password to the same", by_id(number, "second pass", "second pass"))
    script.note("change another's password", by_id(number, "second pass", "third pass"))
    script.note("the session of the one who changed it", bob.users.get_current())
    script.note("the session of the one it was changed for", gil.users.get_current())
    script.note("change the password of nobody", by_id(999_999, "a", "b"))
    script.note("change the password of abc", by_id("abc", "a", "b"))
    script.note("change the password of a huge id", by_id(HUGE, "a", "b"))
    path = f"/users/{number}/password"
    for left_out in body:
        rest = {key: value for key, value in body.items() if key != left_out}
        script.raw(f"change another's password without {left_out}", "POST", path, by=bob, json=rest)
    nobody = script.client()
    script.note("change a password without a session",
                nobody.users.change_password_by_id(number, "third pass", "fourth pass"))
    script.note("change a password without a session, wrong old one",
                nobody.users.change_password_by_id(number, "wrong", "fifth pass"))


def delete(script: Script) -> None:
    hal, twin = script.client(), script.client()
    hal.users.create("hal", "hal@example.com", "h pass")
    hal.auth.login("hal", "h pass")
    twin.auth.login("hal", "h pass")
    number = hal.users.get_current().json()["id"]
    script.note("delete with a wrong password", hal.users.delete_current_user("wrong"))
    script.note("delete with an empty password", hal.users.delete_current_user(""))
    script.note("delete with null", hal.users.delete_current_user(None))
    script.raw("delete without a body", "DELETE", "/users/current", by=hal)
    script.raw("delete with more", "DELETE", "/users/current", by=hal, json={"password": "h pass", "id": 1})
    script.note("a refused deletion changes nothing", hal.users.get_current())
    script.note("delete", hal.users.delete_current_user("h pass"))
    script.note("the own session after deleting", hal.users.get_current())
    script.note("another session after deleting", twin.users.get_current())
    script.note("log in after deleting", hal.auth.login("hal", "h pass"))
    ann = script.signed_in("Ann B.", "a pass phrase")
    script.note("a deleted user by id", ann.users.get_by_id(number))
    script.note("search for a deleted user", ann.users.get(search="hal"))
    script.note("change the password of a deleted user", ann.users.change_password_by_id(number, "h pass", "x"))
    script.note("create with the name of a deleted user", hal.users.create("hal", "hal2@example.com", "p"))
    script.note("create with the address of a deleted user", hal.users.create("hal2", "hal@example.com", "p"))
    script.note("members after deleting", ann.groups.get())
    script.note("users at the end", ann.users.get(page_length=1000))


def malformed(script: Script) -> None:
    bob = script.signed_in("bob", "b pass phrase")
    login = {"username": "bob", "password": "b pass phrase"}
    script.raw("log in with a field too many", "POST", "/auth/login", json=login | {"code": "1"})
    script.raw("log in without password", "POST", "/auth/login", json={"username": "bob"})
    script.raw("log in without username", "POST", "/auth/login", json={"password": "x"})
    script.raw("log in with numbers", "POST", "/auth/login", json={"username": 1, "password": 2})
    script.raw("log in with lists", "POST", "/auth/login", json={"username": ["bob"], "password": ["x"]})
    for name, data in {
        "nothing": b"", "no JSON": b"{", "a list": b"[]", "a text": b'"x"', "null": b"null", "bytes": b"\xff\xfe",
    }.items():
        headers = {"Content-Type": "application/json"}
        script.raw(f"{NO_OBJECT}: {name}", "POST", "/auth/login", data=data, headers=headers)
    script.raw(f"{NO_OBJECT}: a form", "POST", "/auth/login", data=login)
    for method, path in (
        ("GET", "/nothing"), ("GET", "/users/current/nothing"), ("GET", "/auth/login"), ("PATCH", "/users/current"),
        ("DELETE", "/users/1"), ("PUT", "/groups/1"), ("POST", "/groups/1"), ("DELETE", "/groups/1"),
        ("GET", "/users/current/"), ("GET", "/users/1/password"),
    ):
        script.raw(f"{method} {path}", method, path, by=bob)


def exceptions(script: Script) -> None:
    """What the JSON client makes of the answers."""
    client = connect_json_dioptra_client(script.address)
    script.clients.append(client)
    for name, call in {
        "an exception for a refused login": lambda: client.auth.login("bob", "wrong"),
        "an exception without a session": lambda: client.users.get_current(),
        "JSON of a login": lambda: client.auth.login("bob", "b pass phrase"),
        "an exception for an unknown group": lambda: client.groups.get_by_id(999_999),
        "JSON of the current user": lambda: client.users.get_current(),
        "JSON of a logout": lambda: client.auth.logout(),
    }.items():
        try:
            script.answers[name] = Answer(200, call())
        except StatusCodeError as error:
            script.answers[name] = Answer(error.status_code, "StatusCodeError")


def departures(script: Script) -> None:
    """What the original lets pass and Roster does not: at the end, so that what it leaves behind is seen by no other."""
    nobody = script.client()
    for name, person in {
        "create an empty name": ("", "empty1@example.com", "p"),
        "create an empty address": ("empty2", "", "p"),
        "create an empty password": ("empty3", "empty3@example.com", ""),
        "create in other letters": ("BOB", "BOB2@example.com", "p"),
        "create an address in other letters": ("bob3", "Bob@Example.com", "p"),
        "create digits": ("12345", "digits@example.com", "p"),
        "create me": ("me", "me@example.com", "p"),
        "create a uuid": ("0190163d-8694-739b-aea5-966c26f8ad90", "uuid@example.com", "p"),
        "create blanks at the ends": (" eve ", "eve@example.com", "p"),
        "create a control character": ("e\tve", "eve2@example.com", "p"),
        "create another's address as name": ("bob@example.com", "eve3@example.com", "p"),
        "create too long a name": ("y" * 321, "eve4@example.com", "p"),
    }.items():
        script.note(name, nobody.users.create(*person))
    ben = script.client()
    script.note("create ben", ben.users.create("ben", "ben@example.com", "b pass phrase"))
    ben.auth.login("ben", "b pass phrase")
    script.note("modify to an empty name", ben.users.modify_current_user("", "ben@example.com"))
    script.note("modify to an empty address", ben.users.modify_current_user("ben", ""))
    script.note("modify to a taken address", ben.users.modify_current_user("ben", "bob@example.com"))
    script.note("modify to a taken name", ben.users.modify_current_user("bob", "ben@example.com"))
    script.note("modify to the name of a deleted user", ben.users.modify_current_user("hal", "ben@example.com"))
    script.note("modify to free names again", ben.users.modify_current_user("ben", "ben@example.com"))
    script.note("change the password to nothing", ben.users.change_current_user_password("b pass phrase", ""))


def prepare_original(address: str) -> None:
    """Gives the original the user that a Roster under test has from the start."""
    client = connect_json_dioptra_client(address)
    client.users.create(ADMIN_NAME, "root@example.com", ADMIN_PASSWORD)
    client.close()
