"""What the permissions depend on beside extract.toml's pipeline: choices of the deployment that add rights to roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Choices of a deployment. By default there is no key, no VPC, no event bus, no trace, and no schedule.

    `kms_key` is the ARN of the key that encrypts the buckets, the machine and its log group. `subnets` and `security_groups` are
    the ids of those that the Lambda functions run in. `event_bus` is the ARN or the name of the bus that gets the end of each
    run. `tracing`: the machine sends traces to X-Ray. `schedules`: a schedule starts the machine.
    """

    kms_key: str | None = None
    subnets: Sequence[str] = ()
    security_groups: Sequence[str] = ()
    event_bus: str | None = None
    tracing: bool = False
    schedules: bool = False
