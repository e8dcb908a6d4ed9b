"""How a job logs in to a server: the address, the user, the password or token, and TLS."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from extract_job.databases.secret import Secret, read_secret
from extract_job.errors import FailureClass, JobError

if TYPE_CHECKING:
    from extract_job.arguments.model import Arguments

TLS_VARIABLE, CA_VARIABLE = "EXTRACT_DB_TLS", "EXTRACT_DB_CA"
BUNDLE = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
"""The CAs of Amazon RDS (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html)."""
_SECRET_LENGTH = 4
"""Characters of a text from which on it is taken out of messages: a shorter one is in too many words."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Whether the connection is encrypted and the server must prove its name.

    `authority` is the file of CAs; None: those of the system.
    """

    verify: bool
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """Where the server is, and as whom. User and password are never printed."""

    host: str
    port: int
    user: str = field(repr=False)
    password: str = field(repr=False)
    tls: Tls

    @property
    def hidden(self) -> tuple[str, ...]:
        """The texts that no message may show."""
        return hidden_texts(self.password)


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of the environment that say how to connect, for developers' machines."""

    host: str
    port: str
    user: str
    password: str


def hidden_texts(*secrets: str) -> tuple[str, ...]:
    """Return the spellings of secrets that no message may show, the longest first."""
    spellings = {text for secret in secrets for text in (secret, quote(secret, safe=""), quote_plus(secret))}
    return tuple(sorted((text for text in spellings if len(text) >= _SECRET_LENGTH), key=len, reverse=True))


def login_of(arguments: "Arguments", variables: Variables, default_port: int) -> Login:
    """Return how to log in; raise `JobError`.

    If the environment names a host, it says how to connect, and no secret is read. Otherwise the secret says it.
    """
    environ = os.environ
    if environ.get(variables.host):
        host, user = environ[variables.host], environ.get(variables.user) or environ.get("USER") or ""
        number = port_of(environ.get(variables.port) or arguments.port, default_port)
        return Login(host, number, user, environ.get(variables.password, ""), tls_of(host, environ))
    secret = secret_of(arguments, f"set {variables.host}, {variables.user} and {variables.password}")
    port = port_of(arguments.port or secret.port, default_port)
    tls = tls_of(secret.host, environ, secret)
    return Login(secret.host, port, secret.user, password_of(secret, port), tls)


def secret_of(arguments: "Arguments", remedy: str) -> Secret:
    """Return the secret that the arguments name; raise `JobError`. `remedy` says what else can be done."""
    if arguments.secret is None:
        raise JobError(
            f"the address of database {arguments.database!r} is missing: set --db_secret, or {remedy} in the environment of the "
            "job",
            FailureClass.CONFIG,
        )
    try:
        return read_secret(arguments.secret)
    except JobError as error:
        message = f"{error} (on a developer's machine, {remedy} instead)"
        raise JobError(message, error.failure, retryable=error.retryable) from error


def port_of(text: str | None, default: int) -> int:
    """Read a port; raise `JobError`."""
    try:
        return int(text or default)
    except ValueError as error:
        raise JobError(f"the port of the database is {text!r}; it must be a number", FailureClass.CONFIG) from error


def password_of(secret: Secret, port: int) -> str:
    """Return the password, or a token of RDS that is valid for 15 minutes, if the secret says `"auth": "iam"`.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html: the user needs rds-db:connect.
    """
    if secret.auth != "iam":
        return secret.password
    from extract_job.aws import client, faults, refused

    try:
        rds = client("rds", secret.region)
        return str(rds.generate_db_auth_token(DBHostname=secret.host, Port=port, DBUsername=secret.user))
    except faults() as error:
        raise refused(f"cannot make a login token for {secret.host!r}", error) from error


def tls_of(host: str, environ: Mapping[str, str], secret: Secret | None = None) -> Tls:
    """Return whether TLS is used: what the secret says, else the environment, else yes, except on this machine.

    Raises `JobError` for another word, and for a file of CAs that cannot be read.
    """
    of_secret = secret.tls if secret else None
    word = of_secret or environ.get(TLS_VARIABLE) or ("off" if _is_loopback(host) else "verify")
    if word not in ("verify", "off"):
        where = "the secret says tls" if of_secret else TLS_VARIABLE
        raise JobError(f"{where}: {word!r}; it must be 'verify' or 'off'", FailureClass.CONFIG)
    authority = (secret.authority if secret else None) or environ.get(CA_VARIABLE) or None
    if word == "off":
        return Tls(verify=False)
    if authority is not None:
        try:
            with open(authority, "rb"):  # noqa: PTH123 - whether this user may read it
                pass
        except OSError as error:
            raise JobError(
                f"cannot read the file of CAs {authority!r}: {error.strerror}; correct the member ca of the secret, or "
                f"{CA_VARIABLE}",
                FailureClass.CONFIG,
            ) from error
    return Tls(verify=True, authority=authority)


def tls_remedy(text: str) -> str:
    """Return what to do about an error of TLS; empty if the text of the error does not show one."""
    if not any(word in text.lower() for word in ("ssl", "tls", "certificate")):
        return ""
    return (
        f"; name the file of the server's CA in {CA_VARIABLE} (Amazon RDS: {BUNDLE}), or, only for a server on a network that "
        f"you trust, set {TLS_VARIABLE}=off; the secret can say both too, as ca and tls"
    )


def _is_loopback(host: str) -> bool:
    """Whether the server is on this machine; a path is a socket."""
    if host.startswith(("/", "@")) or host.lower() == "localhost" or not host:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
