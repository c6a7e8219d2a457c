"""Whether a fork can stand in for the kernel of a name."""

import os
import sys
from functools import lru_cache

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from helpers.runner.engine.forkserver import CAN_FORK

_LAUNCHERS = ("ipykernel_launcher", "ipykernel")
_THIS_PYTHON = (
    "python",
    f"python{sys.version_info.major}",
    "python{}.{}".format(*sys.version_info),
)
"""For which jupyter_client, too, takes sys.executable."""
_PROVISIONERS = (None, "local-provisioner")


def can_fork(kernel_name: str) -> bool:
    """Whether this kernel is this very Python with its own packages, started as ipykernel installs
    it, so that a fork does the same.
    """
    return CAN_FORK and _is_this_python(
        kernel_name,
        os.environ.get("JUPYTER_PATH"),
        os.environ.get("JUPYTER_DEFAULT_PROVISIONER_NAME"),
    )


@lru_cache
def _is_this_python(kernel_name: str, path: str | None, provisioner: str | None) -> bool:
    try:
        spec = KernelSpecManager().get_kernel_spec(kernel_name)
    except NoSuchKernel:
        return False
    provisioner = spec.metadata.get("kernel_provisioner", {}).get("provisioner_name", provisioner)
    if spec.language != "python" or spec.env or provisioner not in _PROVISIONERS or not spec.argv:
        return False
    # An option, such as --IPKernelApp.exec_lines, is for a kernel that reads it.
    program, *options = (each for each in spec.argv if each != "-Xfrozen_modules=off")
    started = [["-m", launcher, "-f", "{connection_file}"] for launcher in _LAUNCHERS]
    return options in started and (program in _THIS_PYTHON or _is_mine(program))


def _is_mine(program: str) -> bool:
    return (
        os.path.isabs(program)
        and os.path.exists(program)
        and os.path.samefile(program, sys.executable)
        and _environment(program) == _environment(sys.executable)
    )


def _environment(program: str) -> str:
    """Return the folder of the environment whose packages a Python imports.

    The pythons of two virtual environments may be links to one file: Python looks for pyvenv.cfg
    where it was called. Those of two conda environments may be one file under two names.
    """
    here = os.path.dirname(program)
    for folder in (here, os.path.dirname(here)):
        if os.path.exists(os.path.join(folder, "pyvenv.cfg")):
            return os.path.realpath(folder)
    return os.path.dirname(os.path.realpath(program))
