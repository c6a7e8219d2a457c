"""Users who arrive through the UserMigration trigger, at a reset or a first sign-in."""

from . import passwords, triggers, users
from .work import Doc, Transaction


def on_forgotten_password(
    work: Transaction, pool: Doc, client: Doc, name: str, metadata: Doc | None
) -> Doc | None:
    """Create the user whom the trigger knows by this name; None where it knows none.

    The user is RESET_REQUIRED unless the trigger says CONFIRMED (developer guide, "Migrate user
    Lambda trigger").
    """
    source = "UserMigration_ForgotPassword"
    answer = triggers.user_migration(work, pool, name, source, client["ClientId"], None, metadata)
    if answer is None:
        return None
    user = _create(work, pool, name, answer)
    work.commit()
    return user


def on_sign_in(
    work: Transaction, pool: Doc, client: Doc, name: str, password: str, metadata: Doc | None
) -> Doc | None:
    """The same at a sign-in; the password becomes the user's, whatever the policy says."""
    answer = triggers.user_migration(
        work, pool, name, "UserMigration_Authentication", client["ClientId"], password, metadata, {}
    )
    if answer is None:
        return None
    user = _create(work, pool, name, answer)
    passwords.store(work, pool, user, password)
    work.keep_user(pool, user)
    # Migrated is migrated: the sign-in itself may still be refused, as it is for a user who must
    # reset the password.
    work.commit()
    return user


def _create(work: Transaction, pool: Doc, name: str, answer: Doc) -> Doc:
    given = answer["userAttributes"]
    ignored = ("username", "sub", "cognito:user_status")
    attributes = {
        key: str(value) for key, value in given.items() if key not in ignored and value is not None
    }
    status = "CONFIRMED" if answer.get("finalUserStatus") == "CONFIRMED" else "RESET_REQUIRED"
    user = users.new(work, pool, str(given.get("username") or name), attributes, status)
    users.keep_new(work, pool, user, force_alias=bool(answer.get("forceAliasCreation")))
    return user
