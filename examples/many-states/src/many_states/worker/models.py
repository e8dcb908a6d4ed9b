"""Settings and deployment of the job type worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from extract_core import Target

_DOMAINS: Final = {"aws-cn": "amazonaws.com.cn"}


class WorkerSettings(BaseModel):
    """One table's job."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    priority: int = Field(default=5, ge=0, le=9, description="What the workers take first.")
    timeout_minutes: int = Field(default=240, ge=1, lt=10_080, description="Minutes until the answer must be there.")


class WorkerDeployment(BaseModel):
    """``[job_types.worker]`` of extract.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queue: str = Field(pattern=r"^[A-Za-z0-9_-]{1,80}$", description="The name of the queue, in the machine's own account.")
    heartbeat_seconds: int = Field(default=300, ge=1, description="A worker that is silent for longer is taken for dead.")

    def queue_url(self, target: Target[Any]) -> str:  # Any: of whichever deployment
        """The queue's URL where the machine runs."""
        domain = _DOMAINS.get(target.partition, "amazonaws.com")
        return f"https://sqs.{target.region}.{domain}/{target.account}/{self.queue}"
