"""Does a pool of pools.toml hold what it says? Asked of AWS, by reading alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from helpers.cognito import reads
from helpers.cognito.errors import NotReached, ResetError
from helpers.secrets.references import fault_in, resolve, scheme_of
from helpers.secrets.secret import SecretError
from helpers.target.caller import Caller, ask_caller
from helpers.target.pools import Pool, PoolClient

MISCONFIGURED = 6


@dataclass(frozen=True)
class Fault:
    """What is wrong, in a sentence, and the exit code that it is worth."""

    words: str
    exit_code: int = MISCONFIGURED


@dataclass(frozen=True)
class Checked:
    """What a check of one pool has found.

    caller: None where nobody signs, or AWS does not say who. called: the pool's name in Cognito.
    notes: what is no fault but may be forgotten.
    """

    pool: Pool
    caller: Caller | None
    called: str
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 where all is well; 6 where anything is misconfigured, 7 where only the network is."""
        codes = {fault.exit_code for fault in self.faults}
        return MISCONFIGURED if MISCONFIGURED in codes else max(codes, default=0)


def check(pool: Pool) -> Checked:
    """Look whether a pool's references lead to something, who signs, and whether the user pool and
    its app clients are there and fit. Reads only; raises nothing for what AWS may do.
    """
    faults = [Fault(f"{field}: {words}") for field, words in pool.to_target().faults(signed=True)]
    caller, called = None, ""
    if not faults:
        try:
            caller = ask_caller(pool.to_target())
            called, found = _look_at(pool)
            faults += found
        except ResetError as exc:
            faults.append(Fault(_one_line(exc), exc.exit_code))
        # References may lead to AWS, so they come after who signs.
    faults += [fault for name in pool.clients for fault in _fault_in_secret(pool, name)]
    return Checked(pool, caller, called, tuple(faults), tuple(_notes(pool)))


def _look_at(pool: Pool) -> tuple[str, list[Fault]]:
    """Return what the user pool is called, and what does not fit. Raises ResetError where the pool
    cannot be read.
    """
    client = pool.to_target().client(signed=True)
    called = reads.read_pool(client, user_pool_id=pool.user_pool_id).name
    faults = []
    for name, expected in pool.clients.items():
        try:
            found = reads.read_client(
                client, user_pool_id=pool.user_pool_id, client_id=expected.client_id
            )
        except ResetError as exc:
            faults.append(Fault(f"clients.{name}: {_one_line(exc)}", exc.exit_code))
            continue
        faults += _misfit(name, expected, has_secret=found.has_secret)
    return called, faults


def _misfit(name: str, expected: PoolClient, *, has_secret: bool) -> Iterator[Fault]:
    if has_secret and not expected.client_secret:
        yield Fault(f"clients.{name}: has a secret in Cognito, and no client_secret here.")
    if expected.client_secret and not has_secret:
        yield Fault(f"clients.{name}: has no secret in Cognito, and a client_secret here.")


def _fault_in_secret(pool: Pool, name: str) -> Iterator[Fault]:
    reference, where = pool.clients[name].client_secret, f"clients.{name}.client_secret: "
    if not reference or scheme_of(reference) == "prompt":
        return
    target = pool.to_target()
    if fault := fault_in(reference, sandbox=target.may_be_sandbox, person=True):
        yield Fault(where + fault)
        return
    try:
        resolve(reference, label="client secret", ask=_nobody, mailbox=_nobody, aws=target.aws)
    except SecretError as exc:
        yield Fault(where + str(exc))


def _notes(pool: Pool) -> Iterator[str]:
    if pool.production and not pool.sign_in_page:
        yield "No sign_in_page: where do users enter their codes?"
    if pool.production and not pool.security_contact:
        yield "No security_contact: to whom is a case handed over that may be an attack?"


def _nobody(*_: object) -> str:
    raise SecretError("this reference is for another secret; use env:, file: or a store.")


def _one_line(error: ResetError) -> str:
    words = " ".join(str(error).split())
    return words if isinstance(error, NotReached) or words.endswith(".") else f"{words}."
