"""StepFunctions: create_state_machine, start_execution, describe_execution, … as boto3's client has them.

All data is in the memory of this process. Requests and answers have the shapes of botocore's service model.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.paginate import Paginator

from asl_toolkit.client.activities import Activities, activity_handler
from asl_toolkit.client.arns import Place
from asl_toolkit.client.errors import OperationNotSupported
from asl_toolkit.client.executions import Executions
from asl_toolkit.client.machines import Machines
from asl_toolkit.client.map_runs import MapRuns
from asl_toolkit.client.model import method_names, paginators, service_model
from asl_toolkit.client.nested import NestedExecutions
from asl_toolkit.client.operation import Response
from asl_toolkit.client.registry import Registry
from asl_toolkit.client.state_test import StateTests
from asl_toolkit.client.tokens import Tokens
from asl_toolkit.client.versions import Versions
from asl_toolkit.clock import Clock
from asl_toolkit.json_value import Json, dumps
from asl_toolkit.runtime.execution import Execution
from asl_toolkit.services.aws import AwsCalls
from asl_toolkit.services.aws.checks import check_parameters
from asl_toolkit.services.contract import CheckedHandler, Handler
from asl_toolkit.services.registry import Services
from asl_toolkit.services.tokens import TaskTokens


@dataclass(frozen=True, slots=True)
class Meta:
    """`client.meta`: the parts of boto3's that are useful here."""

    region_name: str
    service_model: Any  # botocore.model.ServiceModel
    method_to_api_mapping: dict[str, str]


class StepFunctions(Machines, Versions, Executions, MapRuns, Activities, Tokens, StateTests):
    """An in-process Step Functions. `services` are the handlers of every execution.

    Tasks that call Step Functions (`states:startExecution`, `aws-sdk:sfn:…`) and activities need no handler.

    `clock` creates the clock of each execution (VirtualClock: waits pass at once). `account` and `region` appear in ARNs.
    """

    def __init__(
        self,
        services: Services | None = None,
        *,
        clock: Callable[[], Clock] | None = None,
        region: str | None = None,
        account: str | None = None,
    ) -> None:
        callers = services or Services(tokens=TaskTokens(patience=None))  # send_task_success may come at any time
        place = Place(region or callers.region, account or callers.account)
        registry = Registry(place, clock)
        super().__init__(registry)
        nested = NestedExecutions(self.start_nested)
        sdk = CheckedHandler(AwsCalls(lambda _service: self).sdk, check_parameters)
        own: dict[tuple[str, str], Handler] = {
            **nested.handlers(),
            ("aws-sdk:sfn", "*"): sdk,
            ("activity", "*"): activity_handler(registry),
        }
        self.services = registry.services = Services(
            {**own, **callers.handlers},
            functions=callers.functions,
            states=callers.states,
            region=place.region,
            account=place.account,
            workers=callers.workers,
            tokens=callers.tokens,
        )
        self.exceptions = self._registry.exceptions
        self.meta = Meta(place.region, service_model(), dict(method_names()))

    def can_paginate(self, operation_name: str) -> bool:
        """Whether a method such as `list_executions` has a paginator."""
        return hasattr(type(self), operation_name) and method_names().get(operation_name) in paginators()

    def get_paginator(self, operation_name: str) -> "Paginator[Any]":
        """Botocore's paginator for a method."""
        if not self.can_paginate(operation_name):
            known = ", ".join(sorted(method for method in method_names() if self.can_paginate(method)))
            raise OperationNotSupported(f"{operation_name!r} has no paginator; there are {known}")
        name = method_names()[operation_name]
        method = getattr(self, operation_name)
        return Paginator(method, paginators()[name], service_model().operation_model(name))

    def close(self) -> None:
        """As in boto3. This client has nothing to close."""

    def __getattr__(self, name: str) -> Callable[..., Response]:
        """An operation of Step Functions that this client does not have: a call raises OperationNotSupported."""
        operation = method_names().get(name)
        if operation is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

        def refuse(**_request: Any) -> Response:
            raise OperationNotSupported(f"{name}: this client does not have the operation {operation}")

        return refuse

    def start_nested(self, arn: str, name: str | None, value: Json, clock: Clock | None) -> Execution:
        """Start a nested execution by the machine's ARN, on its parent's clock. Raises ClientError."""
        request: dict[str, Any] = {"stateMachineArn": arn, "input": dumps(value)}
        if name is not None:
            request["name"] = name
        return self._start(request, "StartExecution", clock).execution
