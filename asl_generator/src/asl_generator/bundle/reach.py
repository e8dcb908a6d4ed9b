"""Which files of the distributions some modules can import, found in the source: nothing is executed.

Imports inside functions count, since they are made later. A text ``package.module:attribute`` counts too, in the packages that
the walk starts with: it names what is loaded later, as `SyncJob.settings_model` does. Imports below ``if TYPE_CHECKING`` are made
by type checkers only, so they count in one case: a module with a function ``__getattr__`` (PEP 562) names there what it imports
when it is used.

What a compiled module imports or links cannot be read here. So the other compiled modules of its package, and its shared
libraries, come with it.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from asl_generator.errors import GeneratorError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from pathlib import Path

_IMPORTERS: Final = frozenset({"import_module", "__import__"})
_REFERENCE: Final = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):[^\W\d]\w*")
_EXTENSION: Final = ".so"
"""The suffix of compiled modules on Linux, where Lambda runs."""


def reached(
    modules: Iterable[str], folders: Mapping[str, list[Path]], *, leave_out: Container[tuple[str, str]] = ()
) -> dict[str, Path]:
    """The files that these modules and all that they import need: path in the bundle → file. Sorted.

    `folders` are the places of each top-level module; any other module belongs to Python or to the Lambda runtime. `leave_out`
    are pairs of a module and a name that it imports in a case that does not occur. Raises GeneratorError if one of `modules` does
    not exist.
    """
    files: dict[str, Path] = {}
    waiting = [(name, True) for name in modules]
    own = {name.partition(".")[0] for name, _ in waiting}
    seen: set[str] = set()
    while waiting:
        name, must_exist = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        place = _find(name, folders)
        if place is None:
            if must_exist:
                raise GeneratorError([f"there is no module {name!r} in the distributions of the bundle"])
            continue
        path, file = place
        waiting += [(parent, False) for parent in _parents(name)]
        if file is None:  # a namespace package
            continue
        files[path] = file
        if file.suffix == _EXTENSION:
            files.update(_libraries(path, file))
            waiting += [(module, False) for module in _compiled_beside(path, file)]
        if file.suffix == ".py":
            package = name if file.name == "__init__.py" else name.rpartition(".")[0]
            tree = ast.parse(file.read_bytes(), filename=str(file))
            imported = _imports(tree, package, references=name.partition(".")[0] in own)
            waiting += [(module, False) for module in imported if (name, module) not in leave_out]
    return dict(sorted(files.items()))


def _find(name: str, folders: Mapping[str, list[Path]]) -> tuple[str, Path | None] | None:
    """The path in the bundle and the file of a module: a package, a source file, a compiled module, or a folder (None)."""
    relative = name.replace(".", "/")
    namespace = False
    for folder in folders.get(name.partition(".")[0], ()):
        for suffix in ("/__init__.py", ".py"):
            if (folder / (relative + suffix)).is_file():
                return relative + suffix, folder / (relative + suffix)
        base = folder / relative
        for compiled in sorted(base.parent.glob(f"{base.name}.*{_EXTENSION}")) if base.parent.is_dir() else ():
            return f"{relative.rpartition('/')[0]}/{compiled.name}".lstrip("/"), compiled
        namespace = namespace or base.is_dir()
    return (relative, None) if namespace else None


def _compiled_beside(path: str, file: Path) -> Iterator[str]:
    """The compiled modules of the same top-level package: what a compiled module imports cannot be read."""
    root = file.parents[path.count("/")]
    for other in (root / path.partition("/")[0]).rglob(f"*{_EXTENSION}"):
        parts = other.relative_to(root).parts
        yield ".".join([*parts[:-1], parts[-1].partition(".")[0]])


def _libraries(path: str, file: Path) -> Iterator[tuple[str, Path]]:
    """The shared libraries that lie with a compiled module: in its top-level package, and in the folder of repaired wheels.

    Source: auditwheel, README: the libraries of ``numpy`` are in ``numpy.libs``, beside it.
    """
    top = path.partition("/")[0]
    root = file.parents[path.count("/")]
    for folder in (top, f"{top}.libs"):
        for library in (root / folder).rglob(f"*{_EXTENSION}.*") if (root / folder).is_dir() else ():
            yield library.relative_to(root).as_posix(), library


def _parents(name: str) -> Iterator[str]:
    """``a.b.c`` needs ``a.b`` and ``a``."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _imports(tree: ast.Module, package: str, *, references: bool) -> Iterator[str]:
    """The absolute names that a module may import. ``from a import b`` gives ``a`` and ``a.b``."""
    lazy = any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in tree.body)
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from _from(node, package)
        elif isinstance(node, ast.Constant):
            if references and isinstance(node.value, str) and (named := _REFERENCE.fullmatch(node.value)):
                yield named[1]
        elif isinstance(node, ast.Call):
            yield from _called(node, package)
        if isinstance(node, ast.If) and _is_type_checking(node.test) and not lazy:
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _from(node: ast.ImportFrom, package: str) -> Iterator[str]:
    base = node.module or ""
    if node.level:
        parts = package.split(".")
        base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
    yield base
    yield from (f"{base}.{alias.name}" for alias in node.names)


def _called(node: ast.Call, package: str) -> Iterator[str]:
    """``import_module("a.b")`` and ``__import__("a.b")``, if the name is written there."""
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    if name in _IMPORTERS and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
        text = node.args[0].value
        yield f"{package}{text}" if text.startswith(".") else text


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )
