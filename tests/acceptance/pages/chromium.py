"""Chromium without a window, driven by its own driver over the WebDriver protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import requests

from server import free_port

# Nothing of the browser's own may reach for the network: only pages do, and that is what is tested.
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
]
# Width, height, whether it is a telephone.
SCREENS = {"desktop": (1280, 800, False), "phone": (360, 740, True)}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def program(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    raise RuntimeError(f"{names[0]} isn't installed: these tests need Chromium and its driver")


class Driver:
    """The driver program; each browser it starts has a new profile."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [program("chromedriver"), f"--port={self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                if requests.get(f"{self.address}/status", timeout=5).json()["value"]["ready"]:
                    return
            except requests.ConnectionError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
            time.sleep(0.05)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


class Browser:
    """One window. What the pages load and what the browser complains of is kept."""

    def __init__(self, driver: Driver, screen: str, user_agent: str | None = None) -> None:
        self.screen = screen
        self.profile = tempfile.mkdtemp(prefix="roster-chromium-")
        width, height, is_phone = SCREENS[screen]
        options = {
            "binary": program("chromium", "chromium-browser", "google-chrome"),
            "args": [*ARGUMENTS, f"--user-data-dir={self.profile}", f"--window-size={width},{height}"],
        }
        if user_agent:
            options["args"].append(f"--user-agent={user_agent}")
        if is_phone:
            metrics = {"width": width, "height": height, "pixelRatio": 2, "mobile": True, "touch": True}
            options["mobileEmulation"] = {"deviceMetrics": metrics}
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        self.driver = driver.address
        answer = requests.post(f"{self.driver}/session", json={"capabilities": {"alwaysMatch": wanted}}, timeout=60)
        value = answer.json()["value"]
        assert answer.ok, value
        self.session = f"{self.driver}/session/{value['sessionId']}"

    def close(self) -> None:
        requests.delete(self.session, timeout=30)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _ask(self, method: str, path: str, body: dict | None = None):
        answer = requests.request(method, self.session + path, json=body, timeout=60)
        value = answer.json()["value"]
        assert answer.ok, f"{path}: {value}"
        return value

    def open(self, url: str) -> None:
        self._ask("POST", "/url", {"url": url})

    @property
    def url(self) -> str:
        return self._ask("GET", "/url")

    def title(self) -> str:
        """The title of the page that is open, also where no script may run."""
        return self._ask("GET", "/title")

    def run(self, script: str):
        return self._ask("POST", "/execute/sync", {"script": f"return {script}", "args": []})

    def text(self) -> str:
        return self.run("document.body.innerText")

    def heading(self) -> str:
        return self.run("document.querySelector('h1').innerText")

    def _element(self, selector: str) -> str:
        found = self._ask("POST", "/element", {"using": "css selector", "value": selector})
        return f"/element/{found[ELEMENT]}"

    def fill(self, **fields: str) -> None:
        for name, text in fields.items():
            element = self._element(f"input[name={name}]")
            self._ask("POST", f"{element}/clear", {})
            self._ask("POST", f"{element}/value", {"text": text})

    def press(self, selector: str = "button") -> None:
        """Press a button that leads to another page, and wait for it."""
        self.run("window.isOld = true")
        self._ask("POST", f"{self._element(selector)}/click", {})
        deadline = time.monotonic() + 15
        while not self.run("!window.isOld && document.readyState == 'complete' && !!document.querySelector('body')"):
            assert time.monotonic() < deadline, "the button led nowhere"
            time.sleep(0.02)

    def complaints(self, origin: str) -> list[str]:
        """What the browser warns of in pages of `origin` since it was asked last, statuses of answers aside."""
        entries = self._ask("POST", "/se/log", {"type": "browser"})
        said = [entry["message"] for entry in entries if entry["level"] in ("WARNING", "SEVERE")]
        said = [text for text in said if "the server responded with a status of" not in text]
        return [text for text in said if text.startswith(origin) or not text.startswith("http")]

    def loaded_by(self, origin: str) -> set[str]:
        """What pages of `origin` have loaded since it was asked last, themselves included."""
        entries = self._ask("POST", "/se/log", {"type": "performance"})
        events = [json.loads(entry["message"])["message"] for entry in entries]
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return {one["request"]["url"] for one in sent if one["documentURL"].startswith(origin)}

    def keep_picture(self, name: str) -> None:
        """Keep what the page looks like, for people to judge, where ROSTER_PICTURES names a directory."""
        if directory := os.environ.get("ROSTER_PICTURES"):
            picture = base64.b64decode(self._ask("GET", "/screenshot"))
            (Path(directory) / f"{name}-{self.screen}.png").write_bytes(picture)
