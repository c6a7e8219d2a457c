"""Take the README's pictures from the real thing, light and dark: python -m tests.pictures (make
pictures).
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from tests import ROOT
from tests.browser.lab import (
    CHROMIUM,
    CHROMIUM_ARGS,
    Lab,
    command,
    fill,
    open_notebook,
    press,
    run_all,
    wait_for,
)

PICTURES = ROOT / "docs" / "pictures"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


def take() -> None:
    """Set a password through its form and begin a case at the desk, and keep what a person sees."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        try:
            page = chromium.new_page(viewport={"width": 1280, "height": 2400})
            code = lab.code()
            form = run_all(page, lab)
            page.get_by_text("This code is good.").wait_for()
            fill(form, code=code, password="Brand-new-1")
            in_each_theme(page, "form", page.locator(".reset-page"))
            press(form, code=code, password="Brand-new-1-password")
            wait_for(form, "Done:")
            page.get_by_text("This code is used up").wait_for()
            in_each_theme(page, "result", form.get_by_role("status"))
            open_notebook(page, lab, "desk.ipynb")
            command(page, "notebook:run-all-cells")
            page.get_by_label("Training case").select_option("no-verified-contact")
            name = page.get_by_label("Who is calling?")
            page.wait_for_function("document.querySelector('[name=whom]').value")
            page.get_by_label("Case number").fill("4711")
            name.press("Enter")
            desk = page.locator(".reset-desk")
            desk.get_by_role("button", name="Go on").wait_for()
            in_each_theme(page, "desk", desk)
        finally:
            chromium.close()
            lab.close()


def in_each_theme(page: Any, name: str, what: Any) -> None:
    """Take a picture of a part of the page in the light and in the dark theme."""
    for suffix, theme in THEMES.items():
        command(page, "apputils:change-theme", theme=theme)
        page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
        page.wait_for_timeout(500)
        what.screenshot(path=PICTURES / f"{name}-{suffix}.png")


if __name__ == "__main__":
    take()
    for picture in sorted(PICTURES.glob("*.png")):
        print("taken", picture.relative_to(ROOT), picture.stat().st_size, "bytes")
