"""The command for pools by name: list them, and check that they are as pools.toml says."""

import json
from typing import TYPE_CHECKING, Any

import click

from helpers.runner.cli_options import AS_JSON
from helpers.runner.streams import say

if TYPE_CHECKING:
    from helpers.target.pools import Pool
    from helpers.target.pools_check import Checked
    from helpers.target.pools_file import PoolsFile


@click.group("pools", invoke_without_command=True)
@AS_JSON
@click.pass_context
def pools_command(ctx: click.Context, as_json: bool) -> None:
    """List the user pools that have a name, for -p pool=NAME; check looks whether they are right.

    They are in the file that COGNITO_RESET_POOLS names, else in pools.toml in the working folder,
    else in ~/.config/cognito-reset/pools.toml.
    """
    if ctx.invoked_subcommand:
        return
    file = _load(ctx, as_json)
    if as_json:
        data = {
            **_head(file),
            "pools": [{"name": name, **_as_json(pool)} for name, pool in file.pools.items()],
        }
        say(json.dumps(data, indent=2, ensure_ascii=False))
        return
    for pool in file.pools.values():
        say(_in_words(pool))
    _say_head(file)


@pools_command.command("check")
@click.argument("name", required=False)
@AS_JSON
@click.pass_context
def check_command(ctx: click.Context, name: str | None, as_json: bool) -> None:
    """Check every pool, or the one that is named; it reads, and changes nothing.

    Looks at the file, at what references lead to, at who signs, and whether the user pool and its
    app clients are there and fit. Ends with 0 when all is well, 2 for a bad file, 6 where
    something is misconfigured or not allowed, 7 where the network is to blame.
    """
    from helpers.target.pools_check import check
    from helpers.target.pools_file import PoolsError

    file = _load(ctx, as_json)
    try:
        chosen = [file.named(name)] if name else list(file.pools.values())
    except PoolsError as exc:
        raise click.UsageError(f"{name}: {exc}") from None
    checked = [check(pool) for pool in chosen]
    codes = {one.exit_code for one in checked}
    code = 6 if 6 in codes else max(codes)
    if as_json:
        data = {**_head(file), "pools": [_checked_json(one) for one in checked], "exit_code": code}
        say(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        for one in checked:
            say(_checked_in_words(one))
        _say_head(file)
    ctx.exit(code)


@pools_command.command("schema")
def schema_command() -> None:
    """Print the JSON schema of pools.toml, which an editor checks and completes the file by.

    Keep it beside the file, and begin the file with the line #:schema ./pools.schema.json
    """
    from helpers.target.pools import schema

    say(json.dumps(schema(), indent=2, ensure_ascii=False))


def _load(ctx: click.Context, as_json: bool) -> "PoolsFile":
    """Return the file of pools; end the command with every problem of a bad one."""
    from helpers.target.pools_file import PoolsError, load

    try:
        return load()
    except PoolsError as exc:
        if as_json:
            data = {"file": exc.path, "problems": list(exc.problems), "exit_code": 2}
            say(json.dumps(data, indent=2, ensure_ascii=False))
        else:
            say(f"{exc.path} cannot be used:", err=True)
            for problem in exc.problems:
                say(f"  {problem}", err=True)
        ctx.exit(2)


def _head(file: "PoolsFile") -> dict[str, Any]:
    return {"file": str(file.path or ""), "warnings": list(file.warnings)}


def _say_head(file: "PoolsFile") -> None:
    say(f"From {file.path}." if file.path else "There is no pools.toml: only practice is known.")
    for warning in file.warnings:
        say(f"Warning: {warning}", err=True)


def _as_json(pool: "Pool") -> dict[str, Any]:
    """Return a pool as JSON data, without the value of a practice secret."""
    from helpers.secrets.references import shown

    data = pool.model_dump(mode="json", exclude={"name"})
    for client in data["clients"].values():
        client["client_secret"] = shown(client["client_secret"]) if client["client_secret"] else ""
    return data


def _in_words(pool: "Pool") -> str:
    from helpers.display.card import Card

    clients = (
        f"{name} ({client.client_id}{', with a secret' if client.client_secret else ''})"
        for name, client in pool.clients.items()
    )
    asks, allows = (
        {"a case number": pool.asks.case_number, "a second person": pool.asks.second_person},
        {
            "codes by phone": pool.asks.codes_by_phone,
            "usernames in clear": pool.asks.show_usernames,
        },
    )
    rows = (
        ("Purpose", pool.purpose),
        ("Cognito", f"{pool.target}, {pool.region}"),
        ("User pool", pool.user_pool_id),
        ("Profile", pool.profile),
        ("App clients", ", ".join(clients)),
        ("Asks for", ", ".join(words for words, asked in asks.items() if asked)),
        ("Allows", ", ".join(words for words, allowed in allows.items() if allowed)),
        ("Sign-in page", pool.sign_in_page),
        ("Security", pool.security_contact),
        ("Owner", pool.owner),
    )
    banner = pool.label if pool.production else ""
    return f"{Card(pool.name, rows, banner=banner)!r}\n"


def _checked_in_words(checked: "Checked") -> str:
    from helpers.display.card import Card

    pool, caller = checked.pool, checked.caller
    rows = (
        ("User pool", " · ".join(filter(None, (pool.user_pool_id, checked.called)))),
        ("AWS account", caller.account if caller else ""),
        ("As whom", caller.arn if caller else ""),
        *(("Wrong", fault.words) for fault in checked.faults),
        *(("Note", note) for note in checked.notes),
    )
    title = f"{pool.name}: {'as it should be' if not checked.faults else 'not as it should be'}"
    return f"{Card(title, rows, banner=pool.label if pool.production else '')!r}\n"


def _checked_json(checked: "Checked") -> dict[str, Any]:
    caller = checked.caller
    return {
        "name": checked.pool.name,
        "production": checked.pool.production,
        "user_pool_id": checked.pool.user_pool_id,
        "called": checked.called,
        "account": caller.account if caller else "",
        "caller": caller.arn if caller else "",
        "problems": [vars(fault) for fault in checked.faults],
        "notes": list(checked.notes),
        "exit_code": checked.exit_code,
    }
