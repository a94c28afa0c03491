"""The people of a scenario, each with name, password, token and, if need be, an authenticator and a telephone."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import requests
from airt.client import Client, User

from authenticator import Authenticator
from server import ADMIN_NAME, ADMIN_PASSWORD, Message, Roster

NUMBERS = itertools.count(1)


@dataclass
class Person:
    """An account, seen through the unmodified client."""

    roster: Roster
    username: str
    password: str
    email: str = ""
    uuid: str = ""
    token: str | None = None
    phone: str | None = None
    authenticator: Authenticator | None = field(default=None, repr=False)

    def act(self) -> Person:
        """Make the client, which keeps one identity per process, be this person."""
        Client(server=self.roster.airt, auth_token=self.token)
        return self

    def log_in(self, otp: str | None = None) -> Person:
        Client.get_token(username=self.username, password=self.password, server=self.roster.airt, otp=otp)
        self.token = Client.auth_token
        return self

    def details(self) -> dict:
        return self.act() and User.details()

    def turn_on_mfa(self) -> Person:
        """Enrol an authenticator; spends its first code."""
        self.act()
        self.authenticator = Authenticator(User._get_mfa_provision_url())
        User.activate_mfa(otp=self.authenticator.code())
        return self

    def code(self) -> str:
        assert self.authenticator
        return self.authenticator.code()

    def register_phone(self, digits: str | None = None) -> Message:
        """Register a number, a new one if none is given; the message that came to it."""
        self.phone = digits or new_phone()
        earlier = len(self.roster.messages(self.phone))
        self.act()
        User.register_phone_number(self.phone, otp=self.authenticator and self.code())
        return self.roster.wait_for_message(self.phone, earlier)

    def verify_phone(self) -> Person:
        code = self.register_phone().code
        User.validate_phone_number(otp=code)
        return self

    def request_sms(self, template: str) -> str:
        """Ask for a code by SMS, without a login; the code that came."""
        earlier = len(self.roster.messages(self.phone))
        self.act()
        User.send_sms_otp(username=self.username, message_template_name=template)
        return self.roster.wait_for_message(self.phone, earlier).code

    def wire(self, method: str, path: str, **options) -> requests.Response:
        """A request as it stands, with this person's token."""
        return wire(self.roster, method, path, token=self.token, **options)


class People:
    """Makes people, as the administrator."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.admin = Person(roster, ADMIN_NAME, ADMIN_PASSWORD, "root@example.com").log_in()
        self.admin.uuid = self.admin.details()["uuid"]

    def make(self, *, log_in: bool = True, super_user: bool = False, **details) -> Person:
        """A new person, who is the one to act from here on, or the administrator if it doesn't log in."""
        number = next(NUMBERS)
        details = {
            "username": f"ann{number}x",
            "first_name": "Ann",
            "last_name": f"Number {number}",
            "email": f"ann{number}@example.com",
            "password": f"the pass phrase of {number}",
            "subscription_type": "small",
            **details,
        }
        self.admin.act()
        row = User.create(super_user=super_user, **details).iloc[0]
        person = Person(self.roster, details["username"], details["password"], details["email"], row["uuid"])
        person.phone = row["phone_number"]
        return person.log_in() if log_in else person

    def super_user(self, **details) -> Person:
        return self.make(super_user=True, **details)


def new_phone() -> str:
    return f"4477009{next(NUMBERS):05}"


def wire(roster: Roster, method: str, path: str, token: str | None = None, **options) -> requests.Response:
    """A request as it stands. Whatever comes back is JSON, says so in exactly these words, and is no redirection."""
    headers = options.pop("headers", {})
    if token is not None:
        headers = {"Authorization": f"Bearer {token}", **headers}
    response = requests.request(
        method, roster.airt + path, headers=headers, allow_redirects=False, timeout=60, **options
    )
    assert response.headers.get("content-type") == "application/json", (response.status_code, response.headers)
    assert not 300 <= response.status_code < 400
    if response.status_code >= 400:
        assert 400 <= response.status_code < 500, response.text
        assert isinstance(response.json()["detail"], str)
    else:
        assert response.status_code == 200
        response.json()
    return response
