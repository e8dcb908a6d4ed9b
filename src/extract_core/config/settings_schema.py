"""JSON Schema of a job type's settings as a config may write them: numbers in quotes, text as a number.

pydantic's own schema says what the model holds; its reader takes more, and so does ours (`settings.TypeInUse`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from extract_core.config.json_schema import integer_schema
from extract_core.config.settings import settings_keys, takes_any_key

if TYPE_CHECKING:
    from pydantic import BaseModel

    from extract_core.config.json_schema import Schema
    from extract_core.contract import Json

_BOOLEANS: Final = (
    r"^(?:[01]|[tT]|[fF]|[yY]|[nN]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[yY][eE][sS]|[nN][oO]|[oO][nN]|[oO][fF][fF])$"
)
_NUMBER: Final = r"^\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$"
_SAID: Final = ("title", "description", "default", "examples", "deprecated")
_OF_INTEGERS: Final = frozenset({"type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", *_SAID})
_OF_TEXT: Final = frozenset({"type", "minLength", *_SAID})


def settings_schema(model: type[BaseModel], prefix: str) -> tuple[dict[str, Json], dict[str, Json], bool]:
    """The schemas of its keys, the definitions that they refer to (named ``<prefix><name>``), and whether it takes any key.

    A model that has no JSON Schema (a type of the plugin's own) gives keys that take anything.
    """
    keys = sorted(settings_keys(model))
    try:
        whole = model.model_json_schema(mode="validation", ref_template="#/$defs/" + prefix + "{model}")
    except Exception:  # noqa: BLE001 - PydanticInvalidForJsonSchema, or a plugin's own code
        return dict.fromkeys(keys, True), {}, takes_any_key(model)
    written = whole.get("properties", {})
    by_name = {name: info.alias or name for name, info in model.model_fields.items()}
    schemas = {key: _lax(written.get(key, written.get(by_name.get(key, ""), True)), top=True) for key in keys}
    definitions = {prefix + name: _lax(inner, top=False) for name, inner in whole.get("$defs", {}).items()}
    return schemas, definitions, takes_any_key(model)


def _lax(schema: Json, *, top: bool) -> Json:
    """The schema as wide as the reader is. `top`: of a key itself, where a number becomes text by itself."""
    if not isinstance(schema, Mapping):
        return schema
    kind = schema.get("type")
    if kind == "integer" and set(schema) <= _OF_INTEGERS:
        return _integer(cast("Mapping[str, Any]", schema))  # Any: numbers, as pydantic writes them
    if kind == "number":
        return {"anyOf": [dict(schema), {"type": "string", "pattern": _NUMBER}], **_said(schema)}
    if kind == "boolean":
        texts: Schema = {"type": "string", "pattern": _BOOLEANS}
        return {"anyOf": [dict(schema), texts, {"enum": [0, 1]}], **_said(schema)}
    if kind == "string" and top and set(schema) <= _OF_TEXT:
        return {**schema, "type": ["string", "number", "boolean"]}
    return {key: _inner(key, value, top=top) for key, value in schema.items()}


def _inner(key: str, value: Json, *, top: bool) -> Json:
    if key in ("anyOf", "oneOf", "allOf") and isinstance(value, list):
        return [_lax(inner, top=top) for inner in value]
    if key in ("items", "additionalProperties"):
        return _lax(value, top=False)
    if key == "prefixItems" and isinstance(value, list):
        return [_lax(inner, top=False) for inner in value]
    if key == "properties" and isinstance(value, Mapping):
        return {name: _lax(inner, top=False) for name, inner in value.items()}
    return value


def _integer(schema: Mapping[str, Any]) -> Schema:
    least, most = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        least = max(schema["exclusiveMinimum"] + 1, least if least is not None else schema["exclusiveMinimum"] + 1)
    if "exclusiveMaximum" in schema:
        most = min(schema["exclusiveMaximum"] - 1, most if most is not None else schema["exclusiveMaximum"] - 1)
    return {**integer_schema(least, most), **_said(schema)}


def _said(schema: Mapping[str, Json]) -> Schema:
    return {key: schema[key] for key in _SAID if key in schema}
