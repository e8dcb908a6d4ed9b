"""One bundle for this machine, unpacked, with nothing else on the path."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import urlsafe_b64encode
from hashlib import sha256
from io import BytesIO
from modulefinder import ModuleFinder
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
from packaging.utils import parse_wheel_filename

from asl_generator import build
from asl_generator.bundle import build_bundle, job_artifacts
from asl_generator.bundle.frozen import plugins_of
from asl_generator.bundle.target import this_machine
from extract_core.registry.finding import find_plugins
from extract_core.registry.loading import discover

PLACE = {"partition": "aws", "region": "eu-central-1", "account": "123456789012"}
MOST_BYTES = 12_000_000


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    registry = discover(strict=True)
    machine = build(registry, name="night", max_concurrency=10, deployments={"glue": {"job_name": "extract"}}, **PLACE)
    bundle = build_bundle(machine, registry, this_machine())
    folder = tmp_path_factory.mktemp("bundle")
    ZipFile(BytesIO(bundle.data)).extractall(folder)
    return SimpleNamespace(bundle=bundle, folder=folder, registry=registry)


pytestmark = pytest.mark.xdist_group("bundle")

TELL = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
handlers = json.loads(sys.argv[2])
parts = {name: name.rpartition(".") for name in handlers}
functions = {name: getattr(importlib.import_module(module), function) for name, (module, _, function) in parts.items()}
from extract_core.registry.frozen import frozen
from extract_core.registry.loading import discover

registry = discover(frozen=frozen().plugins, strict=True)
for installed in registry.job_types.values():
    installed.job_type.settings().model_json_schema(), installed.job_type.deployment().model_json_schema()
places = {getattr(module, "__file__", None) or "" for module in sys.modules.values()}
json.dump({
    "callable": [name for name, function in functions.items() if callable(function)],
    "job_types": sorted(registry.job_types),
    "reports": len(frozen().reports),
    "elsewhere": sorted(place for place in places if "site-packages" in place),
    "scanned": sorted({"importlib_metadata", "packaging"} & set(sys.modules)),
}, sys.stdout)
"""


