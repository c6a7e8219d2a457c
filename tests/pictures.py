"""Take the README's pictures from the real thing, light and dark: python -m tests.pictures (make pictures)."""

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.browser.lab import CHROMIUM, CHROMIUM_ARGS, ROOT, Lab, command, fill, press, run_all, wait_for

PICTURES = ROOT / "docs" / "pictures"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


def take() -> None:
    """Set two passwords through the form, and keep what a person sees before and after."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        try:
            page = chromium.new_page(viewport={"width": 1280, "height": 1600})
            code = lab.code()
            form = run_all(page, lab)
            for name, theme in THEMES.items():
                command(page, "apputils:change-theme", theme=theme)
                page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
                page.get_by_text("This code is good.").wait_for()
                fill(form, code=code, password="Brand-new-1")
                page.wait_for_timeout(500)
                page.locator(".reset-page").screenshot(path=PICTURES / f"form-{name}.png")
            press(form, code=code, password="Brand-new-1-password")
            wait_for(form, "Done:")
            page.get_by_text("This code is used up").wait_for()
            for name, theme in THEMES.items():
                command(page, "apputils:change-theme", theme=theme)
                page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
                page.wait_for_timeout(500)
                form.get_by_role("status").screenshot(path=PICTURES / f"result-{name}.png")
        finally:
            chromium.close()
            lab.close()


if __name__ == "__main__":
    take()
    for picture in sorted(PICTURES.glob("*.png")):
        print("taken", picture.relative_to(ROOT), picture.stat().st_size, "bytes")
