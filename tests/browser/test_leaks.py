"""What is typed into the form is kept nowhere, whatever JupyterLab is set to keep."""

import json

from tests.browser.lab import RUNBOOK, command, fill, press, run_all, wait_for


def test_a_secret_in_any_file_or_store_would_be_found(page, lab):
    page.goto(f"http://127.0.0.1:{lab.port}/api")
    planted = lab.plant("Planted-0-in-the-wrong-place")
    notebook, checkpoint = lab.root / "leak.ipynb", lab.root / ".ipynb_checkpoints" / "leak-checkpoint.ipynb"
    checkpoint.parent.mkdir(exist_ok=True)
    for file in (notebook, checkpoint):
        file.write_text(json.dumps({"value": planted}))
    page.evaluate("secret => { localStorage.x = `{\"v\": \"${secret}\"}`; sessionStorage.y = secret; }", planted)
    found = [place for place, _ in lab.leaks(page)]
    assert sorted(found) == sorted(["notebooks/leak.ipynb", "notebooks/.ipynb_checkpoints/leak-checkpoint.ipynb",
                                    "cookies, local storage, IndexedDB", "session storage"])
    notebook.unlink()
    checkpoint.unlink()
    page.evaluate("localStorage.clear(), sessionStorage.clear()")


def test_with_widget_state_saved_no_secret_is_in_the_notebook_or_its_checkpoint(page, lab):
    lab.save_widget_state(True)
    try:
        code, password = lab.code(), lab.plant("Planted-new-1-saved")
        form = run_all(page, lab)
        fill(form, code=code, password=password)
        command(page, "docmanager:save")
        saved = lab.root.joinpath(RUNBOOK).read_text(encoding="utf-8")
        assert "application/vnd.jupyter.widget-state+json" in saved
        assert lab.leaks(page) == []
        press(form)
        wait_for(form, "Done:")
        command(page, "docmanager:save")
        assert lab.root.joinpath("runbooks/.ipynb_checkpoints/confirm-reset-checkpoint.ipynb").exists()
        assert lab.leaks(page) == []
    finally:
        lab.save_widget_state(False)
