"""Where a run acts and as whom, in words; the account and the caller's ARN are asked for once."""

from helpers.cognito.errors import NotReached
from helpers.display.card import Card
from helpers.run.parameters import Parameters
from helpers.secrets.references import scheme_of
from helpers.target import Target
from helpers.target.caller import Caller, ask_caller

_FROM_AWS = ("secretsmanager", "ssm")


class Callers:
    """Who signs a run's calls, by target: asked once, before anything is signed."""

    def __init__(self) -> None:
        self._known: dict[Target, Caller | NotReached | None] = {}

    def of(self, parameters: Parameters) -> Caller | NotReached | None:
        """Return who signs with these parameters, or why AWS does not say; None where nobody signs,
        or nobody can be asked.
        """
        target = parameters.to_target()
        if not signs(parameters):
            return None
        if target not in self._known:
            try:
                self._known[target] = ask_caller(target)
            except NotReached as exc:
                self._known[target] = exc
        return self._known[target]

    def forget_failures(self) -> None:
        """Ask again where AWS did not say: a person may have signed in since."""
        self._known = {
            target: caller
            for target, caller in self._known.items()
            if not isinstance(caller, NotReached)
        }


def signed_as(parameters: Parameters) -> tuple[str, str]:
    """Return the AWS account and the caller that a run with these parameters would sign as, in a
    line, "" where nobody signs; and why AWS does not say, "" where it does.
    """
    caller = Callers().of(parameters)
    if isinstance(caller, Caller):
        return f"account {caller.account} · {caller.arn}", ""
    return "", f"{caller} {caller.next}" if caller else ""


def signs(parameters: Parameters) -> bool:
    """Whether a run with these parameters makes a signed call, be it to read or for a secret."""
    references = (str(getattr(parameters, name)) for name in parameters.SECRETS)
    return (
        parameters.SIGNED
        or bool(parameters.user_pool_id)
        or any(scheme_of(reference) in _FROM_AWS for reference in references)
    )


def as_whom(parameters: Parameters | None, reads: str, caller: object = None) -> str:
    """Say which identity a run's calls are made with.

    reads: what a runbook of a public call reads by signed calls. caller: see `Callers.of`.
    """
    if parameters is None or not (parameters.SIGNED or parameters.user_pool_id):
        return "nobody: the call is unsigned and needs no AWS credentials"
    signed = parameters.SIGNED
    if parameters.to_target().may_be_sandbox:
        return f"{'an administrator' if signed else 'nobody'}; the sandbox asks for no credentials"
    profile = parameters.profile
    signer = f"profile {profile}" if profile else "your AWS credentials"
    signer = caller.arn if isinstance(caller, Caller) else signer
    return (
        f"{signer}, signed"
        if signed
        else f"nobody for the call, which is unsigned; {signer} for reading {reads}"
    )


def where_card(parameters: Parameters, *, reads: str, person: bool, caller: object) -> Card:
    """Return where a run acts, and as whom. For the arguments see `as_whom`."""
    p, pool = parameters, parameters.named_pool
    account = (
        caller.account
        if isinstance(caller, Caller)
        else f"not known. {caller}"
        if isinstance(caller, NotReached)
        else ""
    )
    return Card(
        "Where am I?",
        (
            ("Pool", " · ".join(filter(None, (pool.name, pool.purpose)))),
            ("Cognito", p.to_target().where()),
            ("AWS account", account),
            ("App client", getattr(p, "client_id", "")),
            ("User pool", p.user_pool_id or "not named; this runbook can do without"),
            ("User", getattr(p, "username", "")),
            ("Case number", p.case_number),
            ("As whom", as_whom(p, reads, caller)),
            (
                "Who runs this",
                "a person, through the form" if person else "nobody is there: it acts at once",
            ),
        ),
    )
