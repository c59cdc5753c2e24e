"""Tricky cells around sub-tasks in a real kernel: each has one clear outcome.

Together with the cells of `test_undefined_calls` these are the table of what a cell may try.
"""

from __future__ import annotations

import pytest
from scripted_host import FUNCTIONS, ScriptedHost

from replplan.kernel import KernelOptions
from replplan_kernels.ipython import open_ipython

SCRIPTS = {
    "mute": [],
    "double": ["x, = get_args()", "answer(2 * x)"],
    "calls": ["f, = get_args()", "answer(f())"],
    "calls_with": ["f, x = get_args()", "answer(f(x))"],
    "tries": ["f, = get_args()\ntry: f()\nexcept Exception as e: answer(type(e).__name__)"],
    "leaves": ["get_args()[0]()", "answer('repaired')"],
    "eats": ["g, = get_args()", "answer(list(g))"],
    "one_of": ["g, = get_args()", "answer(next(g))"],
    "makes": ["def g():\n    for i in range(3): yield foo(i)", "answer(g())"],
    "makes_class": ["class E(Exception): pass", "answer(E)"],
    "makes_helper": ["def helper(x): return ('mine', other(x))", "answer(helper)"],
    "twice": ["try: answer(1)\nfinally: answer(2)"],
    "threads": [
        "import threading\nseen = []\ndef go(i):\n    try: answer(i)\n"
        "    except RuntimeError as e: seen.append(str(e))\n"
        "ts = [threading.Thread(target=go, args=(i,)) for i in range(3)]\n"
        "for t in ts: t.start(); t.join()",
        "answer('never asked for')",
    ],
    "ups": ["n, = get_args()", "answer(n if n > 2 else ups(n + 1))"],
    "odd": ["n, = get_args()", "answer(n > 0 and even(n - 1))"],
    "even": ["n, = get_args()", "answer(n == 0 or odd(n - 1))"],
    "exits": ["import sys; sys.exit(3)", "answer('went on')"],
    "interrupts": ["raise KeyboardInterrupt", "answer('went on')"],
    "stops": ["raise StopIteration", "answer('went on')"],
    "cancels": ["import asyncio\nraise asyncio.CancelledError", "answer('went on')"],
    "remembers": ["n = n + 1 if 'n' in globals() else 1", "answer((n, len(history)))"],
    "kwargs": ["a = get_args()", "answer((list(a), a.kwargs))"],
    "none": ["answer()"],
    "itself": ["answer(get_args)"],
    "wants": ["answer(subtask('double', 4, limits=Limits(turns=9)))"],
}
S = "('child', 1)"
CASES: list[tuple[str, list[str], str]] = [
    # ---- generators
    ("called lazily, in the parent's generator",
     ["def g():\n    for i in range(2): yield foo(i)\nprint(list(g()))"],
     "[('child', 0), ('child', 1)]"),
    ("a generator expression", ["print(sum(double(i) for i in range(4)))"], "12"),
    ("a generator of the parent, run out by a child",
     ["def g():\n    yield 1\n    yield double(5)\nprint(eats(g()))"], "[1, 10]"),
    ("a generator of the parent, gone on with by it",
     ["g = (double(i) for i in range(3))\nprint(one_of(g), next(g), one_of(g))"], "0 2 4"),
    ("a generator of a child, run by the parent", ["print(list(makes()))"],
     "[('child', 0), ('child', 1), ('child', 2)]"),
    ("sent into", ["def g():\n    got = yield 1\n    yield foo(got)\ng = g()\nnext(g)\n"
                   "print(g.send(1))"], S),
    ("thrown into, and called from its handler",
     ["def g():\n    try: yield\n    except ValueError: yield foo(1)\ng = g()\nnext(g)\n"
      "print(g.throw(ValueError()))"], S),
    ("called as a generator is closed",
     ["seen = []\ndef g():\n    try: yield\n    finally: seen.append(foo(1))\n"
      "g = g()\nnext(g)\ng.close()\nprint(*seen)"], S),
    ("yield from", ["def g(): yield from foo(1)\nprint(list(g()))"], "['child', 1]"),
    ("an async generator",
     ["async def g():\n    for i in range(2): yield await foo(i)\nprint([x async for x in g()])"],
     "[('child', 0), ('child', 1)]"),
    # ---- exceptions through frames of others
    ("an error of the parent's callback, caught by the child",
     ["class Own(Exception): pass\ndef f(): raise Own\nprint(tries(f))"], "Own"),
    ("an error of the parent's callback, not caught: the child repairs",
     ["def f(): raise ValueError\nprint(leaves(f))"], "repaired"),
    ("an error class of a child, raised and caught by the parent",
     ["E = makes_class()\ntry: raise E('x')\nexcept E as e: print('caught', e)"], "caught x"),
    ("a sub-task that fails inside a callback",
     ["def f(): return mute()\nprint(tries(f))"], "SubtaskFailed"),
    ("in a finally", ["try:\n    1 / 0\nexcept ZeroDivisionError: pass\nfinally: print(foo(1))"],
     S),
    ("in an except clause", ["try: 1 / 0\nexcept ZeroDivisionError: print(foo(1))"], S),
    ("as the error that is raised", ["raise foo(1)"], "TypeError"),
    ("as a context manager: its answer is none", ["with foo(1): pass"], "TypeError"),
    ("in __exit__", ["class C:\n    def __enter__(self): return self\n"
                     "    def __exit__(self, *a): print(foo(1)); return True\n"
                     "with C(): 1 / 0"], S),
    ("failed, in an exception group",
     ["import asyncio\ntry:\n    async with asyncio.TaskGroup() as group:\n"
      "        group.create_task(mute())\nexcept* SubtaskFailed as e: print(len(e.exceptions))"],
     "1"),
    ("cancelled by its parent",
     ["import asyncio\nasync def f():\n    t = asyncio.create_task(foo(1))\n    t.cancel()\n"
      "    try: await t\n    except asyncio.CancelledError: print('cancelled')\nawait f()"],
     "cancelled"),
    # ---- a child that ends its cell in an odd way
    ("sys.exit in a child's cell ends that cell", ["print(exits())"], "went on"),
    ("KeyboardInterrupt raised by a child's cell", ["print(interrupts())"], "went on"),
    ("StopIteration raised by a child's cell", ["print(stops())"], "went on"),
    ("CancelledError raised by a child's cell", ["print(cancels())"], "went on"),
    ("a child that cannot answer", ["mute()"], "SubtaskFailed"),
    # ---- where a call stands
    ("in a class body", ["class A: x = foo(1)\nprint(A.x)"], S),
    ("in a class body, by a name that it binds itself",
     ["class A:\n    def foo(x): return 'mine'\n    y = foo(1)\nprint(A.y)"], "mine"),
    ("in a decorator: what it answers is called",
     ["@foo(1)\ndef f(): pass"], "TypeError"),
    ("in a decorator that is a function",
     ["@calls_with(lambda x: x, lambda f: 'decorated')\ndef f(): pass\nprint(f)"], "decorated"),
    ("as a base class", ["class A(foo(1)): pass"], "TypeError"),
    ("as a metaclass's argument", ["class A(metaclass=foo): pass"], "NameError"),
    ("a bare decorator reads its name", ["@foo\ndef f(): pass"], "NameError"),
    ("at import time of the user's module",
     ["open('mine.py', 'w').write('foo(1)')", "import mine"], "NameError"),
    ("in a function of the user's module",
     ["open('mine2.py', 'w').write('def f(): return foo(1)')", "import mine2\nmine2.f()"],
     "NameError"),
    ("handed to the user's module",
     ["open('mine3.py', 'w').write('def f(g): return g(1)')",
      "import mine3\nprint(mine3.f(lambda x: foo(x)))"], S),
    ("in a default argument, once",
     ["def f(x=remembers()[0]): return x\nf(); f()\nprint(remembers()[0])"], "2"),
    ("in a subscript and a slice",
     ["xs = list(range(9))\nprint(xs[double(2)], xs[double(1):double(2)])"], "4 [2, 3]"),
    ("in an augmented assignment", ["n = 1\nn += double(2)\nprint(n)"], "5"),
    ("unpacked", ["a, b = foo(1)\nprint(a, b)"], "child 1"),
    ("starred arguments", ["print(kwargs(*[1, 2], **{'a': 3}))"], "([1, 2], {'a': 3})"),
    ("called on its answer", ["print(makes_helper()(1))"], "('mine', ('child', 1))"),
    ("a method of its answer", ["print(foo('x').count('x'))"], "1"),
    ("a method that is not there", ["foo(1).undefined()"], "AttributeError"),
    ("in an assert", ["assert foo(1) == ('child', 1)\nprint('held')"], "held"),
    ("in a match", ["match foo(1):\n    case ('child', n): print(n)"], "1"),
    ("short-circuited away", ["print(False and foo(1), len(dir()) > 0)"], "False True"),
    ("as a key function", ["print(sorted([3, 1, 2], key=lambda x: -double(x)))"], "[3, 2, 1]"),
    ("in a property",
     ["class A:\n    @property\n    def x(self): return foo(1)\nprint(A().x)"], S),
    ("in __getattr__",
     ["class A:\n    def __getattr__(self, n): return foo(n)\nprint(A().thing)"],
     "('child', 'thing')"),
    ("in __repr__, shown", ["class A:\n    def __repr__(self): return str(foo(1))\nprint(A())"], S),
    ("in a nested function of a method",
     ["class A:\n    def m(self):\n        def inner(): return foo(1)\n        return inner()\n"
      "print(A().m())"], S),
    ("of a dataclass's default factory",
     ["from dataclasses import dataclass, field\n@dataclass\nclass D:\n"
      "    x: tuple = field(default_factory=lambda: foo(1))\nprint(D().x)"], S),
    ("memoised", ["from functools import cache\n@cache\ndef f(x): return remembers()[0]\n"
                  "print(f(1) == f(1))"], "True"),
    ("partial of a lambda", ["from functools import partial\n"
                             "print(partial(lambda a, b: foo(a), 1)(2))"], S),
    # ---- who is who
    ("mutual recursion", ["print(odd(3))"], "True"),
    ("a child calls its own name: a grandchild of that name", ["print(ups(0))"], "3"),
    ("a child of a child has the same name and other variables",
     ["print(calls(lambda: remembers()[0]), remembers()[0])"], "1 2"),
    ("a helper that a child made calls as that child", ["h = makes_helper()\nprint(h(1))"],
     "('mine', ('child', 1))"),
    ("promoted: a later definition wins",
     ["print(double(1))", "def double(x): return 'mine'", "print(double(1))"], "mine"),
    ("promoted by import", ["from math import sqrt as double\nprint(double(4))"], "2.0"),
    ("promoted, and demoted again", ["double = str", "del double", "print(double(2))"], "4"),
    ("history is the child's own", ["print(remembers(), remembers())"], "(1, 1) (2, 3)"),
    # ---- answer and get_args
    ("get_args in the root", ["get_args()"], "RuntimeError"),
    ("answer twice in one cell: the first stands, the second is an error", ["print(twice())"], "1"),
    ("answer from several threads: one stands", ["print(threads())"], "0"),
    ("answer with nothing", ["print(none())"], "None"),
    ("answer with what cannot leave the kernel", ["print(callable(itself()))"], "True"),
    ("the answer of a child is no answer of the root", ["double(2)\nprint('on')"], "on"),
    # ---- the explicit form
    ("explicit, with limits", ["print(subtask('double', 3, limits={'turns': 3}))"], "6"),
    ("explicit, in a child", ["print(wants())"], "8"),
    ("explicit, gathered",
     ["import asyncio\nprint(await asyncio.gather(*[subtask('double', i) for i in (1, 2)]))"],
     "[2, 4]"),
    ("explicit, with limits of no kind", ["subtask('double', 3, limits=5)"], "TypeError"),
    ("Limits are no sub-task", ["print(Limits(turns=5))"], "{'turns': 5}"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "cells", "expected"), CASES, ids=[c[0] for c in CASES])
