"""The notebooks as files: what every one of them must be, and that its stored outputs are what a
run gives.
"""

import os
import re
import subprocess
import sys
from itertools import pairwise
from urllib.parse import unquote

import nbformat
import papermill
import pytest

from helpers.campaign.given import DEFAULTS
from helpers.runbooks import RUNBOOKS
from tests import ROOT
from tests.rebaseline import NOTEBOOKS, executed, normal, notebooks

EVERY = pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)


def parameters_of(path):
    """What a notebook takes: the default of each parameter, and what it means."""
    if path.stem == "campaign":
        return DEFAULTS
    fields = RUNBOOKS[path.stem].parameters.model_fields
    return {name: (field.default, field.description) for name, field in fields.items()}


WITH_PARAMETERS = pytest.mark.parametrize(
    "path",
    [*sorted(NOTEBOOKS.joinpath("runbooks").glob("*.ipynb")), NOTEBOOKS / "campaign.ipynb"],
    ids=lambda path: path.stem,
)


def read(path):
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)


@pytest.mark.parametrize(
    "name", ["00-start-here", "learn/01-the-reset-flow", "runbooks/confirm-reset"]
)
def test_to_store_outputs_again_changes_no_byte(name):
    """One of each kind: that all outputs are the stored ones, nbval proves in an ordinary kernel,
    where they are seen, and the engine's own test to the letter."""
    path = NOTEBOOKS / f"{name}.ipynb"
    assert executed(path) == path.read_text(encoding="utf-8")


@EVERY
def test_a_notebook_is_stored_in_its_normal_form(path):
    assert normal(read(path)) == path.read_text(encoding="utf-8")


@EVERY
def test_cells_have_names_of_their_own(path):
    ids = [cell.id for cell in read(path).cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z-]*[a-z]", cell_id) for cell_id in ids), ids


@EVERY
def test_cells_were_run_in_order_and_every_one_of_them(path):
    counts = [cell.execution_count for cell in read(path).cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


@EVERY
def test_a_sentence_leads_into_every_code_cell_and_the_cell_is_small(path):
    cells = read(path).cells
    for before, cell in pairwise(cells):
        if cell.cell_type == "code":
            assert before.cell_type == "markdown", cell.id
            assert before.source.rstrip().endswith(":"), before.id
            # The parameters cell has a line for each parameter, and nothing else.
            lines = len(parameters_of(path)) if cell.id == "parameters" else 10
            assert len(cell.source.splitlines()) <= lines, cell.id


@EVERY
def test_there_is_one_title_no_heading_level_is_skipped_and_the_last_cell_is_the_proof(path):
    cells = read(path).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    levels = [
        len(marks)
        for marks in re.findall(
            r"^(#+) ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE
        )
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert (cells[-1].cell_type, cells[-1].id) == ("code", "proof")


@EVERY
def test_a_notebook_uses_no_magic_no_input_and_no_shell(path):
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert not re.search(
                r"^\s*[%!]|\binput\(|getpass|get_ipython", cell.source, re.MULTILINE
            ), cell.id


@EVERY
def test_links_lead_to_something(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (path.parent / unquote(link)).exists(), link
        # A person opens a copy, and JupyterLab opens nothing outside the folder of copies.
        assert (path.parent / unquote(link)).resolve().is_relative_to(NOTEBOOKS), link


@EVERY
def test_no_diagram_or_picture_is_without_words(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            assert "![](" not in cell.source


@WITH_PARAMETERS
def test_the_parameters_cell_is_the_schema_and_papermill_can_read_all_of_it(path):
    schema = parameters_of(path)
    seen = papermill.inspect_notebook(path)
    assert set(seen) == set(schema)
    for name, (default, description) in schema.items():
        assert seen[name]["default"] == f'"{default}"'
        assert seen[name]["inferred_type_name"] == "str"
        assert seen[name]["help"] == description


@WITH_PARAMETERS
def test_the_table_of_parameters_is_the_schema(path):
    schema = parameters_of(path)
    about = next(cell.source for cell in read(path).cells if cell.id == "parameters-about")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", about, re.MULTILINE)
    assert sorted(rows) == sorted(
        (name, f"`{default}`" if default else "empty", description)
        for name, (default, description) in schema.items()
    )


def test_every_notebook_can_be_reached_from_the_start():
    text = "\n".join(cell.source for cell in read(NOTEBOOKS / "00-start-here.ipynb").cells)
    for path in notebooks():
        name = str(path.relative_to(NOTEBOOKS))
        assert name == "00-start-here.ipynb" or f"({name})" in text, name


def test_no_text_of_the_project_names_a_path_of_the_machine_it_was_made_on():
    root = ROOT
    for path in [*notebooks(), *root.glob("*.md"), *root.joinpath("helpers").rglob("*.py")]:
        assert not re.search(r"/(home|root|Users|tmp|work)/", path.read_text(encoding="utf-8")), (
            path
        )


LAB = ("jupyterlab", "jupyter_server", "voila", "ipywidgets", "anywidget")
ALONE = """
import sys
sys.modules.update(dict.fromkeys(%r))  # none of them can be imported
import nbformat
from helpers.sandbox import open_sandbox
for path in sys.argv[1:]:
    open_sandbox().reset()
    names = {"__name__": "__main__"}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, f"{path} {cell.id}", "exec"), names)
"""
SOME_RUNBOOKS = ("confirm-reset", "set-password", "diagnose-user", "audit-pool")
"""One with and one without a code, and those that only read: all runbooks have the same cells."""


def test_without_a_person_a_notebook_needs_nothing_of_the_extra_lab(tmp_path):
    """One process for several: each begins with a sandbox as new."""
    texts = {path: path.read_text(encoding="utf-8") for path in notebooks()}
    paths = [path for path, text in texts.items() if "helpers.learn" not in text]
    paths = [path for path in paths if path.parent == NOTEBOOKS or path.stem in SOME_RUNBOOKS]
    paths += [path for path, text in texts.items() if "learn.pieces" in text]
    paths.sort(key=lambda path: path.stem == "campaign")  # it has a sandbox of its own, and goes
    done = subprocess.run(
        [sys.executable, "-c", ALONE % (LAB,), *paths],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
