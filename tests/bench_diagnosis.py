"""How often a diagnosis is right by words alone: python -m tests.bench_diagnosis (make bench-diagnosis).

It measures with the phrases of the part "held" in helpers/runbooks/diagnosis/phrases.tsv, which the
matcher never reads: those that people wrote in public reports, and those of this project. Nothing
here passes or fails; the goals are printed beside the figures.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from helpers.runbooks.diagnosis.symptoms import READING, likely_causes
from helpers.runbooks.diagnosis.words import ASK, Phrase, phrases

OPEN = (ASK, "not-understood", "unknown-text")
"""The verdicts that ask instead of naming a cause."""


@dataclass(frozen=True)
class Figures:
    """What came of some phrases. asked: where an answer would have been right."""

    phrases: int
    right: int
    wrong: tuple[str, ...]
    asked: tuple[str, ...]
    writes: int

    @property
    def precision(self) -> float:
        """The share of right verdicts among those that name a cause."""
        answered = self.right + len(self.wrong)
        return self.right / answered if answered else 1.0

    @property
    def share_asked(self) -> float:
        """The share of phrases that are asked about though a cause could be named."""
        return len(self.asked) / self.phrases if self.phrases else 0.0

    @property
    def share_wrong(self) -> float:
        """The share of phrases that get a wrong verdict."""
        return len(self.wrong) / self.phrases if self.phrases else 0.0


def measure(held: Iterable[Phrase]) -> Figures:
    """Diagnose phrases by words alone and compare with their labels."""
    right, wrong, asked, writes, count = 0, [], [], 0, 0
    for phrase in held:
        count += 1
        causes = likely_causes(phrase.text)
        writes += any(one.runbook not in READING for one in causes)
        found = causes[0].problem
        if found in OPEN:
            asked += [phrase.text] if ASK not in phrase.verdicts else []
        elif found in phrase.verdicts:
            right += 1
        else:
            wrong.append(f"{phrase.text} -> {found}, not {'|'.join(phrase.verdicts)}")
    return Figures(count, right, tuple(wrong), tuple(asked), writes)


def main() -> None:
    """Print the figures of people's own phrases, of the project's, and of both."""
    held = [one for one in phrases() if one.part == "held"]
    groups = {
        "people's own phrases": [one for one in held if one.source != "project"],
        "the project's phrases": [one for one in held if one.source == "project"],
        "both": held,
    }
    print("| held out | phrases | precision (0.95) | asked (0.20) | wrong | lead to a write (0) |")
    print("|:---|---:|---:|---:|---:|---:|")
    for name, group in groups.items():
        found = measure(group)
        print(
            f"| {name} | {found.phrases} | {found.precision:.3f} | {found.share_asked:.3f} |"
            f" {found.share_wrong:.3f} | {found.writes} |"
        )


if __name__ == "__main__":
    main()
