"""The JSON Schema takes and refuses the documents that the reader does, but for what it says that it can't."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field

from extract_core.config import keys
from extract_core.config.descriptions import DESCRIPTIONS
from extract_core.config.json_schema import whole_number
from extract_core.config.schema import UNSAID, source_schema
from extract_core.config.yaml_text import parse_faulty
from extract_core.errors import ConfigError
from extract_core.plan.check import check_source
from extract_core.registry.installed import Registry
from extract_core.registry.loading import discover

FILES = sorted((Path(__file__).parent / "broken").glob("*.yml"))

UNHURRIED = settings(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip
KNOWN = sorted(
    {*keys.ROOT, *keys.EXTRACT, *keys.RUN, *keys.TABLE, *keys.DATABASE, "worker_no", "cluster", "--test", "--run_id", "x-a"}
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 300), st.integers(0, 20_000).map(str), st.floats(-2, 2).map(lambda x: x + 0.125),
    st.sampled_from([
        "FE", "pe", " full ", "TimestampType", "longtype", "StringType", "15m", "2 h", "1.5h", "argv", "JSON", "required",
        "small", "id", "", " ", "loom", " spindle", "10%", "101%", "any", "skip", "record", "1_000", "012", "-1",
        "+5", "2026-01-31", "2026-01-31 08:00:00", "1.5e3",
    ]),
)  # fmt: skip
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.sampled_from(KNOWN), scalars, max_size=2)
sections = st.dictionaries(st.sampled_from(KNOWN), values, max_size=3)
tables_of_all_keys = st.dictionaries(
    st.sampled_from(["public.accounts", "crm orders", " a", "b", ""]),
    st.none()
    | st.dictionaries(st.sampled_from([*keys.TABLE, "worker_no", "worker_type", "memory", "cluster"]), values, max_size=3),
    min_size=1, max_size=2,
)  # fmt: skip
extracts = st.fixed_dictionaries({"tables": tables_of_all_keys}, optional={
    "job_type": st.sampled_from(["loom", "spindle", " loom", "lom"]),
    "default_arguments": sections,
    "job_types": st.dictionaries(st.sampled_from(["loom", "spindle", "x"]), sections, max_size=2),
    "arguments": sections,
    **dict.fromkeys(sorted(keys.EXTRACT - {"tables", "job_type", "default_arguments", "job_types", "arguments"}), values),
})  # fmt: skip
documents = st.fixed_dictionaries({"extract": extracts | values}, optional={
    "run": sections, "source_owners": values, "source_type": values, "x-a": values, "transform": values, "other": values,
})  # fmt: skip

BEYOND = {
    r": source_name: is '.*', but the file's name says|: the source's name ": 0,
    r"(given twice|a tab stands|not valid YAML|tag !|alias |merge key|is not UTF-8|not allowed in YAML|document begins|nested"
    r"|encoded as|expand to|copy more|key must be plain)": 1,
    r"(needs watermark.column|needs watermark.type|says the same as (?:watermark|columns)|as is '.*'; write another name"
    r"|is also set as extract.lag|above upper_bound|one is a number|but a watermark of)": 2,
    r"(the environment has no|the variable \w+ can't be used|is (?:text \()?'5')": 7,
    r"(is missing, and job type|refuses these settings|returned a timeout of)": 3,
}
"""Complaints that the schema can't make, by the line of UNSAID that says so."""


@cache
def validator(registry=None):
    schema = source_schema(registry if registry is not None else discover(strict=True))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def compare(data: bytes, registry, schema) -> None:
    """Reader and schema must agree on the document; a complaint that only the reader makes must be a listed one."""
    checked = check_source(data, file="sales.yml", registry=registry)
    try:
        document, _ = parse_faulty(data, file="sales.yml")
    except ConfigError:
        return
    refused = [error.json_path + ": " + error.message for error in schema.iter_errors(document)]
    if refused:
        if all(OF_ANOTHER_TYPE.match(error) for error in refused):
            return
        assert checked.findings, f"only the schema refuses it: {refused}"
        return
    for fault in checked.findings:
        assert any(re.search(pattern, str(fault)) for pattern in BEYOND), f"only the reader refuses it: {fault}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_broken_files(path, registry):
    compare(path.read_bytes(), registry, Draft202012Validator(source_schema(registry)))


