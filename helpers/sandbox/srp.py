"""The Secure Remote Password protocol as Cognito speaks it: private keys, verifiers and proofs.

Group: the 3072-bit one of RFC 5054, g = 2; hash: SHA-256; x covers the pool's short name, the
user's own name and the password.

Every sign-in by SRP raises 2 to fresh powers, so the powers 2^(i * 256^k) are kept in a table of 32
rows, built once a process has shown that it will need them (the table costs as much as some dozens
of powers, and 3 MB).
"""

import functools
import hashlib
import hmac
import importlib
import importlib.util
from typing import Any

_N_HEX = (
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D"
    "670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7D"
    "B3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"
)
N = int(_N_HEX, 16)
G = 2
_EXPONENT_BITS = 256
_CALLS_BEFORE_TABLE = 12
_INFO = b"Caldera Derived Key\x01"


def padded(number: int) -> bytes:
    """Return a number's bytes, after a zero where the first bit is set, as clients hash it."""
    size = (number.bit_length() + 8) // 8
    return number.to_bytes(size, "big") if number else b"\x00"


def _hash(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


K = _hash(padded(N), padded(G))


@functools.cache
def _gmpy2() -> Any:
    """gmpy2 if it is installed: its arithmetic is about eight times as fast as Python's own."""
    return importlib.import_module("gmpy2") if importlib.util.find_spec("gmpy2") else None


def power(base: int, exponent: int, modulus: int = N) -> int:
    """Return base ** exponent % modulus, the fastest way there is here."""
    fast = _gmpy2()
    return int(fast.powmod(base, exponent, modulus)) if fast else pow(base, exponent, modulus)


class _PowersOfG:
    def __init__(self) -> None:
        self.calls = 0
        self.rows: list[list[Any]] = []
        self.one: Any = 1
        self.modulus: Any = N

    def __call__(self, exponent: int) -> int:
        if not self.rows:
            self.calls += 1
            if self.calls <= _CALLS_BEFORE_TABLE:
                return power(G, exponent)
            self._build()
        modulus, result = self.modulus, self.one
        for row, digit in zip(
            self.rows, exponent.to_bytes(_EXPONENT_BITS // 8, "little"), strict=True
        ):
            result = result * row[digit] % modulus
        return int(result)

    def _build(self) -> None:
        fast = _gmpy2()
        one, step, modulus = (fast.mpz(1), fast.mpz(G), fast.mpz(N)) if fast else (1, G, N)
        rows = []
        for _ in range(_EXPONENT_BITS // 8):
            row = [one]
            for _ in range(255):
                row.append(row[-1] * step % modulus)
            step = row[-1] * step % modulus
            rows.append(row)
        # Threads may build it at the same time; each result is complete before it is seen.
        self.one, self.modulus = one, modulus
        self.rows = rows


power_of_g = _PowersOfG()


def private_key(pool_id: str, username: str, password: str, salt: str) -> str:
    """Return x, in hex, which a password and its salt come to. username: the user's own."""
    inner = hashlib.sha256(f"{pool_id.split('_', 1)[1]}{username}:{password}".encode()).digest()
    return f"{_hash(padded(int(salt, 16)), inner):x}"


def verifier(x: str) -> str:
    """Return the verifier of a private key, in hex."""
    return f"{power_of_g(int(x, 16)):x}"


def challenge(stored: str, secret: int) -> str:
    """Return B, in hex, for a stored verifier and a secret exponent (256 bits at most)."""
    return f"{(K * int(stored, 16) + power_of_g(secret)) % N:x}"


def session_key(a: int, b: int, stored: str, secret: int) -> bytes:
    """Return the key of the client's claim, from the public values a and b and our secret."""
    u = _hash(padded(a), padded(b))
    shared = power(a * power(int(stored, 16), u) % N, secret)
    extracted = hmac.new(padded(u), padded(shared), hashlib.sha256).digest()
    return hmac.new(extracted, _INFO, hashlib.sha256).digest()[:16]


def claim(key: bytes, pool_id: str, username: str, secret_block: bytes, timestamp: str) -> bytes:
    """Return PASSWORD_CLAIM_SIGNATURE, as a client that knows the password signs it."""
    message = (
        pool_id.split("_", 1)[1].encode() + username.encode() + secret_block + timestamp.encode()
    )
    return hmac.new(key, message, hashlib.sha256).digest()
