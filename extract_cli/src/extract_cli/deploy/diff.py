"""`extract deploy diff`: what a deployment would change, in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import echo, output_option, print_json
from extract_core.errors import ExtractError

if TYPE_CHECKING:
    from asl_generator.deploy.difference import Document
    from extract_core.pipeline.model import Pipeline

_COULD_NOT: Final = 2
_WRITE_ONE: Final = "write one with extract deploy template -o template.yml"
_OF_OTHER_SHAPE: Final = (AttributeError, KeyError, TypeError, ValueError, RecursionError)
"""What reading and comparing raise for a file that somebody else wrote. PyYAML lets them through too: ``2026-13-01``."""


class CannotCompareError(ExtractError):
    """What is deployed, or what would be, cannot be read: not a difference, which has exit code 1."""

    exit_code = _COULD_NOT


@click.command(epilog=examples("extract deploy diff", "extract deploy diff --against template.yml"))
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="A template, or a folder with one, in place of the stack.",
)
@output_option
@pipeline_option
def diff(against: Path | None, output: str, pipeline: Path | None) -> int:
    """Show what `up` would change in the deployed stack: job types, plugins, states, permissions, functions, code.

    Exit code 0: no differences; 1: there are differences, or the stack is not deployed yet; 2: it could not compare (wrong
    use, no credentials, no network). With --against it does not call AWS, and does not compare code.
    """
    from extract_core.pipeline.read import read_pipeline

    try:
        read = read_pipeline(pipeline)
        lines = _with_file(read, against) if against is not None else _with_stack(read)
    except ExtractError as error:
        if error.exit_code == _COULD_NOT:
            raise
        raise CannotCompareError(str(error)) from error
    if output == "json":
        print_json(lines)
    else:
        echo("\n".join(lines) if lines else "nothing would change")
    return int(bool(lines))


def _with_file(pipeline: Pipeline, path: Path) -> list[str]:
    from asl_generator.build import build_pipeline
    from asl_generator.deploy.difference import differences
    from asl_generator.template.assemble import template_of
    from extract_core.errors import UsageError
    from extract_core.registry.loading import discover

    deployed = _template_in(path)
    registry = discover(strict=True)
    built = template_of(pipeline, build_pipeline(pipeline, registry), registry)
    try:
        return differences(deployed, built)
    except _OF_OTHER_SHAPE as error:
        raise UsageError(
            f"the template at {str(path)!r} cannot be compared: a part of it is not as extract writes it "
            f"({type(error).__name__}: {error}); {_WRITE_ONE}"
        ) from error


def _with_stack(read: Pipeline) -> list[str]:
    from asl_generator.build import build_pipeline
    from asl_generator.deploy.account import for_account, signed_in, stack_name
    from asl_generator.deploy.artifacts import artifacts_of
    from asl_generator.deploy.code import code_differences
    from asl_generator.deploy.deployed import deployed_template
    from asl_generator.deploy.difference import differences
    from asl_generator.deploy.stack import stack_state
    from asl_generator.errors import GeneratorError
    from asl_generator.template.assemble import template_of
    from asl_generator.template.text import as_json
    from extract_core.objects.routed import open_objects
    from extract_core.registry.loading import discover

    account = signed_in(read.region)
    placed = for_account(read, account)
    name = stack_name(placed)
    stack = stack_state(account.client("cloudformation"), name)
    if stack is None or not stack.is_deployed:
        return [f"stack {name!r}: is not deployed yet in account {account.number}, {read.region}: extract deploy up"]
    registry = discover(strict=True)
    machine = build_pipeline(placed, registry)
    template = template_of(placed, machine, registry)
    lines = differences(deployed_template(placed, account, stack), template)
    try:
        artifacts = artifacts_of(placed, machine, registry, template, as_json(template))
    except GeneratorError as error:
        echo(f"note: the code of the functions is not compared: {error}", err=True)
        return lines
    return [*lines, *code_differences(stack.parameters, artifacts, open_objects())]


def _template_in(path: Path) -> Document:
    import yaml

    from asl_generator.template.text import read_template
    from extract_core.errors import UsageError

    candidates = [path / "template.yml", path / "template.yaml", path / "template.json"] if path.is_dir() else [path]
    file = next((candidate for candidate in candidates if candidate.is_file()), None)
    if file is None:
        raise UsageError(f"there is no template at {str(path)!r}: {_WRITE_ONE}")
    try:
        template = read_template(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{str(file)!r} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, *_OF_OTHER_SHAPE) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
        raise UsageError(f"{str(file)!r} is not a template: it is not valid YAML or JSON{place}; {_WRITE_ONE}") from error
    if not _is_template(template):
        raise UsageError(f"{str(file)!r} is not a template of extract: it has no Resources with a state machine; {_WRITE_ONE}")
    document: Document = template
    return document


def _is_template(template: Any) -> bool:  # Any: what a file may hold
    """Whether the document can be compared: resources with their types, and a machine among them whose definition is JSON."""
    from asl_generator.deploy.difference import definition_of

    resources = template.get("Resources") if isinstance(template, dict) else None
    if not isinstance(resources, dict) or not all(isinstance(of, dict) and "Type" in of for of in resources.values()):
        return False
    try:
        return bool(definition_of(resources))
    except _OF_OTHER_SHAPE:
        return False
