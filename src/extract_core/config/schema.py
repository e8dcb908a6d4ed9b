"""JSON Schema (draft 2020-12) of a source config, assembled from the core's keys and the installed job types' settings.

It accepts and refuses the same documents as the reader, except for what `UNSAID` lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.config import keys
from extract_core.config.descriptions import DESCRIPTIONS
from extract_core.config.json_schema import NO_REFERENCE, PATTERN_OF_NAMES, TEXT, mapping_schema, or_reference
from extract_core.config.settings_schema import settings_schema
from extract_core.config.values import names, script_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core.config.json_schema import Schema
    from extract_core.contract import Json
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import AnyJobType

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_FIXED: Final = frozenset({"job_type", "tags", "arguments", "watermark"})
"""Keys of a table whose value can't come from the environment, or whose schema says so itself."""

UNSAID: Final = (
    "source_name must equal the file's name; letters, digits, _ . - are allowed",
    "what YAML itself refuses: a duplicate key, a tab, an unknown tag or alias, several documents",
    (
        "rules over several keys whose values come from several places: an incremental extract needs watermark.column and "
        "watermark.type; an older key and the same key of watermark are not both written, nor columns and "
        "exclude_columns; rename has no name twice; lower_bound is at most upper_bound and of the same kind; a lag fits the type "
        "of the watermark"
    ),
    "a setting that a job type requires and that is missing everywhere, and rules of a job type beyond the types of its model",
    "numbers inside of lists and mappings of a job type's settings that are not plain digits (quoted 1_000, true for 1)",
    (
        "default_arguments: the schema accepts a value that any job type with this key accepts, the reader asks the job types "
        "that tables use"
    ),
    (
        "what depends on the machine: job types that it was built without, max_attempts above 1 without the retry loop, "
        "resources outside the deployment, arguments that a command line cannot carry"
    ),
    "environment variables (${ENV:NAME}): whether they are set and allowed, and their values",
)
"""What JSON Schema can't express: here the reader refuses (or accepts) more than the schema. docs/config.md shows this list."""


def source_schema(registry: Registry) -> dict[str, Json]:
    """The schema of `<source>.yml` for these job types."""
    definitions: dict[str, Json] = {
        f"key.{key}": _described(key, reader.schema) if key in _FIXED else or_reference(_described(key, reader.schema))
        for key, reader in keys.TABLE.items()
    }
    types: dict[str, dict[str, Json]] = {}
    for name, installed in registry.job_types.items():
        own = _type(installed.job_type, definitions)
        if own is not None:
            types[name] = own
    definitions["table"] = {
        "type": "object",
        "required": ["job_type"],
        "properties": {"job_type": _job_type(types)},
        "allOf": [{"if": _is_of(name), "then": {"$ref": f"#/$defs/table.{name}"}} for name in types],
    }
    return {
        "$schema": DIALECT,
        "title": "The config of an extract source",
        "$comment": "Beyond this schema the reader knows: " + "; ".join(UNSAID),
        "type": "object",
        "required": ["extract"],
        "properties": {
            "source_name": {
                **TEXT,
                **NO_REFERENCE,
                "description": "The file's name without .yml. Default: that.",
            },
            "source_type": {**TEXT, "description": "Passed to every job.", "default": "jdbc"},
            "source_owners": {**names.schema, "description": "The people to ask about this source."},
            "extract": _extract(types, registry),
            "run": mapping_schema(
                {key: _described(key, reader.schema) for key, reader in keys.RUN_VALUES.items()},
                description="Policies of the whole run.",
            ),
            **{key: {"description": "Kept for other tools, not read."} for key in keys.IGNORED},
        },
        "patternProperties": {"^x-": {"description": "A place for anchors."}},
        "additionalProperties": False,
        "$defs": definitions,
    }


