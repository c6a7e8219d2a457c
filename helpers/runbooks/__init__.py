"""The runbooks, each by its name; diagnosis and audit have rooms of their own."""

from helpers.run.entry import RUNBOOKS
from helpers.runbooks import registry as _registry  # noqa: F401  # fills in the entries

__all__ = ["RUNBOOKS"]
