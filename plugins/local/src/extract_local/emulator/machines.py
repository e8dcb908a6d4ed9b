"""The Step Functions of the account: the toolkit's, with the machines that the stacks of moto's server have made."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from asl_toolkit.client import ClientError, OperationNotSupported, StepFunctions
from extract_core.errors import ExtractError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asl_toolkit import Handler, Services

_MISSING: Final = "StateMachineDoesNotExist"


class DeployedMachines(StepFunctions):
    """A machine is read from `deployed` (moto's client) before each use, so what runs is what DescribeStateMachine returns.

    `job_handlers` returns the handlers of the job types' states; it is called after each change of a definition.
    """

    def __init__(
        self, deployed: Any, services: Services, job_handlers: Callable[[], Mapping[str, Handler]], *, region: str, account: str
    ) -> None:
        super().__init__(services, region=region, account=account)
        self._deployed = deployed
        self._job_handlers = job_handlers

    def start_execution(self, **request: Any) -> dict[str, Any]:
        """As Step Functions."""
        self._read(request)
        return super().start_execution(**request)

    def describe_state_machine(self, **request: Any) -> dict[str, Any]:
        """As Step Functions."""
        self._read(request)
        return super().describe_state_machine(**request)

    def list_executions(self, **request: Any) -> dict[str, Any]:
        """As Step Functions."""
        self._read(request)
        return super().list_executions(**request)

    def _read(self, request: Mapping[str, Any]) -> None:
        """Make the machine of a request as the stack has it now. Another fault of the request is left to the operation."""
        arn = request.get("stateMachineArn")
        if not isinstance(arn, str):
            return
        try:
            deployed = self._deployed.describe_state_machine(stateMachineArn=arn)
        except ClientError as error:
            if error.response["Error"]["Code"] == _MISSING:
                self.delete_state_machine(stateMachineArn=arn)
            return
        members = {"definition": deployed["definition"], "roleArn": deployed["roleArn"]}
        before = None
        with suppress(self.exceptions.StateMachineDoesNotExist):
            before = super().describe_state_machine(stateMachineArn=arn)["definition"]
        if before == deployed["definition"]:
            return
        try:
            self.services.states.update(self._job_handlers())
        except ExtractError as error:
            raise OperationNotSupported(f"the emulator cannot read the project: {error}") from error
        if before is None:
            self.create_state_machine(name=deployed["name"], **members)
        else:
            self.update_state_machine(stateMachineArn=arn, **members)

    def stop_all(self) -> None:
        """End all executions that run, and with them their jobs."""
        with self._registry.lock:
            arns = list(self._registry.executions)
        for arn in arns:
            self.stop_execution(executionArn=arn, error="Emulator.Ended", cause="extract emulate was ended")
