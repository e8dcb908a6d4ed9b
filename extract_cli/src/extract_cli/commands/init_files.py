"""The files that `extract init` writes, as text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from extract_cli.catalog import LARGE, driver_of, is_large, propose
from extract_cli.doctor.pipeline import example_of
from extract_core.config.spots import path_text
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract_cli.catalog import Database, Proposal
    from extract_core.errors import Finding
    from extract_core.registry.installed import Registry

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.$-]*")
_IN_SINGLE_QUOTES: Final = re.compile(r"[\x20-&(-\[\]-~\xa0-\u2027\u202a-\ud7ff]*")
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_RESERVED: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_TOML_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def pipeline_text(registry: Registry, environ: Mapping[str, str], folder: str, job_type: str) -> str:
    """extract.toml, with the example section of this job type. Those of the other installed ones are comments."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder).strip("-_")[:40] or "extract"
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    lines = [
        "# The settings of the pipeline: its places, the machine, and where each job type runs.",
        "",
        "[pipeline]",
        f"name = {json.dumps(name)}",
        f"region = {json.dumps(region)}",
        'account = "000000000000"            # of AWS; a run on this machine needs none',
        'config_uri = "config/"              # <source>.yml for each source; s3://bucket/prefix/ when deployed',
        'data_uri = ".extract/data/"         # where the jobs write',
        'runs_uri = ".extract/runs/"         # plans and results',
        'tracking = ".extract/tracking.db"   # or dynamodb://table',
        "",
        "[machine]",
        "max_concurrency = 10                # tables at once",
        "",
        "# The names of jobs, clusters and networks below are examples: write your own before you deploy.",
    ]
    lines += _section(registry, job_type)
    others = [_section(registry, name) for name in registry.job_types if name != job_type]
    if any(others):
        lines += [
            "",
            "# A table can use another job type if its section is here, and extract deploy up then deploys it.",
            "# To use one, write your own names and remove the # before its lines.",
        ]
    for section in others:
        lines += [f"# {line}" if line else "" for line in section]
    return "\n".join(lines) + "\n"


def _section(registry: Registry, job_type: str) -> list[str]:
    """The lines of the example section of a job type, after an empty one; none if it needs no section."""
    example = example_of(registry.job_types[job_type].job_type)
    if not example:
        return []
    return ["", f"[job_types.{job_type}]", *(f"{_toml_key(key)} = {_toml(value)}" for key, value in example.items())]


def _toml_key(key: str) -> str:
    return key if _TOML_BARE.fullmatch(key) else json.dumps(key)


