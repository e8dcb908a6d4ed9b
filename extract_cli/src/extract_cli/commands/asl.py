"""The commands `extract asl …`. Data goes to stdout, notes to stderr."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extract_cli.complete import complete_run
from extract_cli.options import examples, local_option, pipeline_option, runs_of
from extract_cli.views.output import echo, output_option
from extract_cli.write_file import write_file
from extract_core.pausing import collector_paused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from asl_generator.machine.definition import MachineDefinition
    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry


@click.group()
def asl() -> None:
    """Build, draw and check the state machine of the installed job types."""


file_option = click.option(
    "-o", "--output", metavar="FILE", default="-", help="The file to write. [default: stdout, also for -, text and json]"
)


@asl.command(epilog=examples("extract asl build", "extract asl build -o machine.asl.json"))
@pipeline_option
@file_option
def build(pipeline: Path | None, output: str) -> None:
    """Print the state machine's definition (Amazon States Language)."""
    machine = _built(pipeline)
    text = machine.to_json()
    place = _put(text, output)
    kinds = f"{len(machine.job_types)} job type{'s' if len(machine.job_types) > 1 else ''} ({', '.join(machine.job_types)})"
    echo(f"state machine {machine.name}: {kinds}, {len(text.encode()):,} bytes{place}", err=True)


@asl.command(epilog=examples("extract asl graph", "extract asl graph --format svg --run latest -o machine.svg"))
@click.option(
    "--format",
    "format_",
    type=click.Choice(["mermaid", "svg"]),
    default="mermaid",
    show_default=True,
    help="Format of the graph.",
)
@click.option(
    "--run",
    metavar="RUN",
    shell_complete=complete_run,
    help="Show how often this run entered each state, and how often the state failed.",
)
@local_option
@pipeline_option
@file_option
def graph(format_: str, run: str | None, local: bool, pipeline: Path | None, output: str) -> None:
    """Print the state machine as a graph: a Mermaid flowchart, which GitHub and many editors draw, or an SVG file.

    RUN may be `latest`. The graph of a run shows the machine that it ran on, if the execution has its definition.
    """
    from asl_generator.graph import mermaid
    from extract_core.errors import UsageError

    if output == "json":
        raise UsageError("a drawing is text: give --output text, or a file; for the definition as JSON, see: extract asl build")
    definition: Mapping[str, Json] | None
    if run is None:
        definition, counts, title = _built(pipeline).definition, None, "The state machine"
    else:
        from extract_cli.find_run import find_run
        from extract_cli.graph.counts import counts_of
        from extract_cli.graph.definition import definition_of
        from extract_cli.results import results_of

        runs = runs_of(pipeline, local=local)
        results = results_of(runs, find_run(runs.tracking, run))
        definition = definition_of(runs, results.run_id, pipeline)
        if definition is None:
            raise UsageError(f"the machine of run {results.run_id!r} is not known")
        counts, title = counts_of(results, definition), f"The state machine of run {results.run_id}"
    if format_ == "svg":
        from extract_cli.graph.picture import svg

        _put(svg(definition, title=title, counts=counts), output)
    else:
        words = {count.state: count.words for count in counts or ()}
        _put(mermaid(definition, words), output)


@collector_paused()
def _built(pipeline: Path | None) -> MachineDefinition:
    """The machine of this pipeline. Notes about plugins, and about job types that are left out, go to stderr."""
    from asl_generator.build import build_pipeline
    from extract_core.pipeline.read import read_pipeline
    from extract_core.registry.loading import discover

    registry = discover(strict=True)
    for notice in registry.notices:
        echo(f"note: {notice}", err=True)
    read = read_pipeline(pipeline)
    machine = build_pipeline(read, registry)
    if machine.left_out:
        echo(f"note: left out, since extract.toml has no section for them: {', '.join(machine.left_out)}", err=True)
    if read.machine.map == "INLINE":
        for warning in _walls(read, registry):
            echo(f"warning: {warning}", err=True)
    return machine


def _walls(pipeline: Pipeline, registry: Registry) -> Iterator[str]:
    """What a run of all tables would meet in an INLINE machine, for each config of the pipeline that is a file here."""
    from extract_cli.config_files import config_folder
    from extract_core.config.source_files import is_config
    from extract_core.plan.check import check_source
    from extract_core.plan.machine import machine_facts
    from extract_core.plan.places import Places

    folder = config_folder(pipeline)
    if folder is None or not folder.is_dir():
        return
    machine, places = machine_facts(pipeline, registry), Places(data_uri=pipeline.data_uri, runs_uri=pipeline.runs_uri)
    for path in sorted(path for path in folder.iterdir() if is_config(path.name) and path.is_file()):
        checked = check_source(path.read_bytes(), file=str(path), registry=registry, machine=machine, places=places)
        wall = checked.foresight and (checked.foresight.refused or checked.foresight.warning)
        if wall:
            yield f"{path}: {wall}"


def _put(text: str, output: str) -> str:
    """Print the text, or write it to a file. Returns where it was written, for a message."""
    if output in ("-", "json", "text"):
        echo(text, nl=False)
        return ""
    write_file(Path(output), text)
    return f" → {output}"


@asl.command(epilog=examples("extract asl check", "extract asl check machine.asl.json"))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@pipeline_option
@output_option
def check(files: Sequence[Path], pipeline: Path | None, output: str) -> int:
    """Check the definitions in FILES, or the machine of this pipeline if no file is given.

    The check reads structure, paths, services and their parameters. It does not call AWS. Exit code 1 if there is an error.
    """
    from asl_toolkit.check import Severity, command
    from asl_toolkit.check import check as findings_of
    from asl_toolkit.check.formats import FORMATS, Checked

    if files:
        return command.main(["--output", output, *map(str, files)])
    from asl_generator.build import build_pipeline
    from extract_core.pipeline.read import read_pipeline
    from extract_core.registry.loading import discover

    read = read_pipeline(pipeline)
    machine = build_pipeline(read, discover(strict=True))
    findings = findings_of(machine.to_json(), region=read.region)
    echo(FORMATS[output]([Checked(machine.name, machine.name, findings)], 0), nl=False)
    return int(any(finding.severity is Severity.ERROR for finding in findings))
