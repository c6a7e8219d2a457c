"""How an ordinary kernel tells the program that saves its notebook which secrets to look out for.

A forked kernel has a pipe for that. An ordinary one sends a message of its own kind among its
outputs, ahead of any output that may hold the secret. It goes through the kernel's own sockets and
is kept nowhere.
"""

SECRET_MESSAGE = "secret"


def prelude(listen: str) -> str:
    """Return what to run in a kernel, silently, before its first cell, to have it tell each secret.

    listen: the function, as module:name, with which a listener is registered. Where its module
    cannot be imported, the notebook cannot resolve anything with it either.
    """
    module, _, name = listen.partition(":")
    return f"""
def __hand_over(kernel):
    try:
        from {module} import {name} as listen
    except ImportError:
        return
    def tell(value):
        kernel.session.send(
            kernel.iopub_socket, {SECRET_MESSAGE!r}, {{"value": value}}, parent=kernel.get_parent()
        )
    listen(tell)
__hand_over(get_ipython().kernel)
del __hand_over
"""
