"""The secret that `--db_secret` names: the address of the database, and the user.

It is a JSON object with the members that Amazon RDS writes
(https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html). Other spellings are accepted
too: see `_SPELLINGS`. A secret that RDS manages itself has only `username` and `password`; the host is then in the environment.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from extract_job.aws import client, faults, refused
from extract_job.errors import FailureClass, JobError

HOST_VARIABLE = "EXTRACT_DB_HOST"
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "host": ("host", "hostname", "server", "endpoint", "db_host"),
    "username": ("username", "user", "db_user", "db_username"),
    "password": ("password", "db_password"),
    "port": ("port", "db_port"),
    "auth": ("auth",),
    "region": ("region",),
    "tls": ("tls",),
    "ca": ("ca",),
}
"""The members that are read, each with its spellings; the first one that the secret has counts."""


@dataclass(frozen=True, slots=True)
class Secret:
    """How to log in. User and password are never printed.

    `password` is empty if `auth` is `iam`: then a token is made for each connection. `region` is that of the database (None:
    that of the job). `tls` and `authority` are None if the secret does not say them: see `login.Tls`.
    """

    host: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    port: str | None
    auth: str = "password"
    region: str | None = None
    tls: str | None = None
    authority: str | None = None


def read_secret(name: str) -> Secret:
    """Read from Secrets Manager, or, if the name begins with `/`, from the parameter store.

    Raises `JobError`; its message shows no part of the secret.
    """
    try:
        text = _text(name)
    except faults() as error:
        raise refused(f"cannot read --db_secret {name!r}", error) from error
    try:
        members = json.loads(text)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        # From no other error: that of the parser holds the text.
        raise JobError(f"--db_secret {name!r} is not a JSON object; {_EXPECTED}", FailureClass.CONFIG) from None
    return _secret(name, members, os.environ)


def _secret(name: str, members: Mapping[str, Any], environ: Mapping[str, str]) -> Secret:
    values = {}
    for member, spellings in _SPELLINGS.items():
        texts = (str(members[key]) for key in spellings if isinstance(members.get(key), (str, int)) and members[key] != "")
        values[member] = next(texts, None)
    auth = values["auth"] or "password"
    if auth not in ("password", "iam"):
        raise JobError(f"--db_secret {name!r}: its member 'auth' must be 'password' or 'iam'", FailureClass.CONFIG)
    host = values["host"] or environ.get(HOST_VARIABLE)
    required = {"host": host, "username": values["username"], "password": values["password"] if auth == "password" else ""}
    missing = [key for key, value in required.items() if value is None]
    if missing:
        where = f"; or set {HOST_VARIABLE} in the environment of the job" if "host" in missing else ""
        raise JobError(
            f"--db_secret {name!r} has no {' and no '.join(map(repr, missing))}; {_EXPECTED}{where}", FailureClass.CONFIG
        )
    return Secret(
        str(host),
        str(values["username"]),
        str(required["password"]),
        values["port"],
        auth,
        values["region"],
        values["tls"],
        values["ca"],
    )


_EXPECTED = 'expected {"host": …, "port": …, "username": …, "password": …}'


def _text(name: str) -> str:
    if name.startswith("/"):
        parameter: dict[str, Any] = client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
        return str(parameter["Value"])
    return str(client("secretsmanager").get_secret_value(SecretId=name).get("SecretString", ""))
