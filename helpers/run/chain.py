"""The chain of the journal's lines: each carries the digest of the one before it."""

import hashlib
import json
from typing import Any

from helpers.run.head import Head

FIRST = "0" * 64
"""What the first line carries in place of a digest."""


def digest_of(before: str, entry: dict[str, Any]) -> str:
    """Return a line's digest."""
    text = json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def misfit(there: Head | None, last: str, key: Any) -> str:
    """Say in words how head and last line do not fit; "" where they do."""
    if there is None:
        return "" if last == FIRST else "the head was removed"
    if key is not None and not there.is_signed(key):
        return "the head was not signed with this key"
    if there.fits(last):
        return ""
    return (
        "the journal was removed or emptied"
        if last == FIRST
        else "lines were removed, added or rewritten since the last one was written"
    )


def fault_in_line(text: str, before: str) -> tuple[str, str]:
    """Return what is wrong with a line, "" for nothing, and the digest that the next follows."""
    try:
        data = json.loads(text)
        entry, said, digest = data["entry"], data["before"], data["digest"]
        if set(data) != {"before", "entry", "digest"} or digest != digest_of(said, entry):
            return "altered", digest
        if said != before:
            return "what stood before it was removed, inserted or altered", digest
        if entry["event"] == "gap":
            return f"before it, {entry['words']} (found at {entry['at']})", digest
    except (ValueError, TypeError, KeyError):
        return "cannot be read", before
    return "", digest
