"""Where Roster may answer otherwise than the original server, and why: the only such places.

R1 to R11 are the departures of Roster's contract; the others are what the contract leaves free. A call that is named here
and answered alike fails the test: then its line is to be taken out.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

DIFFERENCES: dict[str, list[str]] = {
    "R1: a password that expired can be changed, so no session is asked for": [
        "change a password without a session",
        "change a password without a session, wrong old one",
    ],
    "R2: names that others have are taken, when modifying as when creating": [
        "modify to a taken address",
        "modify to a taken name",
        "modify to the name of a deleted user",
    ],
    "R3: nothing is no name, no address and no password": [
        "create an empty name",
        "create an empty address",
        "create an empty password",
        "modify to an empty name",
        "modify to an empty address",
        "change the password to nothing",
    ],
    "R4: a missing field is told, and is no fault of the server": [
        "create without password",
        "create without confirmPassword",
        "change the password without oldPassword",
        "change the password without newPassword",
        "change the password without confirmNewPassword",
        "change another's password without oldPassword",
        "change another's password without newPassword",
        "change another's password without confirmNewPassword",
    ],
    "R5: a number beyond 64 bits is unknown or wrong, and is no fault of the server": [
        "users from 9223372036854775808, 10 at once is wrong",
        "a user by an id that is huge",
        "a user by an id that is more than huge",
        "change the password of a huge id",
        "a group by an id that is huge",
    ],
    "R6: cookies are worthless after logging out": [
        "a copy of the cookies after logging out",
    ],
    "10.4: the original goes on listing deleted users as members": [
        "members after deleting",
    ],
    "2: a slash at the end of a path is passed over, everywhere in Roster": [
        "GET /users/current/",
    ],
    "9.1: a blank behind an unquoted value is passed over": [
        "search users: username:ann , bob",
    ],
    "9.3: letters beyond ASCII are ordinary text": [
        "search users: \u0107",
    ],
    "R9: letter case makes no other name": [
        "create in other letters",
        "create an address in other letters",
        "log in in other letters",
    ],
    "R10: no name that could be taken for something else": [
        "create digits",
        "create me",
        "create a uuid",
        "create blanks at the ends",
        "create a control character",
        "create another's address as name",
        "create too long a name",
    ],
}


def reason_for(call: str) -> str | None:
    """Why a call may be answered otherwise, if it may."""
    for reason, calls in DIFFERENCES.items():
        if any(call == one or ("*" in one and fnmatchcase(call, one)) for one in calls):
            return reason
    return None