def _toml(value: object) -> str:
    """A value as TOML: its strings, numbers and lists are written as JSON's are."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml_key(key)} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def schema_text(registry: Registry) -> str:
    """The JSON Schema of source configs."""
    from extract_core.config.schema import source_schema

    return json.dumps(source_schema(registry), ensure_ascii=False, indent=1) + "\n"


def _head(name: str, job_type: str, schema: str) -> list[str]:
    return [
        f"# yaml-language-server: $schema={schema}",
        "# One source: how to reach it, and its tables. A table holds only its own settings; the rest comes from above.",
        f"source_name: {yaml_text(name)}",
        "source_type: jdbc",
        "",
        "extract:",
        f"  job_type: {job_type}                     # of every table that names no other",
        "  script_name: extract_job.py",
    ]


_MORE_LOGINS: Final = {"PGPASSWORD": " (or ~/.pgpass)"}
_LAG: Final = (
    "  # now() is when a transaction began, so a row may come in below the watermark of a run before: each run reads so far back",
    "  # once more (and gives those rows again). Make it longer than the longest transaction that writes.",
    "  lag: 15m",
)


def _of_secret(engine: str) -> tuple[str, ...]:
    """The comment above `db_secret` in a config."""
    driver = driver_of(engine)
    if driver is None:
        return ()
    host, user, password = driver.variables
    login = f"{host}, {user} and {password}{_MORE_LOGINS.get(password, '')}"
    return (
        "  # db_secret names a secret that holds host, port, username and password as JSON; never write those here. On a",
        f"  # your own machine, set {login}: where {host} is set, no secret is asked for.",
    )


def first_config(name: str, *, job_type: str, schema: str) -> str:
    """A first source, to be edited by hand."""
    lines = [
        *_head(name, job_type, schema),
        "  db_engine: postgres",
        f"  db_name: {yaml_text(name)}",
        *_of_secret("postgres"),
        f"  db_secret: {yaml_text(name + '/database')}",
        '  default_arguments: {fetchsize: "10000"}',
        "  tables:",
        "    public.accounts: {}               # the whole table, at each run",
        "    public.orders: {extract_type: PE, watermark: {column: updated_at, type: timestamp}}   # what has changed",
    ]
    return "\n".join(lines) + "\n"


def source_text(name: str, database: Database, *, job_type: str, schema: str, registry: Registry) -> tuple[str, tuple[str, ...]]:
    """The source of a database, a line a table, and which tables a config cannot hold: they are left out."""
    lines = [*_head(name, job_type, schema), f"  db_engine: {database.engine}", f"  db_name: {yaml_text(database.name)}"]
    if database.port is not None:
        lines.append(f'  db_port: "{database.port}"')
    if driver_of(database.engine) is not None:
        lines += [*_of_secret(database.engine), f"  db_secret: {yaml_text(f'{database.engine}/{name}')}"]
    splits = database.engine == "postgres"
    proposals = {table.name: propose(table, splits=splits) for table in database.tables}
    if database.engine == "postgres" and any(_is_of_time(proposal) for proposal in proposals.values()):
        lines += _LAG
    if registry.job_types[job_type].job_type.shares and not all(map(is_large, database.tables)):
        lines.append(f"  share: true                         # one job reads several tables of less than {LARGE:,} rows")
    if database.name.startswith("-"):
        lines.append("  argument_encoding: json             # a command line can't carry a value that begins with -")
    lines += ["  tables:"]
    tables = {table: _table(table, proposal) for table, proposal in proposals.items()}
    left_out = []
    findings = _findings(_joined(lines, tables), name, registry)
    for table in [table for table in tables if any(_is_of(finding, table) for finding in findings)]:
        reasons = "; ".join(finding.message for finding in findings if _is_of(finding, table))
        left_out.append(f"a table that a config cannot hold: {table}: {reasons}")
        del tables[table]
    text = _joined(lines, tables)
    if not tables:
        raise UsageError(f"the database of source {name!r} has no table that this user may read; give it some, or name another")
    if findings and (findings := _findings(text, name, registry)):
        listed = "\n".join(map(str, findings))
        raise UsageError(f"a config cannot hold this source; write one by hand (extract init without --from-database):\n{listed}")
    return text, tuple(left_out)


def _joined(lines: Iterable[str], tables: Mapping[str, Iterable[str]]) -> str:
    return "\n".join([*lines, *(line for of_table in tables.values() for line in of_table)]) + "\n"


def _is_of(finding: Finding, table: str) -> bool:
    path = path_text(("extract", "tables", table))
    return finding.path == path or finding.path.startswith((f"{path}.", f"{path}["))


def _table(name: str, proposal: Proposal) -> list[str]:
    keys, notes = dict(proposal.keys), list(proposal.notes)
    watermark = keys.get("watermark")
    values = [*keys.values(), *(watermark.values() if isinstance(watermark, Mapping) else ())]
    if any(str(value).startswith("-") for value in (name, *values)):
        keys["argument_encoding"] = "json"
        notes.append("a command line can't carry a value that begins with -, so this table's job gets its arguments as JSON")
    return [*(f"    # {_one_line(note)}" for note in notes), f"    {yaml_text(name)}: {_flow(keys)}"]


def _flow(keys: Mapping[str, str | bool | Mapping[str, str]]) -> str:
    """A mapping on one line."""
    return f"{{{', '.join(f'{key}: {_value(value)}' for key, value in keys.items())}}}"


def _value(value: str | bool | Mapping[str, str]) -> str:
    if isinstance(value, Mapping):
        return _flow(value)
    return yaml_text(value) if isinstance(value, str) else json.dumps(value)


def _is_of_time(proposal: Proposal) -> bool:
    watermark = proposal.keys.get("watermark")
    return isinstance(watermark, Mapping) and watermark["type"] == "timestamp"


def _one_line(text: str) -> str:
    """A note that a comment can hold: names of columns may be anything."""
    return re.sub(r"[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]", "?", text)


def yaml_text(text: str) -> str:
    """The text as YAML: without quotes if it can only be read as this text, else in quotes. ``${ENV:`` stays text.

    Letters of any language stay as they are; what YAML takes for no printable character (YAML 1.1, 5.1) is escaped.
    """
    text = text.replace("${ENV:", "$${ENV:")
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    if "/" in text and all(_PLAIN.fullmatch(part) for part in text.strip("/").split("/")):
        return text
    if '"' in text and _IN_SINGLE_QUOTES.fullmatch(text):
        return f"'{text}'"
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda character: f"\\u{ord(character[0]):04x}", quoted)


def _findings(text: str, name: str, registry: Registry) -> Sequence[Finding]:
    """What is wrong with the config, so that a fault is found here."""
    from extract_core.plan.check import check_source

    return check_source(text.encode("utf-8", "replace"), file=f"{name}.yml", registry=registry).findings
