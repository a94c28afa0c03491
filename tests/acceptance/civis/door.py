"""The unmodified client against a server, and requests that it would not send."""

from __future__ import annotations

import base64
import itertools
import os
import uuid

import civis
import requests

from server import ADMIN_NAME, ADMIN_PASSWORD, Roster
from shapes import DETAIL, ERROR, NEW_KEY, check

NUMBERS = itertools.count(1)
HOUR = 3600
ALL_METHODS = ("get", "head", "post", "put", "patch", "delete")


def basic(user: str, password: str = "") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def constraint(kind: str, text: str | None, *methods: str) -> dict:
    """A constraint in snake case, as the library sends it."""
    return {"constraint": text, "constraint_type": kind} | {f"{method}_allowed": True for method in methods}


class Person:
    """An account with a key, and a client that uses it."""

    def __init__(self, door: Door, user: dict, key: str) -> None:
        self.door, self.user, self.id, self.key = door, user, user["id"], key
        self._client = None

    @property
    def client(self) -> civis.APIClient:
        self._client = self._client or self.door.client(self.key)
        return self._client

    def raw(self, method: str, path: str, **options) -> requests.Response:
        return self.door.raw(method, path, key=self.key, **options)

    def ok(self, method: str, path: str, **options):
        """The JSON of a request that is done."""
        answer = self.raw(method, path, **options)
        assert answer.ok, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def is_known(self) -> bool:
        return self.raw("GET", "users/me").status_code == 200


class Door:
    """The Civis door of one server."""

    def __init__(self, roster: Roster) -> None:
        self.roster, self.url = roster, f"{roster.address}/civis"
        answer = self.raw("POST", "users/me/api_keys", auth=basic(ADMIN_NAME, ADMIN_PASSWORD),
                          json={"name": "first", "expires_in": 30 * 24 * HOUR})
        assert answer.status_code == 200, answer.text
        key = check(NEW_KEY, answer.json())["token"]
        me = self.raw("GET", "users/me", key=key).json()
        self.root = Person(self, {"id": me["id"]}, key)
        self.group = me["primaryGroupId"]
        self.organization = me["groups"][0]["organizationId"]

    def client(self, key: str) -> civis.APIClient:
        os.environ["CIVIS_API_ENDPOINT"] = self.url
        return civis.APIClient(api_key=key)

    def raw(self, method: str, path: str, key: str | None = None, auth: str | None = None, **options) -> requests.Response:
        """A request as it stands here, whatever it looks like; what a refusal must hold is checked."""
        headers = options.pop("headers", {})
        auth = auth or (basic(key) if key else None)
        if auth:
            headers = {"Authorization": auth} | headers
        request = requests.Request(method, f"{self.url}/", headers=headers, **options)
        with requests.Session() as session:
            session.trust_env = False
            prepared = session.prepare_request(request)
            query = prepared.url.partition("?")[2]
            prepared.url = f"{self.url}/{path}" + (f"?{query}" if query else "")
            answer = session.send(prepared, allow_redirects=False, timeout=60)
        assert answer.status_code < 500 and not 300 <= answer.status_code < 400, (method, path, answer.text)
        assert answer.headers["Cache-Control"] == "private, no-store"
        if answer.content:
            assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        if not answer.ok and method != "HEAD":
            refusal = check(ERROR, answer.json())
            assert refusal["code"] == answer.status_code and refusal["errorDescription"]
            slugs = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict"}
            assert refusal["error"] == slugs.get(answer.status_code, refusal["error"])
        if answer.status_code == 401:
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="roster", error="invalid_token"'
        return answer

    def native(self, method: str, path: str, **options) -> dict | None:
        """What the super user does through the native API."""
        headers = {"Authorization": f"Bearer {self.root.key}"} | options.pop("headers", {})
        answer = requests.request(method, f"{self.roster.address}/api/v1/{path}", headers=headers, timeout=60, **options)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def new(self, **fields) -> dict:
        """Required fields of a user that nobody has."""
        number = next(NUMBERS)
        mark = uuid.uuid4().hex[:6]
        return {
            "name": f"Cy Number {number}", "email": f"cy{number}.{mark}@example.com", "primary_group_id": self.group,
            "user": f"cy{number}{mark}", **fields,
        }

    def make(self, by: Person | None = None, **fields) -> dict:
        return check(DETAIL, (by or self.root).ok("POST", "users", json=self.new(**fields)))

    def key_of(self, user_id: int, **fields) -> str:
        """A key of somebody, made by the super user."""
        new = {"name": "key", "expires_in": HOUR, **fields}
        return self.root.ok("POST", f"users/{user_id}/api_keys", json=new)["token"]

    def person(self, **fields) -> Person:
        user = self.make(**fields)
        return Person(self, user, self.key_of(user["id"]))

    def make_group(self, by: Person | None = None, **fields) -> dict:
        return (by or self.root).ok("POST", "groups", json={"name": f"group {uuid.uuid4().hex[:10]}", **fields})

    def role(self, slug: str) -> int:
        return next(role["id"] for role in self.root.ok("GET", "roles") if role["slug"] == slug)

    def with_role(self, slug: str, **fields) -> Person:
        """Somebody whose further group gives it a role."""
        group = self.make_group(role_ids=[self.role(slug)])
        return self.person(group_ids=[group["id"]], **fields)
