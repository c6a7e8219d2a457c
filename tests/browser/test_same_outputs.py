"""A learning notebook gives in JupyterLab, with a person there, the outputs that are stored: a piece comes alive besides."""

import json
import re

import pytest

from tests.browser.lab import ROOT, command, open_notebook
from tests.rebaseline import NOTEBOOKS

ASKS = "person_present"
WITH_A_PIECE = sorted(path.name for path in NOTEBOOKS.joinpath("learn").glob("*.ipynb")
                      if "helpers.learn.pieces" in path.read_text(encoding="utf-8"))


def outputs(path):
    """The outputs by cell, as data: a list of lines and the text that it makes are the same."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return {cell["id"]: [_joined(output.get("data", output)) for output in cell["outputs"]]
            for cell in cells if cell["cell_type"] == "code"}


def _joined(data):
    return {name: "".join(value) if isinstance(value, list) else value for name, value in data.items()
            if name not in ("execution_count", "metadata", "application/vnd.jupyter.widget-view+json")}


def test_in_a_lesson_only_a_piece_asks_whether_a_person_is_there_and_nothing_asks_for_the_shared_sandbox():
    lessons = {path.name: path.read_text(encoding="utf-8") for path in ROOT.joinpath("helpers", "learn").glob("*.py")}
    assert [name for name, text in lessons.items() if ASKS in text] == ["pieces.py"]
    notebooks = [path.read_text(encoding="utf-8") for path in NOTEBOOKS.joinpath("learn").glob("*.ipynb")]
    assert not [text for text in (*lessons.values(), *notebooks) if re.search(r"open_sandbox|Target\((\)|.sandbox)", text)]


@pytest.mark.parametrize("name", WITH_A_PIECE)
def test_run_all_in_jupyterlab_gives_the_stored_outputs(name, page, lab):
    open_notebook(page, lab, f"learn/{name}")
    command(page, "notebook:run-all-cells")
    command(page, "docmanager:save")
    assert outputs(lab.root / "learn" / name) == outputs(NOTEBOOKS / "learn" / name)
