"""The secret that `--db_secret` names: how to reach the database, and as whom.

It is a JSON object with the members that Amazon RDS gives its own secrets
(https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html).
"""

import json
from dataclasses import dataclass, field
from typing import Any

from extract_job.aws import client, faults
from extract_job.errors import JobError


@dataclass(frozen=True, slots=True)
class Secret:
    """What is known of a database. No member of it is ever printed but for the host."""

    host: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    port: str | None


def read_secret(name: str) -> Secret:
    """Ask Secrets Manager, or the parameter store for a name that begins with `/`; raises `JobError`."""
    try:
        text = _asked(name)
    except faults() as error:
        raise JobError(f"--db_secret {name!r} can't be read: {error}") from error
    try:
        found = json.loads(text)
    except ValueError as error:  # its text is the secret: it stays unsaid
        raise JobError(f"--db_secret {name!r} is no JSON object; {_WANTED}") from error
    if not isinstance(found, dict):
        raise JobError(f"--db_secret {name!r} is no JSON object; {_WANTED}")
    values = {key: str(value) for key, value in found.items() if isinstance(value, (str, int)) and value != ""}
    missing = [key for key in ("host", "username", "password") if key not in values]
    if missing:
        raise JobError(f"--db_secret {name!r} has no {' and no '.join(map(repr, missing))}; {_WANTED}")
    return Secret(values["host"], values["username"], values["password"], values.get("port"))


_WANTED = 'it takes {"host": …, "port": …, "username": …, "password": …}'


def _asked(name: str) -> str:
    if name.startswith("/"):
        parameter: dict[str, Any] = client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
        return str(parameter["Value"])
    return str(client("secretsmanager").get_secret_value(SecretId=name).get("SecretString", ""))