def _type(job_type: AnyJobType, definitions: dict[str, Json]) -> dict[str, Json] | None:
    """Add the definitions of one job type; the schemas of its settings by key, or None where the plugin fails."""
    try:
        own, inner, takes_any = settings_schema(job_type.settings(), f"{job_type.name}.")
    except Exception:  # noqa: BLE001 - a plugin's own code: the reader says so for each of its tables
        return None
    definitions |= inner
    own = {key: or_reference(schema) for key, schema in own.items()}
    core: dict[str, Json] = {key: {"$ref": f"#/$defs/key.{key}"} for key in keys.TABLE}
    both: dict[str, Json] = {key: {"allOf": [core[key], own[key]]} if key in core else own[key] for key in own}
    table = mapping_schema({**core, **both}, additionalProperties=takes_any)
    section = mapping_schema(
        {key: value for key, value in {**core, **both}.items() if key not in ("job_type", "tags")},
        additionalProperties=takes_any,
    )
    if takes_any:  # a section can't have these two, whatever the model accepts
        section["properties"] = {**_properties(section), "job_type": False, "tags": False}
    definitions[f"table.{job_type.name}"] = table
    definitions[f"section.{job_type.name}"] = section
    return own


def _properties(schema: Schema) -> dict[str, Json]:
    properties = schema["properties"]
    return dict(properties) if isinstance(properties, dict) else {}


def _extract(types: Mapping[str, Mapping[str, Json]], registry: Registry) -> Schema:
    sections: Schema = {name: {"$ref": f"#/$defs/section.{name}"} for name in types}
    defaults: Schema = {key: {"$ref": f"#/$defs/key.{key}"} for key in keys.DEFAULTS}
    for key in sorted({key for own in types.values() for key in own} - frozenset(keys.TABLE)):
        defaults[key] = {"anyOf": [own[key] for own in types.values() if key in own]}
    all_known = not registry.broken and not registry.blocked
    shared: Schema = {key: {"$ref": f"#/$defs/key.{key}"} for key in keys.SHARED if key != "job_type"}
    in_tables: list[Json] = [
        {
            "if": _is_of(name),
            "then": _tables({"if": _HAS_OWN, "then": {"$ref": "#/$defs/table"}, "else": {"$ref": f"#/$defs/table.{name}"}}),
        }
        for name in types
    ]
    in_tables.append({"if": {"not": {"required": ["job_type"]}}, "then": _tables({"$ref": "#/$defs/table"})})
    return {
        "type": "object",
        "required": ["tables"],
        "properties": {
            "job_type": _job_type(types),
            **shared,
            **{key: or_reference(_described(key, reader.schema)) for key, reader in keys.DATABASE.items()},
            "arguments": {**script_arguments.schema, "description": "Passed to every job as they are."},
            "default_arguments": mapping_schema(
                defaults, additionalProperties=not all_known, description="Keys of all tables; the keys of a table win over them."
            ),
            "job_types": mapping_schema(
                sections, additionalProperties=bool(registry.broken), description="Settings by job type, for all its tables."
            ),
            "tables": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"not": {"pattern": rf"^$|^\s|\s$|\$\{{ENV:|{PATTERN_OF_NAMES}"}},
                "description": "One line per table: 'schema.table: {}'.",
            },
        },
        "additionalProperties": False,
        "allOf": [*in_tables, *map(_not_in_both, sorted(keys.DEFAULTS & frozenset(keys.SHARED)))],
    }


_HAS_OWN: Final[Schema] = {"type": "object", "required": ["job_type"]}


def _tables(schema: Schema) -> Schema:
    return {"properties": {"tables": {"additionalProperties": schema}}}


def _not_in_both(key: str) -> Schema:
    inside: Schema = {"default_arguments": {"type": "object", "required": [key]}}
    return {"not": {"required": [key, "default_arguments"], "properties": inside}}


def _job_type(types: Iterable[str]) -> Schema:
    installed = sorted(types)
    spelled: Schema = {"type": "string", "pattern": rf"^\s*(?:{'|'.join(installed)})\s*$"}
    return {"anyOf": [{"enum": list(installed)}, spelled], "description": DESCRIPTIONS["job_type"]}


def _is_of(name: str) -> Schema:
    """A mapping whose job_type is this one."""
    return {"required": ["job_type"], "properties": {"job_type": {"type": "string", "pattern": rf"^\s*{name}\s*$"}}}


def _described(key: str, schema: Schema) -> Schema:
    return {**schema, "description": DESCRIPTIONS[key]}
