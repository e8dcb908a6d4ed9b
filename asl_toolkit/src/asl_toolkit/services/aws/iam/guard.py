"""IAM in front of boto3's calls: each call of a client is decided by the policies of the identity that the client belongs to.

`Guard.attach` adds event handlers of botocore to a client or session, so the rest (moto, an emulator, AWS) stays as it is. A
refused call raises the ClientError that AWS would answer with.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from asl_toolkit.errors import TaskFailed
from asl_toolkit.services.aws.iam.machine import task_requests
from asl_toolkit.services.aws.iam.policy import Request, decide
from asl_toolkit.services.aws.iam.requests import Place, encrypted, missing_object, requests_of
from asl_toolkit.services.contract import Handler, Later, Submitted, TaskRequest

if TYPE_CHECKING:
    from asl_toolkit.json_value import Json

_CODES: Final[Mapping[str, str]] = {"s3": "AccessDenied", "sns": "AuthorizationError", "sqs": "AccessDenied"}
"""The error codes of services that do not answer AccessDeniedException."""
_READS: Final = ("GetObject", "HeadObject")


class Guard:
    """Decides calls by the policy documents of identities, and records what each identity asked for.

    `refused` are the requests that were not allowed, `requests` all of them, as (identity, request), in the order of the calls.
    """

    def __init__(self, policies: Mapping[str, Sequence[Mapping[str, Any]]], place: Place, *, kms_key: str | None = None) -> None:
        self.policies = dict(policies)
        self.place = place
        self.kms_key = kms_key  # of all buckets: reading and writing objects asks for it too
        self.requests: list[tuple[str, Request]] = []
        self.refused: list[tuple[str, Request]] = []

    def allows(self, identity: str, request: Request) -> bool:
        """Whether this identity may do this. The request is recorded."""
        self.requests.append((identity, request))
        allowed = decide(self.policies[identity], request).is_allowed
        if not allowed:
            self.refused.append((identity, request))
        return allowed

    def attach(self, client: Any, identity: str) -> None:  # Any: a boto3 client or session
        """Put this identity's policies in front of all further calls of the client, or of the session's future clients."""
        events = client.meta.events if hasattr(client, "meta") else client.events

        def before(params: Any, model: Any, context: dict[str, Any], **_: object) -> None:
            context["guarded"] = params
            service = str(model.service_model.service_name)
            requests = requests_of(service, str(model.name), params, self.place)
            for request in [*requests, *encrypted(requests, self.kms_key, self.place)]:
                if not self.allows(identity, request):
                    raise refusal(identity, request, service, str(model.name))

        def after(http_response: Any, parsed: Any, model: Any, context: dict[str, Any], **_: object) -> None:
            if model.name not in _READS or http_response.status_code != 404:
                return
            request = missing_object(context.get("guarded", {}), self.place)
            if not self.allows(identity, request):
                error = refusal(identity, request, "s3", str(model.name))
                parsed["Error"] = error.response["Error"]
                parsed.setdefault("ResponseMetadata", {})["HTTPStatusCode"] = 403

        events.register_first("provide-client-params.*.*", before)
        events.register_last("after-call.s3.*", after)

    def task(self, handler: Handler, identity: str, passed_roles: Sequence[str] = ()) -> Handler:
        """The handler of a Task behind the policies of the machine's role: a refused Task fails as on AWS.

        `passed_roles` are those of an ECS task definition.
        """

        def guarded(task: TaskRequest) -> "Json | Submitted | Later":
            requests = list(task_requests(task, self.place, passed_roles))
            for request in [*requests, *encrypted(requests, self.kms_key, self.place)]:
                if not self.allows(identity, request):
                    raise TaskFailed("States.TaskFailed", str(refusal(identity, request, task.service, task.action)))
            return handler(task)

        return guarded


def refusal(identity: str, request: Request, service: str, call: str) -> Any:  # botocore ships no types
    """The ClientError with the text of IAM's answer (IAM guide, "Troubleshoot access denied error messages")."""
    from botocore.exceptions import ClientError  # an extra: needed only here

    text = (
        f"User: {identity} is not authorized to perform: {request.action} on resource: {request.resource} because no "
        f"identity-based policy allows the {request.action} action"
    )
    error = {"Code": _CODES.get(service, "AccessDeniedException"), "Message": text}
    answer: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 403}}  # Any: a TypedDict with the headers of HTTP
    return ClientError(answer, call)
