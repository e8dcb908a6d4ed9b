"""Stand-ins for placeholders in Resources that nothing replaced: a definition made for SAM can then run with mocks.

`${Fn}` and `${Fn.Arn}` stand for the Lambda function `Fn`, as in most templates. Placeholders inside an ARN stand for their
own name, and CloudFormation's pseudo parameters for the partition, Region and account of the run.
"""

import re
from collections.abc import Iterator
from typing import Any

from asl_toolkit.json_value import Json, copied

_PLACEHOLDER = re.compile(r"\$\{([^{}]+)\}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")


def with_stand_ins(definition: Json, *, region: str, account: str) -> tuple[Json, dict[str, str]]:
    """A copy of the definition, and the replaced Resources: text to stand-in. Other values are as they were."""
    known = {"AWS::Partition": "aws", "AWS::Region": region, "AWS::AccountId": account}
    definition, replaced = copied(definition), dict[str, str]()
    for holder in _with_resource(definition):
        text = holder["Resource"]
        if isinstance(text, str) and _PLACEHOLDER.search(text):
            holder["Resource"] = replaced[text] = _stand_in(text, known)
    return definition, replaced


def placeholders_in(value: Json) -> list[str]:
    """The names of all placeholders in a definition, each once."""
    names, stack = dict[str, None](), [value]
    while stack:
        here = stack.pop()
        if isinstance(here, str):
            names.update(dict.fromkeys(_PLACEHOLDER.findall(here)))
        elif isinstance(here, (dict, list)):
            stack.extend(here.values() if isinstance(here, dict) else here)
    return sorted(names)


def _stand_in(text: str, known: dict[str, str]) -> str:
    if whole := _PLACEHOLDER.fullmatch(text):
        return f"arn:aws:lambda:{known['AWS::Region']}:{known['AWS::AccountId']}:function:{_name(whole[1])}"
    return _PLACEHOLDER.sub(lambda match: known.get(match[1]) or _name(match[1]), text)


def _name(placeholder: str) -> str:
    return _NOT_IN_NAMES.sub("", placeholder.partition(".")[0]) or "X"


def _with_resource(machine: Json) -> Iterator[dict[str, Any]]:  # parts of a definition
    """The Tasks, ItemReaders and ResultWriters of a machine, also of its branches and processors."""
    states = machine.get("States") if isinstance(machine, dict) else None
    for state in states.values() if isinstance(states, dict) else ():
        if not isinstance(state, dict):
            continue
        parts = (state, state.get("ItemReader"), state.get("ResultWriter"))
        yield from (part for part in parts if isinstance(part, dict) and "Resource" in part)
        branches = state.get("Branches")
        inner = [*(branches if isinstance(branches, list) else ()), state.get("ItemProcessor"), state.get("Iterator")]
        for one in inner:
            yield from _with_resource(one)
