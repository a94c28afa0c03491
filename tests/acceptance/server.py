"""A Roster server of its own for a test run, on SQLite or on a private PostgreSQL."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import requests

REPOSITORY = Path(__file__).resolve().parents[2]
ADMIN_NAME = "root-of-tests"
ADMIN_PASSWORD = "correct horse battery staple"


def roster_binary() -> Path:
    """The program under test: `ROSTER_BIN`, else the newest one that was built here."""
    named = os.environ.get("ROSTER_BIN")
    if named:
        return Path(named)
    built = [REPOSITORY / "target" / kind / "roster" for kind in ("release", "debug")]
    built = [path for path in built if path.exists()]
    if not built:
        raise RuntimeError("no roster program: run `cargo build`, or name one in ROSTER_BIN")
    return max(built, key=lambda path: path.stat().st_mtime)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    """A PostgreSQL server in a temporary directory; each Roster gets a database of its own."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="roster-acceptance-pg-"))
        self.user = self._unprivileged_user()
        if self.user:
            shutil.chown(self.directory, self.user)
        self.port = free_port()
        data = str(self.directory / "data")
        self._run("initdb", "--no-sync", "--auth=trust", "--username=roster", "--encoding=UTF8", "--locale=C.UTF-8", "-D", data)
        self.log = open(self.directory.parent / f"{self.directory.name}.log", "wb")
        self.process = subprocess.Popen(
            [self._program("postgres"), "-D", data, "-p", str(self.port), "-k", str(self.directory)]
            + ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=60"],
            stdout=self.log,
            stderr=self.log,
            cwd="/",
            user=self.user,
        )
        deadline = time.monotonic() + 60
        while subprocess.run([self._program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"PostgreSQL didn't start: {Path(self.log.name).read_text()}")
            time.sleep(0.1)

    @staticmethod
    def _unprivileged_user() -> str | None:
        """PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return None
        names = {entry.pw_name for entry in pwd.getpwall()}
        return "postgres" if "postgres" in names else "nobody"

    @staticmethod
    def _program(name: str) -> str:
        found = shutil.which(name)
        if found:
            return found
        for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True):
            return str(path)
        raise RuntimeError(f"{name} isn't installed: these tests need PostgreSQL")

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run([self._program(name), *arguments], cwd="/", user=self.user, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stdout}{done.stderr}")

    def database(self, name: str) -> str:
        """The address of a new, empty database."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "roster", name)
        return f"postgres://roster@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        self.log.close()
        Path(self.log.name).unlink()
        shutil.rmtree(self.directory)


@dataclass
class Message:
    """One line of the outbox file."""

    to: str
    template: str
    text: str
    code: str | None

    @property
    def digits(self) -> str:
        return re.sub(r"\D", "", self.to)


def wait_for(look: Callable[[], list[Message]], what: str) -> Message:
    """The last of what comes, as soon as anything has come."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if found := look():
            return found[-1]
        time.sleep(0.02)
    raise AssertionError(f"nothing came: {what}")


@dataclass
class Roster:
    """A running server with an administrator and its outgoing messages in files."""

    database_url: str | None = None
    settings: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="roster-acceptance-"))
        self.text_messages = self.directory / "sms.jsonl"
        self.mails = self.directory / "mail.jsonl"
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("ROSTER_", "AIRT_"))}
        environment |= {
            "ROSTER_LISTEN": "127.0.0.1:0",
            "ROSTER_DATA_DIR": str(self.directory / "data"),
            "ROSTER_SMS": f"file:{self.text_messages}",
            "ROSTER_EMAIL": f"file:{self.mails}",
            "ROSTER_ADMIN_USERNAME": ADMIN_NAME,
            "ROSTER_ADMIN_EMAIL": "root@example.com",
            "ROSTER_ADMIN_PASSWORD": ADMIN_PASSWORD,
            **self.settings,
        }
        if self.database_url:
            environment["ROSTER_DATABASE_URL"] = self.database_url
        environment = {name: value for name, value in environment.items() if value is not None}
        self.log = open(self.directory / "log", "w+")
        self.process = subprocess.Popen(
            [roster_binary(), "serve"], env=environment, cwd=self.directory, stdout=self.log, stderr=subprocess.STDOUT
        )
        self.address = self._wait_for_address()
        self.airt = f"{self.address}/airt"

    def _wait_for_address(self) -> str:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            plain = re.sub(r"\x1b\[[0-9;]*m", "", self.printed())
            found = re.search(r"127\.0\.0\.1:([1-9]\d*)", plain)
            if found:
                address = f"http://127.0.0.1:{found[1]}"
                try:
                    if requests.get(f"{address}/readyz", timeout=5).status_code == 200:
                        return address
                except requests.ConnectionError:
                    pass
            time.sleep(0.05)
        raise RuntimeError(f"roster didn't start:\n{self.printed()}")

    def printed(self) -> str:
        """All that the server has printed."""
        self.log.flush()
        return Path(self.log.name).read_text()

    @staticmethod
    def _sent(outbox: Path) -> list[Message]:
        """What was sent, oldest first."""
        if not outbox.exists():
            return []
        lines = [json.loads(line) for line in outbox.read_text().splitlines()]
        return [Message(line["to"], line["template"], line["text"], line.get("code")) for line in lines]

    def messages(self, phone: str) -> list[Message]:
        """The text messages to a number, oldest first."""
        return [message for message in self._sent(self.text_messages) if message.digits == phone]

    def wait_for_message(self, phone: str, earlier: int) -> Message:
        """The next text message to a number, after `earlier` ones."""
        return wait_for(lambda: self.messages(phone)[earlier:], f"a message to {phone}")

    def wait_for_mail(self, address: str, template: str) -> Message:
        """The newest mail of one kind to an address."""
        fits = lambda message: message.to == address and message.template == template  # noqa: E731
        return wait_for(lambda: [*filter(fits, self._sent(self.mails))], f"{template} to {address}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.log.close()
        if code:
            raise AssertionError(f"roster ended with {code}: {(self.directory / 'log').read_text()[-4000:]}")
        shutil.rmtree(self.directory)
