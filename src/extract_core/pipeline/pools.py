"""The section [pools] of extract.toml, and `pool` in [job_types.<type>]: how many jobs may run at once, over all runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from extract_core.config.json_schema import POOL_NAME
from extract_core.pipeline.map_modes import MOST_AT_ONCE
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Complain = Callable[[str, str], None]

POOL: Final = "pool"
"""The key of [job_types.<type>] that the core reads. The plugin of the job type does not get it."""
_MOST: Final = MOST_AT_ONCE["DISTRIBUTED"]


def pool_sizes(section: Mapping[str, Any], complain: Complain) -> dict[str, int]:
    """The sizes by pool. `complain` gets the path and the message of each fault; a faulty pool has the size 1."""
    sizes: dict[str, int] = {}
    for name, size in section.items():
        if not re.fullmatch(POOL_NAME, name):
            complain(f"pools.{name}", f"{name!r} is not a valid name of a pool; write letters, digits, - and _, at most 64")
            continue
        is_number = isinstance(size, int) and not isinstance(size, bool)
        if not is_number or not 1 <= size <= _MOST:
            wanted = f"write how many jobs may run at once, from 1 to {_MOST:,}, or remove the pool"
            complain(f"pools.{name}", f"{size!r} is not a valid size of a pool; {wanted}")
        sizes[name] = size if is_number and 1 <= size <= _MOST else 1
    return sizes


def pools_of_job_types(sections: Mapping[str, Mapping[str, Any]], sizes: Mapping[str, int], complain: Complain) -> dict[str, str]:
    """The pool of each job type whose section names one. `complain` gets the path and the message of each fault."""
    pools: dict[str, str] = {}
    for job_type, section in sections.items():
        if POOL not in section:
            continue
        name = section[POOL]
        if isinstance(name, str) and name in sizes:
            pools[job_type] = name
        else:
            complain(f"job_types.{job_type}.{POOL}", pool_fault(name, sizes))
    return pools


def pool_fault(name: object, sizes: Mapping[str, int]) -> str:
    """What is wrong with the name of a pool that is not in [pools]."""
    if not isinstance(name, str):
        return f"{name!r} is not the name of a pool; write one name, such as {next(iter(sizes), 'sales-db')!r}"
    hint = did_you_mean(name, sizes) or f"; write {name} = 8 in [pools], with the number of jobs that may run at once"
    return f"there is no pool {name!r} in [pools]{hint}"
