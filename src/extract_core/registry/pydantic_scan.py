"""Keep pydantic from reading the metadata of all distributions: one that is odd breaks the first model of any plugin.

At its first model, pydantic looks for plugins of pydantic in every installed distribution, and a malformed entry_points.txt of a
package that has nothing to do with extract raises there. No model of extract or of a job type needs such plugins. pydantic's
documentation names the variable ("Plugins", PYDANTIC_DISABLE_PLUGINS).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLE: Final = "PYDANTIC_DISABLE_PLUGINS"
_OURS: Final = "true"
"""One of the three words that pydantic takes for all plugins: the one that people do not write."""


def leave_out() -> None:
    """From now on, pydantic looks for no plugins in this process, unless the user set the variable."""
    os.environ.setdefault(_VARIABLE, _OURS)


def without(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of another program, which may use plugins of pydantic."""
    return {name: value for name, value in environment.items() if (name, value) != (_VARIABLE, _OURS)}
