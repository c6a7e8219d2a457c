"""A person's own copy of the notebooks, so that using one changes nothing of the project's."""

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from helpers.run.package_data import NOTEBOOKS, NotebookMissing

COPIED = ".copied.json"
"""In the folder of copies: for each notebook, digests of what was copied and of its cells."""


@dataclass(frozen=True)
class Changed:
    """A copy that a person has changed, and the project's own notebook, which is newer."""

    copy: Path
    newer: Path


def refresh(folder: Path, source: Path = NOTEBOOKS) -> list[Changed]:
    """Copy every notebook of `source` that is not in `folder` yet, or is newer and was not changed
    there. Return the copies that were changed, and kept, although there is a newer one.

    Changed is a copy in which a cell reads differently; outputs come by using it. A notebook that
    the project no longer has goes too, unless it was changed. Raises NotebookMissing.
    """
    names = sorted(
        str(path.relative_to(source))
        for path in source.rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    )
    if not names:
        raise NotebookMissing(source / "00-start-here.ipynb")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    before, now = _read(folder / COPIED), {}
    changed = []
    for name in names:
        text = _as_opened(source / name)
        new = {"copy": _digest(text), "cells": _cells(text)}
        old, copy = before.get(name, {}), folder / name
        found = _cells(copy.read_bytes()) if copy.exists() else None
        if found not in (None, old.get("cells"), new["cells"]):
            if old.get("cells") != new["cells"]:
                changed.append(Changed(copy, source / name))
            now[name] = old
            continue
        if found is None or old != new:
            _write(copy, text)
        now[name] = new
    for name in before.keys() - now.keys():
        copy = folder / name
        if copy.exists() and _cells(copy.read_bytes()) == before[name].get("cells"):
            copy.unlink()
    _write(folder / COPIED, json.dumps(now, indent=1).encode())
    return changed


def _as_opened(path: Path) -> bytes:
    """Return a notebook as JupyterLab would save it, with the metadata that it gives a notebook as
    soon as its kernel is up.

    With other metadata, opening it would make it a notebook with unsaved changes.
    """
    try:
        notebook = json.loads(path.read_bytes())
    except OSError:
        raise NotebookMissing(path) from None
    notebook["metadata"].update(_kernel())
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


@cache
def _kernel() -> dict[str, Any]:
    """Return what JupyterLab writes about the kernel `python3` of this environment."""
    from ipykernel.ipkernel import IPythonKernel
    from jupyter_client.kernelspec import KernelSpecManager

    spec = KernelSpecManager().get_kernel_spec("python3")
    return {
        "kernelspec": {
            "display_name": spec.display_name,
            "language": spec.language,
            "name": "python3",
        },
        "language_info": IPythonKernel.language_info,
    }


def _cells(text: bytes) -> str:
    """Return a digest of what a notebook's cells read; of all of it, where it is no notebook."""
    try:
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(text)["cells"]]
    except (ValueError, LookupError, TypeError):
        return _digest(text)
    return _digest(json.dumps(cells).encode())


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        known = dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        known = {}  # then a copy is the person's, unless it reads as the project's
    return {name: digests for name, digests in known.items() if isinstance(digests, dict)}


def _write(path: Path, text: bytes) -> None:
    """Write a file whole or not at all, for its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
    draft.replace(path)
