"""After Run All a person stands at the form, however slow the machine is and whatever JupyterLab
does meanwhile; and from then on where they go.
"""

import subprocess
import sys
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.lab import command, keep, open_notebook, run_all

NOTEBOOK = "window.jupyterapp.shell.currentWidget.content"
TO_THE_END = f"""() => {{
    const notebook = {NOTEBOOK};
    notebook.activate();
    notebook.activeCellIndex = notebook.widgets.length - 1;
    return notebook.scrollToItem(notebook.activeCellIndex).then(() => null, () => null);
}}"""
"""What JupyterLab does after a Run All, sometimes late: it takes the focus, and goes to the end."""


@contextmanager
def a_busy_machine():
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def stands_at(page, name):
    page.locator(f"[name={name}]:focus").wait_for()
    expect(page.locator(f"fieldset:has([name={name}]) > legend")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("notebook", "name"),
    [("runbooks/confirm-reset.ipynb", "username"), ("desk.ipynb", "whom")],
)
def test_jupyterlab_does_not_keep_the_focus_until_the_person_has_done_something(
    notebook, name, page, lab
):
    with a_busy_machine():
        open_notebook(page, lab, notebook)
        page.evaluate(TO_THE_END)  # what is far from the window is not laid out
        command(page, "notebook:run-all-cells")
        stands_at(page, name)
        page.evaluate(TO_THE_END)
        stands_at(page, name)
    keep(page, f"standing-{name}")
    page.keyboard.press("Shift")
    page.evaluate(TO_THE_END)
    page.locator(f"[name={name}]:not(:focus)").wait_for()
    expect(page.locator(f"fieldset:has([name={name}]) > legend")).not_to_be_in_viewport()


def test_who_has_begun_before_the_cells_have_run_is_left_where_they_are(page, lab):
    form = run_all(page, lab)
    form.get_by_label("Confirmation code", exact=True).focus()
    page.keyboard.type("12")
    page.evaluate(TO_THE_END)
    page.locator("[name=code]:not(:focus)").wait_for()
    page.keyboard.press("Escape")
