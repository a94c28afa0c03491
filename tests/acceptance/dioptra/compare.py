"""Masks what two servers cannot agree on: ids, times, and the texts that the contract leaves free."""

from __future__ import annotations

import re
from typing import Any

from calls import NO_OBJECT, TIME, Answer

NUMBERED = re.compile(r"/(users|groups)/(\d+)")


class Names:
    """What the ids of one server stand for: a user by its first name, a group by its name."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.known: dict[tuple[str, int], str] = {}
        for answer in answers.values():
            self._learn(answer.body)

    def _learn(self, body: Any) -> None:
        for value in body if isinstance(body, list) else body.values() if isinstance(body, dict) else ():
            self._learn(value)
        if isinstance(body, dict) and isinstance(body.get("id"), int):
            for kind, name in (("users", body.get("username")), ("groups", body.get("name"))):
                if name is not None:
                    self.known.setdefault((kind, body["id"]), name)

    def of(self, kind: str, number: int) -> str:
        return f"<{kind} {self.known.get((kind, number), 'nobody knows')}>"


def masked(call: str, answer: Answer, names: Names) -> dict[str, Any]:
    """The answer as far as both servers must agree."""
    body = answer.body
    if isinstance(body, dict):
        body = _object(body, names)
        is_domain_error = "error" in answer.body
        if call.startswith(NO_OBJECT) or (answer.status in (404, 405) and not is_domain_error):
            body = "<free>"
        elif "errors" in answer.body:
            # A message may stand beside.
            body = {"errors": {field: "<text>" for field in answer.body["errors"]}}
        elif is_domain_error:
            # The original redirects to the slash at the end of collections; Roster answers at once.
            body["originating_path"] = str(body.get("originating_path")).replace("/?", "?")
            phrase, dash, _ = str(answer.body.get("message")).partition(" - ")
            body["message"] = f"{phrase}{dash}<text>"
            if isinstance(body.get("detail"), dict) and "reason" in body["detail"]:
                body["detail"]["reason"] = "<text>"
        elif answer.status >= 400:
            body = "<free>" if answer.status == 400 else {key: "<text>" for key in answer.body}
    elif answer.status in (404, 405):
        body = "<free>"
    return {"status": answer.status, "body": body}


def _object(body: dict[str, Any], names: Names) -> dict[str, Any]:
    kind = "groups" if "members" in body or "name" in body else "users"
    shown = {}
    for key, value in body.items():
        if key == "id" and isinstance(value, list):
            shown[key] = [names.of(kind, one) for one in value]
        elif key in ("id", "existing_id", "user_id") and isinstance(value, int):
            shown[key] = names.of(kind, value)
        elif key == "group_id" and isinstance(value, int):
            shown[key] = names.of("groups", value)
        else:
            shown[key] = _value(value, names)
    return shown


def _value(value: Any, names: Names) -> Any:
    if isinstance(value, dict):
        return _object(value, names)
    if isinstance(value, list):
        return [_value(one, names) for one in value]
    if isinstance(value, str) and TIME.match(value):
        return "<time>"
    if isinstance(value, str) and value.startswith("/api/v1/"):
        return NUMBERED.sub(lambda found: f"/{found[1]}/{names.of(found[1], int(found[2]))}", value)
    return value
