"""A learning notebook gives in JupyterLab, with a person there, the outputs that are stored: a
piece comes alive besides. nbval runs those without a piece in the same kind of kernel.
"""

import json

import pytest

from tests.browser.lab import command, open_notebook, save
from tests.rebaseline import NOTEBOOKS

LESSONS = sorted(
    path.name
    for path in NOTEBOOKS.joinpath("learn").glob("*.ipynb")
    if "helpers.learn.pieces" in path.read_text(encoding="utf-8")
)


def outputs(path):
    """The outputs of a file by cell; see outputs_of."""
    return outputs_of(json.loads(path.read_text(encoding="utf-8"))["cells"])


def outputs_of(cells):
    """The outputs by cell, as data: a list of lines and the text that it makes are the same."""
    return {
        cell["id"]: [_joined(output.get("data", output)) for output in cell["outputs"]]
        for cell in cells
        if cell["cell_type"] == "code"
    }


def _joined(data):
    return {
        name: "".join(value) if isinstance(value, list) else value
        for name, value in data.items()
        if name not in ("execution_count", "metadata", "application/vnd.jupyter.widget-view+json")
    }


@pytest.mark.parametrize("name", LESSONS)
def test_run_all_in_jupyterlab_gives_the_stored_outputs(name, page, lab):
    open_notebook(page, lab, f"learn/{name}")
    command(page, "notebook:run-all-cells")
    save(page)
    stored, found = outputs(NOTEBOOKS / "learn" / name), outputs(lab.root / "learn" / name)
    assert {
        cell: found[cell] for cell in stored
    } == stored  # another walk may have put cells of its own beside them
