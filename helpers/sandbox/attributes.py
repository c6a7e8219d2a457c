"""Which attributes a user may have, and the form that contacts must have."""

from .names import CONTACTS, EMAIL, PHONE
from .refusal import invalid, not_authorized
from .work import Doc

STANDARD = (
    "profile",
    "address",
    "birthdate",
    "gender",
    "preferred_username",
    "updated_at",
    "website",
    "picture",
    "identities",
    "sub",
    "phone_number",
    "phone_number_verified",
    "zoneinfo",
    "locale",
    "email",
    "email_verified",
    "given_name",
    "family_name",
    "middle_name",
    "name",
    "nickname",
)
_FORMS = {"email": (EMAIL, "email address"), "phone_number": (PHONE, "phone number")}
_BOOLEAN = ("email_verified", "phone_number_verified")


def shown(values: Doc) -> list[Doc]:
    """Return attributes as the API lists them."""
    return [{"Name": name, "Value": value} for name, value in values.items()]


def given(pool: Doc, listed: list[Doc] | None, *, by_admin: bool) -> Doc:
    """Return a request's attributes by name; ApiError for any that the pool does not accept."""
    values = {one["Name"]: one.get("Value", "") for one in listed or []}
    known = {*STANDARD, *(one["Name"] for one in pool.get("Schema", ()))}
    for name, value in values.items():
        if name not in known:
            text = (
                f"Attributes did not conform to the schema: {name}: Attribute does not exist in the"
                " schema.\n"
            )
            raise invalid(text)
        if name == "sub" or not by_admin and name in _BOOLEAN:
            raise not_authorized("A client attempted to write unauthorized attribute")
        form, words = _FORMS.get(name, (None, ""))
        if form and value and not form.fullmatch(value):
            raise invalid(f"Invalid {words} format.")
    return {name: value.lower() if name in _BOOLEAN else value for name, value in values.items()}


def check_required(pool: Doc, values: Doc) -> None:
    """Refuse a new user without what the pool's schema requires."""
    for one in pool.get("Schema", ()):
        if one.get("Required") and not values.get(one["Name"]):
            raise invalid(
                f"Attributes did not conform to the schema: {one['Name']}: The attribute is"
                " required\n"
            )


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
