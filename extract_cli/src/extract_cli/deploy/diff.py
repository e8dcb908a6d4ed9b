"""`extract deploy diff`: what a deployment would change, in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import echo, output_option, print_json

if TYPE_CHECKING:
    from extract_core.pipeline.model import Pipeline


@click.command(epilog=examples("extract deploy diff", "extract deploy diff --against template.yml"))
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="A template, or a folder with one, in place of the stack.",
)
@output_option
@pipeline_option
def diff(against: Path | None, output: str, pipeline: Path | None) -> int:
    """Show what `up` would change in the deployed stack: job types, plugins, states, permissions, functions.

    Exit code 0: nothing; 1: there are differences; 2: wrong use. With --against it does not call AWS.
    """
    from asl_generator.build import build_pipeline
    from asl_generator.deploy.difference import differences
    from asl_generator.template.assemble import template_of
    from extract_core.pipeline.read import read_pipeline
    from extract_core.registry.loading import discover

    read = read_pipeline(pipeline)
    placed, deployed = (read, _of_file(against)) if against is not None else _of_stack(read)
    registry = discover(strict=True)
    lines = differences(deployed, template_of(placed, build_pipeline(placed, registry), registry))
    if output == "json":
        print_json(lines)
    else:
        echo("\n".join(lines) if lines else "nothing would change")
    return int(bool(lines))


def _of_stack(read: Pipeline) -> tuple[Pipeline, Any]:  # Any: a template
    from asl_generator.deploy.account import for_account, signed_in, stack_name
    from asl_generator.deploy.deployed import deployed_template

    account = signed_in(read.region)
    placed = for_account(read, account)
    return placed, deployed_template(placed, account, stack_name(placed))


def _of_file(path: Path) -> Any:  # Any: a template
    import yaml

    from extract_core.errors import UsageError

    candidates = [path / "template.yml", path / "template.yaml", path / "template.json"] if path.is_dir() else [path]
    file = next((candidate for candidate in candidates if candidate.is_file()), None)
    if file is None:
        raise UsageError(f"there is no template at {str(path)!r}: write one with extract deploy template -o template.yml")
    try:
        template = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{str(file)!r} cannot be read: {error}") from error
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise UsageError(f"{str(file)!r} is not a template: it has no Resources")
    return template