async def test_a_tricky_cell(title, cells, expected):
    host = ScriptedHost(SCRIPTS)
    async with open_ipython(KernelOptions(calls=host, functions=FUNCTIONS)) as kernel:
        for cell in cells:
            result = await kernel.execute(cell, timeout=20)
    shown = result.error.name if result.error else result.output.strip()
    assert shown == expected


async def test_answer_twice_is_an_error_of_the_cell_and_the_first_answer_stands():
    host = ScriptedHost(SCRIPTS)
    async with open_ipython(KernelOptions(calls=host)) as kernel:
        await kernel.execute("twice()")
        (child,) = host.results
        assert (child.answer.value, child.error.name) == (1, "RuntimeError")
        assert child.error.message == "already answered '1'"
        root = await kernel.execute("try: answer(1)\nfinally: answer(2)")
        assert (root.answer.value, root.error.message) == (1, "already answered '1'")


async def test_an_answer_of_the_root_that_cannot_leave_the_kernel_is_named():
    async with open_ipython(KernelOptions(calls=ScriptedHost())) as kernel:
        result = await kernel.execute("import threading\nanswer([1, threading.Lock()])")
    assert (result.answer.exact, result.answer.kind) == (False, "list that holds a lock")
    assert result.answer.value.startswith("[1, <unlocked")
    assert result.error is None


async def test_an_answer_that_is_too_large_says_so_and_where_it_is_cut():
    async with open_ipython(KernelOptions(calls=ScriptedHost())) as kernel:
        answer = (await kernel.execute("answer('x' * 9_000_000)")).answer
    assert (answer.exact, answer.kind) == (False, "str too large or too deep for JSON")
    assert answer.value.endswith("xxx ... [9,000,002 characters in all]")


async def test_an_error_through_a_parents_frame_shows_both_cells():
    host = ScriptedHost(SCRIPTS)
    async with open_ipython(KernelOptions(calls=host)) as kernel:
        await kernel.execute("def f():\n    raise ValueError('of the parent')\nleaves(f)")
    shown = host.results[0].error.traceback
    assert "cell 1, line 1" in shown
    assert "of the root, line 2, in f" in shown
