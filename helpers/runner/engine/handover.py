"""How an ordinary kernel tells the program that saves its notebook which secrets to look out for.

A forked kernel has a pipe for that. An ordinary one sends a message of its own kind among its
outputs, ahead of any output that may hold the secret. It goes through the kernel's own sockets and
is kept nowhere.
"""

from typing import Any

SECRET_MESSAGE = "cognito_reset_secret"
PRELUDE = """
try:
    from helpers.runner.engine.handover import hand_over
except ImportError:
    pass
else:
    hand_over(get_ipython().kernel)
    del hand_over
"""
"""Run in the kernel, silently, before the first cell. Where helpers cannot be imported, nothing can
be resolved.
"""


def hand_over(kernel: Any) -> None:
    """Have this kernel tell every secret that it resolves from now on."""
    from helpers.secrets import redaction

    def told(value: str) -> None:
        kernel.session.send(
            kernel.iopub_socket, SECRET_MESSAGE, {"value": value}, parent=kernel.get_parent()
        )

    redaction.tell(told)
