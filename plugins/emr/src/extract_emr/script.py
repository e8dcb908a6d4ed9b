"""Where a table's script is: said in whole, or by name below the deployment's scripts_uri."""

from __future__ import annotations


def script_uri(job_type: str, script: str | None, script_name: str, scripts_uri: str | None) -> str:
    """`script`, else the config's `script_name` below `scripts_uri`. ValueError where that is not set."""
    if script:
        return script
    if "://" in script_name:
        return script_name
    if not scripts_uri:
        raise ValueError(
            f"where the script {script_name!r} is, is not known: set scripts_uri under [job_types.{job_type}] of extract.toml, "
            f"or script (an s3:// URI) under job_types.{job_type} of the config"
        )
    return f"{scripts_uri.rstrip('/')}/{script_name.lstrip('/')}"
