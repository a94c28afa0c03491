"""A person with a web browser, by plain HTTP: follows redirects and fills in the provider's forms."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

import requests


def sign_in(authorization_url: str, name: str) -> requests.Response:
    """Open the address, sign in to the provider as `name`, allow everything, and return the page that ends it."""
    session = requests.Session()
    response = session.get(authorization_url, timeout=30)
    for _ in range(10):
        form = re.search(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', response.text, re.S)
        if not form or 'name="prompt"' not in form[2]:
            return response
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[2]))
        if fields["prompt"] == "login":
            fields |= {"login": name, "password": "any will do"}
        response = session.post(urljoin(response.url, html.unescape(form[1])), data=fields, timeout=30)
    raise AssertionError("the provider never sent the browser back")


def refuse(authorization_url: str) -> requests.Response:
    """Open the address and turn back at the provider's door."""
    session = requests.Session()
    page = session.get(authorization_url, timeout=30)
    link = re.search(r'<a href="([^"]*/abort)"', page.text)
    assert link, page.text
    return session.get(urljoin(page.url, html.unescape(link[1])), timeout=30)
