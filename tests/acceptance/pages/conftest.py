"""What the tests of the pages need besides: a browser at two widths, and one that looks at each page."""

from __future__ import annotations

import pytest

from chromium import SCREENS, Browser, Driver


@pytest.fixture(scope="session")
def roster(start_roster, provider_settings):
    """One server for all tests; how a page looks is the same on every database."""
    return start_roster("sqlite", **provider_settings)


@pytest.fixture(scope="session")
def driver():
    driver = Driver()
    yield driver
    driver.stop()


@pytest.fixture(params=SCREENS)
def browser(request, driver):
    """A browser that has seen nothing yet, on a desktop and on a telephone."""
    browser = Browser(driver, request.param)
    yield browser
    browser.close()
