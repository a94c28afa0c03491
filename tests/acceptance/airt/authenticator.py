"""An authenticator app that never shows one code twice and hardly ever makes a test wait."""

from __future__ import annotations

import time

import pyotp

STEP = 30


class Authenticator:
    """Codes of one secret, each for a later time step than the one before.

    The server takes the step before, the present and the next one, each once; so three codes are there at any moment,
    and a test that needs more waits for the clock.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.totp = pyotp.parse_uri(url)
        self.last = 0

    def code(self, patience: int = 4) -> str:
        """A code that was not used yet and stays good for at least `patience` seconds."""
        now = time.time()
        oldest = int(now // STEP) - 1
        if now % STEP > STEP - patience:
            oldest += 1
        step = max(self.last + 1, oldest)
        wait = (step - 1) * STEP - now
        if wait > 0:
            time.sleep(wait + 0.2)
        self.last = step
        return self.totp.at(step * STEP)

    def wrong(self) -> str:
        """Six digits that are no code of any step near now."""
        step = int(time.time() // STEP)
        near = {self.totp.at((step + offset) * STEP) for offset in range(-4, 5)}
        return next(code for code in ("123456", "000000", "654321", "111111", "222222", "333333", "444444", "555555", "666666", "777777") if code not in near)

    def far(self) -> str:
        """A code of this secret whose step is out of reach."""
        step = int(time.time() // STEP)
        near = {self.totp.at((step + offset) * STEP) for offset in range(-2, 3)}
        return next(code for code in (self.totp.at((step + offset) * STEP) for offset in range(5, 50)) if code not in near)
