"""ARNs and names of state machines and executions."""

import re
from dataclasses import dataclass

_NAME = re.compile(r'[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}')


def valid_name(name: str) -> bool:
    """Whether a state machine or an execution may have this name (API reference, CreateStateMachine)."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are: partition, region and account of every ARN."""

    region: str
    account: str
    partition: str = "aws"

    def machine(self, name: str) -> str:
        """The ARN of a state machine."""
        return f"arn:{self.partition}:states:{self.region}:{self.account}:stateMachine:{name}"

    def execution(self, machine: str, name: str, *, kind: str = "execution") -> str:
        """The ARN of an execution (`kind` is `express` for those of an EXPRESS machine)."""
        return f"arn:{self.partition}:states:{self.region}:{self.account}:{kind}:{machine}:{name}"
