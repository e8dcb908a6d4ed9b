"""Check of HTTP Tasks: the members of their request, and the rights to call the endpoint, the connection and its secret.

Source: Step Functions guide, "Call HTTPS APIs in Step Functions workflows" (members, methods, headers that are refused, IAM).
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from extract_core.wording import nearest
from extract_testing.branch.states import every_state, is_http
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.checks.permissions import statements_of
from extract_testing.subject.run import walk_or_skip
from extract_testing.subject.subject import ACCOUNT, MACHINE, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.contract import Statement
    from extract_testing.subject.subject import Subject

_MEMBERS: Final = frozenset(
    {"ApiEndpoint", "Authentication", "Headers", "InvocationConfig", "Method", "QueryParameters", "RequestBody", "Transform"}
)
_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"})
_REFUSED: Final = re.compile(
    r"(?i)(?:A-IM|Accept-Charset|Accept-Datetime|Accept-Encoding|Cache-Control|Connection|Content-Encoding|Content-Length|Content-MD5"
    r"|Date|Expect|Forwarded|From|Host|HTTP2-Settings|If-.+|Max-Forwards|Origin|Pragma|Proxy-Authorization|Referer|Server|TE|Trailer"
    r"|Transfer-Encoding|Upgrade|Via|Warning|X-Forwarded-.*|X-Amz.*|Authorization)\Z"
)
_MACHINE: Final = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{MACHINE}"
_ENCODINGS: Final = ("NONE", "URL_ENCODED")
_CONNECTION: Final = "ConnectionArn"
_INVOKE: Final = "states:InvokeHTTPEndpoint"


@check
def http_tasks_can_call(subject: Subject) -> Iterator[Breach]:
    """HTTP Tasks have the members that Step Functions takes, and rights for endpoint, method, connection and secret."""
    tasks = {name: state for name, state in every_state(subject.states) if is_http(state)}
    if not tasks:
        return
    for name, state in tasks.items():
        yield from _members(f"branch(target), state {name!r}", state.get("Parameters", state.get("Arguments")))
    statements = statements_of(subject)
    try:
        requests = [request for case in subject.cases[:1] for request in walk_or_skip(subject, case).requests]
    except NotChecked:
        requests = []
    called = {request.state_name: request.parameters for request in requests if request.state_name in tasks}
    for name, state in tasks.items():
        sent = called.get(name, state.get("Parameters", {}))
        yield from _allowed(f"permissions(target), for state {name!r}", sent if isinstance(sent, dict) else {}, statements)


def _members(place: str, parameters: object) -> Iterator[Breach]:
    if not isinstance(parameters, dict):
        return
    names = {str(name).removesuffix(".$") for name in parameters}
    missing = {"ApiEndpoint", "Method"} - names
    for name in sorted(names - _MEMBERS):
        near = nearest(name, missing)
        missing -= set(near)
        remedy = f"call it {near[0]}" if near else f"it takes {', '.join(sorted(_MEMBERS))}"
        if name == _CONNECTION:
            remedy = "put it into Authentication"
        yield Breach(place, f"an HTTP Task takes no {name!r}", remedy)
    for name in sorted(missing):
        yield Breach(place, f"it has no {name}", "add it: Step Functions requires it")
    if not names & {"Authentication", "InvocationConfig", _CONNECTION}:
        yield Breach(
            place, "it has no Authentication", 'add "Authentication": {"ConnectionArn": ...}, of a connection of EventBridge'
        )
    authentication = parameters.get("Authentication")
    if isinstance(authentication, dict) and not {"ConnectionArn", "ConnectionArn.$"} & authentication.keys():
        yield Breach(place, "its Authentication has no ConnectionArn", "name the connection of EventBridge")
    yield from _values(place, parameters)


def _values(place: str, parameters: Mapping[str, Any]) -> Iterator[Breach]:  # Any: parsed JSON
    method, endpoint = parameters.get("Method"), str(parameters.get("ApiEndpoint", parameters.get("ApiEndpoint.$", "")))
    if isinstance(method, str) and method not in _METHODS:
        yield Breach(place, f"its Method is {method!r}", f"use one of {', '.join(sorted(_METHODS))}")
    if "http://" in endpoint:
        yield Breach(place, f"its ApiEndpoint is {endpoint!r}", "use https: Step Functions calls nothing else")
    for member in ("Headers", "QueryParameters", "Authentication", "InvocationConfig", "Transform"):
        if member in parameters and not isinstance(parameters[member], dict) and not str(parameters[member]).startswith("{%"):
            yield Breach(place, f"its {member} is {parameters[member]!r}", "write an object")
    transform = parameters.get("Transform")
    encoding = transform.get("RequestBodyEncoding") if isinstance(transform, dict) else None
    if isinstance(encoding, str) and encoding not in _ENCODINGS:
        yield Breach(place, f"its RequestBodyEncoding is {encoding!r}", f"use one of {', '.join(_ENCODINGS)}")
    headers = parameters.get("Headers")
    for header in headers if isinstance(headers, dict) else ():
        if _REFUSED.match(str(header)):
            remedy = "leave it out: Step Functions sets it, or refuses it (credentials belong into the connection)"
            yield Breach(place, f"it sets the header {header!r}", remedy)


def _allowed(place: str, sent: Mapping[str, Any], statements: list[Statement]) -> Iterator[Breach]:  # Any: parsed JSON
    endpoint, method = sent.get("ApiEndpoint"), sent.get("Method")
    invoking = _of(statements, _INVOKE)
    elsewhere = [resource for statement in invoking for resource in statement.resources if not fnmatchcase(_MACHINE, resource)]
    if elsewhere:
        yield Breach(place, f"{_INVOKE} is allowed on {elsewhere[0]!r}", "allow it on this machine: target.machine_name")
    if not invoking:
        yield Breach(
            place,
            f"no statement allows {_INVOKE}",
            "add a Statement on the state machine, with conditions for endpoint and method",
        )
    elif not any(
        _holds(statement, "states:HTTPEndpoint", endpoint) and _holds(statement, "states:HTTPMethod", method)
        for statement in invoking
    ):
        problem = f"no statement allows {_INVOKE} for {method} {endpoint}: {json.dumps(invoking[0].condition)}"
        yield Breach(place, problem, "let its conditions cover what the states call")
    connection = (sent.get("Authentication") or {}).get("ConnectionArn")
    using = _of(statements, "events:RetrieveConnectionCredentials")
    if connection is not None and not any(
        fnmatchcase(str(connection), resource) for statement in using for resource in statement.resources
    ):
        remedy = "add a Statement on the connection: without it the call has no credentials"
        yield Breach(place, f"no statement allows events:RetrieveConnectionCredentials on {connection}", remedy)
    for action in ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"):
        if not any("events!connection/" in resource for statement in _of(statements, action) for resource in statement.resources):
            remedy = (
                "add a Statement on arn:…:secretsmanager:…:secret:events!connection/*, where EventBridge keeps the credentials"
            )
            yield Breach(place, f"no statement allows {action} on the secret of the connection", remedy)


def _of(statements: list[Statement], action: str) -> list[Statement]:
    return [statement for statement in statements if action.lower() in {name.lower() for name in statement.actions}]


def _holds(statement: Statement, key: str, value: object) -> bool:
    """Whether the statement's tests of this key let the value pass; without a test it does."""
    for operator, tests in (statement.condition or {}).items():
        wanted = tests.get(key)
        if wanted is None or not isinstance(value, str):
            continue
        patterns = [wanted] if isinstance(wanted, str) else list(wanted) if isinstance(wanted, list | tuple) else []
        match = fnmatchcase if "Like" in operator else str.__eq__
        if not any(match(value, str(pattern)) for pattern in patterns):
            return False
    return True
