"""The secret that `--db_secret` names: the address of the database, and the user.

It is a JSON object with the members that Amazon RDS writes
(https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html).
"""

import json
from dataclasses import dataclass, field
from typing import Any

from extract_job.aws import client, faults, refused
from extract_job.errors import FailureClass, JobError


@dataclass(frozen=True, slots=True)
class Secret:
    """How to log in. User and password are never printed."""

    host: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    port: str | None


def read_secret(name: str) -> Secret:
    """Read from Secrets Manager, or, if the name begins with `/`, from the parameter store.

    Raises `JobError`.
    """
    try:
        text = _text(name)
    except faults() as error:
        raise refused(f"cannot read --db_secret {name!r}", error) from error
    try:
        members = json.loads(text)
    except ValueError as error:  # the message of this error must not show the secret
        raise JobError(f"--db_secret {name!r} is not a JSON object; {_EXPECTED}", FailureClass.CONFIG) from error
    if not isinstance(members, dict):
        raise JobError(f"--db_secret {name!r} is not a JSON object; {_EXPECTED}", FailureClass.CONFIG)
    values = {key: str(value) for key, value in members.items() if isinstance(value, (str, int)) and value != ""}
    missing = [key for key in ("host", "username", "password") if key not in values]
    if missing:
        raise JobError(f"--db_secret {name!r} has no {' and no '.join(map(repr, missing))}; {_EXPECTED}", FailureClass.CONFIG)
    return Secret(values["host"], values["username"], values["password"], values.get("port"))


_EXPECTED = 'expected {"host": …, "port": …, "username": …, "password": …}'


def _text(name: str) -> str:
    if name.startswith("/"):
        parameter: dict[str, Any] = client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
        return str(parameter["Value"])
    return str(client("secretsmanager").get_secret_value(SecretId=name).get("SecretString", ""))
