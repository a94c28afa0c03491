"""Section 5, SSO: settings, and logins through real providers on loopback."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlparse

import pytest
import requests
from airt.client import Client, User

import person_at_provider as browser
from people import People, wire
from test_users import refusal

PENDING = "SSO authentication is not complete"
PROVIDERS = ["google", "github"]


def begin(person, provider: str, otp=None) -> str:
    return Client.get_token(
        username=person.username, password=person.password, server=person.roster.airt, sso_provider=provider, otp=otp
    )


def enabled(people, provider: str):
    """Somebody who has SSO enabled, with an address of their own at the provider."""
    person = people.make()
    address = f"{person.username}@elsewhere.example.com"
    User.enable_sso(sso_provider=provider, sso_email=address)
    return person, address


def fetch(person, url: str) -> requests.Response:
    return wire(person.roster, "GET", f"/sso/token/?authorization_url={quote(url)}", "None")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_login_through_the_provider(people, provider):
    person, address = enabled(people, provider)
    person.act()
    before = Client.auth_token
    url = begin(person, provider)
    assert url.startswith("http://127.0.0.1:") and url == Client.sso_authorization_url
    assert Client.auth_token == before
    assert len(parse_qs(urlparse(url).query)["state"][0]) >= 22
    assert PENDING in refusal(Client.set_sso_token)
    page = browser.sign_in(url, address)
    assert page.status_code == 200 and page.url.startswith(person.roster.address)
    Client.set_sso_token()
    assert Client.auth_token not in (None, before)
    assert User.details()["uuid"] == person.uuid


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_token_is_given_once(people, provider):
    person, address = enabled(people, provider)
    url = begin(person, provider)
    browser.sign_in(url, address)
    Client.set_sso_token()
    assert PENDING not in refusal(Client.set_sso_token)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("name", ["somebody@else.example.com", "unverified:{}", "nomail:someone"])
def test_t19_another_or_an_unverified_address_fails_for_good(people, provider, name):
    person, address = enabled(people, provider)
    url = begin(person, provider)
    page = browser.sign_in(url, name.format(address))
    assert page.url.startswith(person.roster.address)
    assert PENDING not in refusal(Client.set_sso_token)
    browser.sign_in(url, address)
    assert PENDING not in refusal(Client.set_sso_token)
    browser.sign_in(begin(person, provider), address)
    Client.set_sso_token()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_first_login_binds_the_providers_account(people, provider):
    """T19: the address passes to another account of the provider, which is a stranger then."""
    person, address = enabled(people, provider)
    browser.sign_in(begin(person, provider), address)
    Client.set_sso_token()
    browser.sign_in(begin(person, provider), f"verified:{address}")
    assert PENDING not in refusal(Client.set_sso_token)


def test_refusing_at_the_provider_ends_the_login(people):
    person, _ = enabled(people, "google")
    url = begin(person, "google")
    browser.refuse(url)
    assert PENDING not in refusal(Client.set_sso_token)


def test_each_address_is_new_and_only_its_own_login_is_complete(people):
    person, address = enabled(people, "google")
    first, second = begin(person, "google"), begin(person, "google")
    states = {parse_qs(urlparse(url).query)["state"][0] for url in (first, second)}
    assert len(states) == 2
    browser.sign_in(first, address)
    assert PENDING in fetch(person, second).text
    assert "access_token" in fetch(person, first).json()


def test_pkce_and_nonce_are_sent(people):
    person, _ = enabled(people, "google")
    query = parse_qs(urlparse(begin(person, "google")).query)
    assert query["code_challenge_method"] == ["S256"] and query["nonce"] and query["code_challenge"]
    assert query["redirect_uri"][0].startswith(person.roster.address)


@pytest.mark.parametrize("url", ["", "x", "http://127.0.0.1/?state=abc", "http://127.0.0.1/", "%00", "javascript:alert(1)"])
def test_an_unknown_address_is_an_error_without_the_pending_phrase(people, url):
    answer = wire(people.roster, "GET", f"/sso/token/?authorization_url={quote(url)}")
    assert answer.status_code == 400 and PENDING not in answer.text
    assert wire(people.roster, "GET", "/sso/token/").status_code in (400, 422)


def test_a_state_nobody_was_given_gets_no_token(people):
    person, address = enabled(people, "google")
    url = begin(person, "google")
    state = parse_qs(urlparse(url).query)["state"][0]
    forged = url.replace(state, state[::-1])
    browser.sign_in(forged, address)
    assert PENDING in refusal(Client.set_sso_token)
    assert PENDING not in fetch(person, forged).text


@pytest.mark.parametrize("provider", ["google", "github", "facebook", "", "Google"])
def test_a_login_needs_sso_enabled_for_the_provider(people, provider):
    person = people.make()
    told = refusal(begin, person, provider)
    assert "OTP" not in told and PENDING not in told


def test_another_providers_setting_does_not_do(people):
    person, _ = enabled(people, "google")
    refusal(begin, person, "github")


def test_a_disabled_setting_does_not_do(people):
    person, address = enabled(people, "google")
    url = begin(person, "google")
    person.act()
    User.disable_sso("google")
    refusal(begin, person, "google")
    browser.sign_in(url, address)
    assert fetch(person, url).status_code == 400


def test_the_password_and_the_code_are_checked_as_at_the_token_call(people):
    person, address = enabled(people, "google")
    wrong = refusal(Client.get_token, username=person.username, password="wrong", server=person.roster.airt, sso_provider="google")
    assert wrong == refusal(Client.get_token, username="nobody at all", password="wrong", server=person.roster.airt, sso_provider="google")
    assert wrong == refusal(begin, person, "google", otp="123456")
    person.act()
    person.turn_on_mfa()
    assert "OTP is required" in refusal(begin, person, "google")
    assert "Invalid OTP" in refusal(begin, person, "google", otp=person.authenticator.wrong())
    browser.sign_in(begin(person, "google", otp=person.code()), address)
    Client.set_sso_token()
    assert User.details()["uuid"] == person.uuid


def test_t09_a_disabled_account_gets_no_token_by_sso(people):
    person, address = enabled(people, "google")
    before, after = begin(person, "google"), begin(person, "google")
    browser.sign_in(after, address)
    people.admin.act()
    User.disable(person.username)
    browser.sign_in(before, address)
    for url in (before, after):
        answer = fetch(person, url)
        assert answer.status_code >= 400 and PENDING not in answer.text
    refusal(begin, person, "google")


def test_enabling_and_disabling_say_so(people):
    people.make()
    told = User.enable_sso(sso_provider="google", sso_email="ann@sso.example.com")
    assert "google" in told and "ann@sso.example.com" in told
    assert "google" in User.disable_sso("google")


def test_enabling_again_replaces_the_address_and_revives(people):
    person, address = enabled(people, "google")
    other = f"other-{address}"
    User.enable_sso("google", other)
    browser.sign_in(begin(person, "google"), address)
    assert PENDING not in refusal(Client.set_sso_token)
    person.act()
    User.disable_sso("google")
    assert address in User.enable_sso("google", address)
    browser.sign_in(begin(person, "google"), address)
    Client.set_sso_token()


def test_without_an_address_it_is_the_accounts(people):
    person = people.make()
    answer = person.wire("POST", "/user/sso/enable", json={"sso_provider": "google", "sso_email": None, "otp": None})
    assert answer.json() == {"sso_provider": "google", "sso_email": person.email, "disabled": False}
    answer = person.wire("DELETE", f"/user/sso/{person.username}/disable/google")
    assert answer.json() == {"sso_provider": "google", "sso_email": person.email, "disabled": True}


@pytest.mark.parametrize(("provider", "address"), [("facebook", "a@example.com"), ("", "a@example.com"), ("google", "no address"), ("google", ""), ("google", "a@b")])
def test_unknown_providers_and_malformed_addresses_are_refused(people, provider, address):
    people.make()
    refusal(User.enable_sso, provider, address)


def test_disabling_what_is_not_enabled_is_an_error(people):
    people.make()
    refusal(User.disable_sso, "google")
    refusal(User.disable_sso, "facebook")
    User.enable_sso("google", "a@example.com")
    User.disable_sso("google")
    refusal(User.disable_sso, "google")


def test_only_super_users_disable_the_sso_of_others(people):
    person, _ = enabled(people, "github")
    people.make()
    refusal(User.disable_sso, "github", user=person.username)
    people.admin.act()
    assert "github" in User.disable_sso("github", user=person.username)
    refusal(begin, person, "github")


def test_a_provider_without_settings_is_an_error(start_roster):
    bare = People(start_roster("sqlite"))
    person = bare.make()
    try:
        User.enable_sso("google", "a@example.com")
    except ValueError:
        return
    told = refusal(begin, person, "google")
    assert PENDING not in told
