"""The whole template of a pipeline, from its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asl_generator.template.machine import machine_resources

if TYPE_CHECKING:
    from asl_generator.machine.definition import MachineDefinition
    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline


def template_of(pipeline: Pipeline, machine: MachineDefinition) -> dict[str, Json]:
    """The template: every value is plain JSON."""
    resources = machine_resources(pipeline, machine)
    return {
        "Description": f"Extract pipeline {pipeline.name}",
        "Resources": dict(sorted(resources.items())),
    }
