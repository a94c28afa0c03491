"""What every answer holds, by the contract: each key, and the type of its value."""

from __future__ import annotations

import re
from collections.abc import Mapping

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def a_time(value) -> bool:
    return isinstance(value, str) and bool(TIME.fullmatch(value))


def an_int(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def a_str(value) -> bool:
    return isinstance(value, str)


def a_bool(value) -> bool:
    return isinstance(value, bool)


def an_object(value) -> bool:
    return isinstance(value, Mapping)


def null(value) -> bool:
    return value is None


def or_null(what):
    return lambda value: value is None or what(value)


def a_list(what):
    return lambda value: isinstance(value, list) and all(what(one) for one in value)


def one_of(*words):
    return lambda value: value in words


def shape(keys):
    """A check that an object has exactly these keys with such values."""

    def check(value) -> bool:
        value = dict(value)
        assert set(value) == set(keys), set(value) ^ set(keys)
        for key, fits in keys.items():
            assert fits(value[key]), (key, value[key])
        return True

    return check


USER_GROUP = {
    "id": an_int, "name": a_str, "slug": a_str, "organizationId": an_int, "organizationName": a_str,
}
SIMPLE_USER = {
    "id": an_int, "name": a_str, "username": a_str, "initials": or_null(a_str), "online": or_null(a_bool),
}
DETAIL = {
    "id": an_int, "user": a_str, "name": a_str, "email": a_str, "active": a_bool, "primaryGroupId": an_int,
    "groups": a_list(shape(USER_GROUP)),
    "city": or_null(a_str), "state": or_null(a_str), "department": or_null(a_str), "title": or_null(a_str),
    "timeZone": a_str, "initials": or_null(a_str), "githubUsername": or_null(a_str), "prefersSmsOtp": a_bool,
    "vpnEnabled": or_null(a_bool), "ssoDisabled": or_null(a_bool), "otpRequiredForLogin": or_null(a_bool),
    "exemptFromOrgSmsOtpDisabled": or_null(a_bool), "smsOtpAllowed": a_bool, "robot": a_bool,
    "phone": or_null(a_str), "organizationSlug": a_str, "organizationSSODisableCapable": or_null(a_bool),
    "organizationLoginType": a_str, "organizationSmsOtpDisabled": or_null(a_bool),
    "myPermissionLevel": one_of("read", "write", "manage"), "createdAt": a_time, "updatedAt": a_time,
    "lastSeenAt": or_null(a_time), "suspended": a_bool, "createdById": or_null(an_int),
    "lastUpdatedById": or_null(an_int), "unconfirmedEmail": or_null(a_str),
    "accountStatus": one_of("Active", "Deactivated", "Suspended", "Unsuspended"),
}
SUMMARY = {
    "id": an_int, "user": a_str, "name": a_str, "email": a_str, "active": a_bool, "primaryGroupId": an_int,
    "groups": a_list(shape(USER_GROUP)), "createdAt": a_time, "currentSignInAt": or_null(a_time),
    "updatedAt": a_time, "lastSeenAt": or_null(a_time), "suspended": a_bool, "createdById": or_null(an_int),
    "lastUpdatedById": or_null(an_int),
}
CONSTRAINT = {
    "constraint": or_null(a_str), "constraintType": one_of("exact", "prefix", "regex", "verb"),
    "getAllowed": a_bool, "headAllowed": a_bool, "postAllowed": a_bool, "putAllowed": a_bool,
    "patchAllowed": a_bool, "deleteAllowed": a_bool,
}
KEY_COMMON = {
    "id": an_int, "name": a_str, "expiresAt": a_time, "createdAt": a_time, "revokedAt": or_null(a_time),
    "lastUsedAt": or_null(a_time), "scopes": a_list(a_str), "useCount": an_int, "expired": a_bool, "active": a_bool,
}
KEY = KEY_COMMON | {"constraints": a_list(shape(CONSTRAINT))}
NEW_KEY = KEY | {"token": a_str}
KEY_SUMMARY = KEY_COMMON | {"constraintCount": an_int}
FAVORITE = {
    "id": an_int, "objectId": an_int, "objectType": a_str, "objectName": or_null(a_str), "createdAt": a_time,
    "objectUpdatedAt": or_null(a_time), "objectAuthor": or_null(shape(SIMPLE_USER)),
}
FAVORITE_IN_LIST = FAVORITE | {"position": an_int}
SHARED_FAVORITE_IN_LIST = FAVORITE | {"position": null}
ME = {
    "id": an_int, "name": a_str, "email": a_str, "username": a_str, "initials": or_null(a_str),
    "lastCheckedAnnouncements": or_null(a_time), "featureFlags": lambda flags: an_object(flags) and all(map(a_bool, flags.values())), "roles": a_list(a_str),
    "preferences": an_object, "customBranding": or_null(a_str), "primaryGroupId": an_int,
    "groups": a_list(shape(USER_GROUP)), "organizationName": a_str, "organizationSlug": a_str,
    "organizationDefaultThemeId": or_null(an_int), "createdAt": a_time, "signInCount": an_int, "assumingRole": a_bool,
    "roleAssumer": an_object, "assumingAdmin": a_bool, "assumingAdminExpiration": or_null(a_time),
    "superadminModeExpiration": or_null(a_time), "disableNonCompliantFedrampFeatures": a_bool,
    "personaRole": or_null(a_str), "createdById": or_null(an_int), "lastUpdatedById": or_null(an_int),
}
EVENT = {
    "id": a_str, "name": a_str, "type": a_str, "user": a_str, "category": or_null(a_str),
    "state": one_of("succeeded", "failed", "running"), "updatedAt": a_time, "nextRunAt": or_null(a_time),
    "lastRunId": or_null(a_str), "lastRunState": one_of(None, "succeeded", "failed", "running"),
}
ADMIN = SIMPLE_USER | {"email": a_str}
GROUP_COMMON = {
    "id": an_int, "name": a_str, "createdAt": a_time, "updatedAt": a_time, "description": or_null(a_str),
    "slug": a_str, "organizationId": an_int, "organizationName": a_str, "memberCount": an_int,
    "totalMemberCount": an_int, "lastUpdatedById": or_null(an_int), "createdById": or_null(an_int),
}
GROUP_SUMMARY = GROUP_COMMON | {"members": a_list(shape(SIMPLE_USER))}
GROUP = GROUP_COMMON | {
    "defaultOtpRequiredForLogin": or_null(a_bool), "roleIds": a_list(an_int), "defaultTimeZone": or_null(a_str),
    "defaultJobsLabel": or_null(a_str), "defaultNotebooksLabel": or_null(a_str),
    "defaultServicesLabel": or_null(a_str),
    "members": a_list(shape(SIMPLE_USER | {"email": a_str, "primaryGroupId": an_int, "active": a_bool})),
}
NAMED = {"id": an_int, "name": a_str}
GRANTEES = {"users": a_list(shape(NAMED)), "groups": a_list(shape(NAMED))}
SHARES = {
    "readers": shape(GRANTEES), "writers": shape(GRANTEES), "owners": shape(GRANTEES),
    "totalUserShares": an_int, "totalGroupShares": an_int,
}
CHILD_GROUPS = {level: a_list(shape(NAMED)) for level in ("manageable", "writeable", "readable")}
THEME_IN_LIST = {"id": an_int, "name": a_str, "createdAt": a_time, "updatedAt": a_time}
THEME = THEME_IN_LIST | {
    "organizationIds": a_list(an_int), "settings": a_str,
    "logoFile": or_null(shape({"id": an_int, "downloadUrl": a_str})),
}
ROLE = {"id": an_int, "name": a_str, "slug": a_str, "description": or_null(a_str)}
ERROR = {"error": a_str, "errorDescription": a_str, "code": an_int}


def check(keys, record):
    """Holds a record against its keys and types, and gives it back."""
    shape(keys)(record)
    return record
