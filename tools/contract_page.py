"""Writes docs/plugins/contract.md, the reference of the plugin contract, from the docstrings of the core."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "plugins" / "contract.md"
_CORE: Final = ROOT / "src" / "extract_core"

_HEAD: Final = """# The contract

Every field and method that a plugin author reads, sets or overrides. `tools/contract_page.py` makes
this page from the docstrings of [contract.py](../../src/extract_core/contract.py) and of the base
classes. All names of values are imported from `extract_core`. All that has no version here
is in contract 1.0. If a job type uses something later, set its version: `requires_contract = "1.3"`.
[When each method is called](life-cycle.md)

## The item

What a branch gets for each table. The core sets it, with all these keys for every table; states add
their own. A state reads `$.arguments`, and may read the others.

| key | what it holds |
|---|---|
| `arguments` | what `JobType.arguments` returned |
| `source`, `source_type`, `table`, `job_type` | as in `TableRun` |
| `run_id`, `run_started_at`, `attempt` | as in `TableRun` |
| `extract_s3_uri`, `result_uri`, `watermark` | as in `TableRun`; `watermark` is an object |
| `max_attempts` | how many attempts the table has, at most |
| `timeout_seconds` | what `JobType.timeout` returned: seconds |
| `result` | `required` or `optional`: whether the job must report at `result_uri` |
| `lease`, `plan_uri`, `plan_line` | who holds the table, and where its plan is: for the core |
"""
_VALUES: Final = (
    "TableRun", "Watermark", "Target", "Stack", "Branch", "Outcome", "JobStatus", "Statement", "Retry", "LambdaFunction",
    "Resource", "LocalCommand", "LocalExit", "PlannedRun", "AttemptReport", "LiveAttempt",
)  # fmt: skip
_BASES: Final = {
    "ServiceJob": ("service_job", "words"),
    "SyncJob": ("base",),
    "PolledJob": ("polling", "polled"),
}
"""Each base class, and the modules of `sync_job` in which its members are."""


def page() -> str:
    """The text of the page."""
    contract = _classes(_CORE / "contract.py")
    parts = [_HEAD, "## Values\n"]
    parts += [f"### {name}\n\n{_text(contract[name])}\n\n{_fields(contract[name])}" for name in _VALUES]
    parts.append(f"## FailureClass\n\n{_text(contract['FailureClass'])}\n\n{_failures()}")
    own = contract["JobType"]
    parts.append(f"## JobType\n\n{_text(own)} The first five methods are required.\n\n{_members([own])}")
    known = _names(own)
    for base, modules in _BASES.items():
        classes = [cls for module in modules for cls in _classes(_CORE / "sync_job" / f"{module}.py").values()]
        (named,) = (cls for cls in classes if cls.name == base)
        parts.append(f"## {base}\n\n{_text(named)}\n\n{_members(classes, known)}")
    return "\n".join(parts)


def _classes(path: Path) -> dict[str, ast.ClassDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _attributes(cls: ast.ClassDef) -> Iterator[tuple[ast.AnnAssign, str]]:
    """The annotated members, each with the docstring below it."""
    for node, following in zip(cls.body, [*cls.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign):
            said = following.value.value if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant) else ""
            yield node, _cell(str(said))


def _fields(cls: ast.ClassDef) -> str:
    rows = ["| field | type | default | what it holds |", "|---|---|---|---|"]
    for node, said in _attributes(cls):
        default = f"`{_default(node.value)}`" if node.value is not None else "required"
        rows.append(f"| `{_name(node)}` | `{_escaped(ast.unparse(node.annotation))}` | {default} | {said} |")
    return "\n".join(rows) + "\n"


def _members(classes: list[ast.ClassDef], known: frozenset[str] = frozenset()) -> str:
    attributes = ["| attribute | default | what it says |", "|---|---|---|"]
    methods = ["| method | what it does |", "|---|---|"]
    for cls in classes:
        for node, said in _attributes(cls):
            if _name(node) not in known:
                attributes.append(f"| `{_name(node)}` | {f'`{_default(node.value)}`' if node.value else 'required'} | {said} |")
        for method in cls.body:
            if isinstance(method, ast.FunctionDef) and method.name not in known and method.name[0] != "_":
                parameters = ", ".join(argument.arg for argument in method.args.args[1:])
                methods.append(f"| `{method.name}({parameters})` | {_text(method)} |")
    tables = [table for table in (attributes, methods) if len(table) > 2]
    return "\n\n".join("\n".join(table) for table in tables) + "\n"


def _failures() -> str:
    source = (_CORE / "contract.py").read_text(encoding="utf-8")
    words = re.findall(r'^    ([A-Z_]+) = "\1"  # (.*)$', source, re.MULTILINE)
    return "\n".join(["| class | what it means |", "|---|---|", *(f"| `{name}` | {said} |" for name, said in words)]) + "\n"


def _names(cls: ast.ClassDef) -> frozenset[str]:
    methods = {node.name for node in cls.body if isinstance(node, ast.FunctionDef)}
    return frozenset(methods | {_name(node) for node, _ in _attributes(cls)})


def _name(node: ast.AnnAssign) -> str:
    return ast.unparse(node.target)


def _default(value: ast.expr | None) -> str:
    made = re.fullmatch(r"field\(default_factory=(\w+)\)", text := ast.unparse(value) if value is not None else "")
    return _escaped({"dict": "{}"}.get(made[1], f"{made[1]}()") if made else text)


def _text(node: ast.ClassDef | ast.FunctionDef) -> str:
    return _cell(ast.get_docstring(node) or "")


def _cell(text: str) -> str:
    """One line of Markdown."""
    return _escaped(" ".join(text.split()).replace("``", "`"))


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