def test_it_is_all_that_the_functions_need_on_the_path_but_boto3(unpacked):
    handlers = sorted(unpacked.bundle.handlers.values())
    command = [sys.executable, "-I", "-S", "-c", TELL, str(unpacked.folder), json.dumps(handlers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "callable": handlers,
        "job_types": sorted(unpacked.registry.job_types),
        "reports": 0,
        "elsewhere": [],
        "scanned": [],
    }
    assert unpacked.bundle.handlers == {
        "night-config-manager": "extract_core.lambdas.config_manager.handler",
        "night-job-run-status": "extract_core.lambdas.job_run_status.handler",
        "night-run-summary": "extract_core.lambdas.run_summary.handler",
        "night-reconcile": "extract_core.lambdas.reconcile.handler",
    }


def test_every_file_is_imported_by_a_handler_or_a_plugin(unpacked):
    """The judge is `modulefinder` of the standard library, which reads the compiled modules."""
    finder = ModuleFinder(path=[str(unpacked.folder)])
    modules = {"extract_frozen"} | {handler.rpartition(".")[0] for handler in unpacked.bundle.handlers.values()}
    modules |= {plugin.module for plugin in plugins_of(unpacked.registry)}
    job_types = [installed.job_type for installed in unpacked.registry.job_types.values()]
    modules |= {model.__module__ for job_type in job_types for model in (job_type.settings(), job_type.deployment())}
    for module in sorted(modules):
        finder.import_hook(module, None, ["*"])
    imported = {module.__file__ for module in finder.modules.values() if module.__file__}
    compiled = {str(file) for file in unpacked.folder.rglob("*.so")}
    models = {str(file) for file in (unpacked.folder / "extract_models").rglob("*.json")}  # see tests/aws/test_clients.py
    files = {str(file) for file in unpacked.folder.rglob("*") if file.is_file()} - models
    assert sorted(files - imported - compiled) == []
    assert {Path(file).name.partition(".")[0] for file in compiled} == {"_pydantic_core", "_yaml"}


def test_a_plugin_with_settings_is_in_the_bundle_if_its_section_is_there(unpacked):
    of_all = {plugin.plugin for plugin in find_plugins().plugins}
    off = {plugin.plugin for plugin in plugins_of(unpacked.registry)}
    on = {
        plugin.plugin
        for plugin in plugins_of(unpacked.registry.with_settings({"openlineage": {}, "glue_catalog": {}, "iceberg": {}}))
    }
    assert (of_all - off, on) == ({"glue_catalog", "iceberg", "openlineage"}, of_all)
    assert not list(unpacked.folder.glob("openlineage*"))


def test_it_is_small(unpacked):
    assert unpacked.bundle.unzipped == sum(file.stat().st_size for file in unpacked.folder.rglob("*") if file.is_file())
    assert unpacked.bundle.unzipped <= MOST_BYTES
    assert not list(unpacked.folder.glob("boto*"))


def test_its_key_says_what_it_is_and_changes_with_the_content(unpacked):
    bundle = unpacked.bundle
    target = bundle.target
    assert bundle.key == f"extract-{target.architecture}-python{target.python}-{bundle.sha256[:16]}.zip"
    assert bundle.versions["extract-sfn-glue"] == "0.1.0"
    assert bundle.notes == ()


def test_without_a_python_of_the_target_the_sources_are_in_it_and_a_note_says_so(unpacked, monkeypatch):
    from asl_generator.bundle import build as module

    monkeypatch.setattr(module, "interpreter", lambda version: None)
    files = {"a.py": b"A = 1\n"}
    notes = module._compiled(files, this_machine(), unpacked.folder)
    assert files == {"a.py": b"A = 1\n"}
    assert len(notes) == 1
    assert notes[0].startswith(f"python{this_machine().python} is not on PATH, so the modules are not compiled: ")


def test_the_files_of_the_reference_job_run_where_their_folder_is_not_searched(tmp_path):
    """The script has the name of the package, and its folder is the first place that Python searches."""
    job = job_artifacts()
    assert job == job_artifacts()
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / job.script.name).write_bytes(job.script.data)
    (tmp_path / job.wheel.name).write_bytes(job.wheel.data)
    code = "import sys; print([path for path in sys.path if 'site-packages' in path][0])"
    packages = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    environ = {"PYTHONPATH": f"{tmp_path / job.wheel.name}:{packages}"}
    command = [sys.executable, "-S", f"scripts/{job.script.name}", "--JOB_NAME", "extract", "--db_engine", "sqlite"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "--extract_table" in done.stderr


def test_a_process_of_spark_finds_the_job_and_not_its_script(tmp_path):
    """Python workers of Spark search their working folder first, which may be that of the script."""
    (tmp_path / "extract_job.py").write_bytes(job_artifacts().script.data)
    code = "import extract_job, extract_job.program; print(extract_job.__file__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("extract_job/__init__.py")


def test_the_wheel_of_the_reference_job_lists_its_files_as_pip_checks_them():
    wheel = job_artifacts().wheel
    name, version, _, tags = parse_wheel_filename(wheel.name)
    assert (name, str(version), set(map(str, tags))) == ("extract-sfn-job", "0.1.0", {"py3-none-any"})
    with ZipFile(BytesIO(wheel.data)) as archive:
        record = archive.read("extract_sfn_job-0.1.0.dist-info/RECORD").decode()
        for line in record.splitlines()[:-1]:
            path, digest, size = line.split(",")
            data = archive.read(path)
            assert (digest, size) == ("sha256=" + urlsafe_b64encode(sha256(data).digest()).decode().rstrip("="), str(len(data)))
        assert record.splitlines()[-1] == "extract_sfn_job-0.1.0.dist-info/RECORD,,"
        assert archive.namelist() == sorted(line.split(",")[0] for line in record.splitlines())
