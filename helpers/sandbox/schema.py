"""The schema of a pool's attributes: what a request may ask for, and how a pool shows it."""

import re

from .refusal import ApiError, invalid
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
_TYPES = {"email_verified": "Boolean", "phone_number_verified": "Boolean", "updated_at": "Number"}
_STRING, _NUMBER = "StringAttributeConstraints", "NumberAttributeConstraints"
_BOUNDS = {
    "String": (_STRING, "MinLength", "MaxLength", "length"),
    "Number": (_NUMBER, "MinValue", "MaxValue", "value"),
}
_PLAIN = ("Name", "AttributeDataType", "DeveloperOnlyAttribute", "Mutable", "Required")
_LONGEST = 2048


def attribute(one: Doc) -> Doc:
    """Return an attribute of a request as a pool keeps it, or refuse it."""
    name, kind = one.get("Name"), one.get("AttributeDataType")
    if name is None:
        # The model asks for no name, nothing says what Cognito answers without one; the wording is
        # the sandbox's.
        raise invalid("An attribute of the schema needs a name.")
    if name in STANDARD:
        kept = {"AttributeDataType": _TYPES.get(name, "String")}
        if kind not in (None, kept["AttributeDataType"]) or one.get("DeveloperOnlyAttribute"):
            raise invalid(
                "You can not change AttributeDataType or set developerOnlyAttribute for standard"
                f" schema attribute {name}"
            )
        _check_bounds(kept | one)
        return kept | one
    if one.get("Required"):
        raise invalid("Required custom attributes are not supported currently.")
    if kind is None:
        raise invalid(
            "Invalid AttributeDataType input, consider using the provided AttributeDataType enum."
        )
    _check_bounds(one)
    prefix = "dev:custom:" if one.get("DeveloperOnlyAttribute") else "custom:"
    return one | {"Name": f"{prefix}{name}"}


def added(pool: Doc, asked: list[Doc]) -> list[Doc]:
    """Return a pool's schema with more custom attributes, or refuse one that is there."""
    schema = list(pool.get("Schema", ()))
    for one in asked:
        # A custom attribute may be called like a standard one.
        name = f"custom:{one.get('Name')}"
        there = [held["Name"] for held in schema if held["Name"].removeprefix("dev:") == name]
        if there:
            raise invalid(f"{name}: Existing attribute already has name {there[0]}.")
        schema.append(attribute(one))
    return schema


def check_values(pool: Doc, values: Doc) -> None:
    """Refuse values that are not of their attribute's type, or outside its constraints."""
    kept = {one["Name"]: one for one in shown(pool)}
    wrong = [
        f"{name}: {words}\n"
        for name, value in values.items()
        if value and name in kept and (words := _misfit(kept[name], value))
    ]
    if wrong:
        raise invalid("Attributes did not conform to the schema: " + "".join(wrong))


def shown(pool: Doc) -> list[Doc]:
    """Return all attributes of a pool as DescribeUserPool shows them, with their constraints."""
    own = {one["Name"]: one for one in pool.get("Schema", ())}
    standard = [own.pop(name, {"Name": name}) for name in STANDARD if name not in ("identities",)]
    return [_shown(one) for one in [*standard, *own.values()]]


def _shown(one: Doc) -> Doc:
    name = one["Name"]
    answer = {
        "AttributeDataType": _TYPES.get(name, "String"),
        "DeveloperOnlyAttribute": False,
        "Mutable": name != "sub",
        "Required": name == "sub",
        **one,
    }
    own = _BOUNDS.get(answer["AttributeDataType"], ("",))[0]
    usual = _usual(name, own)
    if own and usual is not None:
        answer.setdefault(own, usual)
    return {key: value for key, value in answer.items() if key in (own, *_PLAIN)}


def _misfit(one: Doc, value: str) -> str:
    """Say what is wrong with a value, empty for nothing. The words are the sandbox's."""
    kind = one["AttributeDataType"]
    if kind == "Boolean":
        return "" if value.lower() in ("true", "false") else "The value is no boolean"
    if kind not in _BOUNDS:
        return ""
    key, least, most, what = _BOUNDS[kind]
    if kind == "Number" and not re.fullmatch("-?[0-9]{1,400}", value, re.ASCII):
        return "The value is no number"
    size, bounds = len(value) if kind == "String" else int(value), one.get(key, {})
    if size < int(bounds.get(least, size)):
        return f"The {what} is less than {bounds[least]}"
    if size > int(bounds.get(most, size)):
        return f"The {what} is more than {bounds[most]}"
    return ""


def _usual(name: str, key: str) -> Doc | None:
    """Return the constraints of an attribute to which nobody has given any, None for none."""
    if name not in STANDARD:
        return {} if key == _STRING else None
    if name == "updated_at":
        return {"MinValue": "0"}
    least, most = {"sub": ("1", "2048"), "birthdate": ("10", "10")}.get(name, ("0", "2048"))
    return {"MinLength": least, "MaxLength": most}


def _check_bounds(one: Doc) -> None:
    if one["AttributeDataType"] not in _BOUNDS:
        return
    key, least, most, what = _BOUNDS[one["AttributeDataType"]]
    bounds = one.get(key) or {}
    numbers = {}
    for bound in (least, most):
        if bounds.get(bound):
            if not re.fullmatch("[0-9]{1,400}", bounds[bound], re.ASCII):
                raise _invalid_bounds(key, one)
            numbers[bound] = int(bounds[bound])
            if key == _STRING and numbers[bound] > _LONGEST:
                raise invalid(
                    f"user.{one['Name']}: String attributes cannot have a length of more than 2048"
                )
    if len(numbers) == 2 and numbers[most] < numbers[least]:
        raise invalid(f"user.{one['Name']}: Max {what} cannot be less than min {what}.")


def _invalid_bounds(key: str, one: Doc) -> ApiError:
    return invalid(f"Invalid {key} for schema attribute {one['Name']}")
