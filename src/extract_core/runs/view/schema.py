"""The JSON Schema of `run_results.json`, made from the types of the document."""

from __future__ import annotations

from typing import Any, Final

from extract_core.runs.view.document import VERSION, RunResults

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def results_schema() -> dict[str, Any]:
    """The schema (draft 2020-12). Each member is required: a document always has all of them."""
    from pydantic import TypeAdapter

    made = TypeAdapter(RunResults).json_schema(mode="serialization")
    made["properties"]["version"] = {"const": VERSION, "description": made["properties"]["version"]["description"]}
    for body in (made, *made.get("$defs", {}).values()):
        body["required"] = list(body["properties"])
        for member in body["properties"].values():
            member.pop("title", None)
            member.pop("default", None)
    title = f"The results of one run of extract, version {VERSION}"
    return {"$schema": DIALECT, **made, "title": title}
