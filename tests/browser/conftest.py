"""One server and one browser for all walks; after each of them the planted secrets are looked for."""

import pytest

from tests.browser.lab import CHROMIUM, CHROMIUM_ARGS, Lab, command


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.close()


@pytest.fixture(scope="session")
def context():
    """One browser, whose cache all pages share."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: the form was not looked at in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        context = chromium.new_context(viewport={"width": 1280, "height": 1000})
        context.set_default_timeout(20_000)
        yield context
        chromium.close()


@pytest.fixture
def page(context, lab):
    """A page of its own. When the walk is over the notebook is saved, and no secret may be anywhere."""
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    try:
        if page.locator(".jp-Notebook").count():
            command(page, "docmanager:save")
        assert lab.leaks(page) == []
        assert errors == []
    finally:
        page.close()
