"""What comes with the project: its notebooks, JupyterLab's settings, and the extra `lab`."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def _folder(in_wheel: str, in_checkout: str) -> Path:
    """Return a folder that lies in the package where a wheel was installed, and beside it in a
    checkout (also an editable install's).
    """
    installed = _PACKAGE / in_wheel
    return installed if installed.is_dir() else _PACKAGE.parent / in_checkout


NOTEBOOKS = _folder("notebooks", "notebooks")
"""Every notebook: the start, `learn/` and `runbooks/`."""
JUPYTER = _folder("jupyter", ".jupyter")
"""JupyterLab's settings (overrides.json) and its first layout (`workspaces/`)."""


class LabMissing(Exception):
    """JupyterLab, or what draws a form in it, is not installed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: pip install 'cognito-reset-runbooks[lab]'")

    def _render_traceback_(self) -> list[str]:
        """Have a notebook show the sentence alone."""
        return [str(self)]


class NotebookMissing(Exception):
    """A runbook's notebook is not where it was installed."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The notebook {path} cannot be read: install cognito-reset-runbooks again."
        )
