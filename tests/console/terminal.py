"""A terminal that knows what a live view needs, and refuses everything else."""

from __future__ import annotations

import re

from rich.cells import cell_len

_TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|([\r\n])|([^\x00-\x1f\x7f-\x9f]+)|(.)", re.DOTALL)


class Terminal:
    """Keeps its lines, those that scrolled away too."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines = [""]
        self.row = 0
        self.colours = 0

    def feed(self, text: str) -> Terminal:
        for number, final, move, plain, odd in _TOKEN.findall(text):
            assert not odd, f"a control character reached the terminal: {odd!r}"
            if plain:
                self._write(plain)
            elif move == "\n":
                self._down()
            elif final == "A":
                self.row -= int(number or 1)
                assert self.row >= 0
            elif final == "K":
                self.lines[self.row] = ""
            elif final == "m":
                self.colours += bool(re.search(r"\b[39][0-7]\b", number))
            else:
                assert move or (number, final) in {("?25", "l"), ("?25", "h")}, (number, final)
        return self

    def _write(self, text: str) -> None:
        self.lines[self.row] += text
        assert cell_len(self.lines[self.row]) <= self.width, self.lines[self.row]

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n") + "\n"
