"""The form for everyone: axe-core in every state, in both themes, zoomed, in a narrow window."""

from tests import until
from tests.browser.access import OURS, cut_off, violations, violations_around
from tests.browser.lab import command, keep, press, press_weak, run_all, wait_for


def test_axe_finds_nothing_in_any_state_in_either_theme_and_nothing_is_cut_off(page, lab):
    code = lab.code()
    form = run_all(page, lab)
    page.get_by_text("This code is good.").wait_for()
    controls = page.locator(f"{OURS} input, {OURS} button").all()
    assert all(
        each.evaluate("each => each.labels?.length || each.textContent.trim()") for each in controls
    )
    assert violations(page) == []
    assert violations_around(page) == []
    press_weak(form, code="12", password="planted ")
    form.get_by_text("Error: must not begin or end with a space").wait_for()
    assert violations(page) == []
    command(page, "apputils:change-theme", theme="JupyterLab Dark")
    page.locator("body[data-jp-theme-light=false]").wait_for(state="attached")
    assert violations(page) == []
    keep(page, "20-errors-dark")
    press_weak(form, code=code, password=lab.plant("plantedweak"))
    wait_for(form, "Refused")
    assert violations(page) == []
    keep(page, "21-refused-dark")

    sizes = page.viewport_size
    try:
        # 1280 pixels at 200 % are 640 of a page's own.
        for width, height in ((1024, 700), (640, 500)):
            page.set_viewport_size({"width": width, "height": height})
            until(lambda: cut_off(page) == [])
            keep(page, f"22-{width}")
    finally:
        page.set_viewport_size(sizes)
    press(form, code=code, password=lab.plant("Planted-new-1-access"))
    wait_for(form, "Done:")
    assert violations(page) == []
    command(page, "apputils:change-theme", theme="JupyterLab Light")
    page.locator("body[data-jp-theme-light=true]").wait_for(state="attached")
    assert violations(page) == []
