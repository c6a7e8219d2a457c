"""The site of docs/site as a reader meets it: built, and served by a server that lets nothing out.

    python -m tests.browser.site

runs every lesson in Chromium, compares what comes out with what is stored, and says how long it
took (make site-test).
"""

import contextlib
import functools
import http.server
import json
import subprocess
import sys
import threading
import time

from tests import ROOT
from tests.browser.lab import CHROMIUM, CHROMIUM_ARGS, command
from tests.browser.test_same_outputs import outputs, outputs_of
from tests.rebaseline import NOTEBOOKS

BUILD = ROOT / "docs" / "site" / "build.py"
NEVER_IN_A_TAB = {
    "learn/06-the-same-call-elsewhere": {"cli-weak", "cli-good"},
}
"""Cells whose outputs are others in a browser tab, which starts no programs such as the AWS CLI."""

FENCE = "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; report-uri /refused"
LONG = 240_000  # the machine may be busy


def build(out):
    """Build the site; AssertionError with what was said if that fails."""
    done = subprocess.run(
        [sys.executable, str(BUILD), "--out", str(out)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and tells the browser to refuse every request to elsewhere and to report it."""

    protocol_version = "HTTP/1.1"

    def end_headers(self):
        self.send_header("Content-Security-Policy", FENCE)
        super().end_headers()

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        report = json.loads(self.rfile.read(length))
        self.server.refused.append(report["csp-report"]["blocked-uri"])
        self.send_response(204)
        self.end_headers()

    def send_error(self, code, message=None, explain=None):
        self.server.missing.append(self.path)
        super().send_error(code, message, explain)

    def log_message(self, format, *args):
        pass


class Served(http.server.ThreadingHTTPServer):
    """A site on a port of its own. refused: what the fence kept in. missing: what is not there."""

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
        self.refused, self.missing = [], []
        self.url = f"http://127.0.0.1:{self.server_port}/"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A page that was left does not take the rest of its files."""


def painted(page):
    """Wait until the notebook is there to read."""
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=LONG)


def started(page):
    """Wait until Python is there."""
    page.wait_for_function(
        "['idle', 'busy'].includes(window.jupyterapp?.shell.currentWidget?.context"
        "?.sessionContext.session?.kernel?.status)",
        timeout=LONG,
    )


def run_all(page):
    """Run every cell, and return the outputs by cell.

    The kernel also publishes an output without anything in it for what displays itself.
    """
    page.set_default_timeout(LONG)
    command(page, "notebook:run-all-cells")
    model = page.evaluate("window.jupyterapp.shell.currentWidget.context.model.toJSON()")
    return {
        cell: [one for one in found if one] for cell, found in outputs_of(model["cells"]).items()
    }


def stored(name):
    """Return the stored outputs of a notebook by cell, but for what never comes out in a tab."""
    found = outputs(NOTEBOOKS / f"{name}.ipynb")
    return {cell: each for cell, each in found.items() if cell not in NEVER_IN_A_TAB.get(name, ())}


def main():
    from playwright.sync_api import sync_playwright

    out = ROOT / "build" / "site"
    assert out.exists(), "make site builds it"
    served, wrong = Served(out), []
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{size / 1e6:.1f} MB in {sum(path.is_file() for path in out.rglob('*'))} files")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        for path in sorted(NOTEBOOKS.joinpath("learn").glob("*.ipynb")):
            name = f"learn/{path.stem}"
            with contextlib.closing(chromium.new_context()) as context:
                page = context.new_page()
                page.goto(served.url)
                began = time.monotonic()
                page.goto(f"{served.url}lab/index.html?path={name}.ipynb")
                times = []
                for step in (painted, started, first_cell):
                    step(page)
                    times.append(time.monotonic() - began)
                found = run_all(page)
                times.append(time.monotonic() - began)
                differing = [cell for cell, each in stored(name).items() if found[cell] != each]
                wrong += [(name, cell) for cell in differing]
                print(
                    f"{name}: painted after {times[0]:.1f} s, Python after {times[1]:.1f} s,"
                    f" first cell after {times[2]:.1f} s, all after {times[3]:.1f} s;"
                    f" {len(differing)} cells differ {differing or ''}"
                )
        chromium.close()
    print(f"refused: {served.refused}; missing: {served.missing}")
    return bool(wrong or served.refused or served.missing)


def first_cell(page):
    """Run the first cell with code."""
    page.set_default_timeout(LONG)
    page.evaluate("""async () => {
        const notebook = window.jupyterapp.shell.currentWidget.content;
        const first = notebook.widgets.findIndex((cell) => cell.model.type === "code");
        notebook.activeCellIndex = first;
        await window.jupyterapp.commands.execute("notebook:run-cell");
    }""")


if __name__ == "__main__":
    sys.exit(main())
