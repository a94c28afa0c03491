"""What the tests of the Dioptra door need besides: the original server, and a Roster that is like it."""

from __future__ import annotations

import os

import pytest

from original import Original

# The client takes its address from there.
os.environ.pop("DIOPTRA_API", None)


@pytest.fixture(scope="module")
def original():
    """The original server on SQLite, empty at first."""
    server = Original()
    try:
        yield server.wait()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def compared_roster(start_roster):
    """A Roster that allows what the original allows. One engine is enough: other tests hold both to the same answers."""
    return start_roster("sqlite", ROSTER_PROFILE="compat")
