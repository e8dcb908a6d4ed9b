"""What each command may import: a slow start is felt at each call."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from extract_core.contract import JobState
from extract_core.tracking.open import open_tracking
from extract_core.tracking.records import AttemptRow, Guard, Owner, Policy, RunRecord

CLI = {"click", "extract_cli", "extract_core"}
SCAN = {"importlib_metadata", "zipp"}  # of entry points
PLUGINS = {
    "pluggy",
    *SCAN,
    "extract_glue",
    "extract_emr",
    "extract_ecs",
    "extract_batch",
    "extract_openlineage",
    "extract_iceberg",
}
MODELS = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"}
LOCAL = {*CLI, "pluggy", *SCAN, "extract_local"}  # the engine of this machine, for what it has written
STORES = {*CLI, "pluggy"}  # pluggy: the markers of the contract
CONFIGS = {*CLI, *PLUGINS, *MODELS, "yaml"}
MACHINE = {*CLI, *PLUGINS, *MODELS, "asl_generator", "asl_toolkit", "yaml"}

DRAWING = {"jinja2", "markupsafe", "fast_sugiyama"}

MAY_IMPORT = {
    "--help": {*CLI, *SCAN},
    "--version": CLI,
    "status": STORES,
    "status --output json": STORES,
    "status --all": STORES,
    "runs": STORES,
    "history public.notes": STORES,
    "state show public.notes": STORES,
    "state history public.notes": STORES,
    "reconcile": {*STORES},  # and the items of plans
    "clean sales": {*STORES},  # and the places of plans
    "logs one public.notes": LOCAL,
    "report one -o json": LOCAL,
    "report one -o html": {*LOCAL, *MACHINE, *DRAWING},
    "watch one": {*LOCAL, "rich"},
    "validate": CONFIGS,
    "plan sales": CONFIGS,
    "schema": CONFIGS,
    "schema run-results": {*CLI, *MODELS, "pluggy"},
    "doctor": MACHINE,  # it builds the branches, to name those that cannot be built
    "plugins list": {*CLI, *PLUGINS},
    "asl build": MACHINE,
    "asl graph": MACHINE,
    "asl graph --format svg": {*MACHINE, *DRAWING},
}
_IMPORTED = """
import io, json, sys
before = set(sys.modules)
stdout, sys.stdout = sys.stdout, io.StringIO()
from extract_cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
print(json.dumps([code, sorted(set(sys.modules) - before)]), file=stdout)
"""


def imported_by(*argv: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", _IMPORTED, *argv], capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stdout)
    assert code == 0, done.stderr
    return set(modules)


@pytest.fixture
def ended_run(project) -> None:
    """A run of one table, which has succeeded."""
    with open_tracking(str(project / ".extract" / "tracking.db")) as tracking:
        started = "2026-03-01T06:00:00+00:00"
        tracking.start_run(RunRecord(run_id="one", execution_id="e", source="sales", started_at=started))
        tracking.plan_run("one", plan_uri="file:///p", planned=1, policy=Policy(), skipped=[])
        owner = Owner(execution_id="e", run_id="one", started_at=started, bound="2100-01-01T00:00:00+00:00")
        tracking.take("sales", ["public.notes"], owner, is_running=lambda _: True, now=None, all_or_nothing=True)
        row = AttemptRow(
            run_id="one", source="sales", table="public.notes", attempt=1, job_type="glue", state=JobState.SUCCEEDED,
            recorded_at="2026-03-01T06:10:00+00:00",
        )  # fmt: skip
        tracking.finish(row, guard=Guard(run_id="one", fencing=1, attempt=1))
        tracking.put_summary("one", {"state": "SUCCEEDED", "ended_at": "2026-03-01T06:10:00+00:00"})


@pytest.mark.usefixtures("ended_run")
@pytest.mark.parametrize("command", MAY_IMPORT)
def test_a_command_imports_only_what_it_needs(command):
    packages = {name.partition(".")[0] for name in imported_by(*command.split())}
    ours = {name for name in packages if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert ours - MAY_IMPORT[command] <= {"cython_runtime", "lazy_importer"}


@pytest.mark.usefixtures("ended_run")
@pytest.mark.parametrize("command", [command for command, packages in MAY_IMPORT.items() if packages is STORES])
def test_what_reads_the_stores_loads_no_config_and_no_plugin(command):
    modules = imported_by(*command.split())
    assert "extract_core.tracking.sqlite" in modules
    heavy = {"extract_core.registry.loading", "extract_core.plan", "extract_core.config.tiers", "extract_core.config.read"}
    heavy.add("zoneinfo")
    assert modules & heavy == set()


@pytest.mark.usefixtures("project")
def test_the_template_is_built_without_the_stores_and_what_they_need():
    pipeline = Path("extract.toml")
    places = "".join(f'{name}_uri = "s3://acme-extract/{name}/"\n' for name in ("config", "data", "runs"))
    account = f'[pipeline]\naccount = "123456789012"\ntracking = "dynamodb://extract"\n{places}'
    pipeline.write_text(pipeline.read_text().replace("[pipeline]\n", account))
    modules = imported_by("deploy", "template")
    assert "asl_generator.template.assemble" in modules
    stores = {"extract_core.tracking.dynamodb.store", "extract_core.config.read", "extract_core.plan.event", "sqlite3", "boto3"}
    assert modules & stores == set()


@pytest.mark.usefixtures("ended_run")
@pytest.mark.parametrize("command", [command for command in MAY_IMPORT if command not in ("--help", "--version")])
def test_our_own_commands_look_for_no_commands_of_plugins(command, monkeypatch):
    from extract_cli import root

    monkeypatch.setattr(root, "_contributed", lambda: pytest.fail("looked for commands of plugins"))
    context = root.extract.make_context("extract", command.split(), resilient_parsing=True)
    assert root.extract.resolve_command(context, command.split())[1] is not None


def test_importing_a_plugin_imports_neither_boto3_rich_nor_pydantic():
    plugins = "extract_glue.catalog, extract_emr, extract_ecs, extract_openlineage, extract_iceberg"
    code = f"import sys, {plugins}, extract_core.contract; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    packages = {name.partition(".")[0] for name in done.stdout.split()}
    assert packages & {"boto3", "botocore", "rich", "pydantic", "yaml", "click"} == set()
