"""The desk in JupyterLab: the same page, and nothing of a caller in its saved notebook."""

from helpers.sandbox import CASES
from tests.browser.lab import command, open_notebook, save
from tests.browser.test_desk import Keys, at_the_head, work


def test_in_jupyterlab_the_desk_is_the_same_and_its_saved_notebook_holds_nothing_of_a_caller(
    page, lab, fresh
):
    case = CASES["no-verified-contact"]
    lab.save_widget_state(True)
    try:
        open_notebook(page, lab, "desk.ipynb")
        command(page, "notebook:run-all-cells")
        at_the_head(page)
        page.keyboard.press("Shift")  # who has begun is left where they are
        said = work(page, Keys(page), case)
        assert len(said) > 1
        save(page)
    finally:
        lab.save_widget_state(False)
    saved = lab.root.joinpath("desk.ipynb").read_text(encoding="utf-8")
    assert "application/vnd.jupyter.widget-state+json" in saved
    for planted in (case.username, "planted-4711", case.symptom):
        assert planted not in saved
