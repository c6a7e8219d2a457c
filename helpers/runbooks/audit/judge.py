"""What in the settings of a pool makes resets fail, puts accounts at risk, or leaks who exists?

Pure: facts in, findings out, the worst first. What is well set is said too, so that a reader sees
what was looked at.
"""

from collections.abc import Sequence

from helpers.cognito.models import Client, Pool
from helpers.display.card import Table
from helpers.runbooks.audit.clients import of_clients
from helpers.runbooks.audit.contacts import contacts
from helpers.runbooks.audit.finding import Finding, Level, Place, Sure
from helpers.runbooks.audit.names import finding_users
from helpers.runbooks.audit.passwords import passwords
from helpers.runbooks.audit.sending import sending
from helpers.runbooks.audit.signing_in import signing_in
from helpers.runbooks.audit.watched import watched

UNSEEN = (
    "Cannot be seen from a pool's settings: what the code of its Lambda functions does, the state"
    " of Amazon SES and the SMS sandbox, the rules of a web application firewall, and the users"
    " themselves."
)


def audit(pool: Pool, clients: Sequence[Client] | None, unread: str = "") -> tuple[Finding, ...]:
    """Judge every setting that matters to a reset; the worst comes first, then the way of a code.

    pool: with its factors, logs, sessions and firewall where they were read. clients: the pool's
    app clients, None where none could be read. unread: which app clients could not be read, and
    why.
    """
    findings = [*contacts(pool), *sending(pool)]
    # Where not all app clients were read, none of them is called well set.
    if clients is not None:
        findings += [one for one in of_clients(clients) if one.weak or not unread]
    findings += [
        *finding_users(pool),
        *passwords(pool),
        *signing_in(pool),
        *watched(pool),
    ]
    if unread:
        findings.append(
            Finding(
                Level.NOT_KNOWN,
                Place.ASKS,
                "app clients",
                "app clients not read",
                "One app client that reveals who has an account is enough to leak it for the whole"
                " pool.",
                unread,
                Sure.INFERRED,
                "developer guide, Managing user existence error responses",
                "Fix what kept them from being read, and run this again.",
            )
        )
    levels, places = list(Level), list(Place)
    return tuple(
        sorted(findings, key=lambda one: (levels.index(one.level), places.index(one.place)))
    )


def weak_points(findings: Sequence[Finding]) -> Table:
    """Return a table of what there is to know or to do, numbered as in the result."""
    weak = enumerate((one for one in findings if one.weak), 1)
    return Table(
        "Weak points, the worst first",
        (
            "Risk",
            "Setting, and what was seen",
            "What it does to resets",
            "What to change",
            "How surely it is known",
        ),
        tuple(
            (
                f"{number}. {one.level}",
                f"{one.setting}: {one.evidence}",
                one.risk,
                one.change,
                f"{one.sure} ({one.source})",
            )
            for number, one in weak
        ),
    )


def well_set(findings: Sequence[Finding]) -> Table:
    """Return a table of what was looked at and is well set, with what to keep in mind about it."""
    return Table(
        "Looked at, and well set",
        ("Setting", "What was seen", "Keep in mind"),
        tuple((one.setting, one.evidence, one.risk) for one in findings if not one.weak),
    )


def summary(findings: Sequence[Finding]) -> str:
    """Return in one sentence how many findings of each kind there are, and on what."""
    words = []
    for level in Level:
        titles = [one.title for one in findings if one.level is level]
        about = f" ({', '.join(titles)})" if titles and level is not Level.WELL else ""
        words += [f"{len(titles)} × {level}{about}"] if titles else []
    return "; ".join(words) + "."
