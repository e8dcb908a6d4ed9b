"""Examples that a job type brings itself: those of its models' JSON Schema, where editors and `extract plugins check` look.

Pydantic's own way to give them: ``model_config = ConfigDict(json_schema_extra={"examples": [{…}]})`` (pydantic documentation,
"JSON Schema", "Model-level customization").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel

    from extract_core.contract import Json


def examples_of(model: type[BaseModel]) -> list[dict[str, Json]]:
    """The model's own examples; ``[{}]`` where it brings none and every field has a default; else an empty list."""
    from pydantic import ValidationError

    extra = model.model_config.get("json_schema_extra")
    given = extra.get("examples") if isinstance(extra, Mapping) else None
    if isinstance(given, list) and given:
        return [dict(example) for example in given if isinstance(example, Mapping)]
    try:
        model.model_validate({})
    except ValidationError:
        return []
    return [{}]
