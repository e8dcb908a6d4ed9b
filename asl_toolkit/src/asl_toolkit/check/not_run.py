"""Finds features that AWS runs but the interpreter does not. `load` reports them, `check` does not."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from asl_toolkit.check.findings import Report
from asl_toolkit.check.scopes import Machine, StateAt

_OF_MACHINES: Final = ("QueryLanguage", "TimeoutSeconds", "Version")


def check_not_run(machine: Machine, report: Report) -> None:
    """Fields of whole machines in branches and processors, and formats of an ItemReader."""
    for scope in machine.scopes[1:]:
        for name in _OF_MACHINES:
            if name in scope.value and (name != "QueryLanguage" or scope.kind == "branch"):
                report.add(
                    "NOT_RUN_HERE", (*scope.pointer, name), f"{name} of {scope.title} is not run here, only that of the machine"
                )
    for state in machine.states:
        if state.type == "Map":
            _check_reader(state, report)


def _check_reader(state: StateAt, report: Report) -> None:
    reader = state.value.get("ItemReader")
    config = reader.get("ReaderConfig") if isinstance(reader, Mapping) else None
    if not isinstance(config, Mapping):
        return
    pointer, kind = state.at("ItemReader", "ReaderConfig"), config.get("InputType")
    if kind == "MANIFEST" or ("InputType" not in config and "ManifestType" in config):
        name = "InputType" if kind else "ManifestType"
        text = "an ItemReader of InputType MANIFEST (S3 Inventory, Athena) is not run here"
        report.add("NOT_RUN_HERE", (*pointer, name), text)
    if kind == "PARQUET" and find_spec("pyarrow") is None:
        text = "an ItemReader of InputType PARQUET needs pyarrow: pip install pyarrow"
        report.add("NOT_RUN_HERE", (*pointer, "InputType"), text)
