"""What plugins and machines can do wrong: the table says it, the others run."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pluggy
import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator
from shared_fixtures.source import plan_tables

from extract_core import contract
from extract_core.config.read import read_source_config
from extract_core.contract import API_VERSION, hookimpl
from extract_core.errors import ConfigError, UsageError
from extract_core.plan.run_context import RunContext
from extract_core.registry.entry_points import Provider
from extract_core.registry.installed import Registry
from extract_core.registry.values import BrokenPlugin

ONE = "extract: {job_type: loom, tables: {a: {}}}"
AT = "sales.yml:1:36: extract.tables.a: "
NO_NULL = "a state machine can't pass null, so every argument needs a value"
UNFIT = (
    "which a command line can't pass (it is empty, begins with '-' or contains NUL); add argument_encoding: json, "
    "which passes any value"
)
NOT_JSON = "returned arguments that are not valid JSON"
OF_LOOM = "plugin 'loom' of (embedded) 0"


@pytest.fixture
def loom(registry):
    """Its class, to make worse ones of."""
    return type(registry.job_type("loom"))


def error_of(plan, job_type=None, text=ONE, **options):
    if job_type is not None:
        options["registry"] = Registry.of(job_type)
    [table] = plan(text, **options)
    return table.plan_error and re.sub(r" \(\w+\.py:\d+\)", "", table.plan_error)


def returns(loom, value):
    class Strange(loom):
        def arguments(self, table, settings):
            if isinstance(value, Exception):
                raise value
            return value

    return Strange()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (ValueError("the cluster is closed"), "job type 'loom': the cluster is closed"),
        (KeyError("x"), f"job type 'loom' failed at planning: KeyError: 'x'; report it to the authors of {OF_LOOM}"),
        (None, f"job type 'loom' ({OF_LOOM}) built None; the arguments must be a mapping"),
        (
            {"a": [{"b": None}]},
            f"job type 'loom' ({OF_LOOM}) built null for 'a[0].b'; {NO_NULL}",
        ),
        (
            {"a": {1}},
            f"job type 'loom' ({OF_LOOM}) {NOT_JSON}: Object of type set is not JSON serializable",
        ),
        (
            {"a": float("nan")},
            f"job type 'loom' ({OF_LOOM}) {NOT_JSON}: Out of range float values are not JSON compliant",
        ),
    ],
)
def test_a_builder_that_fails(plan, loom, value, message):
    assert error_of(plan, returns(loom, value)).startswith(AT + message)


def test_text_that_says_null_is_fine(plan, loom):
    assert error_of(plan, returns(loom, {"a": "null"})) is None


def test_a_timeout_that_is_none(plan, loom):
    class Endless(loom):
        def timeout(self, settings):
            return 0

    assert error_of(plan, Endless()) == (
        f"{AT}job type 'loom' ({OF_LOOM}) returned a timeout of 0 seconds; a state takes 1 to 99,999,999"
    )


def test_settings_that_can_not_be_had(plan, loom):
    class Broken(loom):
        def settings(self):
            raise ImportError("no module named 'acme'")

    assert error_of(plan, Broken()) == (
        "sales.yml:1:21: extract.job_type: job type 'loom' failed at planning: ImportError: no module named 'acme'; "
        f"report it to the authors of {OF_LOOM}"
    )


def test_a_model_that_refuses_the_whole(plan, loom):
    class Picky(BaseModel):
        model_config = ConfigDict(extra="forbid")
        a: int = 1

        @model_validator(mode="after")
        def never(self):
            raise ValueError("a and b exclude each other")

    class Refusing(loom):
        def settings(self):
            return Picky

    assert error_of(plan, Refusing()) == f"{AT}job type 'loom' refuses these settings: a and b exclude each other"


def test_a_model_that_takes_any_key(plan, loom):
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")

    class Generous(loom):
        def settings(self):
            return Open

        def arguments(self, table, settings):
            return settings.model_dump()

        def timeout(self, settings):
            return 60

    [table] = plan(
        "extract: {job_type: loom, job_types: {loom: {colour: red}}, tables: {a: {size: [1, 2], fetchsize: 3}}}",
        registry=Registry.of(Generous()),
    )
    assert table.item["arguments"] == {"colour": "red", "size": [1, 2]}


def test_aliases_are_the_keys(plan, loom):
    class Aliased(BaseModel):
        model_config = ConfigDict(extra="forbid")
        inner: int = Field(default=1, alias="outer")

    class Aliasing(loom):
        def settings(self):
            return Aliased

        def arguments(self, table, settings):
            return {"inner": settings.inner}

        def timeout(self, settings):
            return 60

    [table] = plan("extract: {job_type: loom, tables: {a: {outer: '7'}}}", registry=Registry.of(Aliasing()))
    assert (table.item["arguments"], table.settings) == ({"inner": 7}, {"outer": 7})
    assert error_of(plan, Aliasing(), "extract: {job_type: loom, tables: {a: {inner: 7}}}") == (
        "sales.yml:1:40: extract.tables.a.inner: neither the core nor job type 'loom' knows this key"
        "; what only the script reads goes under arguments"
    )


class TestTheMachine:
    def test_was_built_without_the_job_type(self, plan, machine):
        machine["job_types"] = {"spindle": {"job_name": "main"}}
        assert error_of(plan, machine=machine) == (
            "sales.yml:1:21: extract.job_type: job type 'loom' is installed, but the state machine 'extract' was built without "
            "it (it has: spindle); write [job_types.loom] in extract.toml, then build and deploy the machine again"
        )

    def test_was_built_with_another_deployment(self, plan, machine):
        machine["job_types"] = {"loom": {"job": "main"}}
        assert error_of(plan, machine=machine) == (
            "sales.yml:1:21: extract.job_type: the machine was built with a deployment of job type 'loom' that "
            f"{OF_LOOM} refuses: job_name is missing, and job type 'loom' needs it; job no such key here; did you "
            "mean 'job_name'?; correct [job_types.loom] in extract.toml, and build and deploy the machine again"
        )

    def test_was_built_for_another_contract(self, plan, machine):
        machine["contract"] = [2, 0]
        with pytest.raises(UsageError) as error:
            plan(ONE, machine=machine)
        assert str(error.value) == (
            f"the state machine 'extract' was built for contract [2, 0], and these functions have {list(API_VERSION)}; "
            "build and deploy machine and functions from one installation"
        )

    def test_has_a_retry_loop(self, plan, machine):
        machine["retry_loop"] = True
        text = "extract: {job_type: loom, max_attempts: 3, tables: {a: {}, b: {max_attempts: 2}}}"
        assert [table.item["max_attempts"] for table in plan(text, machine=machine)] == [3, 2]


def test_a_broken_plugin_is_told_and_its_section_is_no_fault(plan, registry):
    broken = BrokenPlugin(Provider("batch", "extract-batch", "1.0"), "ImportError: no boto", ("batch",))
    text = "extract: {job_type: loom, job_types: {batch: {queue: x}}, tables: {a: {}, b: {job_type: batch}}}"
    fine, lost = plan(text, registry=replace(registry, broken=(broken,)))
    assert fine.plan_error is None
    assert lost.plan_error == (
        "sales.yml:1:89: extract.tables.b.job_type: job type 'batch' is not available, since a plugin is broken: "
        "plugin 'batch' of extract-batch 1.0: ImportError: no boto"
    )
    assert lost.item["job_type"] == "batch"
    assert (lost.settings, lost.table_run, lost.spec) == (None, None, None)
    unused = "extract: {job_type: loom, job_types: {batch: {queue: x}}, tables: {a: {}}}"
    assert [table.plan_error for table in plan(unused, registry=replace(registry, broken=(broken,)))] == [None]


def amending(registry, amend):
    manager = pluggy.PluginManager(contract.PROJECT)
    manager.add_hookspecs(contract)
    plugin = SimpleNamespace(extract_amend_arguments=hookimpl(amend))
    manager.register(plugin)
    calls = ((Provider("labels", "acme-labels", "2.0"), manager.hook.extract_amend_arguments),)
    return replace(registry, hook_calls={"extract_amend_arguments": calls})


def test_a_hook_may_add_arguments(plan, registry):
    def amend(table, job_type):
        return {"--label": f"{job_type}/{table.table}", "--fetchsize": "7"}

    [table] = plan(ONE, registry=amending(registry, amend))
    flat = table.item["arguments"]["job_arguments"]
    assert (flat["--label"], flat["--fetchsize"]) == ("loom/a", "7")
    assert table.table_run["job_arguments"] == flat


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ({"label": "x"}, "a plugin's hook extract_amend_arguments gave the argument 'label'; it must begin with --"),
        (
            {"--label": ""},
            f"the job's argument --label is '', {UNFIT}",
        ),
        (
            3,
            "plugin 'labels' of acme-labels 2.0: its hook extract_amend_arguments returned 3; return a mapping or None",
        ),
    ],
)
def test_a_hook_that_fails(plan, registry, returned, message):
    def amend(table):
        return returned

    assert error_of(plan, registry=amending(registry, amend)) == AT + message


def test_very_many_faults_are_cut(plan):
    keys = ", ".join(f"wrong_key_{number}: 1" for number in range(100))
    error = error_of(plan, text=f"extract: {{job_type: loom, tables: {{a: {{{keys}}}}}}}")
    assert (len(error), error[-2:]) == (2_000, " …")


def test_all_faults_above_the_tables_come_at_once(plan):
    text = """\
    extract:
      job_type: loom
      default_arguments: {fetchsiz: 1, num_partitions: none}
      job_types: {loom: {worker_no: 0, arguments: {a: 1}}, spindel: {}}
      tables: {a: {}}
    """
    with pytest.raises(ConfigError) as error:
        plan(text)
    assert [fault.path for fault in error.value.findings] == [
        "extract.default_arguments.fetchsiz",
        "extract.default_arguments.num_partitions",
        "extract.job_types.loom.worker_no",
        "extract.job_types.loom.arguments.a",
        "extract.job_types.spindel",
    ]


def test_a_table_that_left_the_config(plan, registry, machine):

    config = read_source_config(b"extract: {job_type: loom, tables: {accounts: {}}}", file="sales.yml")
    run = RunContext(run_id="r-2", execution_id="e", started_at="2026-03-02T06:00:00Z")
    [table] = plan_tables(
        config, ["acounts"], run=run, machine=machine, registry=registry, marks={}, data_uri="s3://d/", runs_uri="s3://r/"
    )
    assert table.plan_error == ("sales.yml:1:35: extract.tables: has no table 'acounts' any more; did you mean 'accounts'?")


def test_reading_a_config_needs_no_pydantic():
    code = (
        "import sys; from extract_core.plan.event import read_event; read_event({'source': 's', 'tables': '*'}); "
        "from extract_core.config.read import read_source_config; "
        "read_source_config(b'extract: {tables: {a: {}}}', file='s.yml'); "
        "print(sorted({'pydantic', 'boto3', 'rich', 'importlib_metadata'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    assert done.stdout == "[]\n"


def test_an_argument_that_a_broken_plugin_may_know_is_no_fault(plan, registry):
    broken = BrokenPlugin(Provider("batch", "extract-batch", "1.0"), "ImportError: no boto", ("batch",))
    text = "extract: {job_type: loom, default_arguments: {queue: x}, tables: {a: {}}}"
    assert [table.plan_error for table in plan(text, registry=replace(registry, broken=(broken,)))] == [None]
    with pytest.raises(ConfigError) as error:
        plan(text)
    assert str(error.value) == (
        "sales.yml:1:47: extract.default_arguments.queue: neither the core nor any installed job type knows this key; what only "
        "the script reads goes under extract.arguments"
    )


def test_one_oversized_item_is_the_error_of_its_table(plan, registry):
    long = "x" * 210_000
    own = f"arguments: {{--x: {long}}}"
    tables = f"a: {{{own}}}, b: {{}}, c: {{argument_encoding: json, {own}}}"
    a, b, c = plan(f"extract: {{job_type: loom, tables: {{{tables}}}}}", registry=registry)
    assert (
        "bytes, and 200,000 is the limit of one item of the state machine: shorten them, or write argument_encoding: json"
        in a.plan_error
    )
    assert b.plan_error is None
    assert c.plan_error is None
    assert c.spilled is not None
