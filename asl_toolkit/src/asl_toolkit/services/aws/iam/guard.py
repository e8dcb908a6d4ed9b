"""IAM in front of boto3's calls: each call of a client is decided by the policies of the identity that the client belongs to.

`Guard.attach` adds event handlers of botocore to a client or session, so the rest (moto, an emulator, AWS) stays as it is. A
refused call raises the ClientError that AWS would answer with.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from asl_toolkit.services.aws.iam.policy import Request, decide
from asl_toolkit.services.aws.iam.requests import Place, missing_object, requests_of

_CODES: Final[Mapping[str, str]] = {"s3": "AccessDenied", "sns": "AuthorizationError", "sqs": "AccessDenied"}
"""The error codes of services that do not answer AccessDeniedException."""
_READS: Final = ("GetObject", "HeadObject")


class Guard:
    """Decides calls by the policy documents of identities, and records what each identity asked for.

    `refused` are the requests that were not allowed, `asked` all of them, as (identity, request), in the order of the calls.
    """

    def __init__(self, policies: Mapping[str, Sequence[Mapping[str, Any]]], place: Place) -> None:
        self.policies = dict(policies)
        self.place = place
        self.asked: list[tuple[str, Request]] = []
        self.refused: list[tuple[str, Request]] = []

    def allows(self, identity: str, request: Request) -> bool:
        """Whether this identity may do this. The request is recorded."""
        self.asked.append((identity, request))
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
            for request in requests_of(service, str(model.name), params, self.place):
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
