"""A host that answers what a script says, for tests of `ask.map` and `ask.over`."""

from __future__ import annotations

import ast
import asyncio
import random

from scripted_host import ScriptedHost

ROOM = 1000


class Oracle(ScriptedHost):
    """Replies by what is asked: `reply` is given the context's last part and the stage.

    `gate`: how many questions have to be with it before it answers any.
    """

    def __init__(self, scripts=None):
        super().__init__(scripts)
        self.reply = lambda text, stage: text.upper()
        self.gate = self.now = self.most = 0
        self.full = asyncio.Event()

    async def call(self, repl, name, args, kwargs):
        if name != "ask":
            return await super().call(repl, name, args, kwargs)
        self.calls.append((repl, name, args, kwargs))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if self.now >= self.gate:
                self.full.set()
            await self.full.wait()
            await asyncio.sleep(random.random() / 200)
        except asyncio.CancelledError:
            self.cancelled.release()
            raise
        finally:
            self.now -= 1
        return self.reply(args[1][-1], args[4][0] if len(args) > 4 else None)


async def value_of(kernel, cell):
    result = await asyncio.wait_for(kernel.execute(cell, timeout=30), 60)
    assert result.error is None, result.error
    return ast.literal_eval(result.value)
