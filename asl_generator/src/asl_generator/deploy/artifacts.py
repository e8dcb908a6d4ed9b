"""The artifacts of a deployment: bundle, files of the reference job and template, each below a hash of its content."""

from __future__ import annotations

from dataclasses import field
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from asl_generator.bundle import BundleTarget, build_bundle, job_artifacts
from asl_generator.deployments.infrastructure import BUCKET, BUNDLE_KEY, SCRIPT_KEY, WHEEL_KEY
from extract_core.dataclass import dataclass
from extract_core.plan.places import s3_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asl_generator.bundle import Architecture, Bundle
    from asl_generator.machine.definition import MachineDefinition
    from extract_core.contract import Json
    from extract_core.objects.store import ObjectStore
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What is uploaded: `objects` by URI, the `bundle` among them.

    `parameters` are those of the template, `template_uri` is its place.
    """

    parameters: Mapping[str, str]
    template_uri: str
    bundle: Bundle = field(repr=False)
    objects: Mapping[str, bytes] = field(repr=False)
    notes: tuple[str, ...] = ()

    def upload(self, store: ObjectStore) -> Iterator[str]:
        """Write those that are not there yet, the template last. Yields a line per object that is written."""
        for uri, data in self.objects.items():
            if not store.exists(uri):
                store.write(uri, data)
                yield f"uploaded {uri} ({len(data):,} bytes)"


def artifacts_of(
    pipeline: Pipeline, machine: MachineDefinition, registry: Registry, template: Mapping[str, Json], text: str
) -> Artifacts:
    """Build the artifacts of this pipeline. `text` is the template as JSON. Raises GeneratorError if one cannot be built."""
    options = pipeline.deploy
    folder = options.artifacts_uri or ""
    bucket, prefix = s3_place(folder)
    target = BundleTarget(cast("Architecture", options.architecture), options.runtime.removeprefix("python"))
    bundle = build_bundle(machine, registry, target)
    parameters = {BUCKET: bucket, BUNDLE_KEY: f"{prefix}{bundle.key}"}
    objects = {f"{folder}{bundle.key}": bundle.data}
    wanted = template["Parameters"]
    if isinstance(wanted, dict) and wanted.keys() & {SCRIPT_KEY, WHEEL_KEY}:
        job = job_artifacts()
        for key, artifact in ((SCRIPT_KEY, job.script), (WHEEL_KEY, job.wheel)):
            if key in wanted:
                parameters[key] = f"{prefix}{artifact.key}"
                objects[f"{folder}{artifact.key}"] = artifact.data
    template_uri = f"{folder}template-{sha256(text.encode()).hexdigest()[:16]}.json"
    objects[template_uri] = text.encode()
    return Artifacts(parameters, template_uri, bundle, objects, bundle.notes)
