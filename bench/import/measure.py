#!/usr/bin/env python3
"""What `roster import` and `roster export` take, and what the same rows take without Roster.

    cargo build --release -p roster -p roster-bench
    bench/import/measure.py [--users 1000000] [--postgres URL] [--data DIR]

Without --postgres, a new SQLite database below DIR (default: the system's temporary folder) is filled; with it, an empty
PostgreSQL database. The people have names of six scripts and a hash of a password each, in NDJSON. The baseline inserts
the same users, identifiers, memberships and hashes into the same tables with the same indexes and references, 1,000
users in a commit that reaches the disk, without rules, search index and audit log: on SQLite row by row, on PostgreSQL
through psql, one statement for each table, into the database NAME_raw beside the one that was named. Needs Python 3.11,
and pg_dump, createdb and psql for PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parents[2] / "target" / "release"
PASSWORD = "correct horse battery staple"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--postgres")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--programs", type=lambda text: Path(text).resolve(), default=PROGRAMS)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="roster-import-", dir=options.data))
    try:
        measure(options, folder)
    finally:
        shutil.rmtree(folder)


def measure(options: argparse.Namespace, folder: Path) -> None:
    people = folder / "people.ndjson"
    begun = time.monotonic()
    with people.open("wb") as file:
        subprocess.run([options.programs / "roster-bench", "people", str(options.users)], stdout=file, check=True)
    print(f"{options.users} people, {people.stat().st_size >> 20} MiB, generated in {time.monotonic() - begun:.1f} s")
    with Server(options, folder) as server:
        empty = folder / "empty.sqlite"
        if not options.postgres:
            subprocess.run([options.programs / "roster", "backup", empty, "-D", folder / "data"], check=True)
        else:
            raw = copy_postgres(options.postgres)
        tell("import", server, server.run("import", str(people)))
        tell("import made again", server, server.run("import", str(people)))
        settle(server, options.postgres)
        out = folder / "out.ndjson"
        tell("export as NDJSON", server, server.run("export", str(out)))
        tell("export as CSV", server, server.run("export", str(folder / "out.csv")))
        for file in (out, folder / "out.csv"):
            lines = sum(1 for _ in file.open("rb"))
            assert lines >= options.users, f"{file.name} has {lines} lines"
    if options.postgres:
        baseline_postgres(people, raw, folder / "raw.sql")
    else:
        baseline(people, empty)


class Server:
    """A server of its own, and the command line for it."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.program = options.programs / "roster"
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("ROSTER_")} | {
            "ROSTER_LISTEN": "127.0.0.1:0", "ROSTER_DATA_DIR": str(folder / "data"), "HOME": str(folder),
            "ROSTER_ADMIN_USERNAME": "root-of-tests", "ROSTER_ADMIN_EMAIL": "root@example.com",
            "ROSTER_ADMIN_PASSWORD": PASSWORD,
        }
        if options.postgres:
            self.environment["ROSTER_DATABASE_URL"] = options.postgres
        self.log = folder / "log"
        self.output = self.log.open("wb")
        self.process = subprocess.Popen(
            [self.program, "serve"], env=self.environment, cwd=folder, stdout=self.output, stderr=subprocess.STDOUT
        )
        self.address = self.wait()
        body = json.dumps({"login": "root-of-tests", "password": PASSWORD}).encode()
        request = urllib.request.Request(
            f"{self.address}/api/v1/sessions", body, {"content-type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request) as reply:
            self.environment |= {"ROSTER_TOKEN": json.load(reply)["token"], "ROSTER_URL": self.address}

    def wait(self) -> str:
        while self.process.poll() is None:
            found = re.search(r"127\.0\.0\.1:([1-9]\d*)", re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text()))
            if found:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/readyz"):
                        return f"http://127.0.0.1:{found[1]}"
                except OSError:
                    pass
            time.sleep(0.05)
        raise RuntimeError(self.log.read_text())

    def run(self, *arguments: str) -> tuple[float, os.wait_result]:
        """Wall time and what the command used."""
        before = self.cpu()
        begun = time.monotonic()
        command = subprocess.Popen([self.program, *arguments], env=self.environment)
        _, status, used = os.wait4(command.pid, 0)
        command.returncode = status
        took = time.monotonic() - begun
        assert status == 0, f"roster {arguments[0]} failed"
        return took, used, self.cpu() - before

    def cpu(self) -> float:
        """CPU seconds of the server so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """The most memory that the server has had, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) >> 10

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
        self.output.close()


def tell(what: str, server: Server, ran: tuple) -> None:
    took, used, served = ran
    print(
        f"{what}: {took:.1f} s; CPU {used.ru_utime + used.ru_stime:.1f} s of the command, {served:.1f} s of the server; "
        f"at most {used.ru_maxrss >> 10} MiB and {server.memory()} MiB"
    )


def settle(server: Server, postgres: str | None) -> None:
    """Until the search index has caught up."""
    begun = time.monotonic()
    if postgres:
        waiting = ["psql", "-qXAt", "-c", "SELECT EXISTS (SELECT 1 FROM search_journal)", postgres]
        while subprocess.run(waiting, check=True, stdout=subprocess.PIPE, text=True).stdout.strip() == "t":
            time.sleep(1)
    else:
        before = -1.0
        while server.cpu() - before > 0.1:
            before = server.cpu()
            time.sleep(1)
    print(f"search index: {time.monotonic() - begun:.0f} s more")


