"""Seeded faults: one change to a good machine makes one fault. `faults.jsonl` has one per line.

A line: `name`, `machine` (a file of `machines`), the change (`set` pointer → value, `remove` pointers, `rename` pointer → name,
`text` old and new), options of the check (`machine_type`, `region`), and the finding that is due (`code`, `pointer`). `also` are
codes of further findings that the same fault cannot but cause.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MACHINES = HERE / "machines"


@dataclass(frozen=True, slots=True)
class Fault:
    """A faulty definition as text, and what a checker should say of it."""

    name: str
    text: str
    code: str
    pointer: str
    also: frozenset[str]
    options: dict[str, str]


def good_machines() -> Iterator[tuple[str, str]]:
    """(name, text) of every good machine."""
    for path in sorted(MACHINES.glob("*.asl.json")):
        yield path.name.removesuffix(".asl.json"), path.read_text(encoding="utf-8")


def seeded_faults() -> Iterator[Fault]:
    """Every fault of the table."""
    texts = dict(good_machines())
    for line in (HERE / "faults.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        options = {name: row[name] for name in ("machine_type", "region") if name in row}
        text = _changed(texts[row["machine"]], row)
        yield Fault(row["name"], text, row["code"], row["pointer"], frozenset(row.get("also", ())), options)


def _changed(text: str, row: dict[str, Any]) -> str:
    if "text" in row:
        old, new = row["text"]
        assert text.count(old) == 1, f"{row['name']}: {old!r} stands {text.count(old)} times in {row['machine']}"
        return text.replace(old, new)
    value = json.loads(text)
    for pointer, wanted in row.get("set", {}).items():
        holder, name = _find(value, pointer)
        if isinstance(holder, list) and name == "-":
            holder.append(wanted)
        else:
            holder[int(name) if isinstance(holder, list) else name] = wanted
    for pointer in row.get("remove", ()):
        holder, name = _find(value, pointer)
        del holder[int(name) if isinstance(holder, list) else name]
    for pointer, wanted in row.get("rename", {}).items():
        holder, name = _find(value, pointer)
        members = [(wanted if member == name else member, inner) for member, inner in holder.items()]
        holder.clear()
        holder.update(members)
    return json.dumps(value, indent=2, ensure_ascii=False)


def _find(value: Any, pointer: str) -> tuple[Any, str]:
    *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for step in steps:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value, last
