"""What the tests of the Civis door need besides."""

from __future__ import annotations

import os

import pytest

from door import Door

ENGINES = os.environ.get("ROSTER_ENGINES", "sqlite,postgres").split(",")

for name in [name for name in os.environ if name.startswith("CIVIS_")]:
    del os.environ[name]


@pytest.fixture(scope="session", params=ENGINES)
def roster(request, start_roster):
    """One server for all tests on one engine; the tests keep apart by having people of their own."""
    return start_roster(request.param)


@pytest.fixture(scope="session")
def door(roster):
    return Door(roster)


@pytest.fixture(scope="session")
def root(door):
    return door.root
