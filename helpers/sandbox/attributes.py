"""Which attributes a user may have, and the form that contacts must have."""

from collections.abc import Iterable

from . import schema
from .names import CONTACTS, EMAIL, PHONE
from .refusal import ApiError, invalid, not_authorized
from .work import Doc

_FORMS = {"email": (EMAIL, "email address"), "phone_number": (PHONE, "phone number")}
_BOOLEAN = ("email_verified", "phone_number_verified")


def shown(values: Doc) -> list[Doc]:
    """Return attributes as the API lists them."""
    return [{"Name": name, "Value": value} for name, value in values.items()]


def readable(client: Doc, values: Doc) -> Doc:
    """Return the attributes that an app client may read for its users (ReadAttributes)."""
    return {
        name: value
        for name, value in values.items()
        if name in client.get("ReadAttributes", (name,))
    }


def given(pool: Doc, listed: list[Doc] | None, client: Doc | None = None) -> Doc:
    """Return a request's attributes by name; ApiError for any that the pool does not accept.

    client: the app client through which a user writes them, None where an administrator does.
    """
    values = {one["Name"]: one.get("Value", "") for one in listed or []}
    _check_known(pool, values, "Attributes did not conform to the schema: ", "")
    _check_writable(values, client)
    schema.check_values(pool, values)
    for name, value in values.items():
        form, words = _FORMS.get(name, (None, ""))
        if form and value and not form.fullmatch(value):
            raise invalid(f"Invalid {words} format.")
    return {name: value.lower() if name in _BOOLEAN else value for name, value in values.items()}


def deleted(pool: Doc, names: list[str], client: Doc | None = None) -> Doc:
    """Return the attributes that a request deletes, each with an empty value, or refuse them."""
    _check_known(pool, names, "Invalid user attributes: ", "user.")
    _check_writable(names, client)
    return dict.fromkeys(names, "")


def check_unchanged(pool: Doc, held: Doc, values: Doc) -> None:
    """Refuse another value for an attribute that the pool's schema does not let change."""
    for one in pool.get("Schema", ()):
        name = one["Name"]
        kept = held.get(name)
        if kept and one.get("Mutable") is False and values.get(name, kept) != kept:
            raise _immutable(name)


def _check_known(pool: Doc, names: Iterable[str], before: str, path: str) -> None:
    known = {*schema.STANDARD, *(one["Name"] for one in pool.get("Schema", ()))}
    unknown = [name for name in names if name not in known]
    if unknown:
        lines = (f"{path}{name}: Attribute does not exist in the schema.\n" for name in unknown)
        raise invalid(before + "".join(lines))


def _check_writable(names: Iterable[str], client: Doc | None) -> None:
    for name in names:
        if client is None:
            if name == "sub":
                raise _immutable(name)
        elif (
            name in ("sub", *_BOOLEAN)
            or name.startswith("dev:")
            or name not in client.get("WriteAttributes", (name,))
        ):
            raise not_authorized("A client attempted to write unauthorized attribute")


def _immutable(name: str) -> ApiError:
    return invalid(f"Cannot modify the non-mutable attribute {name}")


def check_required(pool: Doc, values: Doc) -> None:
    """Refuse a new user without what the pool's schema requires."""
    required = [one["Name"] for one in pool.get("Schema", ()) if one.get("Required")]
    missing = [name for name in required if not values.get(name)]
    if missing:
        lines = (f"{name}: The attribute is required\n" for name in missing)
        raise invalid("Attributes did not conform to the schema: " + "".join(lines))


def check_username(pool: Doc, name: str) -> None:
    """Refuse a username that the pool's settings exclude for a new user."""
    allowed = pool.get("UsernameAttributes", [])
    forms = {"email": EMAIL, "phone_number": PHONE}
    if allowed and not any(forms[one].fullmatch(name) for one in allowed):
        what = "an email" if allowed[0] == "email" else "a phone number"
        if len(allowed) > 1:
            what = "either an email or a phone number"
        raise invalid(f"Username should be {what}.")
    for contact, words in zip(CONTACTS, ("email", "phone number"), strict=True):
        if contact in pool.get("AliasAttributes", ()) and forms[contact].fullmatch(name):
            raise invalid(
                f"Username cannot be of {words} format, since user pool is"
                f" configured for {words} alias."
            )
