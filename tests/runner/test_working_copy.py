"""A person's copy of the notebooks: renewed while it is untouched, kept once it was changed."""

import json

import pytest

from helpers.run.package_data import NOTEBOOKS, NotebookMissing
from helpers.runner.working_copy import COPIED, refresh

NAME = "runbooks/confirm-reset.ipynb"


@pytest.fixture
def source(tmp_path):
    """A project with two notebooks."""
    folder = tmp_path / "project"
    for name in ("00-start-here.ipynb", NAME):
        folder.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        folder.joinpath(name).write_bytes(NOTEBOOKS.joinpath(name).read_bytes())
    return folder


@pytest.fixture
def copies(tmp_path, source):
    refresh(tmp_path / "copies", source)
    return tmp_path / "copies"


def edit(path, **changes):
    """Change a notebook's first code cell."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell.update(changes)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_every_notebook_of_the_project_is_copied_with_its_cells_and_for_its_owner_alone(tmp_path):
    assert refresh(tmp_path / "copies") == []
    for path in NOTEBOOKS.rglob("*.ipynb"):
        copy = tmp_path / "copies" / path.relative_to(NOTEBOOKS)
        assert cells(copy) == cells(path)
        assert copy.stat().st_mode & 0o777 == 0o600


def test_a_copy_that_was_only_used_is_renewed_when_the_project_has_a_newer_one(source, copies):
    edit(copies / NAME, outputs=[], execution_count=77)
    edit(source / NAME, source=["newer = True"])
    assert refresh(copies, source) == []
    assert cells(copies / NAME) == cells(source / NAME)


def test_as_long_as_the_project_has_none_newer_what_was_run_in_a_copy_stays(source, copies):
    edit(copies / NAME, outputs=[], execution_count=77)
    used = copies.joinpath(NAME).read_bytes()
    assert refresh(copies, source) == []
    assert copies.joinpath(NAME).read_bytes() == used


def test_a_copy_that_was_changed_is_kept_and_named_as_long_as_there_is_a_newer_one(source, copies):
    edit(copies / NAME, source=["mine = True"])
    mine = copies.joinpath(NAME).read_bytes()
    assert refresh(copies, source) == []
    edit(source / NAME, source=["newer = True"])
    for _ in range(2):
        (changed,) = refresh(copies, source)
        assert (changed.copy, changed.newer) == (copies / NAME, source / NAME)
        assert copies.joinpath(NAME).read_bytes() == mine
    copies.joinpath(NAME).unlink()
    assert refresh(copies, source) == []
    assert cells(copies / NAME) == cells(source / NAME)


def test_a_copy_that_is_no_notebook_any_more_is_kept(source, copies):
    copies.joinpath(NAME).write_text("{")
    edit(source / NAME, source=["newer = True"])
    assert [changed.copy for changed in refresh(copies, source)] == [copies / NAME]


@pytest.mark.parametrize("digests", [None, "{", "[]", '{"runbooks/confirm-reset.ipynb": 1}'])
def test_without_the_digests_a_copy_that_differs_is_kept(digests, source, copies):
    if digests is None:
        copies.joinpath(COPIED).unlink()
    else:
        copies.joinpath(COPIED).write_text(digests)
    edit(copies / NAME, source=["mine = True"])
    assert [changed.copy for changed in refresh(copies, source)] == [copies / NAME]


def test_a_notebook_that_the_project_has_no_longer_goes_unless_it_was_changed(source, copies):
    source.joinpath(NAME).unlink()
    refresh(copies, source)
    assert not copies.joinpath(NAME).exists()
    edit(copies / "00-start-here.ipynb", source=["mine = True"])
    source.joinpath("00-start-here.ipynb").rename(source / "01-start-there.ipynb")
    refresh(copies, source)
    assert copies.joinpath("00-start-here.ipynb").exists()


def test_a_persons_own_notebook_beside_the_copies_is_left_alone(source, copies):
    copies.joinpath("mine.ipynb").write_text("{}")
    refresh(copies, source)
    assert copies.joinpath("mine.ipynb").read_text() == "{}"


def test_a_project_without_notebooks_is_a_sentence(tmp_path):
    with pytest.raises(NotebookMissing, match="install cognito-reset-runbooks again"):
        refresh(tmp_path / "copies", tmp_path / "nowhere")
