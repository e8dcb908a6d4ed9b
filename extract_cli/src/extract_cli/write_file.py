"""Write a file that a user named."""

from __future__ import annotations

import os
from pathlib import Path

from extract_core.errors import UsageError


def write_file(path: Path, content: str | bytes) -> None:
    """Write the whole file or nothing, a text in UTF-8. A link and a device are written through.

    UsageError if it cannot be written.
    """
    import tempfile  # with random, shutil and compressors: most commands write no file

    data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(data)  # a device or a pipe cannot be replaced; a folder refuses
            return
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            temporary.chmod(0o644)
            temporary.replace(target)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{str(path)!r} can't be written: {error.strerror or error}") from error
