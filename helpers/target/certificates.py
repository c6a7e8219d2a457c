"""Whether the certificates that this machine names for its calls can be read."""

import os
import ssl
from collections.abc import Iterator
from functools import lru_cache


def faults_in_certificates(bundle: str) -> Iterator[tuple[str, str]]:
    """Yield (parameter, words) where a file or a folder of certificates cannot be used.

    bundle: its path, "" for none.
    """
    try:
        if bundle:
            _load_certificates(bundle, os.stat(bundle).st_mtime_ns)
    except OSError as exc:
        yield (
            "target",
            (
                "cannot be reached: the certificates that AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE or the"
                f" AWS configuration names cannot be read ({exc.strerror or exc})."
            ),
        )


@lru_cache
def _load_certificates(bundle: str, changed_at: int) -> None:
    """Raise OSError for what holds no certificates. Once: a table asks for each of its rows."""
    folder = os.path.isdir(bundle)
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(
        cafile=None if folder else bundle, capath=bundle if folder else None
    )
