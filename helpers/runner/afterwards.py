"""The notebook of a run that was made without one, written when it is over.

It is what the run's own notebook would show: parameters, result, record, and why there is no proof.
All of that is what the run has found out, so nothing is read again, and nothing is sent.
"""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from helpers.run.base import Runbook
from helpers.run.entry import RunbookEntry
from helpers.run.result import NotDone
from helpers.secrets.redaction import redact, redact_values

_INJECTED = "injected-parameters"
"""How papermill tags the cell in which it puts the parameters."""


def write_afterwards(
    entry: RunbookEntry, values: Mapping[str, Any], runbook: Runbook[Any], path: Path
) -> None:
    """Write the notebook of a run that is over, for its owner alone.

    values: the parameters. runbook: the run, with its record. Raises NotebookMissing, and OSError
    where it cannot be written.
    """
    notebook = json.loads(entry.read())
    outputs = _outputs(runbook)
    cells = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": outputs.get(cell["id"], []), "execution_count": None}
        cells.append(cell)
        if cell["id"] == "parameters":
            cells.append(_parameters(values))
    notebook["cells"] = cells
    notebook["metadata"]["cognito_reset"] = {"ended": "failed", "written": "afterwards"}
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(file, "w", encoding="utf-8") as stream:
        stream.write(text)


def _parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    lines = [f"{name} = {redact(str(value))!r}\n" for name, value in values.items()]
    return {
        "cell_type": "code",
        "id": _INJECTED,
        "metadata": {"tags": [_INJECTED]},
        "execution_count": None,
        "outputs": [],
        "source": ["# Parameters\n", *lines],
    }


def _outputs(runbook: Runbook[Any]) -> dict[str, list[Any]]:
    """Return what the cells show, by their ids."""
    about = (
        f"Written at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, after a run without a notebook that"
        " did not end well. Nothing was sent for it."
    )
    found = {
        "plan": [_shown(runbook.where())],
        "form": [{"output_type": "stream", "name": "stdout", "text": [f"{about}\n"]}],
        "result": [_shown(runbook.result_card())],
        "record": [_shown(runbook.record)],
    }
    try:
        runbook.prove()
    except NotDone as exc:
        said = redact(str(exc))
        failed = {"output_type": "error", "ename": "NotDone", "evalue": said}
        found["proof"] = [{**failed, "traceback": [f"NotDone: {said}"]}]
    return found


def _shown(what: Any) -> dict[str, Any]:
    """Return what a notebook shows of a card or a record."""
    if hasattr(what, "_repr_mimebundle_"):
        data = redact_values(what._repr_mimebundle_())
    else:
        data = {"text/plain": repr(what), "text/markdown": what._repr_markdown_()}
    return {"output_type": "display_data", "data": data, "metadata": {}}
