"""What the engine raises for a runbook of ours; apart from it, since papermill imports the engine
whenever it is imported.
"""

from helpers.cognito.errors import BadParameters
from helpers.runner.engine.engine import Refused


class ParametersRefused(BadParameters, Refused):
    """What papermill raises for parameters that a runbook cannot use."""
