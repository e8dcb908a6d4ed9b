"""Reports keys and tokens in tracked files: texts of `extract_core.secret_texts` that nothing else looks like.

Passwords in URLs and arguments are left out: tests and documents invent them. Keys are invented in the files of `INVENTED` only.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from extract_core.secret_texts import SHAPES

ROOT: Final = Path(__file__).parents[1]
LEFT_OUT: Final = {"a password", "a URL with a password", "a bearer token"}
EXAMPLE: Final = "AKIAIOSFODNN7EXAMPLE"
"""The access key of AWS's documents."""
INVENTED: Final = {
    "extract_testing/tests/seeded/faults/later.toml",
    "extract_testing/tests/seeded/faults/purity.toml",
    "extract_testing/tests/test_seeded_faults.py",
    "tests/test_secret_texts.py",
}


def main() -> int:
    """Print each finding as file:line, never the secret. Exit code 1 if there is one."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    shapes = [shape for shape in SHAPES if shape.is_sure and shape.what not in LEFT_OUT]
    count = 0
    for name in listed.decode().split("\0"):
        path = ROOT / name
        if name in INVENTED or path.is_symlink() or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        for shape in shapes:
            for match in shape.pattern.finditer(text):
                if match[0] != EXAMPLE:
                    print(f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {shape.what}")
                    count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
