"""Check of what diagnose() and stop() ask of AWS: no call that their own statements don't allow."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import Outcome
from extract_testing.broken import Breach, NotChecked, check
from extract_testing.checks.permissions import exact, statements_of
from extract_testing.checks.status import own_results
from extract_testing.subject import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json
    from extract_testing.subject import Subject

_ACTIONS: Final = {
    ("emr", ""): "elasticmapreduce", ("stepfunctions", ""): "states", ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "ListObjects"): "ListBucket", ("s3", "HeadObject"): "GetObject", ("s3", "HeadBucket"): "ListBucket",
    ("lambda", "Invoke"): "InvokeFunction",
}  # fmt: skip
"""Where IAM calls a service, or a call of it, otherwise than botocore does (service authorization reference)."""

_NOBODY: Final = {"aws_access_key_id": "kit", "aws_secret_access_key": "kit"}


@check
def questions_are_allowed(subject: Subject) -> Iterator[Breach]:
    """What diagnose() and stop() call is named by their statements; tried with empty answers of AWS, so as far as these lead."""
    for method, rights in (("diagnose", "diagnose_permissions"), ("stop", "stop_permissions")):
        statements = statements_of(subject, rights=rights)
        yield from exact(f"{rights}(target)", statements)
        allowed = {action.lower() for statement in statements for action in statement.actions}
        for action in sorted(_asked(subject, method)):
            if action.lower() not in allowed:
                remedy = (
                    f"name it in {rights}(target), on the job's own resources: the function that calls {method}() has no other"
                )
                yield Breach(f"{method}(outcome, aws)", f"it calls {action}, which no statement of {rights}() allows", remedy)


def _asked(subject: Subject, method: str) -> set[str]:
    """The actions of IAM that the method calls for. What it makes of empty answers, and raises, is its own business."""
    session = _Recorder()
    item = subject.cases[0].item
    for told in (*own_results(subject), None):
        outcomes = [Outcome.succeeded(told, item), Outcome.failed("States.TaskFailed", json.dumps(told), item)]
        for outcome in outcomes:
            with contextlib.suppress(Exception):
                getattr(subject.job_type, method)(outcome, session)
    return session.actions


class _Recorder:
    """A session whose clients keep what they are asked for and answer nothing; no call leaves this machine."""

    def __init__(self) -> None:
        self.actions = set[str]()
        try:
            from botocore.session import get_session
        except ImportError as error:
            raise NotChecked(
                "left out: botocore is not installed, so no call of diagnose() and stop() is seen: pip install boto3"
            ) from error
        self._session: Any = get_session()
        self._no_headers: Any = {}

    def client(self, service_name: str, **options: object) -> Any:  # botocore ships no types
        """As boto3's session gives one."""
        known = {key: value for key, value in options.items() if key in ("config", "api_version")}
        client = self._session.create_client(service_name, region_name=REGION, **_NOBODY, **known)
        client.meta.events.register("before-call", self._answered)
        return client

    def _answered(self, model: Any, **_kwargs: object) -> tuple[Any, Json]:  # botocore ships no types
        from botocore.awsrequest import AWSResponse

        service = str(model.service_model.service_name)
        prefix = _ACTIONS.get((service, ""), service)
        self.actions.add(f"{prefix}:{_ACTIONS.get((service, str(model.name)), model.name)}")
        return AWSResponse("https://kit.invalid", 200, self._no_headers, None), {"ResponseMetadata": {}}
