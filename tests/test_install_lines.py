"""No documented line, template or message installs a foreign package under one of our names.

The names are on no public index, so anybody could register them there. Each line is tried with pip against an index that
offers version 99.0 of all our names, old and new.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from extract_cli.scaffold import NewPlugin

pytestmark = pytest.mark.xdist_group("install_lines")

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = {".venv", ".git", "dist", "node_modules", "decisions", "tests"}
PROJECTS = {
    tomllib.loads(path.read_text())["project"]["name"]: tomllib.loads(path.read_text())["project"]
    for path in (ROOT / "pyproject.toml", *ROOT.glob("*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml"))
}
SUFFIXES = (
    "core",
    "openlineage",
    "iceberg",
    "glue",
    "emr",
    "ecs",
    "local",
    "cli",
    "testing",
    "job",
    "generator",
    "batch",
    "codebuild",
    "sfn",
)
OURS = sorted({*PROJECTS, *(f"extract-{suffix}" for suffix in SUFFIXES), "asl-generator", "extract-sfn-codebuild"})
NAMES_OURS = re.compile(r"\b(?:extract[-_](?:sfn[\w-]*|" + "|".join(SUFFIXES) + r")|asl[-_](?:toolkit|generator))\b")
FILES = re.compile(
    r"\bdist/(?:\*|extract_sfn_job-\*)\.whl\b"
)  # pip takes no candidate from an index for a project whose file is named
SAFE = re.compile(r"--no-index\b|dist/extract_sfn_job-\*\.whl|--require-hashes\b|--no-deps\b.* (?:-e )?\.(?:$|/|\s|;)")


def documents():
    for path in sorted(ROOT.rglob("*")):
        if path.suffix in (".md", ".template") and not SKIPPED & set(path.relative_to(ROOT).parts):
            yield path


def lines():
    """Each ``pip install`` of a document, with its place. RELEASING.md is about the time after the names are registered."""
    for path in documents():
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            for command in re.findall(r"pip install [^`#|]*", line):
                if path.name != "RELEASING.md":
                    yield f"{path.relative_to(ROOT)}:{number}", command.strip()


LINES = dict(lines())


def texts(path):
    """The string literals of a module, docstrings and the fixed parts of f-strings included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_the_documents_have_install_lines():
    assert len(LINES) >= 10
    assert [place for place, line in LINES.items() if "--no-index" in line]


@pytest.mark.parametrize("place", LINES)
def test_a_line_that_names_our_distributions_reads_no_index(place):
    assert SAFE.search(LINES[place]) or not NAMES_OURS.search(LINES[place]), LINES[place]


def test_no_message_installs_our_distributions():
    """`wording.how_to_install` names them, and refers to docs/start.md."""
    sources = [path for path in ROOT.rglob("*.py") if "src" in path.relative_to(ROOT).parts and not SKIPPED & set(path.parts)]
    installs = [text for path in sources for text in texts(path) if "pip install" in text]
    assert installs
    for text in installs:
        for command in re.findall(r"pip install [^`;]*", text):
            assert SAFE.search(command) or not NAMES_OURS.search(command), command


def test_the_lock_has_none_of_our_names():
    locked = {line.partition("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line}
    assert not locked & set(OURS)


def wheel(folder, name, version, requires=(), extras=()):
    """A wheel without modules: pip resolves by its metadata."""
    stem = f"{canonicalize_name(name).replace('-', '_')}-{version}"
    path = folder / f"{stem}-py3-none-any.whl"
    declared = [f"Requires-Dist: {requirement}" for requirement in requires] + [f"Provides-Extra: {extra}" for extra in extras]
    with ZipFile(path, "w") as archive:
        archive.writestr(
            f"{stem}.dist-info/METADATA",
            "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *declared, ""]),
        )
        archive.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return path


def with_extra(requirement, extra):
    return f"{requirement.partition(';')[0].strip()} ; extra == {extra!r}"


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """What `make build` and requirements.lock give: our distributions as pyproject.toml declares them, and what they need."""
    folder = tmp_path_factory.mktemp("dist")
    wanted = {name: Requirement(name) for name in ("boto3", "pandas", "venv-pack")}
    for name, project in PROJECTS.items():
        extras = project.get("optional-dependencies", {})
        optional = [with_extra(requirement, extra) for extra, requirements in extras.items() for requirement in requirements]
        wheel(folder, name, project["version"], [*project.get("dependencies", []), *optional], extras)
        for requirement in map(Requirement, (*project.get("dependencies", []), *optional)):
            wanted[canonicalize_name(requirement.name)] = requirement
    for name in sorted({canonicalize_name(name) for name in wanted} - set(PROJECTS)):
        wheel(folder, name, version_of(wanted[name]))
    return folder


def version_of(requirement):
    """The installed version, or for a package that is in no lock the one that its requirement begins with."""
    try:
        return metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return next((specifier.version for specifier in requirement.specifier), "1.0")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """An index that offers a foreign version 99.0 of all our names, old and new."""
    simple = tmp_path_factory.mktemp("index") / "simple"
    for name in OURS:
        folder = simple / name
        folder.mkdir(parents=True)
        path = wheel(folder, name, "99.0", extras=("all", "aws", "glue", "local", "testing"))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        (folder / "index.html").write_text(f'<a href="{path.name}#sha256={digest}">{path.name}</a>')
    return simple.as_uri()


def resolved(command, index, folder, tmp_path):
    """The versions that pip would install for a line, whose folder of wheels is `folder`."""
    words = shlex.split(command.removeprefix("pip install "))
    if "--find-links" in words:
        words[words.index("--find-links") + 1] = str(folder)
    named = next((word for word in words if FILES.search(word)), None)
    if named:  # as the shell expands it; what these need comes from `folder`
        at = words.index(named)
        files = [path for path in folder.glob(Path(named).name) if canonicalize_name(path.name.partition("-")[0]) in OURS]
        words[at : at + 1] = [*map(str, sorted(files)), "--find-links", str(folder)]
    report = tmp_path / "report.json"
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    environ |= {"PIP_INDEX_URL": index, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    pip = [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed", "--report", str(report)]
    done = subprocess.run([*pip, *words], capture_output=True, text=True, check=False, env=environ, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    entries = json.loads(report.read_text())["install"]
    return {canonicalize_name(entry["metadata"]["name"]): entry["metadata"]["version"] for entry in entries}


def test_the_index_is_hostile(index, dist, tmp_path):
    """Without --no-index pip would take the foreign version: the other tests prove something."""
    assert resolved("pip install --find-links DIR extract-sfn", index, dist, tmp_path) == {"extract-sfn": "99.0"}


INSTALLS_OURS = [line for line in LINES.values() if FILES.search(line) or (NAMES_OURS.search(line) and "--no-index" in line)]
TRIED = sorted({re.sub(r"(?<=--find-links )\S+", "DIR", line) for line in INSTALLS_OURS})


@pytest.mark.parametrize("line", TRIED)
def test_no_foreign_version_is_installed(line, index, dist, tmp_path):
    if "{{bound}}" in line:
        NewPlugin("night_farm", "Night Farm").write(tmp_path / "plugin")
        readme = (tmp_path / "plugin" / "README.md").read_text()
        (line,) = re.findall(r"pip install --no-index [^#\n]*", readme)
    versions = resolved(line, index, dist, tmp_path)
    ours = {name: version for name, version in versions.items() if name in OURS}
    assert ours
    assert ours == {name: PROJECTS[name]["version"] for name in ours}
