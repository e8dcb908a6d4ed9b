"""What a bundle is built for: the processor and the Python of the Lambda functions."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING, Final, Literal, cast, get_args

from packaging.tags import cpython_tags

from asl_generator.errors import GeneratorError
from extract_core.dataclass import dataclass
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract_core.pipeline.deploy import DeployOptions

Architecture = Literal["arm64", "x86_64"]
"""The processor, as Lambda calls it (API reference, CreateFunction, Architectures)."""
ARCHITECTURES: Final[tuple[Architecture, ...]] = get_args(Architecture)
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
"""Versions of Python that extract and Lambda's managed runtimes both have."""

_MACHINES: Final = {"arm64": "aarch64", "x86_64": "x86_64"}
_GLIBC: Final = {"3.11": 26}
"""Minor version of glibc 2: Amazon Linux 2 has 2.26, Amazon Linux 2023 has 2.34 (Lambda guide, "Lambda runtimes")."""
_GLIBC_OF_AL2023: Final = 34
_OLDEST_GLIBC: Final = 17


@dataclass(frozen=True, slots=True)
class BundleTarget:
    """A processor and a version of Python. GeneratorError for others than Lambda has."""

    architecture: Architecture = "arm64"
    python: str = "3.13"

    def __post_init__(self) -> None:
        faults = [
            f"{what} {value!r} is not valid{did_you_mean(value, allowed)}; choose {', '.join(allowed)}"
            for what, value, allowed in (
                ("architecture", self.architecture, ARCHITECTURES),
                ("python", self.python, PYTHONS),
            )
            if value not in allowed
        ]
        if faults:
            raise GeneratorError(faults)

    @classmethod
    def of(cls, options: DeployOptions) -> BundleTarget:
        """What [deploy] of extract.toml says."""
        return cls(cast("Architecture", options.architecture), options.runtime.removeprefix("python"))

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platform tags of wheels that run there, best first (PEP 600)."""
        machine = _MACHINES[self.architecture]
        newest = _GLIBC.get(self.python, _GLIBC_OF_AL2023)
        tags = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, _OLDEST_GLIBC - 1, -1)]
        return (*tags, f"manylinux2014_{machine}")

    @property
    def markers(self) -> dict[str, str]:
        """The values of environment markers there (PEP 508)."""
        return {
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": _MACHINES[self.architecture],
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
            "extra": "",
        }

    def runs(self, wheel_tags: Iterable[str]) -> bool:
        """Whether a wheel with one of these tags (``cp313-cp313-manylinux2014_x86_64``) runs there."""
        major, minor = map(int, self.python.split("."))
        fits = {str(tag) for tag in cpython_tags((major, minor), platforms=self.platforms)}
        return not fits.isdisjoint(wheel_tags)


def this_machine() -> BundleTarget:
    """The target that this process is. GeneratorError if Lambda has no such one."""
    architecture = {machine: name for name, machine in _MACHINES.items()}.get(platform.machine(), platform.machine())
    return BundleTarget(cast("Architecture", architecture), f"{sys.version_info[0]}.{sys.version_info[1]}")
