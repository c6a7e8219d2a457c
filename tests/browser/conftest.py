"""One server and one browser for all walks; after each of them the planted secrets are
looked for.
"""

import pytest

from tests.browser.lab import CHROMIUM, CHROMIUM_ARGS, Lab, at, command


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
def page(request, context, lab):
    """JupyterLab's page, handed on from walk to walk, since to load it takes longer than most
    walks.

    When a walk is over the notebook is saved, and no secret may be anywhere. After a walk that
    failed the next one has a new page.
    """
    page = context.pages[0] if context.pages else context.new_page()
    failed, errors = request.session.testsfailed, []

    def note(error):
        # JupyterLab's own, where a notebook is closed while it is still at something.
        if str(error) != "Disposed":
            errors.append(str(error))

    page.on("pageerror", note)
    yield page
    fine = False
    try:
        if page.locator(".jp-Notebook").count():
            command(page, "docmanager:save")
        assert lab.leaks(page) == []
        assert errors == []
        fine = request.session.testsfailed == failed
    finally:
        if fine and at(page, lab):
            page.remove_listener("pageerror", note)
        else:
            page.close()


@pytest.fixture
def fresh(lab):
    """The sandbox as on the first day, before the walk and after it."""
    lab.box.reset()
    yield lab.box
    lab.box.reset()
