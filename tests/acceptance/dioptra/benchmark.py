"""What Dioptra's requests cost at Roster and at the original server with two workers, side by side.

    cargo build --release -p roster
    tests/acceptance/run dioptra --collect-only -q      # makes the virtual environment
    target/acceptance/dioptra/bin/python tests/acceptance/dioptra/benchmark.py [--users 1000,100000] [--no-write]

Both servers stand on SQLite with the same users: the original's database is filled, and Roster takes it over with
`roster import --from dioptra`. They take turns, the order changes from round to round, each round gives one ratio, and the
table in `docs/performance.md` shows the median, and the least and the largest in brackets. The client is one process in
Python, so at Roster it is often the client that is measured: CPU time of the servers stands beside the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from dioptra.client import connect_json_dioptra_client  # noqa: E402
from passlib.hash import pbkdf2_sha256  # noqa: E402

from original import Original  # noqa: E402
from server import ADMIN_NAME, ADMIN_PASSWORD, REPOSITORY, Roster, roster_binary  # noqa: E402

PASSWORD = "correct horse battery staple"
DOCUMENT = REPOSITORY / "docs" / "performance.md"
ROUNDS = 5
SECONDS = 1.0
CONNECTIONS = 4
# So many people sign in during a measurement; each has done so before, so that Roster has its own hash of the password.
PEOPLE = 16
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Contender:
    """A server that is measured."""

    name: str
    host: str
    port: int
    path: str
    process: int
    cookies: str = ""
    # The original takes a session's cookie only from the program that has signed in.
    user_agent: str = ""

    def cpu_seconds(self) -> float:
        """The CPU time of the server and of its workers."""
        total = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                number, rest = stat.read_text().rsplit(")", 1)
            except OSError:
                continue
            fields = rest.split()
            if int(number.split(" ", 1)[0]) == self.process or int(fields[1]) == self.process:
                total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def request(self, method: str, path: str, body: dict | None = None) -> bytes:
        data = json.dumps(body).encode() if body is not None else b""
        head = [f"{method} {self.path}/api/v1{path} HTTP/1.1", f"Host: {self.host}:{self.port}", "Connection: keep-alive"]
        head.append(f"User-Agent: {self.user_agent}")
        if body is None:
            head.append(f"Cookie: {self.cookies}")
        else:
            head += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + data


class Connection:
    """A connection that is made again when the server ends it, as gunicorn's plain workers do after each answer."""

    def __init__(self, contender: Contender) -> None:
        self.contender, self.socket = contender, None

    def call(self, request: bytes) -> None:
        if self.socket is None:
            self.socket = socket.create_connection((self.contender.host, self.contender.port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._receive()
        head, body = answer.split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{self.contender.name}: {answer[:300]!r}")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        missing = int(fields[b"content-length"]) - len(body)
        while missing > 0:
            missing -= len(self._receive())
        if fields.get(b"connection") == b"close":
            self.socket.close()
            self.socket = None

    def _receive(self) -> bytes:
        part = self.socket.recv(65536)
        if not part:
            raise RuntimeError(f"{self.contender.name} hung up")
        return part


def drive(contender: Contender, requests: list[bytes]) -> tuple[float, float]:
    """Requests a second, and CPU milliseconds of the server for each."""
    done, failures = [0] * CONNECTIONS, []
    end = time.monotonic() + SECONDS

    def work(place: int) -> None:
        connection, number = Connection(contender), place
        try:
            while time.monotonic() < end:
                connection.call(requests[number % len(requests)])
                done[place] += 1
                number += CONNECTIONS
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    before, begun = contender.cpu_seconds(), time.monotonic()
    threads = [threading.Thread(target=work, args=(place,)) for place in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    took = time.monotonic() - begun
    return sum(done) / took, (contender.cpu_seconds() - before) * 1000 / sum(done)


def fill(database: Path, users: int) -> None:
    """Users as the original makes them, all with one password and one hash of it."""
    hashed = pbkdf2_sha256.using(rounds=30000).hash(PASSWORD)
    now, then = "2026-01-01 00:00:00.000000", "2099-01-01 00:00:00.000000"
    connection = sqlite3.connect(database)
    (first,) = connection.execute("SELECT MAX(user_id) + 1 FROM users").fetchone()
    (group,) = connection.execute("SELECT group_id FROM \"groups\" WHERE name = 'public'").fetchone()
    numbers = range(first, first + users)
    connection.executemany(
        "INSERT INTO users (user_id, alternative_id, username, password, email_address, created_on, last_modified_on, "
        "password_expire_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (number, uuid.UUID(bytes=secrets.token_bytes(16), version=4).hex, f"user{number:07}", hashed,
             f"user{number:07}@example.com", now, now, then)
            for number in numbers
        ),
    )
    connection.executemany(
        "INSERT INTO group_members (user_id, group_id, read, write, share_read, share_write) VALUES (?, ?, 1, 1, 0, 0)",
        ((number, group) for number in numbers),
    )
    connection.commit()
    connection.close()


def take_over(roster: Roster, original: Original) -> float:
    """Imports the original's users; says how many seconds it took."""
    home = roster.directory / "operator"
    home.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_CONFIG_HOME": str(home)}

    def command(*arguments: str) -> None:
        done = subprocess.run(
            [roster_binary(), *arguments], env=environment, capture_output=True, text=True, input=f"{ADMIN_PASSWORD}\n"
        )
        if done.returncode:
            raise RuntimeError(done.stderr)

    command("login", roster.address, "--username", ADMIN_NAME)
    begun = time.monotonic()
    command("import", "--from", "dioptra", original.database_url)
    return time.monotonic() - begun


def sign_in(contender: Contender, username: str) -> None:
    client = connect_json_dioptra_client(f"http://{contender.host}:{contender.port}{contender.path}")
    client.auth.login(username, PASSWORD)
    session = client._session._session
    contender.cookies = "; ".join(f"{one.name}={one.value}" for one in session.cookies)
    contender.user_agent = session.headers["User-Agent"]
    client.close()


def figure(numbers: list[float]) -> str:
    digits = 0 if statistics.median(numbers) >= 20 else 2
    low, middle, high = (f"{one:,.{digits}f}" for one in (min(numbers), statistics.median(numbers), max(numbers)))
    return f"{middle} ({low} to {high})"


def measure(users: int) -> list[str]:
    original = Original(workers=2).wait()
    # Limits count as ever, but out of reach.
    roster = Roster(None, {"ROSTER_PROFILE": "compat", "ROSTER_RATES_REQUESTS": "4000000000",
                           "ROSTER_RATES_SIGN_INS": "4000000000", "ROSTER_LOG": "pretty,error"})
    try:
        client = connect_json_dioptra_client(original.address)
        # The only one that both have from the start.
        client.users.create(ADMIN_NAME, "root@example.com", ADMIN_PASSWORD)
        client.close()
        fill(original.database, users)
        took = take_over(roster, original)
        contenders = [
            Contender("original", "127.0.0.1", int(original.address.rsplit(":", 1)[1]), "", original.process.pid),
            Contender("Roster", "127.0.0.1", int(roster.address.rsplit(":", 1)[1]), "/dioptra", roster.process.pid),
        ]
        people = [f"user{number:07}" for number in range(users // 2, users // 2 + PEOPLE)]
        rows = []
        work = {"login": [], "current user": [], "list of ten": []}
        for contender in contenders:
            for username in people:
                sign_in(contender, username)
            logins = [
                contender.request("POST", "/auth/login", {"username": name, "password": PASSWORD}) for name in people
            ]
            work["login"].append(logins)
            work["current user"].append([contender.request("GET", "/users/current")])
            # With the slash, since the original would answer with a redirection otherwise.
            work["list of ten"].append([contender.request("GET", "/users/?index=0&pageLength=10")])
        for what, requests in work.items():
            found = [[], []]
            for round_ in range(ROUNDS + 1):
                for place in (0, 1) if round_ % 2 else (1, 0):
                    turn = drive(contenders[place], requests[place])
                    if round_:
                        # The first is for warming up.
                        found[place].append(turn)
            rates = [[rate for rate, _ in turns] for turns in found]
            costs = [[cost for _, cost in turns] for turns in found]
            rows.append(
                f"| {what}, {users:,} users | {figure(rates[0])} | {figure(rates[1])} | "
                f"{figure([new / old for old, new in zip(*rates)])} | "
                f"{figure([old / max(new, 1e-3) for old, new in zip(*costs)])} |"
            )
            print(rows[-1], flush=True)
        rows.append(f"| import of the original's {users:,} users: a second | | {users / took:,.0f} | | |")
        return rows
    finally:
        original.stop()
        roster.stop()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--users", default="1000,100000", help="how many, with commas between")
    options.add_argument("--no-write", action="store_true", help="leave docs/performance.md alone")
    options = options.parse_args()
    busy = os.getloadavg()[0]
    rows = [row for users in options.users.split(",") for row in measure(int(users))]
    text = (
        "| | original, a second | Roster, a second | Roster to original, by the clock | original to Roster, CPU time of "
        "the server for each |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n\n"
        f"{os.cpu_count()} cores ({platform.machine()}), {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS:g} s; "
        f"the load of the machine was {busy:.1f} before it began.\n"
    )
    if options.no_write:
        print(text)
        return
    begin, end = "<!-- begin dioptra beside the original -->\n", "<!-- end dioptra beside the original -->"
    head, rest = DOCUMENT.read_text().split(begin)
    DOCUMENT.write_text(head + begin + text + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
