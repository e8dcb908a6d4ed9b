"""Write a file that a user named."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from extract_core.errors import UsageError


def write_file(path: Path, text: str) -> None:
    """Write the whole file or nothing. A link and a device are written through. UsageError if it cannot be written."""
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")  # a device or a pipe cannot be replaced; a folder refuses
            return
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            temporary.chmod(0o644)
            temporary.replace(target)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{str(path)!r} can't be written: {error.strerror or error}") from error
