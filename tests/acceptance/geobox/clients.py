"""The two clients, sync and async, behind one face, so that each test drives both with the same lines."""

from __future__ import annotations

import asyncio
import inspect
from types import ModuleType

import geobox
import geobox.aio
import geobox.aio.api
import geobox.aio.apikey
import geobox.aio.plan
import geobox.aio.user
import geobox.apikey
import geobox.plan
import geobox.user


class Sync:
    """`GeoboxClient` as it is."""

    name = "sync"
    User, Session, Group = geobox.user.User, geobox.user.Session, geobox.user.Group
    Plan, ApiKey = geobox.plan.Plan, geobox.apikey.ApiKey

    def connect(self, **options):
        return geobox.GeoboxClient(**options)

    def close(self):
        pass


class Async:
    """`AsyncGeoboxClient`, every call waited for. What is handed out waits, too."""

    name = "aio"

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.clients = []
        users: ModuleType = geobox.aio.user
        self.User, self.Session = Waiting(self, users.AsyncUser), Waiting(self, users.AsyncSession)
        self.Group, self.Plan = Waiting(self, users.AsyncGroup), Waiting(self, geobox.aio.plan.AsyncPlan)
        self.ApiKey = Waiting(self, geobox.aio.apikey.AsyncApiKey)

    def connect(self, **options):
        client = geobox.aio.api.AsyncGeoboxClient(**options)
        self.run(client.__aenter__())
        self.clients.append(client)
        return Waiting(self, client)

    def run(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    def close(self):
        for client in self.clients:
            self.run(client.__aexit__(None, None, None))
        self.loop.close()

    def dress(self, value):
        """A result, with its coroutines waited for."""
        if inspect.iscoroutine(value):
            return self.dress(self.run(value))
        if isinstance(value, list):
            return [self.dress(one) for one in value]
        if type(value).__module__.startswith("geobox.aio"):
            return Waiting(self, value)
        return value


class Waiting:
    """Something of the async client."""

    def __init__(self, kind, bare):
        self.__dict__.update(_kind=kind, _bare=bare)

    def __getattr__(self, name):
        value = getattr(self._bare, name)
        return Method(self._kind, value) if inspect.isroutine(value) else self._kind.dress(value)

    def __repr__(self):
        return repr(self._bare)

    def __instancecheck__(self, other):
        return isinstance(undress(other), self._bare)


class Method:
    def __init__(self, kind, bare):
        self.kind, self.bare = kind, bare

    def __call__(self, *arguments, **options):
        arguments = [undress(one) for one in arguments]
        return self.kind.dress(self.bare(*arguments, **{key: undress(one) for key, one in options.items()}))


def undress(value):
    return value._bare if isinstance(value, Waiting) else value
