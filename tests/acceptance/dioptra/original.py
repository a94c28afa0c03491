"""The original server of Dioptra, started for a test and stopped after it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import requests

from server import free_port

HERE = Path(__file__).parent
# It starts slowly: it imports half of data science.
PATIENCE = 300


@dataclass
class Original:
    """A running original server on a database of its own: a SQLite file unless a URL is given."""

    database_url: str | None = None
    workers: int = 1

    def __post_init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="roster-original-"))
        self.database = self.directory / "dioptra.db"
        self.database_url = self.database_url or f"sqlite:///{self.database}"
        port = free_port()
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("DIOPTRA_", "MLFLOW_"))}
        environment |= {
            "DIOPTRA_RESTAPI_DATABASE_URI": self.database_url,
            "DIOPTRA_DEPLOY_SECRET_KEY": "a secret of the tests",
            "DIOPTRA_RESTAPI_ENV": "prod",
            # Its tracking of experiments, which nothing here uses, stays in the folder, too.
            "MLFLOW_TRACKING_URI": f"sqlite:///{self.directory / 'mlflow.db'}",
        }
        self.log = open(self.directory / "log", "w+")
        self.process = subprocess.Popen(
            [sys.executable, HERE / "original_server.py", str(port), str(self.workers)],
            env=environment,
            cwd=self.directory,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.address = f"http://127.0.0.1:{port}"

    def wait(self) -> Original:
        """Until it answers."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if requests.get(f"{self.address}/health", timeout=10).status_code == 200:
                    return self
            except requests.ConnectionError:
                time.sleep(0.1)
        self.log.flush()
        raise RuntimeError(f"the original server didn't start:\n{Path(self.log.name).read_text()[-4000:]}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.log.close()
        shutil.rmtree(self.directory)
