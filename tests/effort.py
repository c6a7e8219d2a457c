"""How hard the tests look for inputs that nobody thought of.

`make test` tries the same inputs on every run, so that a failure belongs to the change that it
comes with. `make fuzz` tries many times as many, other ones each time.
"""

import os

from hypothesis import settings

TIMES = int(os.environ.get("FUZZ", "0"))


def tries(usual: int) -> int:
    """Return how many inputs a test tries, where it usually tries so many."""
    return usual * max(TIMES, 1)


settings.register_profile(
    "effort", max_examples=tries(100), derandomize=not TIMES, deadline=None, print_blob=True
)
settings.load_profile("effort")
