"""The site in Chromium, with everything fenced off that is not the site itself."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.access import violations
from tests.browser.lab import command, keep
from tests.browser.site import BUILD, LONG, Served, build, painted, run_all, started, stored

if not (shutil.which("npm") and importlib.util.find_spec("jupyterlite_core")):
    pytest.skip(
        "npm or JupyterLite is not here: make site-test installs the second, and runs these",
        allow_module_level=True,
    )

FIRST = "learn/01-the-reset-flow"
PHONE = {"width": 375, "height": 740}
SOLUTION = """
request_code(practice.client, **diego)
mine = Secret("My-own-Choice-7", "new password")
confirm(practice.client, **diego, code=practice.code(), new_password=mine)
sign_in(practice.client, **diego, password=mine)"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "site"
    build(folder)
    return folder


@pytest.fixture(scope="module")
def site(folder):
    served = Served(folder)
    yield served
    served.shutdown()
    served.server_close()


@pytest.fixture
def page(site, context):
    """A page of a browser that has not seen the site before, and all that goes wrong on it."""
    own = context.browser.new_context(viewport={"width": 1280, "height": 1000})
    own.set_default_timeout(LONG)
    page, errors = own.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    own.close()
    assert errors == []
    assert (site.refused, site.missing) == ([], [])


def cell(page, words):
    return page.locator(".jp-CodeCell", has=page.locator(".cm-content", has_text=words))


def test_a_lesson_runs_from_the_landing_page_to_its_proof_and_keeps_what_was_written(page, site):
    page.goto(site.url)
    page.get_by_role("link", name="Start with the first lesson").click()
    page.get_by_role("status").get_by_text("Python is starting in this tab.").wait_for()
    painted(page)
    started(page)
    found = run_all(page)
    assert {name: found[name] for name in stored(FIRST)} == stored(FIRST)

    slider = page.locator(".piece").first.get_by_label("Minutes since the first request")
    slider.focus()
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "minute 90"

    practice = cell(page, "# your lines")
    practice.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(SOLUTION)
    for _ in range(3):  # the exercise, the words below it, the check
        page.keyboard.press("Shift+Enter")
    expect(cell(page, "a_reset(practice)").locator(".jp-OutputArea")).to_contain_text("✓")
    expect(cell(page, "a_reset(practice)").locator(".jp-OutputArea")).not_to_contain_text("missing")
    keep(page, "site-lesson")

    command(page, "docmanager:save")
    page.reload()
    cell(page, "My-own-Choice-7").wait_for()

    page.goto(site.url)
    page.get_by_role("button", name="Forget my changes").click()
    page.get_by_text("Forgotten: every notebook is as it was.").wait_for()
    page.goto(f"{site.url}lab/index.html?path={FIRST}.ipynb")
    cell(page, "# your lines").wait_for()
    assert not cell(page, "My-own-Choice-7").count()


def test_the_desk_finds_out_what_is_wrong_with_a_practice_user(page, site):
    page.goto(f"{site.url}lab/index.html?path=desk.ipynb")
    painted(page)
    started(page)
    command(page, "notebook:run-all-cells")
    page.get_by_label("Training case").select_option("temporary-password")
    page.get_by_role("button", name="Find out").click()
    page.get_by_role("button", name="Go on: Send an invitation again").wait_for()
    keep(page, "site-desk")


@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        ("index.html", "light"),
        ("index.html", "dark"),
        (f"{FIRST}.html", "light"),
        ("learn/05-passwords-and-limits.html", "dark"),
    ],
)
def test_a_page_to_read_is_for_everyone_and_fits_a_phone(path, scheme, page, site):
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme=scheme)
    page.goto(site.url + path)
    assert violations(page, "body") == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    keep(page, f"site-{path.rpartition('/')[2]}-{scheme}")


def test_every_link_leads_somewhere_within_the_site(folder):
    """As files, so that a link that no walk follows is looked at too."""
    leading = {}
    for path in [folder / "index.html", *folder.glob("learn/*.html")]:
        here = f"http://site/{path.relative_to(folder).as_posix()}"
        for link in re.findall(r'(?:href|src)="([^"]*)"', path.read_text(encoding="utf-8")):
            parts = urlsplit(urljoin(here, link))
            if parts.netloc == "site":
                leading[parts.path] = here
                for notebook in parse_qs(parts.query).get("path", ()):
                    leading[f"/files/{notebook}"] = here
    lost = {to: here for to, here in leading.items() if not folder.joinpath(to[1:]).is_file()}
    assert "/files/runbooks/confirm-reset.ipynb" in leading
    assert lost == {}


def test_all_that_keeps_it_from_being_built_is_said_at_once_and_nothing_is_touched(tmp_path):
    tmp_path.joinpath("mine.txt").write_text("mine")
    done = subprocess.run(
        [sys.executable, BUILD, "--out", tmp_path],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": str(tmp_path)},
    )
    assert done.returncode == 2
    assert f"{tmp_path} is neither empty nor a site that was built before." in done.stderr
    assert "npm is not installed" in done.stderr
    assert "Traceback" not in done.stderr
    assert tmp_path.joinpath("mine.txt").read_text() == "mine"


def test_the_pages_to_read_load_nothing_from_elsewhere(folder):
    for path in [folder / "index.html", *folder.glob("learn/*.html")]:
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r'(?:src|<link[^>]*href)="(?:https?:)?//', text), path


def test_the_fence_keeps_in_and_reports_what_would_leave_the_site(page, site):
    page.goto(site.url)
    page.evaluate("fetch('http://127.0.0.1:9/').catch(() => null)")
    page.wait_for_function("fetch('style.css').then(() => true)")  # the report goes out before
    assert [site.refused.pop()] == ["http://127.0.0.1:9/"]