def copy_postgres(url: str) -> str:
    """The URL of a new database with the same tables as this one, and what an empty installation has in them."""
    base, _, query = url.partition("?")
    raw = f"{base}_raw" + (f"?{query}" if query else "")
    subprocess.run(["createdb", f"--maintenance-db={url}", raw.partition("?")[0].rsplit("/", 1)[1]], check=True)
    dump = subprocess.run(["pg_dump", url], check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", raw], input=dump, check=True, stdout=subprocess.DEVNULL)
    return raw


def texts_of(person: dict[str, str]) -> dict[str, str]:
    """What stands in a user's columns of text, with the keys by which Roster compares them."""
    texts = {column: person.get(column, "") for column in ("username", "email", "first_name", "last_name")}
    texts["name"] = f"{texts['first_name']} {texts['last_name']}"
    keys = {f"{column}_key": text.lower() for column, text in texts.items()}
    del texts["name"]
    return texts | keys


def baseline_postgres(people: Path, raw: str, script: Path) -> None:
    def ask(sql: str) -> list[str]:
        answer = subprocess.run(["psql", "-qXAt", "-F", " ", raw, "-c", sql], check=True, stdout=subprocess.PIPE, text=True)
        return answer.stdout.split()

    organization, group = ask("SELECT organization_id, id FROM groups WHERE slug = 'public'")
    identity = int(ask("SELECT MAX(id) FROM users")[0])
    quote = lambda text: "'" + text.replace("'", "''") + "'"
    fixed = {"organization_id": organization, "primary_group_id": group, "role": "'viewer'", "preferences": "'{}'",
             "sign_in_count": "0", "created_at": "1", "updated_at": "1", "version": "1", "status": "'active'"}
    fixed |= dict.fromkeys(["robot", "vpn_enabled", "sso_disabled", "otp_required_for_login", "prefers_sms_otp",
                            "exempt_from_org_sms_otp_disabled", "is_email_unproved"], "FALSE")
    users = 0
    with people.open() as lines, script.open("w") as out:
        out.write("SET standard_conforming_strings = on;\n")
        while chunk := [json.loads(line) for _, line in zip(range(1000), lines)]:
            rows, names, members, hashes = [], [], [], []
            for person in chunk:
                identity += 1
                texts = {"uuid": str(uuid.uuid4())} | texts_of(person)
                row = {"id": str(identity)} | fixed | {column: quote(text) for column, text in texts.items()}
                rows.append(f"({', '.join(row.values())})")
                names += [f"({quote(texts[key])}, {identity})" for key in ("username_key", "email_key")]
                members.append(f"({group}, {identity}, 'member', 1)")
                hashes.append(f"({identity}, {quote(person['password_hash'])})")
            out.write("BEGIN;\n")
            for table, values in ((f"users ({', '.join(row)})", rows), ("identifiers (key, user_id)", names),
                                  ("memberships (group_id, user_id, rank, created_at)", members),
                                  ("passwords (user_id, hash)", hashes)):
                out.write(f"INSERT INTO {table} VALUES {', '.join(values)};\n")
            out.write("COMMIT;\n")
            users += len(chunk)
    begun = time.monotonic()
    subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-f", script, raw], check=True)
    print(f"the same rows without Roster, 1,000 users in a commit: {time.monotonic() - begun:.1f} s for {users}")


def baseline(people: Path, database: Path) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;")
    organization, group = connection.execute("SELECT organization_id, id FROM groups WHERE slug = 'public'").fetchone()
    (identity,) = connection.execute("SELECT MAX(id) FROM users").fetchone()
    columns = [row[1] for row in connection.execute("PRAGMA table_info(users)")]
    fixed = {"organization_id": organization, "primary_group_id": group, "role": "viewer", "preferences": "{}",
             "sign_in_count": 0, "created_at": 1, "updated_at": 1, "version": 1, "status": "active", "robot": 0,
             "vpn_enabled": 0, "sso_disabled": 0, "otp_required_for_login": 0, "prefers_sms_otp": 0,
             "exempt_from_org_sms_otp_disabled": 0, "is_email_unproved": 0}
    insert = f"INSERT INTO users ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    spent, users = 0.0, 0
    with people.open() as lines:
        while chunk := [json.loads(line) for _, line in zip(range(1000), lines)]:
            rows, names, members, hashes = [], [], [], []
            for person in chunk:
                identity += 1
                row = fixed | {"id": identity, "uuid": uuid.uuid4().bytes} | texts_of(person)
                rows.append([row.get(column) for column in columns])
                names += [(row[key], identity) for key in ("username_key", "email_key")]
                members.append((group, identity, "member", 1))
                hashes.append((identity, person["password_hash"]))
            begun = time.monotonic()
            connection.execute("BEGIN")
            connection.executemany(insert, rows)
            connection.executemany("INSERT INTO identifiers (key, user_id) VALUES (?, ?)", names)
            connection.executemany("INSERT INTO memberships (group_id, user_id, rank, created_at) VALUES (?, ?, ?, ?)", members)
            connection.executemany("INSERT INTO passwords (user_id, hash) VALUES (?, ?)", hashes)
            connection.execute("COMMIT")
            spent += time.monotonic() - begun
            users += len(chunk)
    print(f"the same rows without Roster, 1,000 users in a commit: {spent:.1f} s for {users}")


if __name__ == "__main__":
    main()
