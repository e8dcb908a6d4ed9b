"""What a bundle was built with: its plugins, so that nothing is scanned in Lambda, and models of AWS services."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from extract_core.registry.entry_points import Contribution
    from extract_core.registry.values import FrozenPlugin

MODULE: Final = "extract_frozen"
"""The name of the module, at the top of a bundle (`asl_generator.bundle`). It has PLUGINS and REPORTS."""
MODELS: Final = "extract_models"
"""The folder of the models, beside that module."""


class Frozen(NamedTuple):
    """The plugins, the writers of reports (entry-point group ``extract_core.reports``), and the folder of the models.

    `models` is None if the bundle has none: it was built without botocore.
    """

    plugins: tuple[FrozenPlugin, ...]
    reports: tuple[Contribution, ...]
    models: Path | None = None


def frozen() -> Frozen | None:
    """The list of this bundle, or None outside of a bundle."""
    try:
        module = import_module(MODULE)
    except ModuleNotFoundError as error:
        if error.name != MODULE:
            raise
        return None
    models = Path(str(module.__file__)).with_name(MODELS)
    return Frozen(module.PLUGINS, module.REPORTS, models if models.is_dir() else None)
