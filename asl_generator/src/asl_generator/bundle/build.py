"""Builds the bundle: the zip that all Lambda functions of a machine run from."""

from __future__ import annotations

import tempfile
from dataclasses import field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asl_generator.bundle.archive import zipped
from asl_generator.bundle.compiled import compile_modules, interpreter
from asl_generator.bundle.distributions import Distributions
from asl_generator.bundle.frozen import frozen_text, plugins_of, reports_of
from asl_generator.bundle.models import trimmed_models
from asl_generator.bundle.reach import reached
from asl_generator.bundle.target import BundleTarget
from asl_generator.errors import GeneratorError
from asl_generator.functions import handlers_of
from extract_core.dataclass import dataclass
from extract_core.registry.frozen import MODULE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asl_generator.machine.definition import MachineDefinition
    from extract_core.registry.installed import Registry

CORE: Final = "extract-sfn"
MAX_UNZIPPED: Final = 250 * 1024 * 1024
"""Bytes of a function's code and layers (Lambda quotas, "Deployment package size")."""

_SCAN: Final = "extract_core.registry.entry_points"
_NOT_IMPORTED: Final = frozenset(
    {
        (_SCAN, "importlib_metadata"),  # the plugins are a list: nothing looks for distributions
        (_SCAN, "packaging.version"),
        ("pydantic._internal._generate_schema", "pydantic.v1"),  # asked only about types with __get_validators__, of version 1
    }
)
"""Imports, by module, that handlers never reach: they are in functions that a bundle does not call."""

_NO_MODELS: Final = (
    "boto3 is not installed here, so the bundle has no models of AWS services: it works, but each cold start takes longer; "
    "install it with: pip install boto3"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A built zip. `handlers` maps each Lambda function's name to its Handler (``package.module.function``).

    `key` is a name for the object in S3 that changes with the content. `unzipped` is in bytes. `versions` are those of the
    distributions in it, `owners` their names by top-level module. `notes` are lines for people: what makes this bundle slower or
    different from the expected one.
    """

    target: BundleTarget
    data: bytes = field(repr=False)
    handlers: Mapping[str, str]
    files: tuple[str, ...] = field(repr=False)
    unzipped: int
    versions: Mapping[str, str]
    owners: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """The hash of the zip, in hexadecimal digits."""
        return sha256(self.data).hexdigest()

    @property
    def key(self) -> str:
        """``extract-arm64-python3.13-0123456789abcdef.zip``: CloudFormation updates a function only if this name changes."""
        return f"extract-{self.target.architecture}-python{self.target.python}-{self.sha256[:16]}.zip"


def build_bundle(machine: MachineDefinition, registry: Registry, target: BundleTarget | None = None) -> Bundle:
    """The zip for the core's functions and those of the machine's job types.

    It holds what the handlers and the working plugins of `registry` import, in the versions that are installed here. boto3 is not
    in it: Lambda has it. Wheels for another machine are downloaded by pip. Raises GeneratorError with what is missing.
    """
    target = target or BundleTarget()
    handlers = handlers_of(machine, registry)
    plugins = plugins_of(registry.with_settings(machine.plugins))
    with tempfile.TemporaryDirectory(prefix="extract-bundle-") as scratch:
        roots = {CORE, *(plugin.distribution for plugin in plugins)}
        distributions = Distributions(roots, target, Path(scratch))
        reports = reports_of(distributions.installed.keys())
        modules = {handler.rpartition(".")[0] for handler in handlers.values()}
        modules |= {plugin.module for plugin in plugins} | {report.value.partition(":")[0].strip() for report in reports}
        sources = reached(sorted(modules), distributions.folders, leave_out=_NOT_IMPORTED)
        files = {path: file.read_bytes() for path, file in sources.items()}
        files[f"{MODULE}.py"] = frozen_text(plugins, reports).encode()
        models = trimmed_models([file for path, file in sources.items() if path.startswith("extract_core/")])
        files |= models
        notes = (*([] if models else [_NO_MODELS]), *_compiled(files, target, Path(scratch, "bundle")))
    unzipped = sum(map(len, files.values()))
    if unzipped > MAX_UNZIPPED:
        raise GeneratorError([f"the bundle has {unzipped:,} bytes, but Lambda allows {MAX_UNZIPPED:,}: install fewer plugins"])
    return Bundle(
        target=target,
        data=zipped(files),
        handlers=handlers,
        files=tuple(sorted(files)),
        unzipped=unzipped,
        versions=distributions.versions,
        owners=distributions.owners,
        notes=notes,
    )


def _compiled(files: dict[str, bytes], target: BundleTarget, folder: Path) -> tuple[str, ...]:
    """Put the .pyc file of each module into its place, if a Python of the target's version is here; else a note.

    Python imports ``module.pyc`` where there is no ``module.py``. The sources would be a fifth of the bundle; a traceback has the
    file and the line without them.
    """
    python = interpreter(target.python)
    if python is None:
        slow = "the bundle works, but each cold start takes 2 to 4 times as long"
        remedy = f"install Python {target.python}, or choose the version that you have"
        return (f"python{target.python} is not on PATH, so the modules are not compiled: {slow}; {remedy}",)
    sources = sorted(path for path in files if path.endswith(".py"))
    for path in sources:
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(files[path])
    compile_modules(python, folder, sources)
    for path in sources:
        del files[path]
        files[path + "c"] = (folder / (path + "c")).read_bytes()
    return ()
