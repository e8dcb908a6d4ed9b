"""Check of the AWS calls of diagnose() and stop(): their own statements allow each call."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import Outcome
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.checks.permissions import exact, statements_of
from extract_testing.checks.status import own_results
from extract_testing.subject.subject import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json
    from extract_testing.subject.subject import Subject

_ACTIONS: Final = {
    ("emr", ""): "elasticmapreduce", ("stepfunctions", ""): "states", ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "ListObjects"): "ListBucket", ("s3", "HeadObject"): "GetObject", ("s3", "HeadBucket"): "ListBucket",
    ("lambda", "Invoke"): "InvokeFunction",
}  # fmt: skip
"""Services and calls with another name in IAM than in botocore (service authorization reference)."""

_NO_CREDENTIALS: Final = {"aws_access_key_id": "kit", "aws_secret_access_key": "kit"}


@check
def diagnose_and_stop_are_allowed(subject: Subject) -> Iterator[Breach]:
    """`diagnose_permissions` and `stop_permissions` allow the calls of `diagnose` and `stop`; tested with empty answers."""
    for method, rights in (("diagnose", "diagnose_permissions"), ("stop", "stop_permissions")):
        statements = statements_of(subject, rights=rights)
        yield from exact(f"{rights}(target)", statements)
        allowed = {action.lower() for statement in statements for action in statement.actions}
        for action in sorted(_calls(subject, method)):
            if action.lower() not in allowed:
                remedy = f"add it to {rights}(target), on the job's own resources: the caller of {method}() has no other rights"
                yield Breach(f"{method}(outcome, aws)", f"it calls {action}, but no statement of {rights}() allows it", remedy)


def _calls(subject: Subject, method: str) -> set[str]:
    """The IAM actions of the method's calls. Its exceptions and return values are ignored: the answers are empty."""
    session = _Recorder()
    item = subject.cases[0].item
    for result in (*own_results(subject), None):
        outcomes = [Outcome.succeeded(result, item), Outcome.failed("States.TaskFailed", json.dumps(result), item)]
        for outcome in outcomes:
            with contextlib.suppress(Exception):
                getattr(subject.job_type, method)(outcome, session)
    return session.actions


class _Recorder:
    """A session whose clients record their calls and return empty answers. No call leaves this machine."""

    def __init__(self) -> None:
        self.actions = set[str]()
        try:
            from botocore.session import get_session
        except ImportError as error:
            raise NotChecked(
                "left out: botocore is not installed, so calls of diagnose() and stop() are not checked: pip install boto3"
            ) from error
        self._session: Any = get_session()
        self._no_headers: Any = {}

    def client(self, service_name: str, **options: object) -> Any:  # botocore ships no types
        """A client, as boto3's session returns one."""
        passed = {key: value for key, value in options.items() if key in ("config", "api_version")}
        client = self._session.create_client(service_name, region_name=REGION, **_NO_CREDENTIALS, **passed)
        client.meta.events.register("before-call", self._record)
        return client

    def _record(self, model: Any, **_kwargs: object) -> tuple[Any, Json]:  # botocore ships no types
        from botocore.awsrequest import AWSResponse

        service = str(model.service_model.service_name)
        prefix = _ACTIONS.get((service, ""), service)
        self.actions.add(f"{prefix}:{_ACTIONS.get((service, str(model.name)), model.name)}")
        return AWSResponse("https://kit.invalid", 200, self._no_headers, None), {"ResponseMetadata": {}}
