"""ARNs and names of state machines and executions."""

import re
import uuid
from dataclasses import dataclass

_NAME = re.compile(r'[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}')
_MACHINE, _QUALIFIED = 7, 8  # parts of the ARN of a machine, and of one of its versions or aliases


def valid_name(name: str) -> bool:
    """Whether a state machine or an execution may have this name (API reference, CreateStateMachine)."""
    return _NAME.fullmatch(name) is not None


def fault_of_arn(arn: str, *kinds: str) -> str | None:
    """The message of InvalidArn if an ARN is not of one of these resource types (`execution`), else None."""
    parts = arn.split(":")
    if parts[0] != "arn":
        return f"Invalid ARN prefix: {arn}"
    if len(parts) < _MACHINE or parts[2] != "states":
        return f"Invalid ARN: {arn}"
    if parts[5] not in kinds:
        return f"Resource type not valid in this context: {parts[5]}"
    return None


def unqualified(arn: str) -> tuple[str, str | None]:
    """The ARN of a machine without its version or alias, and that qualifier."""
    parts = arn.split(":")
    if len(parts) < _QUALIFIED:
        return arn, None
    return ":".join(parts[:_MACHINE]), ":".join(parts[_MACHINE:])


@dataclass(frozen=True, slots=True)
class Place:
    """Partition, region and account of every ARN."""

    region: str
    account: str
    partition: str = "aws"

    def machine(self, name: str) -> str:
        """The ARN of a state machine."""
        return f"arn:{self.partition}:states:{self.region}:{self.account}:stateMachine:{name}"

    def activity(self, name: str) -> str:
        """The ARN of an activity."""
        return f"arn:{self.partition}:states:{self.region}:{self.account}:activity:{name}"

    def execution(self, machine: str, name: str) -> str:
        """The ARN of an execution of a STANDARD machine."""
        return f"arn:{self.partition}:states:{self.region}:{self.account}:execution:{machine}:{name}"

    def express(self, machine: str, name: str) -> str:
        """A new ARN of an execution of an EXPRESS machine, because executions may share a name."""
        return f"arn:{self.partition}:states:{self.region}:{self.account}:express:{machine}:{name}:{uuid.uuid4()}"
