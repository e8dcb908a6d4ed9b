"""The environment variables of the Lambda functions: what `extract_core.aws.parts` reads, and whether Lambda takes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline

EVENT_BUS: Final = "EXTRACT_EVENT_BUS"
NOTIFY: Final = "EXTRACT_NOTIFY"
PLUGINS: Final = "EXTRACT_PLUGINS"
PLACES: Final = ("EXTRACT_CONFIG_URI", "EXTRACT_DATA_URI", "EXTRACT_RUNS_URI", "EXTRACT_TRACKING")
MOST_BYTES: Final = 4_096
"""The most bytes of all variables of a function together (Lambda guide, "Quotas": 4 KB, cannot be raised).

Lambda measures them as a JSON object: its error ends with "String measured: {…}", as quoted in
https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594.
"""


def variables_of(pipeline: Pipeline, *, plugins: bool, notify: bool) -> dict[str, Json]:
    """The variables of a function. `plugins` and `notify`: it loads the plugins, and it may send messages."""
    places = (pipeline.config_uri, pipeline.data_uri, pipeline.runs_uri, pipeline.tracking)
    variables: dict[str, Json] = dict(zip(PLACES, places, strict=True))
    if pipeline.deploy.event_bus:
        variables[EVENT_BUS] = pipeline.deploy.event_bus
    if pipeline.plugins and plugins:
        variables[PLUGINS] = _json(pipeline.plugins)
    if pipeline.notify and notify:
        variables[NOTIFY] = pipeline.notify.to_json()
    return variables


def too_long(pipeline: Pipeline) -> tuple[str, str] | None:
    """The path of extract.toml and the message, if Lambda would refuse the variables of a function. None: it takes them."""
    variables = variables_of(pipeline, plugins=True, notify=True)
    size = _size(variables)
    if size <= MOST_BYTES:
        return None
    parts = {f"plugins.{name}": _size(_json(section)) for name, section in pipeline.plugins.items()}
    if NOTIFY in variables:
        parts["notify"] = _size(variables[NOTIFY])
    keys = ("config_uri", "data_uri", "runs_uri", "tracking")
    parts |= {f"pipeline.{key}": _size(variables[name]) for key, name in zip(keys, PLACES, strict=True)}
    largest = sorted(parts, key=lambda part: (-parts[part], part))[:3]
    listed = ", ".join(f"{part} ({parts[part]:,})" for part in largest)
    return largest[0], (
        f"the environment variables of a Lambda function would have {size:,} bytes, and Lambda takes {MOST_BYTES:,}; "
        f"shorten settings by {size - MOST_BYTES:,} bytes. The largest: {listed}"
    )


def _json(value: Mapping[str, Json] | Mapping[str, Mapping[str, Json]]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _size(value: Json) -> int:
    """Bytes as JSON. A text that is JSON itself is longer in it: each of its quotes is escaped."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))
