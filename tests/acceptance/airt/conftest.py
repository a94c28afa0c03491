"""What the tests of the airt door need: a server on either database, identity providers, and people."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from airt.client import Client  # noqa: E402

from people import People  # noqa: E402
from server import Postgres, Roster  # noqa: E402

ENGINES = os.environ.get("ROSTER_ENGINES", "sqlite,postgres").split(",")
PROVIDERS = Path(__file__).parent.parent / "oidc-provider"
DATABASES = itertools.count(1)


@pytest.fixture(scope="session")
def postgres():
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def identity_providers():
    """Addresses of a Google and a GitHub of our own, played by the `oidc-provider` program."""
    if not (PROVIDERS / "node_modules").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=PROVIDERS, check=True)
    program = subprocess.Popen(
        ["node", "server.mjs"], cwd=PROVIDERS, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    yield json.loads(program.stdout.readline())
    program.terminate()
    program.wait(20)


@pytest.fixture(scope="session")
def start_roster(request):
    """Starts further servers: `start_roster("sqlite", SETTING=value)`."""
    running = []

    def start(engine: str, **settings: str) -> Roster:
        url = None
        if engine == "postgres":
            url = request.getfixturevalue("postgres").database(f"roster{next(DATABASES)}")
        running.append(Roster(url, settings))
        return running[-1]

    yield start
    for roster in reversed(running):
        roster.stop()


@pytest.fixture(scope="session", params=ENGINES)
def roster(request, start_roster, identity_providers):
    """One server for all tests on one engine; the tests keep apart by having people of their own."""
    return start_roster(
        request.param,
        ROSTER_SSO_GOOGLE_CLIENT_ID="roster",
        ROSTER_SSO_GOOGLE_CLIENT_SECRET="a secret of the tests",
        ROSTER_SSO_GOOGLE_ISSUER=identity_providers["google"],
        ROSTER_SSO_GITHUB_CLIENT_ID="roster",
        ROSTER_SSO_GITHUB_CLIENT_SECRET="a secret of the tests",
        ROSTER_SSO_GITHUB_BASE_URL=identity_providers["github"],
    )


@pytest.fixture(scope="session")
def people(roster):
    return People(roster)


@pytest.fixture(autouse=True)
def forget_the_client(monkeypatch):
    """The client keeps server, token and SSO address in class attributes: each test begins with none."""
    for name in [name for name in os.environ if name.startswith("AIRT_")]:
        monkeypatch.delenv(name)
    Client.server = Client.auth_token = Client.sso_authorization_url = None
