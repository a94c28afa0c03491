"""Rows 21 and 22: themes, the default one of the organization, and what super users do with them (D18)."""

from __future__ import annotations

import json
import struct
import uuid
import zlib

import pytest
import requests
from civis.base import CivisAPIError

from shapes import ME, THEME, THEME_IN_LIST, check


def png() -> bytes:
    """A red pixel."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))  # noqa: E731
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")


def name() -> str:
    return f"Theme {uuid.uuid4().hex[:10]}"


def set_logo(door, theme: int, image: bytes) -> dict:
    return door.native("PUT", f"themes/{theme}/logo", data=image, headers={"Content-Type": "image/png"})


def test_ones_themes(door, root):
    person = door.person()
    settings = json.dumps({"color": "#336699", "title": "Häfen </script>"})
    made = root.client.admin.post_themes(name(), settings_json=settings, organization_ids=[door.organization])
    rows = [check(THEME_IN_LIST, row) for row in person.ok("GET", "users/me/themes")]
    assert made.name in {row["name"] for row in rows}
    assert made.id in {row.id for row in person.client.users.list_me_themes()}
    theme = check(THEME, person.ok("GET", f"users/me/themes/{made.id}"))
    assert theme["settings"] == settings and theme["organizationIds"] == [door.organization] and theme["logoFile"] is None
    seen = person.client.users.get_me_themes(made.id)
    assert (seen.name, json.loads(seen.settings)["color"], seen.logo_file) == (made.name, "#336699", None)
    for absent in (987654321, 0, "x"):
        assert person.raw("GET", f"users/me/themes/{absent}").status_code == 404
    with pytest.raises(CivisAPIError) as refused:
        person.client.users.get_me_themes(987654321)
    assert refused.value.status_code == 404


def test_a_theme_for_nobody_is_nobodys(door, root):
    made = root.client.admin.post_themes(name(), organization_ids=[])
    for person in (root, door.person(), door.with_role("org_admin")):
        assert made.id not in {row["id"] for row in person.ok("GET", "users/me/themes")}
        assert person.raw("GET", f"users/me/themes/{made.id}").status_code == 404
    root.client.admin.patch_themes(made.id, organization_ids=[door.organization])
    assert root.client.users.get_me_themes(made.id).id == made.id


def test_the_logo_is_downloaded_without_a_key(door, root):
    person = door.person()
    made = root.client.admin.post_themes(name())
    logo = set_logo(door, made.id, png())["logo"]
    file = person.client.users.get_me_themes(made.id).logo_file
    assert file.id == logo["id"] and file.download_url.startswith(f"{door.roster.address}/")
    image = requests.get(file.download_url, timeout=60)
    assert image.ok and image.content == png() and image.headers["Content-Type"] == "image/png"
    assert image.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in image.headers["Content-Security-Policy"]

    other = root.client.admin.post_themes(name(), logo_file_id=file.id)
    assert other.logo_file.download_url == file.download_url
    assert root.ok("PATCH", f"admin/themes/{other.id}", json={"logoFileId": None})["logoFile"] is None
    root.client.admin.patch_themes(made.id, logo_file_id=None)
    assert requests.get(file.download_url, timeout=60).status_code == 404, "no theme has it any more"


def test_the_default_theme_of_the_organization(door, root):
    person, boss = door.person(), door.with_role("org_admin")
    made = root.client.admin.post_themes(name())
    path = f"organizations/{door.organization}"
    door.native("PATCH", path, json={"default_theme_id": made.id})
    try:
        for one in (person, boss, root):
            assert check(ME, one.ok("GET", "users/me"))["organizationDefaultThemeId"] == made.id
        assert person.client.users.get_me().organization_default_theme_id == made.id
        door.native("DELETE", f"themes/{made.id}")
        assert person.ok("GET", "users/me")["organizationDefaultThemeId"] is None
    finally:
        door.native("PATCH", path, json={"default_theme_id": None})


def test_super_users_alone_write_themes_here(door, root):
    answer = root.raw("POST", "admin/themes", json={"name": name(), "settings_json": "{}", "organization_ids": [door.organization]})
    assert answer.status_code == 201
    made = check(THEME, answer.json())
    answer = root.raw("PATCH", f"admin/themes/{made['id']}", json={"name": "Quay"})
    assert answer.status_code == 201 and check(THEME, answer.json())["name"] == "Quay"
    for person in (door.person(), door.with_role("org_admin"), door.with_role("team_admin")):
        assert person.raw("POST", "admin/themes", json={"name": name()}).status_code == 403
        assert person.raw("PATCH", f"admin/themes/{made['id']}", json={"name": "x"}).status_code == 403
    assert root.raw("PATCH", "admin/themes/987654321", json={}).status_code == 404
    for wrong in ({}, {"name": ""}, {"name": None}, {"name": 7}, {"name": "x" * 256}, {"name": "x", "settings_json": "[]"},
                  {"name": "x", "settings_json": {}}, {"name": "x", "settings_json": "x" * 10_001},
                  {"name": "x", "organization_ids": [987654321]}, {"name": "x", "organization_ids": "1"},
                  {"name": "x", "logo_file_id": 987654321}, {"name": "x", "logo_file_id": "1"}):
        assert root.raw("POST", "admin/themes", json=wrong).status_code == 400, wrong
    assert root.ok("GET", f"users/me/themes/{made['id']}")["name"] == "Quay"
