"""What `make run` does: one reset in the sandbox, from the request to the proof, the way an operator would run it.

The code and the new password reach the notebook by reference, through the environment of the kernel.
"""

import json
import os
import secrets
import string
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from helpers import reset
from helpers.record import find_record
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_USERNAME, open_sandbox
from helpers.target import Target

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "runbooks" / "confirm-reset.ipynb"


def first_run(out: str) -> int:
    """Request a code, confirm it through the notebook, and print what happened. Returns the exit code.

    out: the folder that runs are kept in; it is made if needed, readable by its owner alone. The sandbox is the one of
    COGNITO_SANDBOX, or one in that folder.
    """
    folder = Path(out) / datetime.now().strftime("%Y%m%d-%H%M%S")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ.setdefault("COGNITO_SANDBOX", str(Path(out, "sandbox.sqlite").resolve()))
    target = Target()
    for field, words in target.faults():
        print(f"{field}: {words}", file=sys.stderr)
        return 2
    print(f"1. Requesting a code for {DEFAULT_USERNAME}, in the sandbox (no AWS account is touched).")
    if target.mailbox():
        print("   (Its clock is moved on by an hour: like AWS, it limits the tries of one user in an hour.)")
        open_sandbox().advance(3600)
    delivery = reset.request_code(target.client(), client_id=DEFAULT_CLIENT_ID, username=DEFAULT_USERNAME)
    print(f"   Cognito says: sent to {delivery.destination} by {delivery.medium}.")
    os.environ["RESET_CODE"] = target.newest_code(DEFAULT_USERNAME)
    os.environ["RESET_PASSWORD"] = _new_password()
    print("2. Running the runbook confirm-reset with papermill; code and password go by reference.")
    executed = folder / NOTEBOOK.name
    notebook = _execute(executed)
    record = find_record(notebook) if notebook else None
    if record is None:
        print("   The notebook ended before there was a result; it says why.")
        print(f"   Executed notebook: {executed}")
        return 8
    kept = folder / "record.json"
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    _tell(record, executed, kept)
    return int(record["exit_code"])


def _execute(executed: Path) -> Any:
    import nbformat
    import papermill

    executed.touch(mode=0o600)
    try:
        papermill.execute_notebook(
            NOTEBOOK, executed, {"code": "env:RESET_CODE", "new_password": "env:RESET_PASSWORD"},
            progress_bar=False, store_widget_state=False,
        )
    except papermill.PapermillExecutionError as exc:
        print(f"   It stopped in a cell: {exc.ename}.", file=sys.stderr)
    return nbformat.reads(executed.read_text(encoding="utf-8"), as_version=4) if executed.stat().st_size else None


def _tell(record: dict[str, Any], executed: Path, kept: Path) -> None:
    print(f"3. {record['outcome']}: {record['meaning']}")
    print(f"   Proof:             {record['verified_by'] or 'none'}")
    print(f"   What to do next:   {record['next_step']}")
    print(f"   Executed notebook: {executed}")
    print(f"   Record:            {kept}")
    print("Next, with the form: make lab")


def _new_password() -> str:
    alphabet = string.ascii_letters + string.digits + "-_.!"
    # One of each class, so that any password policy of Cognito's kind is met.
    return "".join(secrets.choice(alphabet) for _ in range(16)) + "aA1-"
