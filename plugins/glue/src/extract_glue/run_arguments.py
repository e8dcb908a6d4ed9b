"""The arguments of a job run: the job's flat ``--key value`` map, with the names refused that Glue keeps for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

RESERVED: Final = {
    "--JOB_NAME": "Glue passes it itself",
    "--JOB_ID": "Glue passes it itself",
    "--JOB_RUN_ID": "Glue passes it itself",
    "--SECURITY_CONFIGURATION": "Glue passes it itself: set security_configuration under [job_types.glue] of extract.toml",
    "--encryption-type": "Glue passes it itself, from the job's security configuration",
    "--continuation-option": "Glue passes it itself",
    "--debug": "Glue uses it internally",
    "--mode": "Glue uses it internally",
}
"""Names that Glue's guide ("Using job parameters") and ``awsglue.utils.getResolvedOptions`` keep, and why.

``--conf`` is listed there too, yet is in wide use to set Spark's options: it is let through.
"""


def run_arguments(job_arguments: Mapping[str, str]) -> dict[str, str]:
    """The member Arguments of StartJobRun. ValueError for a name that Glue keeps or can't take."""
    for name in sorted(name for name in job_arguments if name in RESERVED or name[:2] != "--" or len(name) < 3):
        if name in RESERVED:
            raise ValueError(f"the argument {name!r} is reserved by Glue ({RESERVED[name]}): take another name under arguments")
        raise ValueError(f"the argument {name!r} can't be passed to Glue: names begin with '--'")
    return dict(job_arguments)
