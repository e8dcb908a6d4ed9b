"""The list of plugins that a bundle was built with: in a Lambda function nothing is scanned."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from extract_core.registry.entry_points import Contribution
    from extract_core.registry.values import FrozenPlugin

MODULE: Final = "extract_frozen"
"""The name of the module, at the top of a bundle (`asl_generator.bundle`). It has the members of `Frozen`, in capitals."""


class Frozen(NamedTuple):
    """The plugins, and the writers of reports (entry-point group ``extract_core.reports``)."""

    plugins: tuple[FrozenPlugin, ...]
    reports: tuple[Contribution, ...]


def frozen() -> Frozen | None:
    """The list of this bundle, or None outside of a bundle."""
    try:
        module = import_module(MODULE)
    except ModuleNotFoundError as error:
        if error.name != MODULE:
            raise
        return None
    return Frozen(module.PLUGINS, module.REPORTS)
