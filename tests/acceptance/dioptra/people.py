"""The unmodified client in both of its kinds, people who use it, and a server as permissive as the original."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field

import pytest
from dioptra.client import connect_json_dioptra_client, connect_response_dioptra_client

ENGINES = os.environ.get("ROSTER_ENGINES", "sqlite,postgres").split(",")
NUMBERS = itertools.count(1)

os.environ.pop("DIOPTRA_API", None)


@dataclass
class Account:
    """Somebody with a password, and a client of one's own."""

    client: object
    id: int
    username: str
    email: str
    password: str


@dataclass
class People:
    """Makes people by registering them."""

    address: str
    clients: list = field(default_factory=list)

    def client(self):
        """A client that decodes answers and raises refusals."""
        self.clients.append(connect_json_dioptra_client(self.address))
        return self.clients[-1]

    def raw(self):
        """A client that gives the answers as they come."""
        self.clients.append(connect_response_dioptra_client(self.address))
        return self.clients[-1]

    def account(self, **details) -> Account:
        """Somebody new, logged in."""
        number = next(NUMBERS)
        details = {"username": f"dee{number}x", "email": f"dee{number}@localhost", "password": f"p{number}", **details}
        client = self.client()
        made = client.users.create(**details)
        client.auth.login(details["username"], details["password"])
        return Account(client, made["id"], **details)


@pytest.fixture(scope="session", params=ENGINES)
def compat_roster(request, start_roster):
    """One server for all tests on one engine, as permissive as the platforms it stands in for."""
    return start_roster(request.param, ROSTER_PROFILE="compat")


@pytest.fixture(scope="session")
def people(compat_roster):
    people = People(f"{compat_roster.address}/dioptra")
    yield people
    for client in people.clients:
        client.close()
