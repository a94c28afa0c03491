"""Row 34: the `civis` command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
import yaml

from shapes import DETAIL, KEY_SUMMARY, ME, NEW_KEY, THEME, check


class Command:
    """The command in a home of its own."""

    def __init__(self, door, person, home: Path, slash: str = "") -> None:
        self.home = home
        self.environment = os.environ | {
            "HOME": str(home), "CIVIS_API_ENDPOINT": door.url + slash, "CIVIS_API_KEY": person.key, "NO_COLOR": "1"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        program = Path(sys.executable).parent / "civis"
        return subprocess.run([program, *arguments], env=self.environment, cwd=self.home, capture_output=True, text=True)

    def yaml(self, *arguments: str):
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return yaml.safe_load(done.stdout)

    def json(self, *arguments: str):
        done = self.run(*arguments, "--json-output")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def command(door, root, tmp_path):
    return Command(door, root, tmp_path)


def test_the_command_starts_and_lists_its_commands(command):
    shown = command.run("users", "--help")
    assert shown.returncode == 0, shown.stderr
    for name in ("list-me", "list", "get", "post", "patch", "list-api-keys", "delete-api-keys", "post-access-email",
                 "list-me-organization-admins", "list-me-themes", "get-me-themes", "post-confirmation"):
        assert name in shown.stdout, name
    for resource in ("groups", "roles", "admin"):
        assert command.run(resource, "--help").returncode == 0
    assert (command.home / ".civis_api_spec.json").exists()


def test_users_by_command(command, door, tmp_path):
    assert check(ME, command.yaml("users", "list-me"))["id"] == door.root.id
    mark = uuid.uuid4().hex[:10]
    groups = tmp_path / "groups.yml"
    groups.write_text(yaml.safe_dump([door.make_group()["id"]]))
    user = check(DETAIL, command.json(
        "users", "post", f"{mark}@example.com", f"Cy {mark}", str(door.group), mark,
        "--send-email", "false", "--prefers-sms-otp", "false", "--time-zone", "Europe/Paris", "--group-ids", str(groups)))
    assert (user["user"], user["prefersSmsOtp"], len(user["groups"])) == (mark, False, 2)
    assert command.json("users", "patch", str(user["id"]), "--title", "Dr")["title"] == "Dr"
    assert [row["id"] for row in command.json("users", "list", "--query", mark, "--limit", "5")] == [user["id"]]
    assert command.json("users", "get", str(user["id"]))["title"] == "Dr"
    done = command.run("users", "post-access-email", str(user["id"]))
    assert (done.returncode, done.stdout.strip()) == (0, "")


def test_keys_by_command(command, door, tmp_path):
    constraints = tmp_path / "constraints.json"
    constraints.write_text(json.dumps([{"constraint": "endpoints", "constraintType": "prefix", "getAllowed": True}]))
    key = check(NEW_KEY, command.json("users", "post-api-keys", "me", "3600", "by command", "--constraints", str(constraints)))
    assert key["constraints"][0]["constraintType"] == "prefix"
    assert check(KEY_SUMMARY, command.json("users", "list-api-keys", "me")[0])["id"] == key["id"]
    assert command.json("users", "delete-api-keys", "me", str(key["id"]))["revokedAt"]


def test_groups_by_command(command):
    group = command.json("groups", "post", f"by command {uuid.uuid4().hex}")
    assert command.run("groups", "delete", str(group["id"])).returncode == 0


def test_themes_by_command(command, door, tmp_path):
    organizations = tmp_path / "organizations.yml"
    organizations.write_text(yaml.safe_dump([door.organization]))
    made = check(THEME, command.json("admin", "post-themes", f"by command {uuid.uuid4().hex}", "--settings-json", "{}",
                                     "--organization-ids", str(organizations)))
    assert made["id"] in {row["id"] for row in command.json("users", "list-me-themes")}
    assert command.json("admin", "patch-themes", str(made["id"]), "--name", "Quay")["name"] == "Quay"
    assert check(THEME, command.json("users", "get-me-themes", str(made["id"])))["name"] == "Quay"


def test_refusals_by_command(command):
    refused = command.run("users", "get", "987654321")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert yaml.safe_load(refused.stderr)["error"] == "not_found"
    assert command.run("users", "get", "x").returncode == 2


def test_an_endpoint_with_a_slash_works_too(door, root, tmp_path):
    assert Command(door, root, tmp_path, "/").yaml("users", "list-me")["id"] == root.id
