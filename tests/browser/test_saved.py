"""What is in a notebook after it was opened, used and saved: nothing new, and nobody's name."""

import pytest

from helpers.run.masking import NOT_KEPT
from helpers.sandbox import DEFAULT_POOL_ID
from tests.browser.lab import (
    at,
    close_all,
    command,
    open_notebook,
    press,
    run_all,
    save,
    unsaved,
    wait_for,
)

NOTEBOOK = "runbooks/diagnose-user.ipynb"
WIDGETS = "application/vnd.jupyter.widget-state+json"
SYMPTOM = "my cat Minka sat on the keyboard"


@pytest.mark.parametrize(
    "name", ["00-start-here", "learn/01-the-reset-flow", "runbooks/confirm-reset"]
)
def test_to_open_a_notebook_does_not_make_it_unsaved(name, page, lab):
    stored = lab.root.joinpath(f"{name}.ipynb").read_bytes()
    if at(page, lab):
        close_all(page)
        page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
    open_notebook(page, lab, f"{name}.ipynb")  # and wait until its kernel is idle
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.context.model.metadata.language_info?.version"
    )
    assert not unsaved(page)
    command(page, "docmanager:save")
    assert lab.root.joinpath(f"{name}.ipynb").read_bytes() == stored
    command(page, "notebook:insert-cell-below")
    assert unsaved(page)
    command(page, "notebook:undo")


def test_who_the_user_is_and_what_they_said_is_on_the_screen_and_in_no_saved_notebook(
    page, lab, fresh
):
    called, mail = "planted-name", "planted.person@example.org"
    made = lab.client.admin_create_user(
        UserPoolId=DEFAULT_POOL_ID,
        Username=mail,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": mail},
            {"Name": "preferred_username", "Value": called},
        ],
    )["User"]
    lab.client.admin_set_user_password(
        UserPoolId=DEFAULT_POOL_ID, Username=mail, Password="Known-to-nobody-1", Permanent=True
    )
    lab.save_widget_state(True)
    try:
        form = run_all(page, lab, NOTEBOOK)
        form.get_by_label("Username", exact=True).fill(mail)
        form.get_by_label("Symptom").fill(SYMPTOM)
        press(form)
        wait_for(form, "no verified contact")
        assert made["Username"] in page.locator(".jp-Notebook").inner_text()
        form.get_by_role("button", name="Go on with fix-contact").click()
        below = page.locator("form.reset-form").nth(1)
        below.wait_for()
        assert below.get_by_label("Username", exact=True).input_value() == made["Username"]
        press_with(below, made["Username"], mail)
        wait_for(below, "is marked as verified")
        assert made["Username"] in below.get_by_role("status").inner_text()
        save(page)
    finally:
        lab.save_widget_state(False)
    saved = {
        str(path.relative_to(lab.root)): path.read_text(encoding="utf-8")
        for path in lab.root.rglob("*.ipynb")
    }
    assert WIDGETS in saved[NOTEBOOK]
    assert NOT_KEPT in saved[NOTEBOOK]
    for planted in (made["Username"], called, mail, SYMPTOM, "Minka", "I saw her passport"):
        assert [name for name, each in saved.items() if planted in each] == []


def press_with(form, username, contact):
    """Pass the gate of fix-contact, and press."""
    form.get_by_label("The contact, as the caller says it").fill(contact)
    form.get_by_label("Username, once more").fill(username)
    form.get_by_label("How the user proved who they are").fill("I saw her passport")
    form.locator("button[type=submit]").click()
