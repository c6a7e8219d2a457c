"""A campaign in pictures: what is planned, and what ended when. Each has its table beside it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from helpers.campaign.history import SLOWER, THROTTLED, Event
from helpers.campaign.schema import PAUSED, RUNNING, STOPPED
from helpers.campaign.seen import Course
from helpers.display.card import Table
from helpers.display.picture import BAD, FILL, GOOD, INK, SOFT, WIDTH, Canvas, Picture, wrapped

_BAR, _LEFT, _LANE = 26, 370, 54
_MARKS = {PAUSED: "P", STOPPED: "S", THROTTLED: "T", SLOWER: "L", RUNNING: "R"}
_MEANS = {
    "P": "paused",
    "S": "stopped for good",
    "T": "throttled: Cognito asked for a slower pace",
    "L": "made slower",
    "R": "begins, or goes on",
}
_COLOURS = {"confirmed": GOOD, "refused": BAD, "unknown": "#b26a00"}


def verdicts(counts: Mapping[tuple[str, str], int]) -> tuple[Picture, Table]:
    """Return a bar for each verdict of a plan, and the same as a table.

    counts: how many rows, by verdict and the runbook that helps them.
    """
    title = "The plan: how many users of each kind"
    rows = sum(counts.values())
    lines = [wrapped(_named(verdict, runbook), 44) for verdict, runbook in counts]
    heights = [max(_BAR, 16 * len(words)) + 12 for words in lines]
    canvas = Canvas(title, 46 + sum(heights))
    canvas.text(16, 26, title, bold=True)
    y = 44.0
    for words, height, count in zip(lines, heights, counts.values(), strict=True):
        for number, line in enumerate(words):
            canvas.text(16, y + 14 + 16 * number, line)
        width = max((WIDTH - _LEFT - 90) * count / max(rows, 1), 2)
        colour = GOOD if words is lines[0] and _can(counts) else FILL
        canvas.box(_LEFT, y, width, _BAR - 4, fill=colour)
        canvas.text(_LEFT + width + 8, y + 16, f"{count} of {rows}", bold=True)
        y += height
    sentences = tuple(
        f"{_named(verdict, runbook)}: {count} of {rows}."
        for (verdict, runbook), count in counts.items()
    )
    table = Table(
        "The same as a table",
        ("What was read", "Helped first by", "Users"),
        tuple(
            (_named(verdict, ""), runbook or "-", str(count))
            for (verdict, runbook), count in counts.items()
        ),
    )
    return Picture(title, canvas.svg(), sentences), table


def _can(counts: Mapping[tuple[str, str], int]) -> bool:
    return next(iter(counts), ("", ""))[1] == ""


def _named(verdict: str, runbook: str) -> str:
    verdict = verdict[:1].upper() + verdict[1:].rstrip(".")
    return f"{verdict} -> {runbook}" if runbook else verdict


def over_time(course: Course) -> tuple[Picture, Table]:
    """Return a lane for each outcome over time, with marks for what happened, and the same as a
    table.
    """
    title = "What ended when"
    lanes = list(course.ends.items())
    in_all = sum(sum(counts) for _, counts in lanes)
    steps = max((len(counts) for _, counts in lanes), default=1)
    most = max((count for _, counts in lanes for count in counts), default=1)
    bottom = 66.0 + _LANE * max(len(lanes), 1)
    canvas = Canvas(title, bottom + 44)
    left, right = 130.0, WIDTH - 20.0
    scale = (right - left) / (steps * course.width)
    canvas.text(16, 26, f"{title}: rows in each {_span(course.width)}", bold=True)
    for place, (outcome, counts) in enumerate(lanes):
        base = 66.0 + _LANE * (place + 1) - 8
        canvas.line((left, base), (right, base))
        canvas.text(16, base - 14, outcome, bold=True)
        canvas.text(16, base + 2, f"{sum(counts)} in all", size=12, colour=SOFT)
        for step, count in enumerate(counts):
            if count:
                height = max((_LANE - 24) * count / most, 2)
                x, width = left + step * course.width * scale, course.width * scale
                colour = _COLOURS.get(outcome, SOFT)
                canvas.box(x, base - height, width, height, fill=colour, radius=0)
                if width > 12 or count == max(counts):
                    words = str(count)
                    canvas.text(x + width / 2, base - height - 3, words, size=11, anchor="middle")
    before = -20.0
    for event in course.events:
        x = left + (event.at - course.began) * scale
        mark = _MARKS.get(event.kind, "?")
        canvas.line((x, 52), (x, bottom), colour=INK, dashed=True)
        if x - before > 11:
            canvas.text(x, 48, mark, size=12, anchor="middle", bold=True)
            before = x
    canvas.text(left, bottom + 16, _clock(course.began), size=12, colour=SOFT)
    end = course.began + steps * course.width
    canvas.text(right, bottom + 16, _clock(end), size=12, colour=SOFT, anchor="end")
    kinds = dict.fromkeys(_MARKS.get(event.kind, "?") for event in course.events)
    legend = " · ".join(f"{mark} {_MEANS.get(mark, '')}" for mark in kinds)
    canvas.text(16, bottom + 34, f"Marks: {legend}" if legend else "No marks.", size=12)
    happened = tuple(
        f"{_clock(event.at)}: {_told(event)}." for event in course.events if event.kind in _MARKS
    )
    sentences = tuple(f"{outcome}: {sum(counts)} of {in_all}." for outcome, counts in lanes)
    table = Table(
        "The same as a table",
        ("From", *course.ends, "What happened"),
        tuple(_line(course, step) for step in range(steps) if any(_line(course, step)[1:])),
    )
    return Picture(title, canvas.svg(), (*sentences, *happened)), table


def _line(course: Course, step: int) -> tuple[str, ...]:
    start = course.began + step * course.width
    happened = [
        _told(event)
        for event in course.events
        if event.kind in _MARKS and 0 <= event.at - start < course.width
    ]
    counts = [counts[step] for counts in course.ends.values()]
    return (_clock(start), *(str(one or "") for one in counts), "; ".join(happened))


def _told(event: Event) -> str:
    words = _MEANS[_MARKS[event.kind]]
    return f"{words} ({event.words})" if event.words else words


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S} UTC"


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.0f} h"
