"""What the tests of the Geobox door need besides: both clients, and people."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass

import pytest
from geobox.enums import UserRole, UserStatus

from clients import Async, Sync
from server import ADMIN_NAME, ADMIN_PASSWORD, Roster

ENGINES = os.environ.get("ROSTER_ENGINES", "sqlite,postgres").split(",")
NUMBERS = itertools.count(1)

# Importing the client reads a `.env` file, and it takes credentials from variables.
for name in [name for name in os.environ if name.startswith("GEOBOX_")]:
    del os.environ[name]


@dataclass
class Person:
    """An account with its password."""

    client: object
    id: int
    username: str
    password: str


class People:
    """Makes people, as the administrator, and signs them in."""

    def __init__(self, roster: Roster, kind) -> None:
        self.roster, self.kind = roster, kind
        self.host = f"{roster.address}/geobox/"
        self.root = self.connect(ADMIN_NAME, ADMIN_PASSWORD)

    def connect(self, username: str, password: str, **options):
        return self.kind.connect(host=self.host, username=username, password=password, **options)

    def with_token(self, token: str):
        return self.kind.connect(host=self.host, access_token=token)

    def with_key(self, key: str):
        return self.kind.connect(host=self.host, apikey=key)

    def details(self, **details) -> dict:
        number = next(NUMBERS)
        return {
            "username": f"gia{number}x",
            "email": f"gia{number}@example.com",
            "password": f"the päss phrase of {number}",
            "role": UserRole.VIEWER,
            "first_name": "Gia",
            "last_name": f"Number {number}",
            "mobile": None,
            "status": UserStatus.ACTIVE,
            **details,
        }

    def make(self, by=None, **details):
        """A new user and its password."""
        details = self.details(**details)
        return (by or self.root).create_user(**details), details["password"]

    def person(self, by=None, **details) -> Person:
        """A new user, signed in."""
        user, password = self.make(by, **details)
        return Person(self.connect(user.username, password), user.id, user.username, password)

    def boss(self) -> Person:
        return self.person(role=UserRole.ACCOUNT_ADMIN)


@pytest.fixture(scope="session", params=ENGINES)
def roster(request, start_roster):
    """One server for all tests on one engine; the tests keep apart by having people of their own."""
    return start_roster(request.param)


@pytest.fixture(scope="session", params=[Sync, Async], ids=["sync", "aio"])
def kind(request):
    kind = request.param()
    yield kind
    kind.close()


@pytest.fixture(scope="session")
def people(roster, kind):
    return People(roster, kind)


@pytest.fixture(scope="session")
def root(people):
    return people.root
