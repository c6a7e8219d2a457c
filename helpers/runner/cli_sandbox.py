"""The commands of the sandbox: serve it, do one reset in it, and fill one for a campaign."""

import shlex
from pathlib import Path

import click

from helpers.runner.cli import start_early
from helpers.runner.cli_options import check_folder
from helpers.runner.streams import say


@click.command("sandbox")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=9229,
    show_default=True,
    help="0 picks a free port.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on. Beyond loopback others can read every code.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="A site whose pages may call the API, such as http://localhost:3000. May be repeated.",
)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="A name by which others call it, such as that of its container. May be repeated.",
)
def sandbox_command(port: int, host: str, origins: tuple[str, ...], hosts: tuple[str, ...]) -> None:
    """Serve the sandbox on this machine, for the AWS CLI and other SDKs.

    Its state is kept in the file that COGNITO_SANDBOX names, or in memory. When it is ready it
    prints one JSON line with its endpoint. Pages of other sites are refused, but for those that
    --allow-origin names, and those too may not read the mailbox.
    """
    from helpers.sandbox import serve_forever

    raise SystemExit(serve_forever(port=port, host=host, allow_origins=origins, allow_hosts=hosts))


@click.command("first-run")
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    default="runs",
    show_default=True,
    help="Where runs are kept.",
)
def first_run_command(out: str) -> None:
    """Do one reset in the sandbox, from the request to the proof, and say what happened."""
    check_folder(Path(out))
    start_early()
    from helpers.runner.first_run import first_run as run

    raise SystemExit(run(out))


@click.command("campaign-practice")
@click.option(
    "--users", type=click.IntRange(1, 10_000), default=500, show_default=True, help="How many."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="runs",
    show_default=True,
    help="The folder for the sandbox.",
)
def practice_command(users: int, out: Path) -> None:
    """Make practice users in eight states, to rehearse a campaign on, and say how to go on.

    They are in a sandbox of their own, campaign-practice.sqlite, which is made afresh each time. It
    allows one reset a second, so that a throttle is seen.
    """
    check_folder(out)
    from helpers.sandbox import CROWD_POOL_ID, SandboxError, open_sandbox, plant_crowd

    path, table = out / "campaign-practice.sqlite", shlex.quote(str(out / "users.csv"))
    try:
        box = open_sandbox(str(path))
        box.reset()
        states = plant_crowd(box, users)
        box.settings(quota_UserAccountRecovery=1)
        box.close()
    except SandboxError as exc:
        raise click.UsageError(f"--out: {path}: {exc}.") from None
    for state, count in states.items():
        say(f"{count:>5}  {state}")
    say(f"{users} users are in {path}. Go on with:\n")
    say(f"export COGNITO_SANDBOX={shlex.quote(str(path.absolute()))}")
    say(f"cognito-reset table --user-pool-id {CROWD_POOL_ID} --out {table}")
    say(f"cognito-reset batch admin-reset {table} --dry-run")
    say(f"cognito-reset batch admin-reset {table} --users {users} --first 10")
