"""Arithmetic that others rely on: verifiers, the signing key, and both ways to compute them."""

import hashlib
import json
import random

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from helpers.sandbox import DEFAULT_USERNAME, signing, srp

from .facts.test_signin import srp_sign_in
from .world import ANOTHER, World, client_for


def test_a_known_verifier():
    # Computed with pow() alone, from the protocol's description.
    salt, pool, user, password = "00ff10", "us-east-1_Abc", "ana", "Secret-Pass-1"
    inner = hashlib.sha256(b"Abcana:Secret-Pass-1").digest()
    x = int.from_bytes(hashlib.sha256(bytes.fromhex("00ff10") + inner).digest(), "big")
    found = srp.private_key(pool, user, password, salt)
    assert found == f"{x:x}"
    assert srp.verifier(found) == f"{pow(2, x, srp.N):x}"


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
    assert len(set(signing.primes())) == 4
    for prime in signing.primes():
        assert prime.bit_length() == 512
        assert all(pow(base, prime - 1, prime) == 1 for base in (2, 3, 5, 7, 11))
        assert (prime - 1) % 65537


@pytest.mark.parametrize("fast", [True, False], ids=["gmpy2", "plain"])
def test_a_signature_is_one_for_whoever_knows_the_modulus_alone(monkeypatch, fast):
    if fast:
        pytest.importorskip("gmpy2")
    else:
        monkeypatch.setattr(srp, "_gmpy2", lambda: None)
    (key,) = signing.public_keys("kid")["keys"]
    numbers = [int.from_bytes(signing.bytes_of(key[name]), "big") for name in "en"]
    assert numbers[1].bit_length() == 2048
    public = rsa.RSAPublicNumbers(*numbers).public_key()
    for number in range(20):
        token = signing.signed("kid", {"number": number})
        message, signature = token.rsplit(".", 1)
        given = signing.bytes_of(signature)
        public.verify(given, message.encode(), padding.PKCS1v15(), hashes.SHA256())
        assert signing.read(token) == {"number": number}
        altered = bytes([*given[:-1], given[-1] ^ 1])
        assert signing.read(f"{message}.{signing.text(altered)}") is None


def test_a_password_of_an_older_file_is_known_by_its_verifier(box):
    """Before x was kept a verifier was; files outlive a version."""
    api = client_for()
    box.attach(api)
    world = World(box, api)
    with box.engine.store.transaction() as db:
        (doc,) = db.execute(
            "SELECT doc FROM users WHERE username = ?", (DEFAULT_USERNAME,)
        ).fetchone()
        user = json.loads(doc)
        user["password"]["verifier"] = srp.verifier(user["password"].pop("x"))
        db.execute(
            "UPDATE users SET doc = ? WHERE username = ?", (json.dumps(user), DEFAULT_USERNAME)
        )
    assert world.tokens()
    assert srp_sign_in(world, world.username, world.password)["AuthenticationResult"]
    world.refuses(
        ("NotAuthorizedException", "Incorrect username or password."), world.sign_in, "Wrong-Pass-1"
    )
    world.confirm(world.code())
    assert world.tokens(ANOTHER)
