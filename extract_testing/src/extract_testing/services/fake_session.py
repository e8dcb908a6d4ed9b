"""A boto3 session whose clients check each call with botocore's model and record it. No call leaves this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from extract_testing.breaches import NotChecked
from extract_testing.services.descriptions import reads_only

if TYPE_CHECKING:
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


class FakeSession:
    """Answers are empty; with `refuses`, every call that does more than read is answered with AccessDenied."""

    def __init__(self, region: str, *, refuses: bool = False) -> None:
        self.actions = set[str]()
        self.refused = list[str]()
        self._region, self._refuses = region, refuses
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
        from botocore.exceptions import UnknownServiceError

        passed = {key: value for key, value in options.items() if key in ("config", "api_version")}
        try:
            client = self._session.create_client(service_name, region_name=self._region, **_NO_CREDENTIALS, **passed)
        except UnknownServiceError as error:
            raise WrongCall(f"boto3 has no service {service_name!r}") from error
        client.meta.events.register_last("before-parameter-build", self._check)
        client.meta.events.register("before-call", self._record)
        return client

    def _check(self, params: Any, model: Any, **_kwargs: object) -> None:  # botocore ships no types
        from botocore.validate import ParamValidator

        if model.input_shape is None:
            return
        filled = {name: "0" * 32 for name in model.idempotent_members if name not in params}
        report = ParamValidator().validate({**params, **filled}, model.input_shape)
        if report.has_errors():
            faults = "; ".join(str(report.generate_report()).splitlines())
            raise WrongCall(f"{model.service_model.service_name}:{model.name} refuses the call: {faults}")

    def _record(self, model: Any, **_kwargs: object) -> tuple[Any, Json]:  # botocore ships no types
        from botocore.awsrequest import AWSResponse

        service = str(model.service_model.service_name)
        action = f"{_ACTIONS.get((service, ''), service)}:{_ACTIONS.get((service, str(model.name)), model.name)}"
        self.actions.add(action)
        metadata: Json = {}
        if self._refuses and not reads_only(str(model.name)):
            self.refused.append(action)
            denied: Json = {"Error": {"Code": _DENIED, "Message": "denied by the kit"}, "ResponseMetadata": metadata}
            return AWSResponse("https://kit.invalid", 400, self._no_headers, None), denied
        return AWSResponse("https://kit.invalid", 200, self._no_headers, None), {"ResponseMetadata": metadata}
