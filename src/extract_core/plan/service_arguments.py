"""Keep the arguments that the service reads itself apart from those of the script: ``--conf`` of Glue."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet


def apart(arguments: Mapping[str, str], names: AbstractSet[str]) -> tuple[Mapping[str, str], dict[str, str]]:
    """The arguments of the script, and those of the service by their `names`. The same mapping if there are none of these."""
    of_the_service = {name: value for name, value in arguments.items() if name in names} if names else {}
    if not of_the_service:
        return arguments, {}
    return {name: value for name, value in arguments.items() if name not in of_the_service}, of_the_service
