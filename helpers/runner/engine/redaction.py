"""What of a notebook and of a kernel's messages is text, in which a secret may be.

The names and enumerations of nbformat, papermill and Jupyter's messages are no text: they stay as
they are, even where a secret is the word `source` or `completed`. What a cell displays is its own,
names of members included.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

HIDDEN = "[hidden]"
_MEDIA_TYPE = re.compile(
    r"(application|audio|font|image|message|model|multipart|text|video)/[\w.+-]+"
)
_NO_TEXT = (
    *("output_type", "name", "status", "execution_state", "language_info"),
    *("comm_id", "target_name", "target_module", "transient"),
)
_NO_TEXT_IN_METADATA = (
    *("kernelspec", "language_info", "tags", "execution"),
    *("jupyter", "collapsed", "scrolled", "format"),
)
_NO_TEXT_IN_STATE = (
    *("_model_name", "_model_module", "_model_module_version"),
    *("_view_name", "_view_module", "_view_module_version"),
)
_NO_TEXT_IN_WIDGETS = frozenset(
    (
        *_NO_TEXT_IN_STATE,
        *("model_name", "model_module", "model_module_version"),
        *("path", "encoding", "output_type", "name"),
    )
)
_NO_TEXT_IN_PAPERMILLS = frozenset(("start_time", "end_time", "duration", "status", "version"))
_FORMATS: Mapping[str, frozenset[str]] = {
    "application/vnd.jupyter.widget-view+json": frozenset({"model_id"})
}


class Redactor(Protocol):
    """Knows the secrets of one run."""

    @property
    def holds_line_ends(self) -> bool:
        """Whether a secret goes over several lines."""

    def __call__(self, text: str) -> str:
        """Return the text without any secret."""

    def add(self, value: str) -> object:
        """Take this secret too out of every text from now on."""

    def finds_in_json(self, text: str) -> bool:
        """Whether any text within this JSON, made with ensure_ascii=False, holds a secret."""

    def hold_back(self, text: str) -> str:
        """Return the text without an end that may be the beginning of a secret."""


Rules = dict[str, Callable[[Any], Any]]
"""What becomes of the values of some names."""


class Cleaner:
    """Takes the secrets that a redactor knows out of notebooks and messages.

    key: under which the engine keeps its own metadata. formats: the names whose values are no text
    in the JSON of a media type that has a format of its own.
    """

    def __init__(
        self, redactor: Redactor, *, key: str, formats: Mapping[str, frozenset[str]]
    ) -> None:
        self.redactor, self._formats = redactor, {**_FORMATS, **formats}
        self._for_outputs: Rules = {
            **dict.fromkeys(_NO_TEXT, _same),
            "ename": lambda name: name if name == "SystemExit" else redactor(name),
            "data": self._bundle,
            "metadata": self._bundle,
        }
        self._for_state: Rules = {
            **dict.fromkeys(_NO_TEXT_IN_STATE, _same),
            "outputs": self._outputs,
        }
        state = {"state": lambda state: self._by(self._for_state, state)}
        comm = {**dict.fromkeys(("method", "buffer_paths"), _same), **state}
        self._for_comms: Rules = {
            **self._for_outputs,
            "data": lambda data: self._by(comm, data),
        }
        self._for_metadata: Rules = {
            **dict.fromkeys(_NO_TEXT_IN_METADATA, _same),
            "papermill": lambda value: self._formatted(value, _NO_TEXT_IN_PAPERMILLS),
            "widgets": lambda value: self._formatted(value, _NO_TEXT_IN_WIDGETS),
            key: lambda value: self._formatted(value, frozenset({"ended", "strict"})),
        }
        self._for_cells: Rules = {
            **dict.fromkeys(("cell_type", "id"), _same),
            "metadata": self._metadata,
            "outputs": self._outputs,
            "attachments": lambda files: self._by(dict.fromkeys(files, self._bundle), files),
        }

    def notebook(self, notebook: Any) -> Any:
        """Return a notebook as anybody may see it; itself when it holds nothing to hide, as it
        mostly does.
        """
        cells = [self._joined(cell) for cell in notebook.cells]
        if any(new is not cell for new, cell in zip(cells, notebook.cells, strict=True)):
            notebook = type(notebook)(notebook, cells=cells)
        if not self.redactor.finds_in_json(json.dumps(notebook, ensure_ascii=False)):
            return notebook
        rules = {
            "metadata": self._metadata,
            "cells": lambda cells: [self._by(self._for_cells, cell) for cell in cells],
        }
        return self._by(rules, notebook)

    def message(self, content: Mapping[str, Any]) -> Any:
        """Return what a message or an output says as anybody may see it."""
        return self._by(self._for_comms if "comm_id" in content else self._for_outputs, content)

    def begun(self, text: str, instead: str = HIDDEN) -> str:
        """Return the text with something else for an end that may be the beginning of a secret."""
        kept = self.redactor.hold_back(text)
        return text if kept == text else kept + instead

    def _joined(self, cell: Any) -> Any:
        """Return a cell without a secret that was written in several pieces, nor the beginning of
        one: while the cell runs the rest may be to come, and a cell that was cut short has no rest.
        """
        status = cell.metadata.get("papermill", {}).get("status")
        open_end = status in ("running", "failed")
        outputs = before = cell.get("outputs", [])
        for name in ("stdout", "stderr"):
            pieces = [output for output in before if output.get("name") == name]
            if len(pieces) < (1 if open_end else 2):
                continue
            texts = ["".join(piece.text) for piece in pieces]
            text = self.redactor("".join(texts))
            if open_end:
                text = self.begun(text, HIDDEN if status == "failed" else "")
            if text != "".join(map(self.redactor, texts)):
                gone = set(map(id, pieces[bool(text) :]))
                whole = type(pieces[0])(pieces[0], text=text)
                outputs = [
                    whole if output is pieces[0] else output
                    for output in outputs
                    if id(output) not in gone
                ]
        return cell if outputs is before else type(cell)(cell, outputs=outputs)

    def _outputs(self, outputs: Any) -> Any:
        return [self.message(output) for output in outputs]

    def _metadata(self, metadata: Mapping[str, Any]) -> Any:
        known = {name: value for name, value in metadata.items() if name in self._for_metadata}
        others = {name: value for name, value in metadata.items() if name not in known}
        return type(metadata)({**self._by(self._for_metadata, known), **self._any(others)})  # type: ignore[call-arg]

    def _bundle(self, bundle: Mapping[str, Any]) -> Any:
        new = type(bundle)()
        for name, value in bundle.items():
            if not _MEDIA_TYPE.fullmatch(name):
                new[self.redactor(name)] = self._any(value)  # type: ignore[index]
                continue
            no_text = self._formats.get(name)
            new[name] = self._any(value) if no_text is None else self._formatted(value, no_text)  # type: ignore[index]
        return new

    def _by(self, rules: Rules, mapping: Any) -> Any:
        """Every name stays, and each value becomes what the rules say, or else is redacted."""
        if not isinstance(mapping, dict):
            return self._any(mapping)
        return type(mapping)(
            (name, rules.get(name, self._any)(value)) for name, value in mapping.items()
        )

    def _formatted(self, value: Any, no_text: frozenset[str]) -> Any:
        """Every name stays, however deep, and the values of some names do."""
        if isinstance(value, dict):
            return type(value)(
                (name, item if name in no_text else self._formatted(item, no_text))
                for name, item in value.items()
            )
        if isinstance(value, list | tuple):
            return [self._formatted(item, no_text) for item in value]
        return self._any(value)

    def _any(self, value: Any) -> Any:
        """Every text is redacted, names too."""
        if isinstance(value, str):
            return self.redactor(value)
        if isinstance(value, dict):
            return type(value)(
                (self.redactor(str(name)), self._any(item)) for name, item in value.items()
            )
        if isinstance(value, list | tuple):
            return [self._any(item) for item in value]
        return value


def _same(value: Any) -> Any:
    return value
