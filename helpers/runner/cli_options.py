"""Options and words that the commands share."""

from pathlib import Path

import click

OUT = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="runs",
    show_default=True,
    help="The folder of runs and of their journal.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of words.")
USERNAME_AS = click.option(
    "--username-as",
    type=click.Choice(["clear", "masked", "hashed"]),
    default="masked",
    show_default=True,
    envvar="COGNITO_RESET_USERNAME_AS",
    help="How the record and the journal keep the username.",
)
EXIT_CODES = """\b
Exit codes:
  0 done                          6 not allowed or misconfigured
  2 bad parameters                7 network
  3 code refused                  8 unknown outcome, or a bug
  4 password refused            124 timed out
  5 throttled or attempt limit  130 stopped by Ctrl-C (143: by SIGTERM)
                                138 kernel died"""
