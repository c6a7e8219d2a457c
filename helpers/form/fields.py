"""What a form is made of: a run's fields, errors and words, as the page draws them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from helpers.display.card import Card
from helpers.run.base import Runbook
from helpers.run.named_pool import FILLED_IN
from helpers.secrets.redaction import redact
from helpers.secrets.references import scheme_of, shown

OF_A_POOL = ("pool", *FILLED_IN)
"""What belongs to a pool and not to a caller."""
UNSEEN = (  # what comes along when a name is pasted
    " \t\r\n\u00a0\u200b\u200e\u200f\u202a\u202c\u2060\ufeff"
)
_MEANS = {
    "mailbox": "the newest code in the practice mailbox",
    "literal": "the practice password",
}


_CHOICES = {
    "email": "E-mail address",
    "phone_number": "Phone number",
    "EMAIL": "E-mail",
    "SMS": "Text message",
    "SOFTWARE_TOKEN_MFA": "An authenticator app",
    "SMS_MFA": "Codes by text message",
    "EMAIL_OTP": "Codes by e-mail",
}
"""What a person reads for Cognito's own words."""
_HELP = {
    "contact": "Which one is to be marked as verified.",
    "medium": "How the user gets it.",
    "factor": "What the user no longer has.",
}


def in_words(card: Card) -> str:
    return ". ".join([card.title.rstrip("."), *(f"{label}: {text}" for label, text in card.rows)])


def where_line(run: Runbook[Any], *, at_desk: bool = False) -> str:
    """Say in one line which pool a form is about, and as whom it asks. at_desk: the rest is said
    above it.
    """
    p = run.parameters
    if p is None:
        return ""
    if p.to_target().may_be_sandbox and not p.named_pool.production:
        return "" if at_desk else "Practice: the sandbox. Nothing here touches a real account."
    pool = " · ".join(filter(None, (p.named_pool.label, p.named_pool.purpose)))
    if at_desk:
        return pool if p.named_pool.production else ""
    user_pool = f"user pool {p.user_pool_id}" if p.user_pool_id else ""
    return " · ".join(filter(None, (pool, p.to_target().where(), user_pool, run.as_whom())))


def broken_off(verify_hint: str, error: BaseException) -> Card:
    """Return the card of a run that an exception ended: whether it acted is not known."""
    headline = "Unknown: the runbook itself failed."
    happened = f"{type(error).__name__}: {redact(str(error))}"
    then = f"{verify_hint} Then report this."
    if isinstance(error, KeyboardInterrupt):
        headline = "Unknown: the run was interrupted."
        happened = "The kernel was interrupted while it waited for Cognito."
        then = verify_hint
    return Card(
        headline,
        (
            ("What happened", happened),
            ("What it means", "The call may have been sent, and may have been carried out."),
            ("What to do next", then),
        ),
    )


def labelled(
    run: Runbook[Any], problems: Iterable[Any], *, beside_fields: bool = False
) -> tuple[Any, ...]:
    """Return problems by the labels of their fields. beside_fields: only those that the form shows
    beside a field of its own.
    """
    return tuple(
        replace(one, field=label_of(run, one.field))
        for one in problems
        if one.field in _names(run) or not beside_fields
    )


def errors_of(problems: Any) -> dict[str, str]:
    return {problem.field: redact(problem.words) for problem in problems}


def label_of(run: Runbook[Any], name: str) -> str:
    field = run.parameters_model.model_fields.get(name)
    return (field and field.title) or name


def _names(run: Runbook[Any]) -> tuple[str, ...]:
    """Return the parameters that a person fills in, the case number too where the pool asks."""
    p = run.parameters
    asked = p is not None and p.named_pool.asks.case_number and "username" in run.form_fields
    return (*run.form_fields, "case_number") if asked else run.form_fields


def pool_field(run: Runbook[Any], pools: Sequence[Any]) -> dict[str, Any]:
    """Return the field in which a person chooses the pool that the run is about, of these pools."""
    p = run.parameters
    named = run.values.get("pool", "") or (p.named_pool.name if p else "")
    choices = [[pool.name, " · ".join(filter(None, (pool.label, pool.purpose)))] for pool in pools]
    if named not in {pool.name for pool in pools}:
        choices.insert(0, [named, named or "none: as the parameters say"])
    return {
        "name": "pool",
        "label": label_of(run, "pool"),
        "kind": "choice",
        "choices": choices,
        "value": named,
        "help": "The user pool that this is about. The other fields follow.",
    }


def emptied_of_practice(run: Runbook[Any], values: Mapping[str, str]) -> dict[str, str]:
    """Return what the fields hold, without the practice user where real users may be."""
    p = run.parameters
    if p is not None and p.to_target().may_be_sandbox:
        return dict(values)
    fields = run.parameters_model.model_fields
    kept = (*OF_A_POOL, *(name for name in values if run.parameters_model.choices(name)))
    return {
        name: "" if name not in kept and value == fields[name].default else value
        for name, value in values.items()
    }


def fields_of(run: Runbook[Any]) -> list[dict[str, Any]]:
    """Return the fields of the page in reading order: the schema's words, the run's values."""
    schema = run.parameters_model
    defaults = {name: about.default for name, about in schema.model_fields.items()}
    values = {**defaults, **schema.filled_in(run.values)}
    extras = run.field_extras()
    fields = []
    for name in _names(run):
        reference, about = str(values[name]), str(schema.model_fields[name].description)
        field: dict[str, Any] = {
            "name": name,
            "label": label_of(run, name),
            "kind": "text",
            "value": reference,
            "help": f"{about[:1].upper()}{about[1:]}.",
        }
        if name in schema.SECRETS:
            if name == "client_secret" and not reference:
                continue
            typed = reference == "prompt:" or not scheme_of(reference)
            stands_for = _MEANS.get(scheme_of(reference), shown(reference))
            source = "" if typed else f"Leave empty to use {stands_for}. "
            field |= {
                "kind": "secret",
                "value": "",
                "help": source,
                "required": typed,
            }
        elif name == "confirm_username":
            field |= {
                "value": "",
                "required": True,
                "help": "Type the username again to confirm this is the right user.",
            }
        elif name == "case_number":
            field["required"] = True
        elif schema.choices(name):
            values_of = schema.choices(name).split(", ")
            offered = [[one, _CHOICES[one]] if one in _CHOICES else one for one in values_of]
            field |= {"kind": "choice", "choices": offered}
            field["help"] = _HELP.get(name, field["help"])
        extra = dict(extras.get(name, {}))
        if field["kind"] == "secret":
            field["help"] += extra.pop("help", "")
        fields.append(field | extra)
    return fields
