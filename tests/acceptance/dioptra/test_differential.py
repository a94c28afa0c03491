"""The same calls to the original server and to Roster, their answers compared field by field."""

from __future__ import annotations

import json

import pytest

import calls
from compare import Names, masked
from differences import DIFFERENCES, reason_for


def shown(answer) -> str:
    return json.dumps(answer, indent=1, sort_keys=True, ensure_ascii=False)[:2000]


@pytest.fixture(scope="module")
def of_original(original):
    calls.prepare_original(original.address)
    return calls.run(original.address)


@pytest.fixture(scope="module")
def of_roster(compared_roster):
    return calls.run(f"{compared_roster.address}/dioptra")


def test_answers_differ_only_where_they_may(of_original, of_roster):
    assert list(of_original) == list(of_roster)
    names = Names(of_original), Names(of_roster)
    wrong = []
    for call, original in of_original.items():
        expected, got = masked(call, original, names[0]), masked(call, of_roster[call], names[1])
        reason = reason_for(call)
        if expected != got and reason is None:
            wrong.append(f"--- {call}\noriginal: {shown(expected)}\nroster: {shown(got)}")
        if expected == got and reason is not None:
            wrong.append(f"--- {call}\nis answered alike now, so it is to be taken off the list of differences ({reason})")
    assert not wrong, f"{len(wrong)} of {len(of_original)} calls:\n" + "\n".join(wrong)


def test_every_difference_names_a_call(of_original):
    named = {call for listed in DIFFERENCES.values() for call in listed if "*" not in call}
    assert named <= set(of_original)


def test_roster_never_answers_with_a_fault(of_roster):
    assert [call for call, answer in of_roster.items() if answer.status >= 500] == []


@pytest.mark.parametrize("server", ["of_original", "of_roster"])
def test_cookies_are_hidden_from_scripts_and_good_without_encryption(server, request):
    answers = request.getfixturevalue(server)
    kept = {kind for answer in answers.values() for kind in answer.cookies if kind.startswith("set")}
    assert kept == {"set httponly"}
