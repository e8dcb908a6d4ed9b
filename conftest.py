"""What the tests of all packages share: the data beside the checkout, and the documents whose code is run."""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, settings
from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from sybil import Example

# Pytest names extract_job/tests/test_x.py `extract_job.tests.test_x` and would make up a package `extract_job` around it: the
# real packages that are called like their folder must be loaded before.
for _package in ("asl_generator", "asl_toolkit", "extract_cli", "extract_job", "extract_testing"):
    importlib.import_module(_package)

pytest_plugins = (
    "shared_fixtures.dynamodb",
    "shared_fixtures.pipeline",
    "shared_fixtures.postgresql",
    "shared_fixtures.mariadb",  # it imports the one before
    "shared_fixtures.source",
    "shared_fixtures.spark",
)

ROOT: Final = Path(__file__).parent
SHARED: Final = Path(os.environ.get("EXTRACT_SHARED", ROOT.parent / "shared"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest --update-golden`` writes the golden files anew; read the difference before you commit it."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
    parser.addoption("--job-engine", choices=("arrow", "spark"), default="arrow", help="what copies the rows in the job's tests")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Long runs have an hour, unless they say otherwise. Tests of one `xdist_group` run in one process: they share what it makes.

    pytest-xdist 3.8 appends the group to `Item._nodeid`, which pytest 9.2 no longer reads.
    """
    for item in items:
        if item.get_closest_marker("soak") is not None and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(3600))
    yield
    for item in items:
        grouped = getattr(item, "_nodeid", None)
        if grouped is not None and item.nodeid != grouped:
            from _pytest.nodeid import NodeId

            item._id = NodeId.parse(grouped)  # noqa: SLF001 - see above


# Machines are noisy: a test never fails because an example, or the making of one, was slow.
settings.register_profile("any speed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any speed")


@pytest.fixture(autouse=True)
def process_left_as_before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """After each test: every module that was loaded before is the same object, sample plugins are gone, and so is a log level.

    A class whose module was loaded anew cannot be pickled any more, and a level that is not set through ``setLevel``
    stays in the cache of each logger: both let a later test of the same process fail, in some orders only.
    """
    modules, root = dict(sys.modules), logging.getLogger()
    level = root.level
    yield
    samples = str(tmp_path_factory.getbasetemp())
    for name in sys.modules.keys() - modules.keys():
        if str(getattr(sys.modules[name], "__file__", None)).startswith(samples):
            del sys.modules[name]
    sys.modules.update(modules)
    root.setLevel(level)
    for handler in [handler for handler in root.handlers if type(handler) is logging.StreamHandler]:
        root.removeHandler(handler)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with a golden file, byte for byte."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"there is no golden file {path.name}: pytest --update-golden makes it"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """The path of a recorded file that is not part of the repository: it lies beside the checkout.

    If it is absent, the test is skipped with a message. Under EXTRACT_REQUIRE_SHARED=1 the test fails instead: .ci/run
    sets this if the folder of recorded executions is there.
    """

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            missing = (
                f"left out: {name} is not part of the repository, and it is not in {SHARED} "
                "(the folder `shared` beside the checkout, or EXTRACT_SHARED)"
            )
            if os.environ.get("EXTRACT_REQUIRE_SHARED") == "1":
                pytest.fail(missing)
            pytest.skip(missing)
        return path

    return find


def _run_shell(example: Example) -> None:
    """A ```sh block: each line is run where the document's tests run; a line that fails, fails the document.

    In the environment, DOCS is the folder of the documents. A block inside of an HTML comment is run and not shown.
    """
    environ = dict(os.environ, PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", DOCS=str(ROOT / "docs"))
    done = subprocess.run(
        ["sh", "-c", "set -eu\n" + example.parsed],
        cwd=Path.cwd(), env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    example.namespace["printed"] = (example.end, done.stdout)


def _compare_output(example: Example) -> None:
    """A ```text block right after a ```sh block is what that printed, on stdout and stderr.

    ``…`` stands for any text of a line, and alone in its line for any lines. Blanks at the ends of lines do not count.
    """
    end, printed = example.namespace.get("printed", (-1, ""))
    if end < 0 or example.document.text[end : example.start].replace("-->", "").strip():
        return
    wanted = "\n".join(re.escape(line.rstrip()) for line in example.parsed.strip("\n").split("\n"))
    pattern = re.sub(r"(?m)^…\n", r"(?:.*\n)*", wanted + "\n").replace("…", ".*")
    actual = "\n".join(line.rstrip() for line in printed.strip("\n").split("\n")) + "\n"
    assert re.fullmatch(pattern, actual), f"the command printed:\n{printed}"


def _save_json(example: Example) -> None:
    """A ```json block is saved under the last file name in the paragraph before it: ``in `mocks.json`:``."""
    before = example.document.text[: example.start].rstrip().rpartition("\n\n")[2]
    named = re.findall(r"`([\w-]+\.json)`", before)
    json.loads(example.parsed)
    if named:
        Path(named[-1]).write_text(example.parsed, encoding="utf-8")


@pytest.fixture(scope="module")
def document_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each document's code runs in a fresh folder."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("document"))
    yield
    os.chdir(before)


_collect_document = Sybil(
    parsers=[
        PythonCodeBlockParser(),
        CodeBlockParser(language="sh", evaluator=_run_shell),
        CodeBlockParser(language="text", evaluator=_compare_output),
        CodeBlockParser(language="json", evaluator=_save_json),
        SkipParser(),
    ],
    patterns=["*.md"],
    fixtures=["document_folder"],
).pytest()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Documents are run where they are named (`pytest README.md docs`), in their order: not among the tests of a folder."""
    named = [Path(argument).resolve() for argument in parent.config.invocation_params.args if not argument.startswith("-")]
    if any(path == file_path or (path.name == "docs" and path in file_path.parents) for path in named):
        document: pytest.Collector | None = _collect_document(file_path, parent)
        return document
    return None