def test_the_documents_example(registry):
    text = (Path(__file__).parents[2] / "docs" / "config.md").read_text(encoding="utf-8")
    document, *_ = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert [error.message for error in validator().iter_errors(yaml.safe_load(document))] == []


OF_ANOTHER_TYPE = re.compile(r"\$\.extract\.default_arguments\.(cluster|memory|worker_no|worker_type|timeout_minutes): ")
"""What the reader lets pass as long as no table uses the job type: UNSAID[5]."""

LOOMS = []


@pytest.fixture
def looms(registry):
    """The tests' own job types, and the schema that goes with them."""
    if not LOOMS:
        LOOMS.append((registry, Draft202012Validator(source_schema(registry))))
    return LOOMS[0]


@UNHURRIED
@given(document=documents)
def test_any_document(looms, document):
    compare(yaml.safe_dump(document, allow_unicode=True).encode(), *looms)


@UNHURRIED
@given(tables=tables_of_all_keys)
@example(tables={"a": {"fetchsize": "+007", "lag": " 15 m"}})
@example(tables={"a": {"job_type": " spindle ", "cluster": "c", "memory": 128.0}})
@example(tables={"a": {"worker_type": 7, "timeout_minutes": "1"}})
def test_documents_that_are_nearly_right(looms, tables):
    document = {"extract": {"job_type": "loom", "tables": tables}}
    compare(yaml.safe_dump(document, allow_unicode=True).encode(), *looms)


VALUES = [
    None, True, False, 0, 1, -1, 2.0, 2.5, 20_000, 2**40, "", " ", "0", "7", " 7 ", "+7", "-0", "007", "-7", "1_000", "2.0",
    "1e3", "0x1F", "true", "yes", "FE", "pe", " full", "TimestampType", "longtype", "StringType", "15m", "2 h", "1.5h", "argv",
    "postgresql://u:p@h/d", "x://h/?pwd=p", " {}", "https://h:80/@",
    "2026-01-31", " 2026-01-31T08:00:00.123Z ", "2026-1-31", "1.5", "1,5", 1e20, "JSON", "required", "id", "loom",
    " spindle", "lom", "10%", "101%", "any", "skip", "record", "9" * 19, [], ["a", 1], [None],
    "${ENV:EXTRACT_VAR_NO_SUCH}", "${ENV:EXTRACT_VAR_NO_SUCH:-5}",
    {}, {"a": 1}, {"--a": 1}, {"--a": None}, {"--run_id": "x"}, {"--a b": 1},
]  # fmt: skip
PLACES = {
    "a table": lambda key, value: {"extract": {"job_type": "loom", "tables": {"a": {key: value}}}},
    "a table of spindle": lambda key, value: {
        "extract": {"job_type": "loom", "tables": {"a": {"job_type": "spindle", "cluster": "c", key: value}}}
    },
    "job_types.loom": lambda key, value: {
        "extract": {"job_type": "loom", "tables": {"a": {}}, "job_types": {"loom": {key: value}}}
    },
    "default_arguments": lambda key, value: {
        "extract": {"job_type": "loom", "tables": {"a": {}}, "default_arguments": {key: value}}
    },
    "extract": lambda key, value: {"extract": {"job_type": "loom", "tables": {"a": {}}, key: value}},
    "run": lambda key, value: {"extract": {"job_type": "loom", "tables": {"a": {}}}, "run": {key: value}},
    "the top level": lambda key, value: {"extract": {"job_type": "loom", "tables": {"a": {}}}, key: value},
}


