"""A boto3 session whose clients check each call with botocore's model and record it. No call leaves this machine."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from extract_testing.breaches import NotChecked
from extract_testing.services.answers import sample_of
from extract_testing.services.descriptions import reads_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json

_ACTIONS: Final = {
    ("emr", ""): "elasticmapreduce", ("stepfunctions", ""): "states", ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "ListObjects"): "ListBucket", ("s3", "HeadObject"): "GetObject", ("s3", "HeadBucket"): "ListBucket",
    ("lambda", "Invoke"): "InvokeFunction",
}  # fmt: skip
"""Services and calls with another name in IAM than in botocore (service authorization reference)."""
_NO_CREDENTIALS: Final = {"aws_access_key_id": "kit", "aws_secret_access_key": "kit"}
_DENIED: Final = "AccessDeniedException"


class WrongCall(Exception):  # noqa: N818 - named after what happened
    """The API has no such operation, or refuses these members. No error of botocore, so that `asking.answer` passes it on."""


@cache
def _botocore() -> Any:  # botocore ships no types
    """One session for all clients: it reads each model once."""
    from botocore.session import get_session

    return get_session()


@cache
def _client(service: str, region: str) -> tuple[Any, dict[str, FakeSession]]:  # botocore ships no types
    """A client whose calls go to the session in `owner`, and that session's place."""
    owner: dict[str, FakeSession] = {}
    client = _botocore().create_client(service, region_name=region, **_NO_CREDENTIALS)

    def check(params: Any, model: Any, **_named: object) -> None:  # botocore ships no types
        owner["session"].check(params, model)

    def record(model: Any, **_named: object) -> tuple[Any, Json]:  # botocore ships no types
        return owner["session"].record(model)

    client.meta.events.register_last("before-parameter-build", check)
    client.meta.events.register("before-call", record)
    return client, owner


@contextmanager
def no_other_session() -> Iterator[None]:
    """Around a call: boto3 makes no other session, with a region, credentials and time limits that the kit did not choose."""
    try:
        import boto3
    except ImportError:
        yield
        return

    def refused(*_arguments: object, **_named: object) -> object:
        raise WrongCall("it makes its own boto3 session or client, in place of the `aws` that is passed")

    names = ("client", "resource", "Session", "session")
    before = {name: getattr(boto3, name) for name in names}
    stand_in = SimpleNamespace(Session=refused)
    try:
        for name in names:
            setattr(boto3, name, stand_in if name == "session" else refused)
        yield
    finally:
        for name, value in before.items():
            setattr(boto3, name, value)


class FakeSession:
    """Answers are empty, with `whole` they have every member; with `refuses`, each call that does more than read is denied."""

    def __init__(self, region: str, *, refuses: bool = False, whole: bool = False) -> None:
        self.actions = set[str]()
        self.refused = list[str]()
        self.calls = list[tuple[str, str, dict[str, Any]]]()  # the service, the operation, and the members of each call
        self._region, self._refuses, self._whole = region, refuses, whole
        try:
            self._session: Any = _botocore()
        except ImportError as error:
            raise NotChecked(
                "left out: botocore is not installed, so calls of diagnose() and stop() are not checked: pip install boto3"
            ) from error
        self._no_headers: Any = {}

    def get_available_services(self) -> list[str]:
        """The names of all services, as boto3's session returns them."""
        names: list[str] = self._session.get_available_services()
        return names

    def client(self, service_name: str, **options: object) -> Any:  # botocore ships no types
        """A client, as boto3's session returns one. Clients are made once per process, and serve the session that asked last."""
        from botocore.exceptions import UnknownServiceError

        if options.get("region_name") not in (None, self._region):
            raise WrongCall(
                f"it makes a client in the Region {options['region_name']!r}, but the session "
                "has the Region of the job: leave region_name out"
            )

        try:
            client, owner = _client(service_name, self._region)
        except UnknownServiceError as error:
            raise WrongCall(f"boto3 has no service {service_name!r}") from error
        owner["session"] = self
        return client

    def check(self, params: Any, model: Any) -> None:  # botocore ships no types
        """Note the call. WrongCall if the API refuses its members."""
        from botocore.validate import ParamValidator

        self.calls.append((str(model.service_model.service_name), str(model.name), dict(params)))
        if model.input_shape is None:
            return
        filled = {name: "0" * 32 for name in model.idempotent_members if name not in params}
        report = ParamValidator().validate({**params, **filled}, model.input_shape)
        if report.has_errors():
            faults = "; ".join(str(report.generate_report()).splitlines())
            raise WrongCall(f"{model.service_model.service_name}:{model.name} refuses the call: {faults}")

    def record(self, model: Any) -> tuple[Any, Json]:  # botocore ships no types
        """The answer to the call, in place of a request."""
        from botocore.awsrequest import AWSResponse

        service = str(model.service_model.service_name)
        action = f"{_ACTIONS.get((service, ''), service)}:{_ACTIONS.get((service, str(model.name)), model.name)}"
        self.actions.add(action)
        metadata: Json = {}
        if self._refuses and not reads_only(str(model.name)):
            self.refused.append(action)
            denied: Json = {"Error": {"Code": _DENIED, "Message": "denied by the kit"}, "ResponseMetadata": metadata}
            return AWSResponse("https://kit.invalid", 400, self._no_headers, None), denied
        answer = sample_of(model.output_shape) if self._whole and model.output_shape is not None else {}
        parsed: Json = {**answer, "ResponseMetadata": metadata} if isinstance(answer, dict) else {}
        return AWSResponse("https://kit.invalid", 200, self._no_headers, None), parsed
