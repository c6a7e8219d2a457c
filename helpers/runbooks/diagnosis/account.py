"""What blocks a reset: nobody of that name, a state of the account, or nowhere to send a code."""

from collections.abc import Sequence
from dataclasses import replace

from helpers.cognito.models import Contact, User
from helpers.runbooks.diagnosis.evidence import named, state
from helpers.runbooks.diagnosis.known import Known
from helpers.runbooks.diagnosis.route import FACTOR, KINDS, order, route, would_be_eligible
from helpers.runbooks.diagnosis.spellings import international
from helpers.runbooks.diagnosis.verdicts import Verdict

_A = {"email": "an e-mail address", "phone_number": "a phone number"}


def blocked(known: Known) -> Verdict | None:
    """Return the verdict on what blocks a reset; None where nothing does, as far as is known."""
    if known.user is None:
        return None if "user" in known.unread else not_found(known)
    return by_state(known, known.user) or by_delivery(known, known.user)


def by_state(known: Known, user: User) -> Verdict | None:
    """Return the verdict on a state in which there is nothing to reset by a code; None in any
    other.
    """
    facts = state(known.username, user, known.pool)
    if not user.enabled:
        return known.verdict("disabled", *facts)
    if user.status == "FORCE_CHANGE_PASSWORD":
        return _invited(known, user, facts)
    if user.status == "EXTERNAL_PROVIDER":
        found = known.verdict("federated-user", *facts)
        names = " or ".join(user.providers)
        if not names:
            return found
        say = f"You sign in with us through {names}. Please reset your password there."
        return replace(found, say=say)
    if user.status == "UNCONFIRMED":
        odd = (
            "A contact is verified all the same; whether Cognito would send a code to it is not"
            " documented."
        )
        return known.verdict("unconfirmed", *facts, *((odd,) if user.verified else ()))
    if user.status not in ("CONFIRMED", "RESET_REQUIRED"):
        return known.verdict("undocumented-state", *facts)
    if user.first_factors and "PASSWORD" not in user.first_factors:
        return known.verdict("no-password", *facts)
    return None


def _invited(known: Known, user: User, facts: Sequence[str]) -> Verdict:
    changed = f"The account was changed last on {user.last_modified[:10]}."
    if known.pool:
        days = known.pool.temporary_days
        changed = f"In this pool a temporary password is good for {days} days. {changed}"
    run_out = known.run_out or "invitation-run-out" in known.suspected
    problem = "invitation-run-out" if run_out else "temporary-password"
    has = {contact.attribute for contact in user.contacts}
    if not has:
        nowhere = "The account has no contact, so an invitation would reach nobody."
        found = known.verdict(problem, *facts, changed, nowhere)
        return known.with_parameters(replace(found, runbook="set-password"))
    return known.verdict(problem, *facts, changed, medium="EMAIL" if "email" in has else "SMS")


def by_delivery(known: Known, user: User) -> Verdict | None:
    """Return the verdict on a code that has nowhere to go; None where it has, or is not known."""
    facts = state(known.username, user, known.pool)
    if known.pool and "admin_only" in known.pool.recovery:
        return known.verdict("admin-only", *facts)
    way = route(user, known.pool)
    if way.contact or not way.known:
        return None
    fixable = would_be_eligible(user, known.pool)
    if way.ineligible:
        contact, because = way.ineligible[0]
        if because == "factor":
            problem = "contact-is-second-factor"
            why = f"it is the user's second factor ({FACTOR[contact.attribute]})"
        else:
            problem = "recovery-lists-other-contact"
            why = f"the pool does not recover by {KINDS[contact.attribute]}"
        reason = f"{contact.shown} is verified, and {why}."
        return known.verdict(problem, *facts, reason, *_alternative(fixable))
    if fixable:
        return known.verdict("no-verified-contact", *facts, contact=fixable[0].attribute)
    listed = order(known.pool) if known.pool else []
    factor = next((one for one in user.contacts if one.attribute in listed), None)
    if factor:
        reason = (
            f"{factor.shown} is not verified, and to verify it would not help: it is the user's"
            " second factor."
        )
        return known.verdict("contact-is-second-factor", *facts, reason)
    if user.contacts:
        reason = (
            f"The pool recovers by {' and '.join(KINDS[one] for one in listed)} alone, and the"
            " account has none."
        )
        return known.verdict("recovery-lists-other-contact", *facts, reason)
    return known.verdict("no-contact", *facts)


