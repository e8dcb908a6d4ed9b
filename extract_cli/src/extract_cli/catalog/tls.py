"""TLS to a server: the rule of the reference job. The server must prove its name, unless it is this machine."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from extract_core.errors import UsageError

REMEDY: Final = (
    "name the file of the server's CA in EXTRACT_DB_CA, or, only for a server on a network that you trust, set EXTRACT_DB_TLS=off"
)


@dataclass(frozen=True, slots=True)
class Tls:
    """Whether the connection is encrypted and the server must prove its name. `authority` is a file of CAs, or None."""

    verify: bool
    authority: str | None = None

    def context(self) -> ssl.SSLContext:
        """For drivers that take one. Raises UsageError if the file of CAs cannot be read."""
        try:
            return ssl.create_default_context(cafile=self.authority)
        except OSError as error:
            raise UsageError(f"cannot read the file of CAs {self.authority!r} (EXTRACT_DB_CA): {error}") from error


def tls_of(host: str, *variables: str) -> Tls:
    """What the environment says: EXTRACT_DB_TLS, and EXTRACT_DB_CA after other `variables` that name a file of CAs."""
    authority = next((path for name in (*variables, "EXTRACT_DB_CA") if (path := os.environ.get(name))), None)
    word = os.environ.get("EXTRACT_DB_TLS") or ("off" if is_loopback(host) and authority is None else "verify")
    return Tls(verify=False) if word == "off" else Tls(verify=True, authority=authority)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine; a path is a socket."""
    if host.startswith(("/", "@")) or host.lower() == "localhost" or not host:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
