"""Makes the pictures of the documents from a run of the demo in which two tables failed (`make pictures`).

- ``docs/status.svg``: what `extract status` prints of it
- ``docs/machine.svg``: its state machine, with counts, as `extract asl graph` draws it
"""

import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = 110
PROGRAM = Path(sys.executable).parent / "extract"
NO_FONTS_FROM_ELSEWHERE = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)


def printed(*command: str, cwd: Path) -> str:
    """What a command of `extract` writes to a terminal of this width: it gets a pseudo-terminal."""
    terminal, end = pty.openpty()
    environ = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    with subprocess.Popen([PROGRAM, *command], cwd=cwd, env=environ, stdout=end, stderr=subprocess.DEVNULL):
        os.close(end)
        text = b""
        with suppress(OSError):  # Linux reports the end of a pseudo-terminal as an error
            while chunk := os.read(terminal, 65_536):
                text += chunk
        os.close(terminal)
    if not text:
        sys.exit(f"extract {' '.join(command)} printed nothing")
    return text.decode().replace("\r\n", "\n")


def main() -> None:
    """Run the demo in a scratch folder, and draw its first run."""
    with tempfile.TemporaryDirectory() as scratch:
        printed("demo", "--rows", "20000", cwd=Path(scratch))
        (project,) = (path.parent for path in Path(scratch).rglob("extract.toml"))
        runs = re.findall(r'"run_id": "([^"]+)"', printed("runs", "--output", "json", cwd=project))
        status = printed("status", runs[-1], cwd=project).replace(str(project), "extract-demo")
        graph = ("asl", "graph", "--run", runs[-1], "--format", "svg", "-o", str(ROOT / "docs" / "machine.svg"))
        subprocess.run([PROGRAM, *graph], cwd=project, check=True)
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(status))
    picture = console.export_svg(
        title=f"extract status {runs[-1]}", unique_id="status", code_format=NO_FONTS_FROM_ELSEWHERE.sub("", CONSOLE_SVG_FORMAT)
    )
    ROOT.joinpath("docs", "status.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
