"""What a caller's own words mean, by likeness to phrases that were labelled by hand.

    guesses("the OTP never came")      -> no-code first, and how like it the words are

The phrases are in phrases.tsv and the words of one meaning in synonyms.tsv: both can be extended
without a line of code. A phrase is taken as its meanings (code, arrive, not), each pair of them,
and the rest of its words; what tells verdicts apart weighs most. The words are then compared with
every phrase, and the nearest three of a verdict speak for it. Phrases of the part "held" are never
read here: `make bench-diagnosis` measures with them.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
ASK = "ask"
"""The verdict of a phrase that only a question is right for."""

# Tuned by tenfold cross-validation on the part "build".
_PAIR, _REST, _SPELLING = 0.5, 0.5, 0.8
_PLAIN, _RARE = 0.1, 3.0
_NEIGHBOURS, _SECOND, _TOO_UNLIKE = 3, 0.85, 0.05

# What a meaning becomes where it is denied: "does not work" is a failure, "not asked" its own.
_DENIED = {
    "works": "fails",
    "accept": "refused",
    "right": "wrong",
    "asked": "notasked",
    "sent": "absent",
    "arrive": "absent",
    "exist": "unknown",
    "have": "gone",
    "remember": "forgot",
    "confirm": "unconfirmed",
    "signin": "outside",
    "finish": "unfinished",
    "find": "unseen",
    "expired": "expired",
    "register": "unregistered",
    "signout": "inside",
}
_SENT = {"code", "mail", "text", "message", "link"}
_ONLY_DENIED = {"have", "remember", "find", "accept"}
_REACH = (1, 2, 3, -1, -2, 4)
"""Where the thing that a "not" denies is looked for, from the not."""
_SKIP = "skip"
"""The meaning of words that say nothing."""


@dataclass(frozen=True)
class Phrase:
    """A line of phrases.tsv. verdicts: those that are right, the best first."""

    text: str
    verdicts: tuple[str, ...]
    language: str
    source: str
    part: str


@dataclass(frozen=True)
class Guess:
    """A verdict that words may mean, and how like its phrases they are, from 0 to 1."""

    verdict: str
    likeness: float


def rows(path: Path) -> Iterator[list[str]]:
    """Yield the lines of a table as their columns, without its remarks and its heading."""
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    cells = [line.split("\t") for line in lines if not line.startswith("#")]
    yield from cells[1:]


@cache
def phrases() -> tuple[Phrase, ...]:
    """Return every labelled phrase, the ones that are only measured with too."""
    return tuple(
        Phrase(text, tuple(verdicts.split("|")), language, source, part)
        for text, verdicts, language, source, part in rows(_HERE / "phrases.tsv")
    )


def meanings(text: str) -> list[str]:
    """Return what a text says, in order: "=" and a meaning, or a word that has none."""
    words, found, at = _words(text), [], 0
    synonyms, longest = _synonyms()
    while at < len(words):
        for length in range(min(longest, len(words) - at), 0, -1):
            meaning = synonyms.get(tuple(words[at : at + length]))
            if meaning:
                found += [] if meaning == _SKIP else [f"={meaning}"]
                at += length
                break
        else:
            found.append(words[at])
            at += 1
    return _with_denials(found)


def guesses(text: str) -> tuple[Guess, ...]:
    """Return the verdicts that a text may mean, the likeliest first; () for empty words."""
    return _corpus().guesses(text)


class Corpus:
    """Phrases to compare words with. The one of the project is made once, when first needed."""

    def __init__(self, known: Iterable[Phrase]) -> None:
        self._known = tuple(known)
        features = [_features(phrase.text) for phrase in self._known]
        seen = Counter(name for one in features for name in one)
        by: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for phrase, one in zip(self._known, features, strict=True):
            for name in one:
                by[name][phrase.verdicts[0]] += 1
        self._rarest = math.log(1 + len(features)) if features else 0.0
        # A feature weighs as it is rare, and as it belongs to one verdict alone.
        self._weight = {
            name: math.log(1 + len(features) / count)
            * (_PLAIN + max(by[name].values()) / (count + _RARE))
            for name, count in seen.items()
        }
        self._holds: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, one in enumerate(features):
            for name, value in self._vector(one).items():
                self._holds[name].append((number, value))

    def guesses(self, text: str) -> tuple[Guess, ...]:
        """Return the verdicts that a text may mean, the likeliest first."""
        alike: defaultdict[int, float] = defaultdict(float)
        for name, value in self._vector(_features(text)).items():
            for number, other in self._holds.get(name, ()):
                alike[number] += value * other
        by: defaultdict[str, list[float]] = defaultdict(list)
        for number, likeness in alike.items():
            if likeness > _TOO_UNLIKE:
                for place, verdict in enumerate(self._known[number].verdicts):
                    by[verdict].append(likeness * (_SECOND if place else 1))
        found = [Guess(verdict, _together(all_)) for verdict, all_ in by.items()]
        return tuple(sorted(found, key=lambda one: (-one.likeness, one.verdict)))

    def _vector(self, features: dict[str, float]) -> dict[str, float]:
        unseen = self._rarest * _PLAIN
        raw = {name: value * self._weight.get(name, unseen) for name, value in features.items()}
        length = math.sqrt(sum(value * value for value in raw.values())) or 1.0
        return {name: value / length for name, value in raw.items()}


@cache
def _corpus() -> Corpus:
    return Corpus(phrase for phrase in phrases() if phrase.part == "build")


def _together(likenesses: list[float]) -> float:
    nearest = sorted(likenesses, reverse=True)[:_NEIGHBOURS]
    return 0.7 * nearest[0] + 0.3 * sum(nearest) / _NEIGHBOURS


@cache
def _synonyms() -> tuple[dict[tuple[str, ...], str], int]:
    """Return the meaning of each word or row of words, and how long the longest row is."""
    found: dict[tuple[str, ...], str] = {}
    for meaning, _, entries in rows(_HERE / "synonyms.tsv"):
        found |= {tuple(_words(entry)): meaning for entry in entries.split(",")}
    return found, max(map(len, found))


def _words(text: str) -> list[str]:
    """Return the words of a text in small letters, without accents, each "n't" as a not."""
    text = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    text = "".join(one for one in text if not unicodedata.combining(one))
    text = (
        text.replace("can't", "can not").replace("won't", "will not").replace("cannot", "can not")
    )
    text = re.sub(r"n't\b", " not", text)
    text = re.sub(r"\b(ca|do|does|did|is|are|has|have|was|wo|could|would)nt\b", r"\1 not", text)
    return re.sub(r"[^a-z0-9_]+", " ", text).split()


def _with_denials(found: list[str]) -> list[str]:
    """Join each "not" to the nearest thing that it denies."""
    out = list(found)
    for at, one in enumerate(out):
        if one != "=not":
            continue
        near = [at + step for step in _REACH if 0 <= at + step < len(out)]
        denied = next((place for place in near if out[place][1:] in _DENIED), None)
        if denied is not None:
            out[denied], out[at] = f"={_DENIED[out[denied][1:]]}", ""
        elif any(out[place][1:] in _SENT for place in (at + 1, at + 2) if place < len(out)):
            out[at] = "=absent"
    out = ["=absent" if one == "=nothing" else one for one in out]
    return [one for one in out if one and one.removeprefix("=") not in _ONLY_DENIED]


def _features(text: str) -> dict[str, float]:
    """Return what a text is compared by: meanings, pairs of them, and other words by spelling."""
    said = meanings(text)
    known = list(dict.fromkeys(one for one in said if one.startswith("=")))
    features: dict[str, float] = dict.fromkeys(known, 1.0)
    for place, one in enumerate(known):
        for other in known[place + 1 :]:
            features["".join(sorted((one, other)))] = _PAIR
    for word in dict.fromkeys(one for one in said if not one.startswith("=")):
        features[word] = _REST
        framed = f"^{word}$"
        grams = [framed[start : start + 4] for start in range(len(framed) - 3)]
        for gram in grams:
            features[f"#{gram}"] = features.get(f"#{gram}", 0.0) + _SPELLING / len(grams)
    return features
