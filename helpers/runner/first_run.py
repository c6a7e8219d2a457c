"""What `make run` does: one reset in the sandbox, from the request to the proof, the way an
operator would run it.

The code and the new password reach the notebook by reference, through the environment of the
kernel.
"""

import os
import secrets
import string
import sys
from datetime import datetime
from pathlib import Path

from helpers.cognito import actions
from helpers.runbooks import RUNBOOKS
from helpers.runner.headless import run
from helpers.sandbox import DEFAULT_CLIENT_ID, DEFAULT_USERNAME, open_sandbox
from helpers.target import Target


def first_run(out: str) -> int:
    """Request a code, confirm it through the notebook, and print what happened. Returns the exit
    code.

    out: the folder that runs are kept in; it is made if needed, readable by its owner alone. The
    sandbox is the one of COGNITO_SANDBOX, or one in that folder.
    """
    Path(out).mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ.setdefault("COGNITO_SANDBOX", str(Path(out, "sandbox.sqlite").resolve()))
    target = Target()
    for field, words in target.faults():
        print(f"{field}: {words}", file=sys.stderr)
        return 2
    print(
        f"1. Requesting a code for {DEFAULT_USERNAME}, in the sandbox (no AWS account is touched)."
    )
    if target.mailbox():
        print(
            "   (Its clock is moved on by an hour: like AWS, it limits the tries of one user in an"
            " hour.)"
        )
        open_sandbox().advance(3600)
    delivery = actions.request_code(
        target.client(), client_id=DEFAULT_CLIENT_ID, username=DEFAULT_USERNAME
    )
    print(f"   Cognito says: sent to {delivery.destination} by {delivery.medium}.")
    os.environ["RESET_CODE"] = target.newest_code(DEFAULT_USERNAME)
    os.environ["RESET_PASSWORD"] = _new_password()
    print("2. Running the runbook confirm-reset with papermill; code and password go by reference.")
    report = run(
        RUNBOOKS["confirm-reset"],
        {"code": "env:RESET_CODE", "new_password": "env:RESET_PASSWORD"},
        out=Path(out),
        name=f"{datetime.now():%Y%m%d-%H%M%S}",
    )
    if not report.proof and report.state != "completed":
        print(f"   The run ended early: {report.detail or report.state}.", file=sys.stderr)
    print(f"3. {report.outcome}: {report.meaning}")
    print(f"   Proof:             {report.proof or 'none'}")
    print(f"   What to do next:   {report.next_step}")
    print(f"   Executed notebook: {report.notebook}")
    print(f"   Record:            {report.record_file}")
    print("Next, with the form: make lab")
    return report.exit_code


def _new_password() -> str:
    alphabet = string.ascii_letters + string.digits + "-_.!"
    # One of each class, so that any password policy of Cognito's kind is met.
    return "".join(secrets.choice(alphabet) for _ in range(16)) + "aA1-"
