"""Where ids, codes and salts come from: the operating system, or a seed that repeats."""

import hashlib
import os

_DIGITS = "0123456789"
_LOWER = "0123456789abcdefghijklmnopqrstuvwxyz"
_MIXED = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Source:
    """Draws for one call. With a seed, the n-th draw is always the same; without one, it is random.

    seed: None for random draws. drawn: how many draws were made before; the caller keeps it between
    calls.
    """

    def __init__(self, seed: str | None, drawn: int = 0) -> None:
        self.seed = seed
        self.drawn = drawn

    def bytes(self, size: int) -> bytes:
        """Return so many unpredictable bytes (predictable ones under a seed)."""
        if self.seed is None:
            return os.urandom(size)
        self.drawn += 1
        return hashlib.shake_256(f"{self.seed}:{self.drawn}".encode()).digest(size)

    def uuid(self) -> str:
        """Return a version 4 UUID."""
        drawn = self.bytes(16).hex()
        variant = "89ab"[int(drawn[16], 16) % 4]
        parts = drawn[:8], drawn[8:12], f"4{drawn[13:16]}", f"{variant}{drawn[17:20]}", drawn[20:]
        return "-".join(parts)

    def code(self) -> str:
        """Return six digits; zeros may lead, so it is text and never a number."""
        return self._letters(6, _DIGITS)

    def pool_suffix(self) -> str:
        """Return the nine characters after the region in a user pool's id."""
        return self._letters(9, _MIXED)

    def client_id(self) -> str:
        """Return an app client's id."""
        return self._letters(26, _LOWER)

    def client_secret(self) -> str:
        """Return an app client's secret."""
        return self._letters(51, _LOWER)

    def temporary_password(self, length: int) -> str:
        """Return a password of at least that length, with every class of character in it."""
        return "Aa1!" + self._letters(max(length - 4, 8), _MIXED)

    def _letters(self, size: int, alphabet: str) -> str:
        number = int.from_bytes(self.bytes(size + 8), "big")
        letters = []
        for _ in range(size):
            number, index = divmod(number, len(alphabet))
            letters.append(alphabet[index])
        return "".join(letters)
