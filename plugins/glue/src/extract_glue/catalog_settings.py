"""The section [plugins.glue_catalog]."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Settings(BaseModel, extra="forbid", frozen=True):
    """`database` must exist in the Glue catalog. `prefix` stands before each table's name. `region`: that of the process."""

    database: str = Field(pattern=r"^[a-z0-9_-]{1,255}$")
    prefix: str = Field("", pattern=r"^[a-z0-9_]{0,100}$")
    region: str | None = None
