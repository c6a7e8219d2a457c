"""Arithmetic that others rely on: verifiers, the signing key, and both ways to compute them."""

import hashlib
import random

import pytest

from helpers.sandbox import srp, tokens


def test_a_known_verifier():
    # Computed with pow() alone, from the protocol's description.
    salt, pool, user, password = "00ff10", "us-east-1_Abc", "ana", "Secret-Pass-1"
    inner = hashlib.sha256(b"Abcana:Secret-Pass-1").digest()
    x = int.from_bytes(hashlib.sha256(bytes.fromhex("00ff10") + inner).digest(), "big")
    assert srp.verifier(pool, user, password, salt) == f"{pow(2, x, srp.N):x}"


@pytest.mark.parametrize("fast", [True, False], ids=["gmpy2", "plain"])
def test_the_table_of_powers_is_right(monkeypatch, fast):
    if fast:
        pytest.importorskip("gmpy2")
    else:
        monkeypatch.setattr(srp, "_gmpy2", lambda: None)
    power = srp._PowersOfG()
    numbers = [0, 1, 255, 256, 2**256 - 1, *(random.getrandbits(256) for _ in range(15))]
    for number in numbers:
        assert power(number) == pow(2, number, srp.N)
    assert power.rows
    for number in numbers:
        assert power(number) == pow(2, number, srp.N)


def test_the_group_is_the_published_one():
    digest = hashlib.sha256(f"{srp.N:x}".encode()).hexdigest()
    assert srp.N.bit_length() == 3072
    assert pow(2, srp.N - 1, srp.N) == 1
    assert pow(3, (srp.N - 1) // 2, srp.N) in (1, srp.N - 1)
    from pycognito.aws_srp import N_HEX

    assert digest == hashlib.sha256(N_HEX.lower().encode()).hexdigest()


def test_the_signing_key_is_made_of_primes():
    for prime in tokens._primes():
        assert prime.bit_length() == 1024
        assert all(pow(base, prime - 1, prime) == 1 for base in (2, 3, 5, 7, 11))
        assert (prime - 1) % 65537
