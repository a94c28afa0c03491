"""The pages that links lead to, in a real browser at the width of a desktop and of a telephone."""

from __future__ import annotations

import re
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from chromium import Browser
from server import ADMIN_NAME, ADMIN_PASSWORD, Roster

PASSWORD = "quiet otter 31415"
# Controls smaller than this are hard to hit with a finger (WCAG 2.5.8 asks for 24, telephones' makers for 44).
TOUCH = 44


def look(browser: Browser, roster: Roster, name: str, heading: str) -> None:
    """Hold the page that is open to what all pages promise."""
    browser.keep_picture(name)
    assert browser.heading() == heading
    assert browser.url.startswith(roster.address)
    assert browser.complaints(roster.address) == []
    loaded = browser.loaded_by(roster.address)
    assert loaded and all(url.startswith(roster.address + "/") for url in loaded), loaded
    assert browser.run("document.documentElement.scrollWidth <= window.innerWidth"), "it scrolls sideways"
    assert browser.run("document.querySelectorAll('script, iframe, img, [style], [onclick]').length") == 0
    assert browser.run("getComputedStyle(document.querySelector('main')).borderTopLeftRadius") != "0px", "no style"
    assert browser.run("[...document.querySelectorAll('input:not([type=hidden])')].every(i => i.labels.length == 1)")
    small = f"[...document.querySelectorAll('button, input:not([type=hidden])')].filter(e => e.offsetHeight < {TOUCH})"
    assert browser.run(f"{small}.map(e => e.outerHTML)") == []


def api(roster: Roster, method: str, path: str, token: str | None = None, body: dict | None = None, agent="tests"):
    headers = {"User-Agent": agent, **({"Authorization": f"Bearer {token}"} if token else {})}
    answer = requests.request(method, f"{roster.address}/api/v1{path}", json=body, headers=headers, timeout=30)
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def sign_in(roster: Roster, login: str, password: str) -> str:
    return api(roster, "POST", "/sessions", body={"login": login, "password": password})["token"]


@pytest.fixture
def admin(roster) -> str:
    return sign_in(roster, ADMIN_NAME, ADMIN_PASSWORD)


@pytest.fixture
def ann(roster, admin) -> dict:
    """Somebody who is signed in, with a name of their own."""
    name = f"ann-{uuid.uuid4().hex[:8]}"
    new = {"username": name, "email": f"{name}@example.com", "password": "amber walrus 1618"}
    return api(roster, "POST", "/users", admin, new) | {"token": sign_in(roster, name, new["password"])}


def link(text: str) -> str:
    return re.search(r"http://127\S+", text)[0]


def invite(roster: Roster, admin: str, user: dict) -> str:
    """The link to set a password with: the user has one, so it is a reset."""
    api(roster, "POST", f"/users/{user['id']}/invitation", admin)
    return link(roster.wait_for_mail(user["email"], "reset_password").text)


def test_the_first_administrator_is_made(browser, start_roster):
    nobody = dict.fromkeys(["ROSTER_ADMIN_USERNAME", "ROSTER_ADMIN_EMAIL", "ROSTER_ADMIN_PASSWORD"])
    bare = start_roster("sqlite", **nobody)
    browser.open(re.search(r"http://127\S+/setup\?token=\S+", bare.printed())[0])
    look(browser, bare, "setup", "Make the first administrator")
    browser.fill(username="root", email="root@example.com", password="short", again="short")
    browser.press()
    look(browser, bare, "setup-refused", "Make the first administrator")
    assert "The password must have at least 8 characters." in browser.text()
    assert browser.run("document.querySelector('[name=username]').value") == "root"
    browser.fill(password=PASSWORD, again=PASSWORD + "x")
    browser.press()
    assert "The two passwords are not the same." in browser.text()
    browser.fill(password=PASSWORD, again=PASSWORD)
    browser.press()
    look(browser, bare, "setup-done", "Roster is set up")
    assert sign_in(bare, "root", PASSWORD)


def test_a_password_is_set_by_a_mailed_link(browser, roster, admin, ann):
    url = invite(roster, admin, ann)
    browser.open(url)
    look(browser, roster, "password", "Choose a password")
    browser.fill(password="short", again="other")
    browser.press()
    look(browser, roster, "password-refused", "Choose a password")
    browser.fill(password=PASSWORD, again=PASSWORD)
    browser.press()
    look(browser, roster, "password-done", "Your password is set")
    assert sign_in(roster, ann["username"], PASSWORD)
    browser.open(url)
    look(browser, roster, "password-used", "Choose a password")
    assert "This link was used" in browser.text()
    assert browser.run("document.querySelectorAll('button').length") == 0


def test_an_address_is_confirmed_by_a_mailed_link(browser, roster, ann):
    new = f"new-{ann['email']}"
    token = ann["token"]
    api(roster, "PATCH", "/users/me", token, {"email": new})
    browser.open(link(roster.wait_for_mail(new, "confirm_email").text))
    look(browser, roster, "email", "Confirm your e-mail address")
    assert api(roster, "GET", "/users/me", token)["email"] == ann["email"], "opening the link does nothing"
    browser.press()
    look(browser, roster, "email-done", "Your address is confirmed")
    assert api(roster, "GET", "/users/me", token)["email"] == new
    browser.open(f"{roster.address}/account/email")
    look(browser, roster, "email-no-link", "Confirm your e-mail address")
    assert browser.run("document.querySelectorAll('button').length") == 0


