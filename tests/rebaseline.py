"""Run the notebooks on a fresh sandbox and store their outputs again: python -m tests.rebaseline
(make notebooks).

The generated tables of the documents are stored too.

What is stored is what a reader needs: sources, outputs and execution counts, with stable names for
the cells. Nothing that differs from run to run is kept, so two runs give the same bytes, and
`nbval` compares outputs only.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

from tests import ROOT, generated_tables

NOTEBOOKS = ROOT / "notebooks"


def notebooks() -> list[Path]:
    """Return every notebook of the project, in reading order."""
    return sorted(
        path for path in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
    )


def executed(path: Path) -> str:
    """Run one notebook, as nobody at a screen would, and return it as it is to be stored."""
    notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    stored = {cell.id: cell.get("outputs") for cell in notebook.cells if differs(cell)}
    # Sockets in a folder of the kernel's own: TCP ports are picked first and bound later, and two
    # kernels may collide.
    with TemporaryDirectory() as sockets:
        NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            store_widget_state=False,
            allow_errors=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(path.parent)}},
            config=Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}}),
        ).execute()
    for cell in notebook.cells:
        cell.update({"outputs": stored[cell.id]} if stored.get(cell.id) else {})
    return normal(notebook)


def differs(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell's outputs differ from run to run, as nbval is told: these are stored once."""
    return "nbval-ignore-output" in cell.metadata.get("tags", ())


def normal(notebook: nbformat.NotebookNode) -> str:
    """Return the notebook's bytes without what differs from run to run or from machine to
    machine.
    """
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        kept = ("tags", "jupyter", "editable", "deletable")
        cell.metadata = {name: value for name, value in cell.metadata.items() if name in kept}
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4) + "\n"


if __name__ == "__main__":
    os.environ.pop("COGNITO_SANDBOX", None)
    for each in notebooks():
        each.write_text(executed(each), encoding="utf-8")
        print("stored", each.relative_to(NOTEBOOKS.parent))
    generated_tables.store()
