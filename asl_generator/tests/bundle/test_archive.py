from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO
from zipfile import ZipFile

import pytest

from asl_generator.bundle.archive import zipped
from asl_generator.bundle.compiled import compile_modules, interpreter
from asl_generator.errors import GeneratorError

SOURCE = 'WORDS = {"a", "b", "c", "d", "e"}\ndef f(x):\n    """Text."""\n    return x in {"one", "two", "three", "four"}\n'


def test_the_zip_depends_on_names_and_contents_only():
    files = {"b.py": b"2", "a/c.py": b"1"}
    data = zipped(files)
    assert data == zipped(dict(reversed(files.items())))
    with ZipFile(BytesIO(data)) as archive:
        assert archive.namelist() == ["a/c.py", "b.py"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
        assert archive.read("b.py") == b"2"


def test_a_compiled_module_depends_on_its_source_only(tmp_path):
    compiled = []
    for number, name in enumerate(("one", "two")):
        folder = tmp_path / name
        (folder / "package").mkdir(parents=True)
        (folder / "package" / "words.py").write_text(SOURCE)
        os.utime(folder / "package" / "words.py", (number * 1e9, number * 1e9))
        compile_modules(sys.executable, folder, ["package/words.py"])
        compiled.append((folder / "package" / "words.pyc").read_bytes())
    assert compiled[0] == compiled[1]
    (tmp_path / "one" / "package" / "words.py").unlink()
    code = "import package.words as w; print(w.f('two'), w.f.__code__.co_filename)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "one", capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "/var/task/package/words.py"]


def test_a_module_that_cannot_be_compiled_is_named(tmp_path):
    (tmp_path / "wrong.py").write_text("def f(:\n")
    with pytest.raises(GeneratorError, match=r"can't compile the bundle: .*wrong\.py.*|SyntaxError"):
        compile_modules(sys.executable, tmp_path, ["wrong.py"])


def test_the_python_that_runs_is_used_and_one_that_does_not_start_is_not(tmp_path, monkeypatch):
    assert interpreter(f"{sys.version_info[0]}.{sys.version_info[1]}") == sys.executable
    assert interpreter("3.99") is None
    for body, expected in (("exit 127", None), ("echo 3.98 /elsewhere/python", None), ("echo 3.99 /real/python", "/real/python")):
        shim = tmp_path / "python3.99"
        shim.write_text(f"#!/bin/sh\n{body}\n")
        shim.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        assert interpreter("3.99") == expected