def _alternative(contacts: Sequence[Contact]) -> list[str]:
    return [
        f"{one.shown} could carry a code if it were verified (runbook fix-contact)."
        for one in contacts
    ]


def not_found(known: Known) -> Verdict:
    """Return the verdict on a name that no user has, with what the account that it means needs."""
    asked = f"Cognito knows no user by the name {known.username} in this pool."
    if not known.others:
        return _nobody(known, asked)
    other, twin = _meant(known)
    if other is None:
        fit = [f"{named(one)}." for one in known.others]
        return known.verdict("several-accounts", asked, *fit, username="")
    found = [asked, f"The account is {other.username}."]
    names = (*known.pool.aliases, *known.pool.sign_in_names) if known.pool else ()
    if twin or any(one in names for one in other.verified):
        problem = "other-case"
    else:
        problem = "contact-not-alias"
        kind = "email" if "@" in known.username else "phone_number"
        if known.pool:
            only = "a name to sign in with only once it is verified"
            what = only if kind in known.pool.aliases else "no name to sign in with"
            found.append(f"In this pool {_A[kind]} is {what}.")
    theirs = replace(known, username=other.username, user=other)
    # What follows is what that account needs, under its own name.
    inner = blocked(theirs) or theirs.verdict(
        "nothing-in-the-way", *state(other.username, other, known.pool)
    )
    if inner.problem == "federated-user":
        return replace(inner, evidence=(*found, *inner.evidence))
    mine = theirs.verdict(problem, *found, *inner.evidence)
    if inner.problem == "nothing-in-the-way":
        return mine
    return replace(
        mine,
        headline=f"{mine.headline} {inner.headline}",
        meaning=f"{mine.meaning} {inner.meaning}",
        say=inner.say,
        next=inner.next,
        runbook=inner.runbook,
        parameters=inner.parameters,
    )


def _meant(known: Known) -> tuple[User | None, bool]:
    """Return the one user who can be meant, None for several, and whether only capitals differ."""
    name = known.username.casefold()
    twins = [one for one in known.others if one.username.casefold() == name]
    if len(known.others) > 1:
        return None, bool(twins)
    return known.others[0], bool(twins)


def _nobody(known: Known, asked: str) -> Verdict:
    """Return the verdict on a name under which nobody was found, in any spelling."""
    if len(known.parts) == 1:
        begins = f"One account is like it: {named(known.parts[0])}."
        return known.verdict("part-of-a-name", asked, begins, username=known.parts[0].username)
    if known.parts:
        fit = (f"{named(one)}." for one in known.parts)
        return known.verdict("several-accounts", asked, *fit, username="")
    if known.pool and "UserMigration" in known.pool.triggers:
        found = known.verdict("not-yet-migrated", asked, "The pool has a UserMigration trigger.")
        if "trigger-refuses" in (*known.suspected, *known.open):
            return replace(
                known.verdict("trigger-refuses", *found.evidence),
                runbook="",
                parameters={},
                next=(
                    "Show the message to the owner of the trigger: until it is fixed, nobody new"
                    " comes in. Then request a code."
                ),
            )
        if "not-found" not in known.suspected:
            return found
        asked += " By what was said, the pool's UserMigration trigger does not know it either."
    hints = [asked]
    if known.pool and known.pool.case_sensitive:
        hints.append(
            "This pool distinguishes capital letters; the usual spellings were looked for, and"
            " there may be others."
        )
    if international(known.username) not in ("", known.username):
        hints.append(
            "Cognito keeps a phone number with + and the country code, and without spaces."
        )
    return known.verdict("not-found", *hints, username="")
