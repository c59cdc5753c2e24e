"""A tab of a real browser that shows the terminal app: what it shows is read, keys are pressed.

It speaks Chromium's own protocol, over its pipe on loopback. Tests of it are skipped where there
is no Chromium.
"""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import websocket
from browser import find_browser

PATIENCE = 60.0
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
)  # fmt: skip
_KEPT = """
Object.defineProperty(Object.prototype, 'webglAddon', {configurable: true, set(addon) {
    window.shown = this.terminal;
    Object.defineProperty(this, 'webglAddon', {value: addon});
}});
"""
"""Has the page keep the terminal that it draws, whose text is nowhere else to be had."""
_TEXT = """
(() => { const rows = window.shown ? window.shown.buffer.active : {length: 0}, lines = [];
for (let n = 0; n < rows.length; n++) lines.push(rows.getLine(n).translateToString(true));
return lines.join('\\n'); })()"""
_CARET = """
(() => { const rows = window.shown.buffer.active;
for (let y = 0; y < rows.length; y++) for (let x = 0; x < window.shown.cols; x++) {
    const cell = rows.getLine(y).getCell(x), paint = cell.getBgColor();
    if (cell.isBgRGB() && [16, 8, 0].every(n => (paint >> n & 255) > 192)) return true;
}
return false; })()
"""
"""Whether a field has the focus: of a dark theme its caret alone is light."""
_KEYS = {
    "enter": ("Enter", 13, "\r"), "escape": ("Escape", 27, ""), "tab": ("Tab", 9, "\t"),
    "backspace": ("Backspace", 8, ""), "up": ("ArrowUp", 38, ""), "down": ("ArrowDown", 40, ""),
    "end": ("End", 35, ""), "home": ("Home", 36, ""), "f2": ("F2", 113, ""),
}  # fmt: skip
_CONTROL = 2


class Tab:
    """A browser with one tab: `with Tab(folder) as tab`. `folder` is for what it keeps."""

    def __init__(self, folder: Path, width: int = 1300, height: int = 800) -> None:
        browser, self._ids = find_browser(), itertools.count(1)
        command = [browser, *_FLAGS, f"--user-data-dir={folder}", f"--window-size={width},{height}"]
        self._process = subprocess.Popen(
            [*command, "about:blank"], stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            self._socket = websocket.create_connection(
                self._address(folder / "DevToolsActivePort"), timeout=PATIENCE, suppress_origin=True
            )
            self.send("Page.enable")
            self.send("Page.addScriptToEvaluateOnNewDocument", source=_KEPT)
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *_: object) -> None:
        self.send("Browser.close")
        self._socket.close()
        self._process.wait(PATIENCE)

    def _address(self, file: Path) -> str:
        """Where the tab is spoken to: the browser writes its port when it listens."""
        end = time.monotonic() + PATIENCE
        while not (file.is_file() and file.read_text().count("\n")):
            assert self._process.poll() is None, "the browser has ended"
            assert time.monotonic() < end, "the browser does not start"
        port = file.read_text().split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as told:
            return next(t["webSocketDebuggerUrl"] for t in json.load(told) if t["type"] == "page")

    def send(self, method: str, **params: Any) -> Any:
        """Have the browser do something; events that come in between are passed over."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (told := json.loads(self._socket.recv())).get("id") != number:
            pass
        assert "error" not in told, told
        return told["result"]

    def value(self, script: str) -> Any:
        """What a script of the page comes to."""
        told = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def text(self) -> str:
        """What the app shows in the page."""
        return str(self.value(_TEXT))

    def until(self, *words: str, gone: tuple[str, ...] = ()) -> None:
        """Wait until all these words are shown, and none of those that are to be gone."""
        self._wait(f"{words} (without {gone})", lambda: self._shows(words, gone))

    def until_field(self, *words: str) -> None:
        """Wait until all these words are shown, and what is typed goes into a field."""
        self._wait(f"a field with {words}", lambda: self._shows(words, ()) and self.value(_CARET))

    def _shows(self, words: tuple[str, ...], gone: tuple[str, ...]) -> bool:
        text = self.text()
        return all(w in text for w in words) and not any(w in text for w in gone)

    def _wait(self, what: str, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"{what} never came:\n{self.text()}"

    def open(self, address: str) -> None:
        """Go to an address."""
        self.send("Page.navigate", url=address)

    def press(self, *keys: str) -> None:
        """Press keys: a character, a name of `_KEYS`, or a letter with "ctrl+" before it."""
        for key in keys:
            for kind in ("keyDown", "keyUp"):
                self.send("Input.dispatchKeyEvent", type=kind, **_event(key))

    def write(self, text: str) -> None:
        """Type a text, a key at a time."""
        self.press(*("enter" if c == "\n" else c for c in text))

    def picture(self, path: Path) -> None:
        """Keep what is to be seen."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))


def _event(key: str) -> dict[str, Any]:
    if key in _KEYS:
        name, code, text = _KEYS[key]
        return {"key": name, "code": name, "windowsVirtualKeyCode": code, "text": text}
    if key.startswith("ctrl+"):
        letter = key[-1]
        return {"key": letter, "code": f"Key{letter.upper()}", "modifiers": _CONTROL,
                "windowsVirtualKeyCode": ord(letter.upper())}  # fmt: skip
    return {
        "key": key,
        "text": key,
        "windowsVirtualKeyCode": ord(key.upper()) if key.isalnum() else 0,
    }
