"""What the tests of the airt door need besides: people, and a client without a memory."""

from __future__ import annotations

import os

import pytest
from airt.client import Client

from people import People


@pytest.fixture(scope="session")
def people(roster):
    return People(roster)


@pytest.fixture(autouse=True)
def forget_the_client(monkeypatch):
    """The client keeps server, token and SSO address in class attributes: each test begins with none."""
    for name in [name for name in os.environ if name.startswith("AIRT_")]:
        monkeypatch.delenv(name)
    Client.server = Client.auth_token = Client.sso_authorization_url = None
