"""Which calls become sub-tasks, and what the children see: cells in real kernels."""

from __future__ import annotations

import pytest
import pytest_asyncio
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCRIPTS = {
    "mend": ["x = get_args()[0] / 0", "answer(get_args()[0] * 2)"],
    "mute": [],
    "same": ["a, = get_args()", "a.append('seen'); answer(a)"],
    "peek": ["answer('secret' in globals())"],
    "count": ["n = globals().get('n', 0) + 1; answer(n)"],
    "d1": ["answer(d2(get_args()[0] + 1))"],
    "d2": ["answer(d3(get_args()[0] + 1))"],
    "d3": ["answer(d4(get_args()[0] + 1))"],
    "waits": ["import asyncio\nawait asyncio.sleep(0.01)\nanswer('done')"],
    "chatty": ["print('child speaking')\nanswer(1)"],
    "who": ["get_args()[0].wait()", "answer(id(globals()))"],
    "fact": ["n, = get_args()", "answer(1 if n < 2 else n * fact(n - 1))"],
}
S, N = "('child', 1)", "NameError"
CASES: list[tuple[str, list[str], str]] = [
    ("plain call", ["print(foo(1))"], S),
    ("name only read", ["foo"], N),
    ("read as an argument", ["list(map(foo, [1]))"], N),
    ("attribute of an unbound name", ["foo.bar()"], N),
    ("read after it was called", ["foo(1)", "print(foo)"], N),
    ("builtin", ["print(len([1]))"], "1"),
    ("defined in an earlier cell", ["def foo(x): return 'mine'", "print(foo(1))"], "mine"),
    ("defined in the same cell, before", ["def foo(x): return 'mine'\nprint(foo(1))"], "mine"),
    ("defined in the same cell, after: a bug", ["foo(1)\ndef foo(x): return 1"], N),
    ("a later definition wins inside an older function",
     ["def f(): return foo(1)", "def foo(x): return 'mine'", "print(f())"], "mine"),
    ("inside a function", ["def f(): return foo(1)\nprint(f())"], S),
    ("in a loop", ["print([foo(i) for i in range(2)])"], "[('child', 0), ('child', 1)]"),
    ("while and condition", ["n = 0\nwhile foo(n) and n < 2: n += 1\nprint(n)"], "2"),
    ("comprehension's own variable", ["print([f(2) for f in (abs, str)])"], "[2, '2']"),
    ("walrus inside a comprehension", ["[g := str for _ in [1]]\nprint(g(3))"], "3"),
    ("lambda's parameter", ["print((lambda foo: foo('3'))(int))"], "3"),
    ("lambda's body", ["print((lambda x: foo(x))(5))"], "('child', 5)"),
    ("bound in an enclosing function",
     ["def a():\n def b(): return foo(1)\n def foo(x): return 'inner'\n return b()\nprint(a())"],
     "inner"),
    ("a local elsewhere does not count",
     ["def a():\n foo = str\n return foo(1)\nprint(a(), foo(2))"], "1 ('child', 2)"),
    ("local before assignment stays an error", ["def a():\n foo(1)\n foo = 2\na()"],
     "UnboundLocalError"),
    ("global declared and set in a function",
     ["def a():\n global foo\n foo = str\na()\nprint(foo(7))"], "7"),
    ("conditional import that fails",
     ["try:\n    from nowhere import foo\nexcept ImportError:\n    foo = str\nprint(foo(8))"], "8"),
    ("star import gives it", ["from math import *\nprint(sqrt(9))"], "3.0"),
    ("star import does not give it", ["from math import *\nprint(foo(1))"], S),
    ("del, then called in the same cell: a bug", ["foo = str", "del foo\nfoo(1)"], N),
    ("del in an earlier cell", ["foo = str", "del foo", "print(foo(1))"], S),
    ("globals() assignment", ["globals()['foo'] = str\nprint(foo(4))"], "4"),
    ("match capture", ["match str:\n    case foo: print(foo(6))"], "6"),
    ("bare decorator", ["@foo\ndef f(): pass"], N),
    ("default argument and f-string", ["def f(x=foo(1)): return x\nprint(f'{f()} {foo(2)}')"],
     "('child', 1) ('child', 2)"),
    ("forgotten self. in a method: a bug",
     ["class A:\n def m(self): return n()\n def n(self): return 1\nA().m()"], N),
    ("argument is itself a sub-task", ["print(foo(bar(1)))"], "('child', ('child', 1))"),
    ("awaited", ["print(await foo(1))"], S),
    ("awaited in an async function, gathered",
     ["import asyncio\nasync def f(i): return await foo(i)\n"
      "print(await asyncio.gather(f(1), f(2)))"], "[('child', 1), ('child', 2)]"),
    ("gathered as they are",
     ["import asyncio\nprint(await asyncio.gather(foo(1), foo(2)))"],
     "[('child', 1), ('child', 2)]"),
    ("gathered from a comprehension",
     ["import asyncio\nprint(await asyncio.gather(*[foo(i) for i in (1, 2)]))"],
     "[('child', 1), ('child', 2)]"),
    ("awaited, but defined after all",
     ["def f(): return bar(1)", "globals()['bar'] = None",
      "async def bar(x): return x + 1\nasync def g(): return await bar(1)\nprint(await g())"], "2"),
    ("awaited name that globals() defines",
     ["async def own(x): return 'own'\nglobals()['baz'] = own\nprint(await baz(1))"], "own"),
    ("%time magic", ["%time x = foo(1)", "print(x)"], S),
    ("%%time cell magic", ["%%time\nx = foo(1)", "print(x)"], S),
    ("text given to exec is not read", ["exec('foo(1)')"], N),
    ("error in the child's cell, repaired by its next", ["print(mend(2))"], "4"),
    ("child that cannot answer raises", ["mute()"], "SubtaskFailed"),
    ("caller catches it", ["try: mute()\nexcept RuntimeError as e: print(e)"],
     "mute: no turn left"),
    ("caught by its own name", ["try: mute()\nexcept SubtaskFailed: print('caught')"], "caught"),
    ("by reference, both ways", ["big = [0]\nout = same(big)\nprint(out is big, big)"],
     "True [0, 'seen']"),
    ("own variables only", ["secret = 5\nprint(peek())"], "False"),
    ("re-entry by name keeps variables", ["print(count(), count(), count())"], "1 2 3"),
    ("three deep", ["print(d1(1))"], "('child', 4)"),
    ("recursion", ["print(fact(5))"], "120"),
    ("top-level await in a child", ["print(waits())"], "done"),
    ("child prints: not in the parent's output", ["x = chatty()\nprint(x)"], "1"),
    ("4 threads are 4 children",
     ["from concurrent.futures import ThreadPoolExecutor as T\n"
      "import threading\nb = threading.Barrier(4)\n"
      "def go(i): return who(b)\n"
      "with T(4) as t: print(len(set(t.map(go, range(4)))))"], "4"),
    ("explicit form", ["print(subtask('foo', 1))"], S),
    ("explicit form, a definition in the way",
     ["def foo(x): return 'mine'\nprint(subtask('foo', 1))"], S),
    ("explicit form, awaited", ["print(await subtask('foo', 1))"], S),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened():
    host = ScriptedHost(SCRIPTS)
    async with open_ipython(KernelOptions(calls=host, functions=FUNCTIONS)) as kernel:
        yield kernel, host


CLEAR = """
for name in set(globals()) - kept - {'kept', 'name', '_'}:
    del globals()[name]
"""


@pytest.mark.parametrize(("title", "cells", "expected"), CASES, ids=[c[0] for c in CASES])
async def test_a_call_becomes_a_subtask_or_not(opened, title, cells, expected):
    kernel, _host = opened
    await kernel.execute("kept = globals().get('kept') or set(globals())")
    for cell in cells:
        result = await kernel.execute(cell, timeout=20)
    shown = result.error.name if result.error else result.output.strip()
    await kernel.execute(CLEAR)
    assert shown == expected
