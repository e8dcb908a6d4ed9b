"""The resources of CloudFormation that job types add to the stack, checked, and the values that only the stack will know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from asl_generator.errors import GeneratorError, calling
from asl_generator.machine.json_text import plain
from extract_core.contract import Resource, Stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asl_generator.deployments.place import PlacedJobType
    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline

BUCKET: Final = "ArtifactsBucket"
BUNDLE_KEY: Final = "BundleKey"
SCRIPT_KEY: Final = "JobScriptKey"
WHEEL_KEY: Final = "JobWheelKey"
"""Parameters of the template: where the artifacts are. Their keys hold a hash of their content."""

_LOGICAL_ID: Final = re.compile(r"[A-Za-z0-9]{1,255}")
_TYPE: Final = re.compile(r"[A-Za-z0-9]+::[A-Za-z0-9]+::[A-Za-z0-9]+")
_TOKEN: Final = re.compile(r"\$\{([A-Za-z0-9]+)(\.[A-Za-z0-9.]+)?\}")


def stack_of(pipeline: Pipeline) -> Stack:
    """What the infrastructure of this pipeline's job types is built on."""
    options = pipeline.deploy
    keys = (SCRIPT_KEY, WHEEL_KEY)
    arns: Json = [{"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::${{{BUCKET}}}/${{{key}}}"} for key in keys]
    return Stack(
        data_uri=pipeline.data_uri,
        runs_uri=pipeline.runs_uri,
        job_script={"Fn::Sub": f"s3://${{{BUCKET}}}/${{{SCRIPT_KEY}}}"},
        job_wheel={"Fn::Sub": f"s3://${{{BUCKET}}}/${{{WHEEL_KEY}}}"},
        job_files=arns,
        architecture="arm64" if options.architecture == "arm64" else "x86_64",
        log_retention_days=options.log_retention_days,
        kms_key=options.kms_key,
    )


def infrastructure_of(placed: Iterable[PlacedJobType]) -> dict[str, Resource]:
    """The resources of all job types by logical id. GeneratorError with everything that is wrong with them, by plugin."""
    resources, faults = dict[str, Resource](), list[str]()
    for job_type in placed:
        for logical_id, made in _declared(job_type).items():
            place = f"{job_type.named}: infrastructure()[{logical_id!r}]"
            if logical_id in resources:
                faults.append(f"{place} is also a resource of another job type: rename it")
                continue
            wrong = list(_faults_of(logical_id, made, job_type.installed.job_type.title))
            faults += [f"{place} {fault}" for fault in wrong]
            if not wrong:
                properties = cast("Mapping[str, Json]", plain(made.properties))
                resources[logical_id] = Resource(type=made.type, properties=properties, after=tuple(made.after))
    if faults:
        raise GeneratorError(faults)
    return resources


def tokens_in(text: str, logical_ids: Iterable[str]) -> list[str]:
    """The tokens ``${Id}`` and ``${Id.Attribute}`` in this text that name one of these resources, sorted."""
    known = set(logical_ids)
    return sorted({match[0] for match in _TOKEN.finditer(text) if match[1] in known})


def substituted(text: str, logical_ids: Iterable[str]) -> Json:
    """The text; with a function of CloudFormation where it holds such tokens. Any other ``${`` stays as it is."""
    tokens = tokens_in(text, logical_ids)
    if not tokens:
        return text
    pattern = re.compile("|".join(map(re.escape, tokens)) + r"|\$\{")
    return {"Fn::Sub": pattern.sub(lambda match: match[0] if match[0] != "${" else "${!", text)}


def _declared(job_type: PlacedJobType) -> Mapping[str, Resource]:
    with calling(job_type.named, "infrastructure()"):
        declared = job_type.installed.job_type.infrastructure(job_type.target)
    if not isinstance(declared, Mapping):
        raise GeneratorError([f"{job_type.named}: infrastructure() returned {declared!r}; return a mapping of resources"])
    return declared


def _faults_of(logical_id: object, made: object, title: str) -> Iterator[str]:
    prefix = "".join(re.findall(r"[A-Za-z0-9]", title))
    if not isinstance(logical_id, str) or not _LOGICAL_ID.fullmatch(logical_id) or not logical_id.startswith(prefix):
        yield f"is not a valid logical id; use letters and digits, and begin with {prefix!r}"
    if not isinstance(made, Resource):
        yield f"is {made!r}; it must be a Resource"
        return
    kind: object = made.type
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        yield f"has the type {kind!r}; write a type of CloudFormation, such as AWS::Glue::Job"
    try:
        if not isinstance(plain(made.properties), Mapping):
            yield f"has the properties {made.properties!r}; they must be a mapping"
    except ValueError as error:
        yield f"has properties that are not JSON: {error}"
