"""The form as a person meets it, in JupyterLab: open, Run All, fill in, press, read, save.

Set SCREENSHOTS to a folder to keep what was seen.
"""

import re

import nbformat
from playwright.sync_api import expect

from helpers.run.record import find_record
from helpers.sandbox import DEFAULT_PASSWORD
from tests.browser.access import OURS
from tests.browser.lab import (
    BUTTON,
    RUNBOOK,
    another,
    at_the_form,
    close_all,
    fill,
    keep,
    open_notebook,
    press,
    run_all,
    save,
    wait_for,
)


def choose(page, menu, entry):
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{menu}$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{entry}$")).click()


def test_a_person_sets_a_new_password_through_the_form(page, lab):
    code, new = lab.code(), lab.plant("Planted-new-1-password")
    open_notebook(page, lab, RUNBOOK)
    choose(page, "Run", "Run All Cells")
    form = at_the_form(page)
    keep(page, "1-empty")
    form.get_by_label("Confirmation code").fill(f"{code[:3]} {code[3:]}")
    password = form.get_by_label("New password", exact=True)
    assert password.get_attribute("type") == "password"
    password.press_sequentially("Planted")
    rules = form.locator(".reset-rules li")
    assert "✗ not yet: at least 8 characters" in rules.all_text_contents()
    password.fill(new)
    assert all(text.startswith("✓ met") for text in rules.all_text_contents())
    keep(page, "2-filled-in")
    press(form)
    said = wait_for(form, "Done: the password of diego@example.com is changed.")
    assert "One sign-in with the new password worked" in said
    assert "were removed from the code" in said
    assert password.input_value() == ""
    assert form.get_by_label("Confirmation code").input_value() == ""
    seen = form.get_by_role("status")
    expect(seen.get_by_text("Done:")).to_be_in_viewport()
    expect(seen.get_by_text("What to do next")).to_be_in_viewport()
    keep(page, "3-done")
    assert lab.signs_in(new)
    assert not lab.signs_in(DEFAULT_PASSWORD)
    page.locator(".jp-Cell", has_text="Proof").last.scroll_into_view_if_needed()
    keep(page, "4-proof")
    choose(page, "File", "Save Notebook")


def test_a_notebook_that_is_opened_after_its_kernel_has_gone_still_holds_the_result_and_no_widgets_state(
    page, lab
):
    code, new = lab.code(), lab.plant("Planted-new-1-kept")
    form = run_all(page, lab)
    kept = page.locator(".reset-kept")
    press(form, code=code, password=new)
    wait_for(form, "Done:")
    kept.nth(3).get_by_text("As it was on").wait_for(state="attached")  # the proof's, and the last
    assert not any(each.is_visible() for each in kept.all())
    save(page)
    page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
    close_all(page)
    notebook = lab.root.joinpath(RUNBOOK).read_text(encoding="utf-8")
    assert find_record(nbformat.reads(notebook, as_version=4))["outcome"] == "confirmed"
    assert "widget-state+json" not in notebook
    open_notebook(page, lab, RUNBOOK)
    assert page.locator(OURS).count() == 0
    kept.first.get_by_text("For a new form choose Run, then Run All Cells").wait_for()
    lost = page.get_by_text("Error displaying widget")
    lost.nth(3).wait_for(state="attached")
    assert not any(each.is_visible() for each in lost.all())
    assert "Done: the password of d***@e*** is changed." in kept.nth(1).inner_text()
    kept.nth(1).scroll_into_view_if_needed()
    keep(page, "9-kept")


def test_the_users_side_stands_beside_the_form_to_practise_with(page, lab):
    lab.code()
    run_all(page, lab)
    users_side = page.get_by_role("region", name="Practice")
    users_side.get_by_text("This code is good.").wait_for()
    assert "Status: CONFIRMED" in users_side.inner_text()
    assert "Tries left in this hour: 4 of 5" in users_side.inner_text()
    users_side.get_by_role("button", name="An hour later").focus()
    page.keyboard.press("Enter")
    users_side.get_by_text("This code is used up or too old.").wait_for()
    assert "Tries left in this hour: 5 of 5" in users_side.inner_text()
    assert f"Clock: {lab.box.now():%H:}" in users_side.inner_text()
    keep(page, "8-users-side")
    lab.box.set_status("diego@example.com", "RESET_REQUIRED")
    page.get_by_label("Username").fill("nobody@example.com")
    page.keyboard.press("Tab")
    users_side.get_by_text("the sandbox knows no such user").wait_for()
    page.get_by_label("Username").fill("diego@example.com")
    page.keyboard.press("Tab")
    users_side.get_by_text("Status: RESET_REQUIRED").wait_for()


def test_the_form_is_filled_in_by_keyboard_alone_in_the_order_it_is_read_and_a_double_press_sends_once(
    page, lab
):
    code, new = lab.code(), lab.plant("Planted-new-1-keyboard")
    form = run_all(page, lab)
    before = lab.confirms()
    form.get_by_label("Username").click()
    seen = []
    for _ in range(5):
        seen.append(page.evaluate("document.activeElement.name || document.activeElement.type"))
        page.keyboard.press("Tab")
    assert seen == ["username", "client_id", "code", "new_password", "checkbox"]
    assert page.evaluate("document.activeElement.textContent") == BUTTON
    form.get_by_label("Confirmation code").focus()
    page.keyboard.type(code)
    page.keyboard.press("Tab")
    page.keyboard.type(new)
    page.keyboard.press("Enter")
    wait_for(form, "Done:")
    form.locator("[role=status]:focus").wait_for()
    assert lab.signs_in(new)
    # A key on the result or on a button is no command to the notebook: b would insert a cell.
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    page.keyboard.press("b")
    form.get_by_role("button", name="Do another one").focus()
    page.keyboard.press("b")
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    another(form)
    fill(form, code=lab.code(), password=lab.plant("Planted-new-1-double"))
    form.get_by_role("button", name=BUTTON).dblclick()
    wait_for(form, "Done:")
    assert lab.confirms() == before + 2


def test_what_is_typed_before_the_kernel_can_answer_stays(page, lab, tmp_path):
    answers = tmp_path / "answers"
    path = lab.with_parameters()
    notebook = nbformat.read(lab.root / path, 4)
    waiting = f"import os, time\nwhile not os.path.exists({str(answers)!r}):\n    time.sleep(0.05)"
    notebook.cells.append(nbformat.v4.new_code_cell(waiting))
    nbformat.write(notebook, lab.root / path)
    open_notebook(page, lab, path)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    form = page.locator("form.reset-form")
    fill(form, code="123456", password=lab.plant("Planted-early-1"))
    answers.touch()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    assert form.get_by_label("Confirmation code", exact=True).input_value() == "123456"
    form.get_by_label("Confirmation code", exact=True).fill("")
    form.get_by_label("New password", exact=True).fill("")