def at_provider(browser: Browser, url: str, login: str) -> None:
    """Sign in at the provider and let it send the browser back."""
    browser.open(url)
    if browser.run("!!document.querySelector('input[name=login]')"):
        browser.fill(login=login, password="any will do")
        browser.press("button[type=submit]")
    if browser.run("!!document.querySelector('input[name=prompt]')"):
        browser.press("button[type=submit]")


@pytest.mark.parametrize("provider", ["google", "github"])
def test_a_sign_in_at_a_provider_asks_whose_it_is(browser, roster, ann, provider):
    api(roster, "PUT", f"/users/me/sso/{provider}", ann["token"], {"email": ann["email"]})
    for answer, heading in (("no", "The sign-in was stopped"), ("yes", "The sign-in is finished")):
        begun = api(roster, "POST", "/sso/sign-ins", body={"provider": provider})
        at_provider(browser, begun["authorization_url"], ann["email"])
        look(browser, roster, "sso-asked", "Is this your sign-in?")
        assert ann["username"] in browser.text() and "127.0.0.1" in browser.text()
        browser.press(f"button[value={answer}]")
        look(browser, roster, f"sso-{answer}", heading)
        ticket = {"ticket": begun["ticket"]}
        finished = requests.post(f"{roster.address}/api/v1/sso/sign-ins/session", json=ticket, timeout=30)
        assert finished.ok == (answer == "yes")


def test_t37_the_name_of_the_program_that_began_a_sign_in_is_text(browser, roster, ann):
    hostile = "<img src=x onerror=document.title='x'><script>document.title='x'</script>" + "W" * 200
    api(roster, "PUT", "/users/me/sso/google", ann["token"], {"email": ann["email"]})
    begun = api(roster, "POST", "/sso/sign-ins", body={"provider": "google"}, agent=hostile)
    at_provider(browser, begun["authorization_url"], ann["email"])
    look(browser, roster, "sso-hostile", "Is this your sign-in?")
    assert hostile in browser.text() and browser.run("document.title") != "x"


# A picture of one pixel, and pictures that are scripts and pages, too.
PIXEL = bytes.fromhex("47494638396101000100800000ff0000ffffff21f90401000000002c00000000010001000002024401003b")
PAGE = b"<!doctype html><title>x</title><script>document.title = window.name = 'x'</script>"
SCRIPT = b"GIF89a=\t0\n;document.title = 'x'//" + PAGE


@contextmanager
def page_of_others(html: str):
    """The address of a page on a server that is not Roster's."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("image", [PIXEL, PIXEL + PAGE, SCRIPT], ids=["pixel", "page", "script"])
def test_t37_a_logo_is_a_picture_to_a_browser_and_nothing_else(browser, roster, admin, image):
    theme = api(roster, "POST", "/themes", admin, {"name": f"Theme {uuid.uuid4().hex}"})
    headers = {"Authorization": f"Bearer {admin}", "Content-Type": "image/png"}
    address = f"{roster.address}/api/v1/themes/{theme['id']}/logo"
    answer = requests.put(address, data=image, headers=headers, timeout=30)
    assert answer.ok, answer.text
    logo = f"{roster.address}/api/v1/theme-logos/{answer.json()['logo']['name']}"
    browser.open(logo)
    assert browser.title() != "x"
    assert browser.loaded_by(roster.address) <= {logo, f"{roster.address}/favicon.ico"}
    # Where somebody's own page shows it: as a picture it is seen, as a script or a page it is refused.
    page = f"<title>page</title><img src={logo}><script src={logo}></script><iframe src={logo}></iframe>"
    with page_of_others(page) as others:
        browser.open(others)
        assert browser.title() == "page"
        if image != SCRIPT:
            assert browser.run("document.images[0].naturalWidth") == 1
        assert browser.run("window.name") != "x"


@pytest.mark.parametrize("drawing", ["<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", PAGE.decode()])
def test_t37_what_could_run_is_no_logo(roster, admin, drawing):
    theme = api(roster, "POST", "/themes", admin, {"name": f"Theme {uuid.uuid4().hex}"})
    for said, status in (("image/svg+xml", 415), ("text/html", 415), ("image/png", 422)):
        headers = {"Authorization": f"Bearer {admin}", "Content-Type": said}
        address = f"{roster.address}/api/v1/themes/{theme['id']}/logo"
        assert requests.put(address, data=drawing, headers=headers, timeout=30).status_code == status


def test_a_sign_in_that_the_provider_refuses_says_so(browser, roster):
    browser.open(f"{roster.address}/sso/google/callback?state=x&error=access_denied")
    look(browser, roster, "sso-failed", "This did not work")


@pytest.mark.parametrize("path", ["/", "/nothing/here", "/account/password", "/setup"])
def test_pages_without_a_link_are_pages_too(browser, roster, path):
    browser.open(roster.address + path)
    if path != "/nothing/here":
        look(browser, roster, f"plain{path.replace('/', '-')}", browser.heading())
