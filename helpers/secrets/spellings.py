"""How a value may be written: the ways of each character, and of the whole in base64 and in hex.

A text is searched in two steps. For each of three ways to write a value, by characters, in base64
and in hex, there are a few short strings, one of which is in every text that holds the value so;
they are looked for first, at the speed of `in`. Only where one is found is the pattern of that way
made, which takes longer than most texts to be read. Together the patterns match the value as any of
these have written it, several of them after each other included:

    as it is        NFC and NFD
    JSON            with and without ensure_ascii, as text within JSON within JSON
    Python          repr of str and bytes, ascii(), unicode_escape, pprint
    URL             quote, quote_plus, encodeURIComponent; hex in either case, encoded twice
    HTML, XML       html.escape with and without quotes, markupsafe, named and numeric entities
    shell           shlex.quote, printf %q
    CSV, SQL, YAML  quotes doubled
    textwrap        line breaks, in the middle of words too
    base64          standard and URL-safe, at any offset in a longer text, with line ends (MIME),
                    of UTF-8 and of UTF-16
    hex             either case, bytes apart by a colon, hyphen or space
"""

import base64
import html
import html.entities
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Shorter values are not looked for in text: they would take harmless text with them, and Cognito
takes no password under six characters and sends no code under six digits."""

_PIECE = 12
"""Characters of a piece, at most. Of two next to each other a line break is in one only."""
_NAMED = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", "\v": "v", "\a": "a", "\0": "0"}
_NAMED |= {"\x1b": "[eE]", "\xa0": "_", "\x85": "N", "\u2028": "L", "\u2029": "P"}  # YAML's
_ESCAPE = r"(?:\\|%(?:25)*5[cC])"
_QUOTE = rf"""(?:{_ESCAPE}*['"])"""
# A line end, as it is or escaped, with what is put around it where a text is broken.
_BREAK = r"""(?:[\\"' \t]{0,9}(?:[\r\n]|\\{1,9}[rn])(?:\\{1,9}[nrt]?|\s|b?\\{0,9}['"]){0,99})"""


class Way:
    """One of the ways to write a value. pieces: strings of which every text that holds it so holds
    one; "" where there is none. pattern: returns the pattern of it.
    """

    def __init__(self, pieces: Iterable[str], pattern: Callable[[], str]) -> None:
        pieces = tuple(dict.fromkeys(pieces))
        # One that holds another finds nothing more.
        self.pieces = tuple(
            one for one in pieces if not any(other != one and other in one for other in pieces)
        )
        self._pattern = pattern

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self._pattern())


class Spellings:
    """The ways to write one value. It keeps the value, as whoever searches for it does."""

    def __init__(self, value: str) -> None:
        self._value = value
        self._cores = tuple(dict.fromkeys(_base64_cores(value)))
        # What repr makes of UTF-16: every other byte is \\x00
        self._wide = tuple(repr(_bytes(value, form))[2:-1] for form in ("utf-16-le", "utf-16-be"))
        self._bytes = re.findall("..", _bytes(value).hex())

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        """All of them, whose patterns are made when they are first needed."""
        words = _words(self._value)
        # Nobody breaks what is shorter than a line; base64 is broken wherever a line ends.
        short = len(repr(_bytes(self._value))) < 2 * _PIECE
        text = words[:1] if short else _two(words)
        text += [f"#{written};" for written in _numbers(words[0][:1] or "-")]
        base64 = [piece for one in (*self._cores, *self._wide) for piece in _two(_words(one))]
        hexadecimal = [separator.join(self._bytes[:3]) for separator in ("", ":", "-", " ")]
        return (
            Way(text, self._in_text),
            Way(base64, self._in_base64),
            Way(
                (*hexadecimal, *map(str.upper, hexadecimal)),
                lambda: "[-: ]?".join(map(_any_case, self._bytes)),
            ),
        )

    def _in_text(self) -> str:
        forms = (unicodedata.normalize(form, self._value) for form in ("NFC", "NFD"))
        return "|".join(_text_pattern(form) for form in dict.fromkeys((self._value, *forms)))

    def _in_base64(self) -> str:
        gap = r"(?:\s|\\{1,9}[rn])*"
        ways = [gap.join(map(_in_base64, core)) for core in self._cores]
        for wide in self._wide:
            escaped = re.escape(wide).replace(r"\\", r"\\+")
            ways.append(re.sub("(['\"])", r"\\\\*\1", escaped))
        return "|".join(ways)

    def patterns_for(self, text: str) -> Iterator[re.Pattern[str]]:
        """Yield the patterns for which a text has to be searched: for most texts there is none."""
        for way in self.ways:
            for piece in way.pieces:
                if piece in text:
                    yield way.pattern
                    break

    @cached_property
    def common(self) -> tuple[str, ...]:
        """The value as it mostly is: plain, in JSON, in Python, in a URL, in HTML, base64, hex."""
        value = self._value
        forms = [value, html.escape(value), *_quoted(value)]
        forms += [json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]]
        forms += [repr(value)[1:-1], repr(_bytes(value))[2:-1]]
        hexadecimal = "".join(self._bytes)
        return tuple(dict.fromkeys((*forms, *self._cores, hexadecimal, hexadecimal.upper())))


