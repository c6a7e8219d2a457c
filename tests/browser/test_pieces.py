"""The pieces of the lessons in JupyterLab, by keyboard alone: a clock to move, a story to step
through, a password to try.
"""

import json

from tests.browser.access import violations
from tests.browser.lab import command, keep, open_notebook, save

LIVE = "application/vnd.jupyter.widget-view+json"


def run_through(page, lab, name):
    """Open a lesson, run all its cells and wait for the last; return the pieces in it, in the order
    of reading.
    """
    open_notebook(page, lab, f"learn/{name}")
    command(page, "notebook:run-all-cells")
    assert "error" not in [output["output_type"] for output in saved(page, lab, name)]
    pieces = page.locator(".piece")
    pieces.first.scroll_into_view_if_needed()
    return pieces


def saved(page, lab, name):
    """Save the notebook, and return all outputs that are in its file."""
    save(page)
    cells = json.loads(lab.root.joinpath("learn", name).read_text(encoding="utf-8"))["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def twice(lab, name, cell_id):
    """Have one cell of a lesson stand there twice, so that two pieces of a kind are on the page."""
    path = lab.root / "learn" / name
    notebook = json.loads(path.read_text(encoding="utf-8"))
    number = next(number for number, cell in enumerate(notebook["cells"]) if cell["id"] == cell_id)
    notebook["cells"].insert(number + 1, notebook["cells"][number] | {"id": "again"})
    path.write_text(json.dumps(notebook), encoding="utf-8")


def in_both_themes(page, check):
    for theme, light in (("JupyterLab Dark", "false"), ("JupyterLab Light", "true")):
        command(page, "apputils:change-theme", theme=theme)
        page.locator(f"body[data-jp-theme-light={light}]").wait_for(state="attached")
        page.locator("#jupyterlab-splash").wait_for(state="hidden")
        check(light)


def test_the_clock_moves_and_the_story_steps_by_keyboard_alone(page, lab):
    pieces = run_through(page, lab, "01-the-reset-flow.ipynb")
    clock, steps = pieces.nth(0), pieces.nth(1)

    slider = clock.get_by_label("Minutes since the first request")
    slider.focus()
    assert "Code 1 ✓ works" in clock.inner_text()
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "minute 90"
    assert "Code 1 ✗ does not work: no code is in force." in clock.inner_text()
    clock.get_by_label("once").focus()
    page.keyboard.press("ArrowDown")
    assert clock.get_by_label("again at minute 20").is_checked()
    slider.focus()
    for _ in range(3):
        page.keyboard.press("PageDown")
    assert "Code 1 ✗ does not work: a newer one is in force." in clock.inner_text()
    clock.get_by_role("status").get_by_text("Code 2 ✓ works").wait_for(state="attached")
    assert clock.locator("tr[aria-current]").count() == 2

    forth = steps.get_by_role("button", name="Next")
    forth.focus()
    for key in ("Enter", "Space", "Enter"):
        page.keyboard.press(key)
    assert "Step 4 of 11" in steps.inner_text()
    assert "code 1: works no longer; password: the new one" in steps.inner_text()
    assert '"Password": "[hidden]"' in steps.inner_text()
    steps.get_by_role("status").get_by_text("Step 4 of 11, 09:03").wait_for(state="attached")
    keep(page, "41-steps")
    for _ in range(9):
        page.keyboard.press("Enter")
    assert "Step 11 of 11" in steps.inner_text()
    assert forth.evaluate("each => each === document.activeElement")
    steps.locator("summary").focus()
    page.keyboard.press("Enter")
    assert "11" in steps.locator("tr[aria-current]").inner_text()

    def check(light):
        clock.scroll_into_view_if_needed()
        keep(page, f"40-clock-light-{light}")
        assert violations(page, ".piece") == []

    in_both_themes(page, check)


def test_what_is_typed_into_the_policy_field_is_in_no_notebook_though_widget_state_is_saved(
    page, lab
):
    lab.save_widget_state(True)
    try:
        twice(lab, "05-passwords-and-limits.ipynb", "policy")
        pieces = run_through(page, lab, "05-passwords-and-limits.ipynb")
        field = pieces.first
        pieces.nth(1).get_by_label("A password to try").fill("Another-1")
        field.get_by_label("A password to try").focus()
        page.keyboard.type(typed := lab.plant("plantedtry-9"))
        rules = field.get_by_role("list", name="Rules").get_by_role("listitem").all_text_contents()
        assert rules.count("✗ not yet: an upper-case letter (A to Z)") == 1
        assert sum(rule.startswith("✓ met: ") for rule in rules) == 5
        field.get_by_role("status").get_by_text(
            "1 of 6 still missing: an upper-case letter"
        ).wait_for()
        in_both_themes(
            page,
            lambda light: (
                (keep(page, f"42-policy-light-{light}"), violations(page, ".piece")) == (None, [])
            ),
        )
        page.keyboard.type("A")
        field.get_by_role("status").get_by_text("All rules are met.").wait_for()
        outputs = saved(page, lab, "05-passwords-and-limits.ipynb")
        assert [output for output in outputs if LIVE in output.get("data", {})]
        text = lab.root.joinpath("learn/05-passwords-and-limits.ipynb").read_text(encoding="utf-8")
        assert "application/vnd.jupyter.widget-state+json" in text
        assert typed not in text
    finally:
        lab.save_widget_state(False)
