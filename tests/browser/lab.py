"""JupyterLab as a person meets it: a server on a copy of the notebooks, and the pages that look at
it.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

from playwright.sync_api import expect

from helpers.cognito import actions
from helpers.cognito.errors import ResetError
from helpers.run.package_data import JUPYTER
from helpers.runner.lab import options
from helpers.runner.working_copy import refresh
from helpers.sandbox import open_sandbox
from helpers.secrets.secret import Secret
from helpers.target import Target
from tests import until

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]
DIEGO = {"client_id": "3n4b5urk1ft4fl3mg5e62d9ado", "username": "diego@example.com"}
RUNBOOK = "runbooks/confirm-reset.ipynb"
BUTTON = "Set the new password"
SAVE_STATE = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"  # an entry of the menu Settings


class Served:
    """A server on a copy of the notebooks in a folder of its own, and the sandbox that its kernels
    share.

    Every secret that a walk uses is planted: `plant` and `code` remember them, and `leaks` looks
    for them.
    """

    def __init__(self, folder, **environ):
        self.folder, self.root = folder, folder / "notebooks"
        refresh(self.root)
        self.file = folder / "sandbox.sqlite"
        self.token, self.planted = secrets.token_hex(8), []
        self.log = (folder / "server.log").open("w+")
        homes = {
            f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "DATA", "RUNTIME")
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self.command()],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                **homes,
                **environ,
                "COGNITO_SANDBOX": str(self.file),
                "HOME": str(folder),
            },
        )
        self.port = until(self._port)
        until(self._answers)
        self.box = open_sandbox(str(self.file))
        self.client = Target("http://127.0.0.1:1").client()
        self.box.attach(self.client)

    def _port(self):
        """Read back which port the server has taken."""
        said = self.folder.joinpath("server.log").read_text(encoding="utf-8")
        assert self.process.poll() is None, said
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
        return found and int(found.group(1))

    def _answers(self):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{self.ALIVE}", timeout=60).close()
        except OSError:
            return False
        return True

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:  # a kernel that does not end holds it up
            self.process.kill()
            self.process.wait()
        self.log.close()

    # --- the user, and what only the user knows ---

    def plant(self, password):
        self.planted.append(password)
        return password

    def code(self, **client):
        """Be the user: request a code, an hour after everything that was tried before. client:
        another app client.
        """
        self.box.advance(3601)
        actions.request_code(self.client, **DIEGO | client)
        return self.plant(self.box.mailbox()[-1]["code"])

    def signs_in(self, password):
        try:
            return bool(actions.sign_in(self.client, **DIEGO, password=Secret(password)))
        except ResetError:
            return False

    def confirms(self):
        return self.box.counts()["calls"].get("ConfirmForgotPassword", {}).get(DIEGO["username"], 0)

    # --- where a secret must not be ---

    def leaks(self, page=None):
        """Return every place that holds a planted secret: all the server's files and log, all that
        the browser keeps.

        Notebooks, checkpoints, JupyterLab's workspaces and settings, IPython's history and the log
        all lie in the server's folder. Only the sandbox itself, which sends the codes, may know
        them.
        """
        self.log.flush()
        places = {
            str(path.relative_to(self.folder)): _text(path)
            for path in self.folder.rglob("*")
            if path.is_file() and not path.name.startswith(self.file.name)
        }
        assert "server.log" in places
        if page is not None:
            places["cookies, local storage, IndexedDB"] = json.dumps(
                page.context.storage_state(indexed_db=True)
            )
            places["session storage"] = page.evaluate("JSON.stringify({...sessionStorage})")
            places["address"] = page.url
        return [
            (place, secret)
            for place, text in places.items()
            for secret in self.planted
            if _stands_in(secret, text)
        ]


def _text(path):
    try:
        return path.read_bytes().decode("latin-1")
    except FileNotFoundError:  # a file that was only there while another one was written
        return ""


def _stands_in(secret, text):
    if not secret.isdigit() or secret not in text:
        return secret in text
    # Six digits may stand by chance in a longer number, an id, or the fraction of a second.
    return re.search(rf"(?:(?<![\w.-])|(?<=\\[nrt])){secret}(?![\w-])", text)


class Lab(Served):
    """JupyterLab, set as `cognito-reset lab` sets it."""

    ALIVE = "api"
    saves_widget_state = False

    def lay_out(self):
        """Lay the pages out as `cognito-reset lab` does, from the next one that asks for what was kept."""
        shutil.copytree(JUPYTER / "workspaces", self.folder / "lab", dirs_exist_ok=True)

    def command(self):
        return [
            "jupyter",
            "lab",
            "--no-browser",
            "--allow-root",
            "--port=0",
            f"--IdentityProvider.token={self.token}",
            *options(self.folder),
            f"--LabApp.user_settings_dir={self.folder}/settings",
        ]

    def url(self, notebook, layout="&reset"):
        """Return a notebook's address. layout: "" for the one that JupyterLab has kept, else a
        plain one.
        """
        return f"http://127.0.0.1:{self.port}/lab/tree/{notebook}?token={self.token}{layout}"

    def save_widget_state(self, on):
        """Set "Save Widget State Automatically" for notebooks that are opened from now on."""
        self.saves_widget_state = on

    def with_parameters(self, notebook=RUNBOOK, **values):
        """Keep a copy of a runbook with other parameters; return its path."""
        notebook = json.loads(self.root.joinpath(notebook).read_text(encoding="utf-8"))
        cell = next(cell for cell in notebook["cells"] if cell["id"] == "parameters")
        cell["source"] += [f"\n{name} = {value!r}" for name, value in values.items()]
        path = f"runbooks/copy-{len(list(self.root.rglob('copy-*')))}.ipynb"
        self.root.joinpath(path).write_text(json.dumps(notebook), encoding="utf-8")
        return path


def command(page, name, **args):
    """Do what a menu entry does, and wait until it is done."""
    return page.evaluate(
        "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => null)",
        [name, args],
    )


def at(page, lab):
    """Whether this page shows this JupyterLab."""
    return page.url.startswith(f"http://127.0.0.1:{lab.port}/lab/")


def unsaved(page):
    """Whether the notebook on the page has changes that were not saved: the dot on its tab."""
    return page.evaluate(
        "window.jupyterapp.shell.currentWidget.context.model.dirty"
        " || document.querySelector('.lm-TabBar-tab.jp-mod-dirty') !== null"
    )


def save(page):
    """Save the notebook on the page, with all that it shows by now.

    While a form has its result saved by itself, JupyterLab's own entry does nothing: so this waits
    for that, and then saves.
    """

    def is_saved():
        command(page, "docmanager:save")
        return not page.evaluate("window.jupyterapp.shell.currentWidget.context.model.dirty")

    until(is_saved)
    command(page, "docmanager:save")


def close_all(page):
    """Close every notebook, without the question whether to save what has changed since it was
    saved.
    """
    page.evaluate("""() => {
        for (const each of [...window.jupyterapp.shell.widgets("main")]) {
            if (each.context) each.context.model.dirty = false;
            each.close();
        }
    }""")


def open_notebook(page, lab, notebook, **address):
    """Open a notebook as from the file browser; where JupyterLab is not on the page yet, or an
    address is given, by that.

    The very one that an earlier walk has left open, and saved, is taken as it is.
    """
    if not at(page, lab) or address:
        page.goto(lab.url(notebook, **address))
    else:
        opened = page.evaluate(
            "[...window.jupyterapp.shell.widgets('main')].map((each) =>"
            " each.context?.path).filter(Boolean)"
        )
        if opened != [notebook]:
            close_all(page)
            page.evaluate(
                """async (path) => {
                const opened = await window.jupyterapp.commands.execute("docmanager:open", {path});
                await opened.revealed;
                await opened.sessionContext.ready;
            }""",
                notebook,
            )
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    # Before the kernel is there, JupyterLab would ask which one to take.
    page.locator("#jp-main-statusbar").get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    if (
        page.evaluate("name => window.jupyterapp.commands.isToggled(name)", SAVE_STATE)
        != lab.saves_widget_state
    ):
        command(page, SAVE_STATE)


def run_all(page, lab, notebook=RUNBOOK):
    """Open a runbook, run all its cells, and return its form."""
    open_notebook(page, lab, notebook)
    command(page, "notebook:run-all-cells")
    return at_the_form(page)


def at_the_form(page):
    """Wait until a person stands at the form, its first field in focus; return it."""
    form = page.locator("form.reset-form")
    form.wait_for()
    page.wait_for_function("document.activeElement.closest('.reset-form')")
    expect(form.locator("legend")).to_be_in_viewport()
    return form


def fill(form, code, password, **others):
    name = form.get_by_label("Username", exact=True)
    if not name.input_value():
        name.fill(DIEGO["username"])
    form.get_by_label("Confirmation code", exact=True).fill(code)
    form.get_by_label("New password", exact=True).fill(password)
    for label, text in others.items():
        form.get_by_label(label.replace("_", " ")).fill(text)


def press(form, **fields):
    if fields:
        fill(form, **fields)
    form.locator("button[type=submit]").click()


def another(form):
    """Choose "Do another one", and wait until the form is empty and has the focus."""
    form.get_by_role("button", name="Do another one").click()
    expect(form.get_by_label("Username", exact=True)).to_have_value("")
    form.locator("fieldset input:focus, fieldset select:focus").wait_for()


def press_weak(form, **fields):
    """Press with a password that the rules on the screen refuse, and once more to send it still."""
    press(form, **fields)
    form.get_by_text("Nothing was sent, so no try is spent. If this pool asks for less").wait_for()
    press(form)


def wait_for(form, words):
    """Wait until the form's result says these words; return all that it says."""
    status = form.get_by_role("status")
    status.get_by_text(words).first.wait_for()
    return status.inner_text()


def keep(page, name):
    """Keep what is seen, where the environment variable SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