def make_ready() -> None:
    """Make what every first search needs, in a process that is forked for each run."""
    for way in Spellings("no value").ways:
        way.pattern  # noqa: B018


def _quoted(text: str) -> tuple[str, ...]:
    raw = _bytes(text)
    return quote(raw), quote(raw, safe=""), quote_plus(raw)


def _bytes(text: str, encoding: str = "utf-8") -> bytes:
    return text.encode(encoding, "surrogatepass")


def _words(text: str) -> list[str]:
    """Return the parts that any encoding by characters leaves as they are, the longest first."""
    marked = zip(text, f"{text[1:]} ", strict=True)
    plain = (
        one if one.isascii() and one.isalnum() and not unicodedata.combining(after) else " "
        for one, after in marked
    )
    return sorted("".join(plain).split(" "), key=len, reverse=True)


def _two(words: list[str]) -> list[str]:
    """Return two pieces that are near each other, so that a line break can be in one only."""
    word = words[0]
    if len(word) < 2 * SHORTEST and len(words) > 1 and len(words[1]) > 1:
        return words[:2]
    half = min(len(word) // 2, _PIECE)
    return [word[:half], word[half : 2 * half]]


def _base64_cores(value: str) -> Iterator[str]:
    """Yield the value in base64, at each offset that it may have in a longer text; the outer
    characters, which mix with the neighbours, left out.
    """
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = _bytes(value, encoding)
        for offset in range(3):
            whole = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
            core = whole[(0, 2, 3)[offset] : len(whole) - (1 if (offset + len(raw)) % 3 else 0)]
            if len(core) >= SHORTEST:
                yield core


def _in_base64(character: str) -> str:
    if character == "+":
        return "(?:[+-]|%(?:25)*2[bB])"
    return r"(?:\\*/|_|%(?:25)*2[fF])" if character == "/" else character


def _text_pattern(value: str) -> str:
    """Return the pattern of the value where it is written character by character."""
    around = "'\" \t\r\n"
    start, end = len(value) - len(value.lstrip(around)), len(value.rstrip(around))
    pattern, place = "", 0
    for part in re.findall(r"\s+|\S", value):
        each = (f"(?:{'|'.join(_ways(character))})" for character in part)
        ways = [f"{_BREAK}?".join(each)]
        # Not at the ends, where the quotes and the space around the whole are.
        if start < place < end:
            pattern += f"{_BREAK}?"
            if part in "'\"":  # doubled, or put between others, as shlex does
                ways.append(f"{_QUOTE}{{1,5}}?")
            elif part.isspace():  # of which a line end takes the place, however long it is
                ways += [r"\s+", _BREAK]
        pattern += f"(?:{'|'.join(ways)})"
        place += len(part)
    return pattern


def _ways(character: str) -> Iterator[str]:
    """Yield the patterns of one character, each encoding that changes it in turn."""
    point, raw = ord(character), _bytes(character)
    percent = "".join(f"%(?:25)*{_any_case(f'{byte:02x}')}" for byte in raw)
    numbers = rf"#(?:0*{point}|[xX]0*{_any_case(f'{point:x}')})"
    entity = f"&(?:amp;)*(?:{'|'.join((numbers, *_entities().get(character, ())))});"
    if character.isascii() and character.isalnum():
        yield from (character, percent, entity)
        return
    if character == "\\":
        yield f"(?:{_ESCAPE}|{entity})+"
    else:
        yield f"{_ESCAPE}*(?:{re.escape(character)}|{percent}|{entity})"
    if character == " ":
        yield r"(?:\+|%(?:25)*2[bB])"
    if character == "&":
        yield f"{_ESCAPE}*&(?:amp;)*"
    if character in _NAMED:
        yield f"{_ESCAPE}+{_NAMED[character]}"
    units = re.findall("....", _bytes(character, "utf-16-be").hex())
    yield "".join(f"{_ESCAPE}+u{_any_case(unit)}" for unit in units)
    yield f"{_ESCAPE}+U{_any_case(f'{point:08x}')}"
    yield f"{_BREAK}?".join(f"{_ESCAPE}+x{_any_case(f'{byte:02x}')}" for byte in raw)
    yield "".join(f"{_ESCAPE}+0?{byte:03o}" for byte in raw)
    if 127 < point < 256:
        yield f"{_ESCAPE}+x{_any_case(f'{point:02x}')}"


def _numbers(character: str) -> set[str]:
    point = ord(character)
    return {f"{point}", f"x{point:x}", f"x{point:X}", f"X{point:x}", f"X{point:X}"}


@cache
def _entities() -> dict[str, list[str]]:
    """Return the names that HTML has for a character."""
    found: dict[str, list[str]] = {}
    for name, text in html.entities.html5.items():
        if name.endswith(";"):
            found.setdefault(text, []).append(name[:-1])
    return found


def _any_case(digits: str) -> str:
    return "".join(f"[{d}{d.upper()}]" if d.isalpha() else d for d in digits)
