from __future__ import annotations

import pytest

from asl_generator.bundle.reach import reached
from asl_generator.errors import GeneratorError

LAZY = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from tree.leaf import LEAF
def __getattr__(name):
    ...
"""


@pytest.fixture
def tree(tmp_path):
    package = tmp_path / "tree"
    (package / "deep").mkdir(parents=True)
    (package / "space").mkdir()
    for path in ("__init__", "leaf", "unused", "deep/__init__", "deep/inner", "space/thing"):
        (package / f"{path}.py").write_text("")
    (package / "fast.cpython-313-x86_64-linux-gnu.so").write_bytes(b"")
    (package / "table.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import tree.leaf", {"tree/__init__.py", "tree/leaf.py"}),
        ("from tree import leaf", {"tree/__init__.py", "tree/leaf.py"}),
        ("from . import leaf", {"tree/__init__.py", "tree/leaf.py"}),
        ("from .deep import inner", {"tree/__init__.py", "tree/deep/__init__.py", "tree/deep/inner.py"}),
        ("from .deep.inner import X", {"tree/__init__.py", "tree/deep/__init__.py", "tree/deep/inner.py"}),
        ("def late():\n    import tree.leaf", {"tree/__init__.py", "tree/leaf.py"}),
        ("try:\n    from tree.fast import f\nexcept ImportError:\n    f = None", {
            "tree/__init__.py", "tree/fast.cpython-313-x86_64-linux-gnu.so"}),
        ("import tree.space.thing", {"tree/__init__.py", "tree/space/thing.py"}),
        ("import importlib\nimportlib.import_module('tree.leaf')", {"tree/__init__.py", "tree/leaf.py"}),
        ("from importlib import import_module\nimport_module('.leaf', __package__)", {"tree/__init__.py", "tree/leaf.py"}),
        ("import typing\nif typing.TYPE_CHECKING:\n    import tree.leaf\nelse:\n    import tree.unused", {
            "tree/__init__.py", "tree/unused.py"}),
        ("class Job:\n    model = 'tree.deep.inner:Settings'", {
            "tree/__init__.py", "tree/deep/__init__.py", "tree/deep/inner.py"}),
        ("import json\nTEXT = 'see: tree.unused, or tree.leaf: here'", set()),
        (LAZY, {"tree/__init__.py", "tree/leaf.py"}),
        ("import json, boto3, another_package.thing", set()),
    ],
)  # fmt: skip
def test_the_files_are_those_that_the_source_can_import(tree, source, expected):
    (tree / "tree" / "start.py").write_text(source)
    files = reached(["tree.start"], {"tree": [tree]})
    assert set(files) == expected | {"tree/__init__.py", "tree/start.py"}
    assert all(files[path] == tree / path for path in files)


def test_shared_libraries_come_with_the_compiled_modules_of_their_package(tree):
    libraries = {"tree/libquick.so.2600", "tree/deep/libdeep.so.1.2", "tree.libs/libmath-0352e75f.so.5"}
    (tree / "tree.libs").mkdir()
    (tree / "other.libs").mkdir()
    for path in (*libraries, "other.libs/libother.so.1"):
        (tree / path).write_bytes(b"")
    (tree / "tree" / "start.py").write_text("import tree.leaf")
    assert libraries.isdisjoint(reached(["tree.start"], {"tree": [tree]}))
    (tree / "tree" / "start.py").write_text("import tree.fast")
    files = reached(["tree.start"], {"tree": [tree]})
    assert libraries == {path for path in files if ".so." in path}
    assert all(files[path] == tree / path for path in files)


def test_the_other_compiled_modules_of_a_package_come_with_one(tree):
    (tree / "tree" / "deep" / "engine.cpython-313-x86_64-linux-gnu.so").write_bytes(b"")
    (tree / "tree" / "start.py").write_text("import tree.fast")
    files = set(reached(["tree.start"], {"tree": [tree]}))
    assert {"tree/deep/__init__.py", "tree/deep/engine.cpython-313-x86_64-linux-gnu.so"} <= files
    assert "tree/deep/inner.py" not in files


def test_a_reference_in_a_library_is_not_followed(tree, tmp_path):
    (tmp_path / "app.py").write_text("import tree.start\nX = 'tree.leaf:X'")
    (tree / "tree" / "start.py").write_text("OLD = {'tree.old:x': 'tree.deep.inner:x'}")
    files = reached(["app"], {"tree": [tree], "app": [tmp_path]})
    assert list(files) == ["app.py", "tree/__init__.py", "tree/leaf.py", "tree/start.py"]


def test_an_import_that_is_left_out_brings_nothing_with_it(tree):
    (tree / "tree" / "start.py").write_text("import tree.leaf\nimport tree.unused")
    (tree / "tree" / "leaf.py").write_text("import tree.deep.inner")
    files = reached(["tree.start"], {"tree": [tree]}, leave_out={("tree.start", "tree.leaf")})
    assert list(files) == ["tree/__init__.py", "tree/start.py", "tree/unused.py"]


def test_a_module_is_found_in_any_of_the_folders_that_have_its_package(tree, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "tree").mkdir()
    (other / "tree" / "guest.py").write_text("")
    (tree / "tree" / "start.py").write_text("import tree.guest")
    assert "tree/guest.py" in reached(["tree.start"], {"tree": [tree, other]})


def test_an_entry_module_must_exist(tree):
    with pytest.raises(GeneratorError, match=r"^there is no module 'tree.missing' in the distributions of the bundle$"):
        reached(["tree.missing"], {"tree": [tree]})
