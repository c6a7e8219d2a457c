"""The form as a person meets it: in JupyterLab, in a real browser.

Set SCREENSHOTS to a folder to keep what was seen.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from helpers import reset
from helpers.errors import ResetError
from helpers.sandbox import DEFAULT_PASSWORD, open_sandbox
from helpers.secret import Secret
from helpers.target import Target

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DIEGO = {"client_id": "3n4b5urk1ft4fl3mg5e62d9ado", "username": "diego@example.com"}
NEW = "Planted-new-1-password"

pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine: the form was not looked at in a browser"),
    pytest.mark.xdist_group("browser"),
]


class Lab:
    """A JupyterLab server on a copy of the notebooks, and the sandbox that its kernels share."""

    def __init__(self, folder):
        self.root = folder / "notebooks"
        shutil.copytree(ROOT / "notebooks", self.root, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        self.token = secrets.token_hex(8)
        self.file = str(folder / "sandbox.sqlite")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = (folder / "lab.log").open("w+")
        homes = {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={self.port}",
             f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.root}", "--ServerApp.port_retries=0",
             f"--LabApp.app_settings_dir={ROOT / '.jupyter'}", f"--LabApp.workspaces_dir={folder}/ws",
             f"--LabApp.user_settings_dir={folder}/settings"],
            env={**os.environ, **homes, "COGNITO_SANDBOX": self.file, "HOME": str(folder)},
            stdout=self.log, stderr=subprocess.STDOUT,
        )
        self._wait()
        self.box = open_sandbox(self.file)
        self.client = Target("http://127.0.0.1:1").client()
        self.box.attach(self.client)

    def _wait(self):
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api", timeout=1)
                return
            except OSError:
                time.sleep(0.1)
        self.log.seek(0)
        raise AssertionError(self.log.read())

    def url(self, notebook):
        return f"http://127.0.0.1:{self.port}/lab/tree/{notebook}?token={self.token}&reset"

    def code(self):
        self.box.advance(3601)
        reset.request_code(self.client, **DIEGO)
        return self.box.mailbox()[-1]["code"]

    def signs_in(self, password):
        try:
            return bool(reset.sign_in(self.client, **DIEGO, password=Secret(password)))
        except ResetError:
            return False

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(45_000)
    page = context.new_page()
    yield page
    context.close()


def open_and_run(page, lab, notebook):
    page.goto(lab.url(notebook))
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    # Before the kernel is there, JupyterLab would ask which one to take.
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()


def run_all(page, lab, notebook="runbooks/confirm-reset.ipynb"):
    open_and_run(page, lab, notebook)
    form = page.locator("form.reset-form")
    form.wait_for()
    form.scroll_into_view_if_needed()
    return form


def keep(page, name):
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def save(page):
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^File$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Save Notebook$")).click()
    page.wait_for_timeout(1500)


def test_a_person_sets_a_new_password_through_the_form(page, lab):
    code = lab.code()
    form = run_all(page, lab)
    keep(page, "1-empty")
    form.get_by_label("Confirmation code").fill(f"{code[:3]} {code[3:]}")
    password = form.get_by_label("New password", exact=True)
    assert password.get_attribute("type") == "password"
    password.press_sequentially("Planted")
    rules = form.locator(".reset-rules li")
    assert "✗ not yet: at least 8 characters" in rules.all_text_contents()
    password.fill(NEW)
    assert all(text.startswith("✓ met") for text in rules.all_text_contents())
    keep(page, "2-filled-in")
    form.get_by_role("button", name="Set the new password").click()
    status = form.get_by_role("status")
    status.get_by_text("Done: the password of diego@example.com is changed.").wait_for()
    assert "One sign-in with the new password worked" in status.inner_text()
    assert "were removed from the code" in status.inner_text()
    assert password.input_value() == ""
    assert form.get_by_label("Confirmation code").input_value() == ""
    status.scroll_into_view_if_needed()
    keep(page, "3-done")
    assert lab.signs_in(NEW)
    assert not lab.signs_in(DEFAULT_PASSWORD)
    page.locator(".jp-Cell", has_text="Proof").last.scroll_into_view_if_needed()
    keep(page, "4-proof")
    save(page)
    saved = lab.root.joinpath("runbooks/confirm-reset.ipynb").read_text(encoding="utf-8")
    stores = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "Planted" not in saved + stores
    assert code not in saved + stores
    assert lab.signs_in(NEW)


def test_a_weak_password_is_refused_in_words_and_the_same_code_is_tried_again(page, lab):
    code = lab.code()
    form = run_all(page, lab)
    form.get_by_label("Confirmation code").fill(code)
    form.get_by_label("New password", exact=True).fill("planted")
    form.get_by_role("button", name="Set the new password").click()
    status = form.get_by_role("status")
    status.get_by_text("Refused: Cognito did not change the password.").wait_for()
    assert "Password does not conform to policy" in status.inner_text()
    assert "the same code" in status.inner_text()
    keep(page, "5-refused")
    form.get_by_label("Confirmation code").fill(code)
    form.get_by_label("New password", exact=True).fill(f"{NEW}-2")
    form.get_by_label("New password", exact=True).press("Enter")
    status.get_by_text("Done: the password of diego@example.com is changed.").wait_for()
    assert lab.signs_in(f"{NEW}-2")


def test_every_error_stands_beside_its_field_and_the_first_one_has_the_focus(page, lab):
    form = run_all(page, lab)
    form.get_by_label("Username").fill("two words")
    form.get_by_label("App client id").fill("no-hyphen")
    form.get_by_role("button", name="Set the new password").click()
    form.get_by_text("Error: must be 1 to 128 characters, without spaces.").wait_for()
    assert form.get_by_text("Error: must be the app client's id").is_visible()
    assert page.evaluate("document.activeElement.name") == "username"
    assert form.get_by_label("Username").get_attribute("aria-invalid") == "true"
    keep(page, "6-errors")


def test_the_form_is_filled_in_by_keyboard_alone_in_the_order_it_is_read(page, lab):
    code = lab.code()
    form = run_all(page, lab)
    form.get_by_label("Username").click()
    seen = []
    for _ in range(5):
        seen.append(page.evaluate("document.activeElement.name || document.activeElement.type"))
        page.keyboard.press("Tab")
    assert seen == ["username", "client_id", "code", "new_password", "checkbox"]
    assert page.evaluate("document.activeElement.textContent") == "Set the new password"
    form.get_by_label("Confirmation code").focus()
    page.keyboard.type(code)
    page.keyboard.press("Tab")
    page.keyboard.type(f"{NEW}-3")
    page.keyboard.press("Enter")
    form.get_by_role("status").get_by_text("Done:").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "status"
    assert lab.signs_in(f"{NEW}-3")


def test_a_double_click_sends_once(page, lab):
    code = lab.code()
    form = run_all(page, lab)
    before = lab.box.counts()["calls"].get("ConfirmForgotPassword", {}).get("diego@example.com", 0)
    form.get_by_label("Confirmation code").fill(code)
    form.get_by_label("New password", exact=True).fill(f"{NEW}-4")
    form.get_by_role("button", name="Set the new password").dblclick()
    form.get_by_role("status").get_by_text("Done:").wait_for()
    assert lab.box.counts()["calls"]["ConfirmForgotPassword"]["diego@example.com"] == before + 1


def test_with_widget_state_saved_no_secret_is_in_the_notebook(page, lab):
    folder = Path(lab.root.parent, "settings", "@jupyter-widgets", "jupyterlab-manager")
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath("plugin.jupyterlab-settings").write_text(json.dumps({"saveState": True}))
    code = lab.code()
    form = run_all(page, lab)
    form.get_by_label("Confirmation code").fill(code)
    form.get_by_label("New password", exact=True).fill(f"{NEW}-5")
    save(page)
    saved = lab.root.joinpath("runbooks/confirm-reset.ipynb").read_text(encoding="utf-8")
    assert "application/vnd.jupyter.widget-state+json" in saved
    form.get_by_role("button", name="Set the new password").click()
    form.get_by_role("status").get_by_text("Done:").wait_for()
    save(page)
    saved += lab.root.joinpath("runbooks/confirm-reset.ipynb").read_text(encoding="utf-8")
    assert "Planted" not in saved
    assert code not in saved


def test_the_start_notebook_runs_to_its_proof(page, lab):
    open_and_run(page, lab, "00-start-here.ipynb")
    page.locator(".jp-Cell", has_text="newest[").last.locator(".jp-OutputArea-output").wait_for()
    page.wait_for_timeout(500)
    keep(page, "7-start")


def test_the_server_has_logged_no_secret(lab):
    lab.log.flush()
    assert "Planted" not in Path(lab.log.name).read_text()
