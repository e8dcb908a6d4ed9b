"""The section [plugins.openlineage]."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class Settings(BaseModel, extra="forbid", frozen=True):
    """All keys are optional.

    Without `transport`, the client reads its own settings: ``openlineage.yml``, OPENLINEAGE_URL, OPENLINEAGE__TRANSPORT.
    """

    namespace: str = Field("extract", min_length=1)
    """The namespace of the jobs."""
    transport: dict[str, Any] | None = None  # Any: as the client's documentation has it
    """As in ``openlineage.yml``: ``{type = "http", url = "https://lineage.example.com"}``."""
    databases: dict[str, str] = Field(default_factory=dict)
    """The namespace of the datasets of a source, if the job does not report its database: ``postgres://host:5432``."""
    seconds: float = Field(5.0, gt=0, le=60)
    """That the events of one call may take; what is left is not sent."""
