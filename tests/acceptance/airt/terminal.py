"""The `airt` command: once without a terminal, once at a pseudo-terminal with its prompts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pexpect

AIRT = Path(sys.executable).with_name("airt")


def environment(url: str, token: str | None = None, **more: str) -> dict[str, str]:
    """What the command finds in its environment; nothing of the machine's own settings for airt."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AIRT_", "ROSTER_"))}
    kept |= {"AIRT_SERVER_URL": url, "COLUMNS": "400", "TERM": "dumb", "PYTHONWARNINGS": "ignore", **more}
    if token is not None:
        kept["AIRT_SERVICE_TOKEN"] = token
    return kept


def run(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run to its end without input."""
    return subprocess.run(
        [AIRT, *arguments], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )


class Terminal:
    """A running command at a pseudo-terminal."""

    def __init__(self, *arguments: str, env: dict[str, str]) -> None:
        self.child = pexpect.spawn(
            str(AIRT), list(arguments), env=env, encoding="utf-8", timeout=60, dimensions=(200, 400)
        )
        self.seen = ""

    def expect(self, text: str) -> str:
        """Wait for a text; what was printed since the last one, the text included."""
        self.child.expect_exact(text)
        printed = (self.child.before + self.child.after).replace("\r\n", "\n")
        self.seen += printed
        return printed

    def answer(self, prompt: str, line: str) -> str:
        """Wait for a prompt and type a line."""
        printed = self.expect(prompt)
        self.child.sendline(line)
        return printed

    def end(self) -> int:
        """Wait for the end; the exit code."""
        self.child.expect(pexpect.EOF)
        self.seen += self.child.before.replace("\r\n", "\n")
        self.child.close()
        return self.child.exitstatus

    def close(self) -> None:
        self.child.close(force=True)


def last_token(text: str) -> str:
    """The token that stands in what a command printed."""
    return re.findall(r"\bros_\w+", text)[-1]
