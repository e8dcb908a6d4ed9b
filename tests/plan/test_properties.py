"""Whatever stands in a file or an event: a plan or a clear error, never another exception."""

from __future__ import annotations

import json
from string import printable

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract_core.config.keys import DATABASE, DEFAULTS, EXTRACT, ROOT, RUN, TABLE
from extract_core.config.yaml_text import parse, parse_spots
from extract_core.errors import ConfigError, UsageError
from extract_core.plan.check import check_source
from extract_core.plan.event import read_event
from extract_core.plan.places import segment

WHOLE = b"""\
# every kind of thing that a config may hold
source_name: sales
source_type: jdbc
source_owners: [data@example.com]
x-incremental: &incremental {extract_type: PE, hwm_col_name: updated_at, hwm_column_type: TimestampType}
extract:
  job_type: loom
  script_name: jdbc_extract_job.py
  arguments: {--test: 1, --label: "caf\xc3\xa9"}
  default_arguments: {num_partitions: "4", fetchsize: "1000", worker_no: "2"}
  db_engine: postgres
  db_port: "5432"
  db_secret: postgres/sales
  db_name: sales_${ENV:EXTRACT_VAR_STAGE_OF_NOBODY:-dev}
  job_types:
    loom: {worker_type: large, lag: 15m}
    spindle: {cluster: main}
  result: required
  tables:
    public.accounts: {<<: *incremental, lag: 1h}
    public.events: {job_type: spindle, partition_column: id, lower_bound: "1", upper_bound: "1000", tags: [large]}
    "crm orders": {<<: [*incremental], arguments: {--mode: 'a: b'}, argument_encoding: json}
    public.notes:
      extract_type: FE
      lower_bound: 012
run:
  fail_when: 10%
  on_conflict: skip
transform: {job_type: glue, tables: {public.accounts: {partition_key: [a, b]}}}
"""

UNHURRIED = settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8),
    st.sampled_from(["FE", "PE", "15m", "1000", "012", "-1", "yes", "loom", "spindle", "lom", "TimestampType", "json", "*"]),
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=6
)
KNOWN = sorted({*ROOT, *EXTRACT, *RUN, *TABLE, *DEFAULTS, *DATABASE, "worker_no", "worker_type", "cluster", "--test", "--run_id"})
names = st.sampled_from(KNOWN) | st.text(max_size=5)


def sections(inner):
    return st.dictionaries(names, inner, max_size=5) | values


tables = st.dictionaries(st.sampled_from(["public.accounts", "crm.a", "b"]) | st.text(max_size=4), sections(values), max_size=4)
documents = st.fixed_dictionaries(
    {"extract": st.fixed_dictionaries({"tables": tables | values}, optional={
        "job_type": st.sampled_from(["loom", "spindle"]) | values,
        "default_arguments": sections(values),
        "job_types": st.dictionaries(st.sampled_from(["loom", "spindle", "x"]), sections(values), max_size=2) | values,
        "arguments": sections(scalars),
        **dict.fromkeys(sorted(EXTRACT - {"tables", "job_type", "default_arguments", "job_types", "arguments"}), values),
    })},
    optional={"run": sections(values), "source": st.just("sales") | values, "source_owners": values},
)  # fmt: skip


@st.composite
def mutated(draw):
    """The whole config with some of its bytes cut out, doubled, moved or replaced."""
    data = WHOLE
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        put = draw(st.one_of(
            st.just(b""),
            st.binary(max_size=6),
            st.text(printable, max_size=6).map(str.encode),
            st.sampled_from(b'\t|\n|: |- |{|}|&a |*a|*incremental|<<: |!!str |---\n|"|#'.split(b"|")),
            st.just(data[start:end] * 2),
        ))  # fmt: skip
        data = data[:start] + put + data[end:]
    return data


def check(plan, data: bytes, registry, machine) -> None:
    """A plan or a clear error; and what `validate` says of the same bytes agrees with it."""
    checked = check_source(data, file="sales.yml", registry=registry, machine=machine)
    assert all(fault.message.strip() for fault in checked.findings)
    try:
        planned = plan(data)
    except (ConfigError, UsageError) as error:
        if not str(error).strip() or not (checked.findings or isinstance(error, UsageError)):
            raise AssertionError("it does not say what is wrong") from error
        return
    assert bool(checked.findings) == any(table.plan_error for table in planned)
    for table in planned:
        line = table.line()
        assert line.endswith(b"\n")
        assert json.loads(line)["item"] == json.loads(json.dumps(table.item))
        if table.plan_error is not None:
            assert table.plan_error.startswith("sales.yml:")
            assert table.item["arguments"] == {}


@UNHURRIED
@given(data=mutated())
def test_a_mutated_config_is_planned_or_refused(plan, registry, machine, data):
    check(plan, data, registry, machine)


@pytest.mark.soak
@settings(UNHURRIED, max_examples=20_000)
@given(data=mutated())
def test_twenty_thousand_mutated_configs(plan, registry, machine, data):
    check(plan, data, registry, machine)


@pytest.mark.soak
@settings(UNHURRIED, max_examples=10_000)
@given(document=documents)
def test_ten_thousand_documents(plan, registry, machine, document):
    check(plan, yaml.safe_dump(document, allow_unicode=True).encode(), registry, machine)


@UNHURRIED
@given(document=documents)
def test_any_values_are_planned_or_refused(plan, registry, machine, document):
    check(plan, yaml.safe_dump(document, allow_unicode=True).encode(), registry, machine)


def test_the_whole_config_itself_is_planned(plan):
    assert [table.plan_error for table in plan(WHOLE)] == [None] * 4


@UNHURRIED
@given(event=st.dictionaries(st.sampled_from(["source", "tables", "exclude", "reingest", "rerun_of", "x"]), values))
def test_any_event_is_read_or_refused(event):
    try:
        read = read_event(event)
    except UsageError as error:
        assert str(error).startswith("the event is wrong: ")  # noqa: PT017 - the error is only one way to end
    else:
        assert read.source == event["source"]


@UNHURRIED
@given(document=values)
def test_values_come_back_as_they_were_written(document):
    text = yaml.safe_dump(document, allow_unicode=True).encode()
    assert parse(text, file="x.yml") == as_read(yaml.safe_load(text))


@UNHURRIED
@given(data=mutated())
def test_values_and_spots_agree(data):
    try:
        document = parse(data, file="sales.yml")
    except ConfigError:
        return
    assert keys_of(parse_spots(data, file="sales.yml")) == keys_of_value(document)


@UNHURRIED
@given(st.lists(st.text(min_size=1, max_size=6), unique=True, max_size=6))
def test_different_names_have_different_places(texts):
    assert len({segment(text) for text in texts}) == len(texts)
    assert all("/" not in segment(text) and segment(text) not in (".", "..") for text in texts)


def as_read(value):
    """PyYAML's document as this reader has it: numbers with an exponent or over 18 digits keep their text."""
    if isinstance(value, dict):
        return {key: as_read(inner) for key, inner in value.items()}
    if isinstance(value, float) and "e" in repr(value):
        return yaml.safe_dump(value).split()[0]
    if type(value) is int and abs(value) >= 10**18:
        return str(value)
    return [as_read(inner) for inner in value] if isinstance(value, list) else value


def keys_of(spot):
    return {key: keys_of(inner) for key, inner in spot.children.items()}


def keys_of_value(value):
    if isinstance(value, dict):
        return {key: keys_of_value(inner) for key, inner in value.items()}
    return dict(enumerate(map(keys_of_value, value))) if isinstance(value, list) else {}
