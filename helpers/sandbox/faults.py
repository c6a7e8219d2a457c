"""Faults on demand: lost, late or wrong answers to calls that were done or were not."""

from dataclasses import dataclass
from typing import Any

from .refusal import ApiError
from .settings import did_you_mean
from .work import Doc

DROP, DELAY, ERROR_AFTER = "drop-after-commit", "delay-after-commit", "500-after-commit"
ERROR_BEFORE, THROTTLE = "500-before-commit", "throttle-before-commit"
NAMES = (DROP, DELAY, ERROR_AFTER, ERROR_BEFORE, THROTTLE)


@dataclass(frozen=True)
class Due:
    """A fault whose turn has come. before: the refusal in the call's place, None for afterwards."""

    name: str
    seconds: float
    before: ApiError | None = None


def internal_error() -> ApiError:
    """Return the server error of a fault."""
    return ApiError("InternalErrorException", "The sandbox was asked for this fault.", 500)


def planned(operation: str, fault: str, times: int, known: Any) -> Doc:
    """Return a fault as it is stored; ValueError for what is unknown, or times below one."""
    if operation not in known:
        raise ValueError(
            f"the sandbox has no operation {operation!r}.{did_you_mean(operation, known)}"
        )
    if fault not in NAMES:
        raise ValueError(f"no fault is called {fault!r}.{did_you_mean(fault, NAMES)}")
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        raise ValueError("times is a whole number from 1.")
    return {"operation": operation, "fault": fault, "times": times}


def take(pending: list[Doc], operation: str, settings: Doc) -> Due | None:
    """Return the fault that this call meets, taken off the list of pending ones in place."""
    for one in pending:
        if one["operation"] == operation:
            one["times"] -= 1
            if one["times"] == 0:
                pending.remove(one)
            before = {
                ERROR_BEFORE: internal_error(),
                THROTTLE: ApiError("TooManyRequestsException", settings["throttle_message"]),
            }.get(one["fault"])
            return Due(one["fault"], float(settings["delay_seconds"]), before)
    return None
