"""The Makefile, where nothing else tries it: in a folder of its own, with a JupyterLab that ends at
once.
"""

import shutil
import subprocess

import pytest

from tests import ROOT


@pytest.fixture
def folder(tmp_path):
    """What `make lab` needs of the project, as `make run` leaves it."""
    for name in ("pyproject.toml", "requirements.lock", "Makefile"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / ".jupyter", tmp_path / ".jupyter")
    jupyter = tmp_path / ".venv" / "bin" / "jupyter"
    jupyter.parent.mkdir(parents=True)
    jupyter.write_text("#!/bin/sh\n")
    jupyter.chmod(0o755)
    tmp_path.joinpath(".venv", "run").touch()
    return tmp_path


def test_the_layout_that_a_person_has_made_stays_from_one_make_lab_to_the_next(folder):
    def lab():
        subprocess.run(["make", "lab"], cwd=folder, check=True, capture_output=True, timeout=60)
        return sorted(folder.joinpath("runs", "lab").iterdir())

    [layout] = lab()
    assert (
        layout.read_bytes() == folder.joinpath(".jupyter", "workspaces", layout.name).read_bytes()
    )
    layout.write_text("as I like it")
    assert lab() == [layout]
    assert layout.read_text() == "as I like it"
