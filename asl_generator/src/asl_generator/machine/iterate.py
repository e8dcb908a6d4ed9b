"""The Map over the tables, in both modes. They differ only in where the items come from and where each of them runs.

Facts from the Step Functions guide, "Map state processing modes", "ItemReader" and "ResultWriter": an INLINE Map runs 40
iterations at once, and its items are part of the payload. A DISTRIBUTED Map reads them from S3 and runs each in a child
execution; children that use ``.sync`` must be STANDARD. Without a tolerance one failed child ends the whole Map Run. Without a
ResultWriter the outputs of all children come back as one payload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.registry import routing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_core.pipeline.map_modes import MapMode

LABEL: Final = "Tables"
"""The label of the Map Run: part of the ARNs of all children, so it is the same in each build."""


def iterate(  # noqa: PLR0913 - all that differs between machines, by name
    mode: MapMode, *, partition: str, start: str, states: Mapping[str, Json], catch: list[Json], then: str
) -> dict[str, Json]:
    """The Map state: one iteration per table, which starts at `start`, with these states."""
    where = _distributed(partition) if mode == "DISTRIBUTED" else _inline()
    config = where.pop("ProcessorConfig")
    return {
        "Type": "Map",
        "Comment": "Runs each table by itself; an iteration ends well even if its job fails, so no table stops another",
        **where,
        "MaxConcurrencyPath": "$.max_concurrency",
        "ItemProcessor": {"ProcessorConfig": config, "StartAt": start, "States": dict(states)},
        "ResultPath": None,
        "Catch": catch,
        "Next": then,
    }


def _inline() -> dict[str, Json]:
    return {"ItemsPath": f"$.{routing.ITEMS}", "ProcessorConfig": {"Mode": "INLINE"}}


def _distributed(partition: str) -> dict[str, Json]:
    """The lines of the items' file are the inputs of the children, unchanged, so there is no ItemSelector."""
    return {
        "ItemReader": {
            "Resource": f"arn:{partition}:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Parameters": {"Bucket.$": f"$.{routing.ITEMS_FILE}.bucket", "Key.$": f"$.{routing.ITEMS_FILE}.key"},
        },
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "Label": LABEL,
        "ToleratedFailurePercentage": 100,
        "ResultWriter": {
            "Resource": f"arn:{partition}:states:::s3:putObject",
            "Parameters": {"Bucket.$": f"$.{routing.RESULTS}.bucket", "Prefix.$": f"$.{routing.RESULTS}.key"},
        },
    }
