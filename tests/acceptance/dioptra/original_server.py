"""Runs the REST server of `dioptra-platform` as it is published: migrates its database, then serves on loopback.

    python original_server.py PORT WORKERS

The settings are the package's own environment variables; the database is `DIOPTRA_RESTAPI_DATABASE_URI`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dioptra.restapi.db
from dioptra.restapi import create_app
from dioptra.restapi.db.db import db
from flask_migrate import upgrade
from gunicorn.app.base import BaseApplication

MIGRATIONS = Path(dioptra.restapi.db.__file__).parent / "alembic"


class Server(BaseApplication):
    """gunicorn without a configuration file; the application is loaded once and the workers are forked from it."""

    def __init__(self, application, port: int, workers: int) -> None:
        self.application = application
        self.options = {"bind": f"127.0.0.1:{port}", "workers": workers, "preload_app": True, "graceful_timeout": 2}
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self):
        return self.application


def main() -> None:
    port, workers = int(sys.argv[1]), int(sys.argv[2])
    application = create_app()
    with application.app_context():
        upgrade(directory=str(MIGRATIONS))
        # No worker may inherit an open connection.
        db.engine.dispose()
    Server(application, port, workers).run()


if __name__ == "__main__":
    main()
