"""Settings, deployment and the SQL of one table's UNLOAD."""

from __future__ import annotations

import re
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(?:\.[A-Za-z_][A-Za-z0-9_$]*)?")


class RedshiftSettings(BaseModel):
    """One table's UNLOAD."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file_size_mb: int = Field(default=512, ge=5, le=6200, description="The largest file that UNLOAD writes (MAXFILESIZE).")
    timeout_minutes: int = Field(default=120, ge=1, lt=10_080, description="Minutes after which the statement is cancelled.")


class RedshiftDeployment(BaseModel):
    """``[job_types.redshift]`` of extract.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workgroup: str = Field(min_length=3, max_length=64, description="The serverless workgroup that holds the tables.")
    workgroup_id: str = Field(
        default="*", pattern=r"^(\*|[0-9a-f-]{36})$", description="Its id, which its ARN has. Default: any."
    )
    database: str = Field(min_length=1, description="The database.")
    unload_role_arn: str = Field(pattern=r"^arn:[^:]+:iam::\d{12}:role/.+$", description="The role that UNLOAD writes with.")


def unload(table: str, place: str, role: str, file_size_mb: int) -> str:
    """The UNLOAD of a whole table. ValueError for a name that would have to be quoted."""
    if not _NAME.fullmatch(table):
        raise ValueError(f"the table {table!r} can't be unloaded: write schema.table, in letters, digits and _")
    where = place.replace("'", "''")
    options = f"FORMAT PARQUET MAXFILESIZE {file_size_mb} MB"
    return f"UNLOAD ('SELECT * FROM {table}') TO '{where}' IAM_ROLE '{role}' {options}"  # noqa: S608 - the name was checked
