"""RS256 signatures by a key that is public on purpose: anyone can make it from this file.

So a token of the sandbox proves nothing to anybody but the sandbox. The modulus has 2048 bits and
four primes (RFC 8017, section 3.2): a verifier sees no difference, and a signature takes a third
of the time that two primes would.
"""

import base64
import functools
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from . import srp
from .work import Doc

_E = 65537
_SIZE = 256
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
# How far from what is drawn for it each next prime is; a test holds that these are primes.
_DISTANCES = {b"1": 358, b"2": 630, b"3": 352, b"4": 44}


@dataclass(frozen=True)
class _Key:
    """n: the modulus. parts: (prime, exponent, product of the primes before it, its inverse)."""

    n: int
    parts: tuple[tuple[int, int, int, int], ...]


def public_keys(kid: str) -> Doc:
    """Return the JSON Web Key Set of the key, under this id."""
    modulus = text(_key().n.to_bytes(_SIZE, "big"))
    key = {"alg": "RS256", "e": "AQAB", "kid": kid, "kty": "RSA", "n": modulus, "use": "sig"}
    return {"keys": [key]}


def signed(kid: str, claims: Doc) -> str:
    """Return a JSON Web Token of these claims."""
    message = f"{_head(kid)}.{as_json(claims)}"
    number, signature = _padded_digest(message.encode()), 0
    for prime, exponent, before, inverse in _key().parts:  # Garner's way through the primes
        part = srp.power(number % prime, exponent, prime)
        signature += before * ((part - signature) * inverse % prime)
    return f"{message}.{text(signature.to_bytes(_SIZE, 'big'))}"


def read(token: str) -> Doc | None:
    """Return the claims of a JSON Web Token that signed() made, None for any other."""
    try:
        message, signature = token.rsplit(".", 1)
        number = int.from_bytes(bytes_of(signature), "big")
        if srp.power(number, _E, _key().n) != _padded_digest(message.encode()):
            return None
        claims: Doc = json.loads(bytes_of(message.split(".")[1]))
    except ValueError:
        return None
    return claims


def text(data: bytes) -> str:
    """Return bytes in base64 for URLs."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """Return what text() has encoded."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def as_json(data: Any) -> str:
    """Return a value as JSON in base64 for URLs."""
    return text(json.dumps(data, separators=(",", ":")).encode())


def primes() -> list[int]:
    """Return the primes of the key."""
    found = []
    for tag, distance in _DISTANCES.items():
        drawn = hashlib.shake_256(b"embedded sandbox signing key " + tag).digest(64)
        found.append((int.from_bytes(drawn, "big") | 7 << 509 | 1) + distance)
    return found


@functools.cache
def _key() -> _Key:
    product, phi = 1, 1
    for prime in primes():
        phi *= prime - 1
    d, parts = pow(_E, -1, phi), []
    for prime in primes():
        parts.append((prime, d % (prime - 1), product, pow(product, -1, prime)))
        product *= prime
    return _Key(product, tuple(parts))


@functools.lru_cache(maxsize=256)
def _head(kid: str) -> str:
    return as_json({"kid": kid, "alg": "RS256"})


def _padded_digest(message: bytes) -> int:
    info = _DIGEST_INFO + hashlib.sha256(message).digest()
    return int.from_bytes(b"\x00\x01" + b"\xff" * (253 - len(info)) + b"\x00" + info, "big")
