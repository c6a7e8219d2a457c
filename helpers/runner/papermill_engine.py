"""The papermill engine `cognito-reset`: the general engine, told what our runbooks are.

    papermill --engine cognito-reset NOTEBOOK OUT -r name value ...

A runbook's parameters are held to its own schema, those of any other notebook to its parameters
cell. A secret is what a reference stands for. `metadata.cognito_reset.ended` says in one word how a
run ended. papermill loads this module whenever it is imported, for any engine, so it imports little
itself.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from helpers.runner.engine.engine import ForkingEngine
from helpers.runner.engine.redaction import Redactor
from helpers.runner.engine_settings import RUN_TIMEOUT, STRICT, WARMING

if TYPE_CHECKING:
    from helpers.run.entry import RunbookEntry

_RECORD_NO_TEXT = frozenset(
    ("runbook", "name", "status", "outcome", "request_id", "at", "started_at", "ended_at")
)
"""The members of a run's record that are names, enumerations, ids and times."""


class CognitoResetEngine(ForkingEngine):
    """Registered with papermill under the name cognito-reset."""

    key = "cognito_reset"
    run_timeout_variable = RUN_TIMEOUT
    strict_variable = STRICT
    listen = "helpers.secrets.redaction:tell"
    warming = WARMING
    formats = MappingProxyType({"application/vnd.cognito-reset.record+json": _RECORD_NO_TEXT})

    @classmethod
    def check(
        cls, source: str, own: Mapping[str, Any], given: Mapping[str, Any], strict: Collection[str]
    ) -> None:
        """Raise Refused, with every problem, unless a notebook can be run with these; for a runbook
        of ours ParametersRefused, however strict it is to be.
        """
        from helpers.runner.engine.validation import NoLiteral
        from helpers.runner.refused import ParametersRefused
        from helpers.secrets.references import SCHEMES

        entry = runbook_of(source, own)
        if entry is None:
            cls.check_by_its_cell(own, given, strict, tuple(SCHEMES))
            return
        values = {name: value for name, value in {**own, **given}.items() if value != NoLiteral}
        person = values.get("interactive") == "yes"
        problems = entry.parameters.read(values, person=person, given=given.keys())[1]
        if problems:
            raise ParametersRefused(problems)

    @classmethod
    def redactor(cls, values: Mapping[str, Any]) -> Redactor:
        """Return a redactor that knows the secrets behind those references that can be read here
        without asking anybody: env: and file:.

        A kernel tells what it resolves. These are known beforehand, for a notebook that reads them
        in its own way.
        """
        from helpers.secrets import redaction
        from helpers.secrets.references import resolve, scheme_of
        from helpers.secrets.secret import SecretError

        def nobody(*_: Any) -> str:
            raise SecretError("not here")

        if values.get("pool"):
            from helpers.run.parameters import ClientParameters

            values = ClientParameters.filled_in(values)
        redactor = redaction.Redactor()
        for value in values.values():
            if isinstance(value, str) and scheme_of(value) in ("env", "file", "literal"):
                try:
                    secret = resolve(value, label="", ask=nobody, mailbox=nobody, aws=nobody)
                except SecretError:
                    continue
                redactor.add(secret.reveal())
        return redactor


def runbook_of(source: str, own: Mapping[str, Any]) -> "RunbookEntry | None":
    """Return the runbook of ours that a notebook is: it has the name, and the parameters."""
    from helpers.runbooks import RUNBOOKS

    entry = RUNBOOKS.get(Path(source).stem)
    return entry if entry and set(own) == set(entry.parameters.model_fields) else None
