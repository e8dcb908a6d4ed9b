"""Makes docs/status.svg: what `extract status` prints of the demo's first run, in which two tables failed (`make pictures`)."""

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = 110
NO_FONTS_FROM_ELSEWHERE = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)


def printed(*command: str, cwd: Path) -> str:
    """What a command of `extract` writes to a terminal of this width."""
    environ = {**os.environ, "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    done = subprocess.run(
        [Path(sys.executable).parent / "extract", *command], cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )
    if not done.stdout:
        sys.exit(f"extract {' '.join(command)} printed nothing:\n{done.stderr}")
    return done.stdout


def main() -> None:
    """Run the demo in a scratch folder, and draw the status of its first run."""
    with tempfile.TemporaryDirectory() as scratch:
        printed("demo", "--rows", "20000", cwd=Path(scratch))
        (project,) = (path.parent for path in Path(scratch).rglob("extract.toml"))
        runs = re.findall(r'"run_id": "([^"]+)"', printed("runs", "--output", "json", cwd=project))
        status = printed("status", runs[-1], cwd=project).replace(str(project), "extract-demo")
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(status))
    picture = console.export_svg(
        title=f"extract status {runs[-1]}", unique_id="status", code_format=NO_FONTS_FROM_ELSEWHERE.sub("", CONSOLE_SVG_FORMAT)
    )
    ROOT.joinpath("docs", "status.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