@pytest.mark.parametrize("place", PLACES)
def test_each_key_with_each_value(looms, place):
    for index, key in enumerate([*KNOWN, "memory", "worker_type", "timeout_minutes", "unknown"]):
        for value in VALUES if place == "a table" else VALUES[index % 4 :: 4]:
            compare(json.dumps(PLACES[place](key, value)).encode(), *looms)


@given(
    limits=st.tuples(st.integers(-2000, 2000), st.integers(0, 5000)).map(lambda pair: (pair[0], pair[0] + pair[1])),
    number=st.integers(-8000, 8000),
    form=st.sampled_from(["{}", " {}", "+{}", "0{}", "{} ", "{}.0", "--{}"]),
)
def test_patterns_of_whole_numbers(limits, number, form):
    least, most = limits
    text = form.format(number)
    meant = re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", text) is not None and least <= int(text) <= most
    assert (re.search(whole_number(least, most), text) is not None) == meant


def test_patterns_without_limits():
    assert re.search(whole_number(None, None), "-" + "9" * 18)
    assert not re.search(whole_number(None, None), "9" * 19)
    assert re.search(whole_number(1, None), "12")
    assert not re.search(whole_number(1, None), "-12")


def test_every_key_has_a_description():
    described = frozenset(DESCRIPTIONS)
    assert described == frozenset(keys.TABLE) | frozenset(keys.DATABASE) | keys.RUN


def test_the_document_lists_what_the_schema_can_not_say():
    text = (Path(__file__).parents[2] / "docs" / "config.md").read_text(encoding="utf-8")
    listed = re.search(r"<!-- unsaid -->\n(.*?)\n<!-- /unsaid -->", text, re.DOTALL)[1]
    assert " ".join(listed.split()) == " ".join(f"- {line}." for line in UNSAID)


def test_the_same_plugins_give_the_same_bytes():
    assert json.dumps(source_schema(discover())) == json.dumps(source_schema(discover()))


class Size(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cores: int = Field(default=1, gt=0, lt=9)


class RichSettings(BaseModel):
    """Every kind of thing that a plugin's model may hold."""

    model_config = ConfigDict(extra="forbid")

    size: Size = Size()
    sizes: dict[str, Size] = {}
    spot: bool = False
    portion: float = Field(default=0.5, ge=0, le=1)
    args: tuple[str, ...] = ()
    named: str = Field(default="x", alias="label")
    maybe: int | None = Field(default=None, ge=10, le=20)


@pytest.mark.parametrize(
    ("table", "right"),
    [
        ({"size": {"cores": "3"}}, True),
        ({"size": {"cores": 9}}, False),
        ({"size": {"core": 1}}, False),
        ({"sizes": {"a": {"cores": 2}}}, True),
        ({"sizes": {"a": {"cores": "nine"}}}, False),
        ({"spot": "yes"}, True),
        ({"spot": 2}, False),
        ({"portion": "0.25"}, True),
        ({"portion": 2}, False),
        ({"args": ["--a", "b"]}, True),
        ({"args": "--a"}, False),
        ({"label": 3}, True),
        ({"named": "x"}, False),
        ({"maybe": None}, True),
        ({"maybe": "15"}, True),
        ({"maybe": 9}, False),
    ],
)
def test_models_of_all_kinds(table, right, loom_with):
    registry = Registry.of(loom_with(RichSettings))
    data = json.dumps({"extract": {"job_type": "loom", "tables": {"a": table}}}).encode()
    assert (not check_source(data, file="sales.yml", registry=registry).findings) == right
    assert Draft202012Validator(source_schema(registry)).is_valid(json.loads(data)) == right


def test_a_model_without_a_json_schema_takes_anything(loom_with):
    class Odd:
        pass

    class OddSettings(BaseModel):
        model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

        odd: Odd | None = None

    schema = Draft202012Validator(source_schema(Registry.of(loom_with(OddSettings))))
    assert schema.is_valid({"extract": {"job_type": "loom", "tables": {"a": {"odd": 3}}}})
    assert not schema.is_valid({"extract": {"job_type": "loom", "tables": {"a": {"even": 3}}}})
