"""Options and words that the commands share, and the folders that they name."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from helpers.run.head import KeyUnavailable
from helpers.run.package_data import LabMissing, NotebookMissing

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
    default=None,
    callback=lambda ctx, param, chosen: chosen or "",
    show_default="masked, unless the pool says otherwise",
    envvar="COGNITO_RESET_USERNAME_AS",
    help="How the record and the journal keep the username.",
)
EXIT_CODES = """\b
Exit codes:
  0 done                          6 not allowed or misconfigured
  2 bad parameters                7 network
  3 code refused                  8 unknown outcome, or a bug
  4 password refused            124 timed out
  5 throttled or attempt limit  130 stopped by Ctrl-C (143: by SIGTERM,
                                129: by SIGHUP, 131: by SIGQUIT)
  9 a campaign has rows left    138 kernel died
 10 waits for a second person's agreement"""


_ROOM = 262_144
"""Bytes that a run's notebook and record need at least."""


def check_folder(out: Path, record: Path | None = None) -> None:
    """Make the folder of runs, and that of the record, and try whether a run can be kept there.

    Raises UsageError where it cannot, before anything is sent.
    """
    from helpers.run.journal import NAME

    with _refused("--out", out):
        _try_folder(out)
        journal = out / NAME
        if journal.exists():
            journal.open("r+b").close()
    if record is not None:
        with _refused("--record", record):
            _try_folder(record.parent)
            # Under a name that is a little longer, as it will be written
            draft = record.with_name(f".{record.name}.0000000")
            draft.touch(mode=0o600)
            draft.unlink()
            if record.is_dir():
                raise IsADirectoryError(None, "it is a folder")


def check_journal(out: Path) -> None:
    """Raise UsageError where a folder's journal is there and cannot be read."""
    from helpers.run.journal import NAME

    with _refused("--out", out), suppress(FileNotFoundError, NotADirectoryError):
        (out / NAME).open("rb").close()


def _try_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        if file.write(b"\0" * _ROOM) < _ROOM:
            raise OSError(None, "No space left on device")


@contextmanager
def _refused(option: str, path: Path) -> Iterator[None]:
    try:
        str(path).encode()
        yield
    except (OSError, ValueError) as exc:
        why = getattr(exc, "strerror", None) or "it is no text in UTF-8"
        raise click.UsageError(
            f"{option}: {_shown(path)} cannot be used: {why}. Nothing was sent."
        ) from None


def _shown(path: Path) -> str:
    text = str(path).encode(errors="replace").decode()
    return text if len(text) <= 200 else f"{text[:200]}..."


class NotInstalled(click.ClickException):
    """Something that a command needs is not there."""

    exit_code = 2


class Commands(click.Group):
    """The commands. What was not installed is told in a sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (LabMissing, NotebookMissing, KeyUnavailable) as exc:
            raise NotInstalled(str(exc)) from None
