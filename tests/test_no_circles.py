"""No module imports itself through others, in any distribution. Imports for types alone count, so do those inside functions.

A circle means that none of its modules can be read, tested or moved alone.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_SOURCES = ("src", "*/src", "plugins/*/src", "examples/*/src")


def packages() -> Mapping[str, Path]:
    """Import name → folder of every package that a distribution of this repository ships."""
    inits = [init for pattern in _SOURCES for init in ROOT.glob(f"{pattern}/*/__init__.py")]
    return {init.parent.name: init.parent for init in sorted(inits)}


def circles(name: str, folder: Path) -> list[list[str]]:
    """The modules of each circle of a package, sorted."""
    files = {_module(name, folder, file): file for file in sorted(folder.rglob("*.py"))}
    imports = {module: set(_imports(module, file, files)) for module, file in files.items()}
    reachable = {module: _reach(module, imports) for module in imports}
    groups = {tuple(sorted(other for other in reachable[module] if module in reachable[other])) for module in imports}
    return sorted(list(circle) for circle in groups if circle)


def _module(name: str, folder: Path, file: Path) -> str:
    parts = file.relative_to(folder).with_suffix("").parts
    return ".".join([name, *(parts[:-1] if parts[-1] == "__init__" else parts)])


def _imports(module: str, file: Path, files: Mapping[str, Path]) -> Iterator[str]:
    """The modules of the same package that a file names in an import. The package around a module does not count as one."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: 1 - node.level or None] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            wanted = [inner if (inner := f"{origin}.{alias.name}") in files else origin for alias in node.names]
        else:
            continue
        yield from (target for target in wanted if target in files)


def _reach(start: str, imports: Mapping[str, set[str]]) -> set[str]:
    """The modules that importing one leads to; itself only if it is in a circle."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = imports[waiting.pop()] - reached
        reached |= new
        waiting.extend(new)
    return reached


@pytest.mark.parametrize("name", packages())
def test_no_module_imports_itself_through_others(name: str) -> None:
    cyclic = circles(name, packages()[name])
    assert not cyclic, "\n".join(" <-> ".join(circle) for circle in cyclic)


def test_a_circle_of_type_imports_and_one_inside_a_function_are_found(tmp_path: Path) -> None:
    sources = {
        "__init__.py": "from house.roof import Roof\n",
        "roof.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.wall import Wall\n",
        "wall.py": "from house.cellar import pump\nfrom house import roof\n",
        "cellar.py": "def pump():\n    from .garden import well\n",
        "garden.py": "from . import cellar\n",
    }
    for name, source in sources.items():
        (tmp_path / name).write_text(source, encoding="utf-8")

    assert circles("house", tmp_path) == [["house.cellar", "house.garden"], ["house.roof", "house.wall"]]
