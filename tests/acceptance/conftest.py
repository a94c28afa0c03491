"""What all suites need: a server on either database, and identity providers."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from pathlib import Path

import pytest

from server import Postgres, Roster

ENGINES = os.environ.get("ROSTER_ENGINES", "sqlite,postgres").split(",")
PROVIDERS = Path(__file__).parent / "oidc-provider"
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
def provider_settings(identity_providers):
    """Settings of a server at which people sign in through those providers."""
    settings = {}
    for name, address in (("GOOGLE", "ISSUER"), ("GITHUB", "BASE_URL")):
        settings |= {
            f"ROSTER_SSO_{name}_CLIENT_ID": "roster",
            f"ROSTER_SSO_{name}_CLIENT_SECRET": "a secret of the tests",
            f"ROSTER_SSO_{name}_{address}": identity_providers[name.lower()],
        }
    return settings


@pytest.fixture(scope="session")
def start_roster(request):
    """Starts further servers: `start_roster("sqlite", SETTING=value)`."""
    running = []

    def start(engine: str, **settings: str | None) -> Roster:
        url = None
        if engine == "postgres":
            url = request.getfixturevalue("postgres").database(f"roster{next(DATABASES)}")
        running.append(Roster(url, settings))
        return running[-1]

    yield start
    for roster in reversed(running):
        roster.stop()


@pytest.fixture(scope="session", params=ENGINES)
def roster(request, start_roster, provider_settings):
    """One server for all tests on one engine; the tests keep apart by having people of their own."""
    return start_roster(request.param, **provider_settings)
