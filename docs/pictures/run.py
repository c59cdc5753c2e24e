"""Makes the moving picture of README.md: python docs/pictures/run.py

It runs a command of README.md, and draws what the terminal shows of it, row by row, at a pace to
read it: an SVG that moves by CSS alone.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.segment import Segment
from rich.style import Style

from replplan.console.board import Board
from replplan.console.screen import Scrolled
from replplan.trace import read_trace

HERE = Path(__file__).parent
PICTURE = HERE / "run.svg"
COMMAND = (
    "uv run replplan run alfworld --task demo-two --model replay:docs/examples/two-things.jsonl"
)
COLUMNS, ROWS = 100, 27
WIDE, HIGH, EDGE, TOP, FOOT = 8.4, 19, 16, 40, 46  # of a letter, a row, the frame; in pixels
LAST = 6.0  # seconds that the end is held
CAPTIONS = {
    "$ ": "A recorded plan, run anew in a real kernel and a real game.",
    "[1] import re": "The model writes a cell; it runs in a live IPython kernel.",
    "[2] for _ in": "find_and_take is defined nowhere: calling it is a sub-task.",
    "┌ find_and_take": "The call opens a child REPL, with variables and a transcript of its own.",
    "error:": "The cell failed. The model is shown the traceback …",
    "`re` is": "… and repairs it with another cell. Nothing starts anew.",
    "└ find_and_take": "The child's answer, a Python object, is what the call returns.",
    "(entry 2)": "Called again, the same child goes on, with what it knows.",
    "solved": "Solved with 5 model calls and 17 actions: a loop costs no model call.",
}
STYLE = """
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;
fill:#e6edf3;white-space:pre}
.dim{opacity:.6}.bold{font-weight:bold}.italic{font-style:italic}
.magenta{fill:#d2a8ff}.green{fill:#7ee787}.cyan{fill:#79c0ff}.red{fill:#ff7b72}.yellow{fill:#e3b341}
.caption{font:15px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:#0d1117}
g,.caption{animation-duration:%(seconds).1fs;animation-timing-function:step-end;
animation-iteration-count:infinite}
.rows{transform:translateY(%(end)dpx)}.early{visibility:hidden}
@media(prefers-reduced-motion:reduce){g,.caption{animation:none!important}}
"""


@dataclass(frozen=True)
class Row:
    """A row of the terminal, and the second at which it is there."""

    segments: list[Segment]
    second: float

    @property
    def text(self) -> str:
        """Its text alone."""
        return "".join(segment.text for segment in self.segments).rstrip()


def run() -> list[list[Segment]]:
    """Run the command; what the terminal's own view shows of it, at so many columns."""
    console = Console(width=COLUMNS, force_terminal=True, color_system="standard")
    board, told = Board(), [[Segment("$ ", Style(dim=True)), Segment(COMMAND, Style(bold=True))]]
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.jsonl"
        command = [sys.executable, "-m", *shlex.split(COMMAND)[2:], "--trace", str(trace)]
        subprocess.run([*command, "--quiet"], cwd=HERE.parents[1], check=True)
        for event in read_trace(trace):
            if blocks := board.tell(event):
                told += console.render_lines(Scrolled(blocks), pad=False)
    return told


def paced(told: list[list[Segment]]) -> list[Row]:
    """Rows, each with its second: longer where something begins, or where there is more to read."""
    rows, second = list[Row](), 0.0
    for segments in told:
        rows.append(row := Row(segments, second))
        begins = any(sign in row.text for sign in ("$", "┌", "└", "error:", "Your task"))
        second += 0.15 + (len(row.text) / 600 if len(rows) > 12 else 0) + begins
    return rows


def drawn(row: Row, number: int) -> str:
    """A row as text whose pieces stand where a terminal has them."""
    spans, column = "", 0
    for style, pieces in groupby(row.segments, lambda segment: segment.style or Style()):
        text = "".join(piece.text for piece in pieces)
        if text.strip():
            place = f'x="{column * WIDE:.1f}" textLength="{len(text) * WIDE:.1f}"'
            spans += f'<tspan {place} class="{_classes(style)}">{escape(text)}</tspan>'
        column += len(text)
    return f'<text y="{(number + 1) * HIGH - 5}">{spans}</text>'.replace(' class=""', "")


def _classes(style: Style) -> str:
    names = [name for name in ("dim", "bold", "italic") if getattr(style, name)]
    return " ".join([*names, *([style.color.name] if style.color else [])])


def appear(name: str, begin: float, end: float, whole: float) -> str:
    """Keyframes of what is there from one second to another."""
    after = f"{end / whole:.2%}{{visibility:hidden}}" if end < whole else ""
    begun = f"{begin / whole:.2%}{{visibility:visible}}"
    return f"@keyframes {name}{{0%{{visibility:hidden}}{begun}{after}}}"


def scroll(rows: list[Row], whole: float) -> str:
    """Keyframes that keep the newest row in sight."""
    steps = [
        f"{row.second / whole:.2%}{{transform:translateY({-(n - ROWS + 1) * HIGH}px)}}"
        for n, row in enumerate(rows)
        if n >= ROWS
    ]
    return f"@keyframes scroll{{0%{{transform:none}}{''.join(steps)}}}"


def captions(rows: list[Row], whole: float) -> tuple[str, str]:
    """What is said of the rows while they come: keyframes, and texts."""
    left, said = dict(CAPTIONS), list[tuple[float, str]]()
    for row in rows:
        for sign in [sign for sign in left if sign in row.text]:
            said.append((row.second, left.pop(sign)))
    ends = [*(begin for begin, _ in said[1:]), whole]
    frames, texts = "", ""
    for n, ((begin, text), end) in enumerate(zip(said, ends, strict=True)):
        frames += appear(f"c{n}", begin, end, whole)
        early = " early" if end < whole else ""
        texts += f'<text class="caption{early}" style="animation-name:c{n}">{escape(text)}</text>'
    return frames, texts


def picture(rows: list[Row]) -> str:
    """The SVG."""
    whole = rows[-1].second + LAST
    width, height = round(COLUMNS * WIDE) + 2 * EDGE, ROWS * HIGH + TOP + FOOT
    frames = "".join(appear(f"r{n}", row.second, whole, whole) for n, row in enumerate(rows))
    said_frames, said = captions(rows, whole)
    style = STYLE % {"seconds": whole, "end": -(len(rows) - ROWS) * HIGH}
    text = "".join(
        f'<g style="animation-name:r{n}">{drawn(row, n)}</g>'
        for n, row in enumerate(rows)
        if row.text
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>{escape(COMMAND)}</title>
<style>{style}{scroll(rows, whole)}{frames}{said_frames}</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<circle cx="21" cy="18" r="6" fill="#ff5f57"/><circle cx="41" cy="18" r="6" fill="#febc2e"/>
<circle cx="61" cy="18" r="6" fill="#28c840"/>
<svg x="{EDGE}" y="{TOP}" width="{width - 2 * EDGE}" height="{ROWS * HIGH}">
<g class="rows" style="animation-name:scroll">{text}</g></svg>
<rect x="{EDGE}" y="{height - 38}" width="{width - 2 * EDGE}" height="28" rx="6" fill="#e3b341"/>
<svg x="{EDGE + 12}" y="{height - 19}" overflow="visible">{said}</svg></svg>
"""


if __name__ == "__main__":
    PICTURE.write_text(picture(paced(run())), encoding="utf-8")
    print(PICTURE)
