"""Cells to read: what each prints last once its sub-tasks are rewritten, or its error's name."""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
from typing import Any

from replplan_kernels.inside.reading import rewrite


class Child:
    """What an undefined name is while it is called; `aio` is the way that awaits."""

    def __init__(self, name: str, way: str = "child") -> None:
        self.name, self.way = name, way

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return (self.way, *args, *kwargs.items())

    async def aio(self, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        return ("awaited", *args, *kwargs.items())


class Definition:
    """A definition that was found when the call happened."""

    def __init__(self, value: Any) -> None:
        self.aio = self.value = value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.value(*args, **kwargs)


class Cells:
    """A namespace in which rewritten cells run."""

    def __init__(self) -> None:
        self.printed: list[str] = []
        self.looked_up: list[tuple[str, str, str]] = []
        self.names: dict[str, Any] = {
            "__name__": "__main__",
            "__subtask__": self.look_up,
            "print": lambda *values: self.printed.append(" ".join(map(str, values))),
            "ask": Child("ask", "asked"),
            "asyncio": asyncio,
        }

    def look_up(self, name: str, text: str, comment: str) -> Any:
        self.looked_up.append((name, text, comment))
        if name in self.names:
            return Definition(self.names[name])
        return Definition(getattr(builtins, name)) if hasattr(builtins, name) else Child(name)

    def run(self, source: str) -> None:
        tree = rewrite(
            ast.parse(source), source, self.names.__contains__, lambda name: name == "ask"
        )
        code = compile(tree, "a cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
        value = eval(code, self.names)
        if inspect.iscoroutine(value):
            asyncio.run(value)

    def shown(self, cells: list[str]) -> str:
        """What the last cell printed last, or the name of its error."""
        try:
            for source in cells:
                self.run(source)
        except Exception as error:  # noqa: BLE001 - a cell may raise anything
            return type(error).__name__
        return self.printed[-1]


N = "NameError"
C1 = "('child', 1)"
A1 = "('awaited', 1)"
CASES = [
    # a call, and what is none
    ("plain call", ["print(foo(1))"], C1),
    ("keyword, star and double star arguments", ["print(foo(*[1], b=2, **{'c': 3}))"], "('child', 1, ('b', 2), ('c', 3))"),
    ("name only read", ["foo"], N),
    ("read as an argument", ["list(map(foo, [1]))"], N),
    ("attribute of an unbound name", ["foo.bar()"], N),
    ("item of an unbound name", ["foo[0]()"], N),
    ("read after it was called", ["foo(1)", "print(foo)"], N),
    ("the result called", ["print(callable(foo)) if False else print(foo(1)[0].upper())"], "CHILD"),
    ("the result of a call called", ["foo(1)(2)"], "TypeError"),
    ("builtin", ["print(len([1]))"], "1"),
    ("method of the same name", ["print([].count(1), 'a'.foo(1) if 0 else foo(1))"], f"0 {C1}"),
    ("argument is itself a sub-task", ["print(foo(bar(1)))"], "('child', ('child', 1))"),
    ("spelled as Python's own names are", ["__foo__(1)"], N),
    ("in an f-string", ["print(f'{foo(1)} {foo(2)!r:>12}')"], f"{C1} ('child', 2)"),
    ("in an f-string's format", ["print(f'{1:{int(foo(2)[1])}}')"], " 1"),
    ("in assert, return value, subscript", ["x = [5]\nassert foo(1), foo(2)\nprint(x[foo(0)[1]])"], "5"),
    ("text given to exec is not read", ["exec('foo(1)')"], N),
    # where a definition comes from
    ("defined in an earlier cell", ["def foo(x): return 'mine'", "print(foo(1))"], "mine"),
    ("defined in the same cell, before", ["def foo(x): return 'mine'\nprint(foo(1))"], "mine"),
    ("defined in the same cell, after: a bug", ["foo(1)\ndef foo(x): return 1"], N),
    ("assigned after, in a branch not taken", ["if False: foo = 1\nfoo(1)"], N),
    ("its own name on the left", ["foo = foo(1)"], N),
    ("augmented assignment", ["foo += foo(1)"], N),
    ("annotated without a value", ["foo: int\nfoo(1)"], N),
    ("annotated in parentheses binds nothing", ["(foo): int\nprint(foo(1))"], C1),
    ("tuple and starred targets", ["a, (b, *foo) = 1, (2, 3)\nprint(a, b)\nfoo(1)"], "TypeError"),
    ("attribute target binds no name", ["class A: pass\nA.foo = 1\nprint(foo(1))"], C1),
    ("subscript target binds no name", ["d = {}\nd['foo'] = 1\nprint(foo(1))"], C1),
    ("a later cell's definition wins in an older function", ["def f(): return foo(1)", "def foo(x): return 'mine'", "print(f())"], "mine"),
    ("and before that it is a sub-task", ["def f(): return foo(1)\nprint(f())"], C1),
    ("awaited, and defined in a later cell", ["async def f(): return await foo(1)", "async def foo(x): return 'mine'", "print(await f())"], "mine"),
    ("a local elsewhere does not count", ["def a():\n foo = str\n return foo(1)\nprint(a(), foo(2))"], "1 ('child', 2)"),
    ("local before assignment stays an error", ["def a():\n foo(1)\n foo = 2\na()"], "UnboundLocalError"),
    ("global declared and set in a function", ["def a():\n global foo\n foo = str\na()\nprint(foo(7))"], "7"),
    ("global declared and set, never run: a bug", ["def a():\n global foo\n foo = str\nfoo(7)"], N),
    ("global declared, never set", ["def a():\n global foo\n return foo(1)\nprint(a())"], C1),
    ("global declared on the top level", ["global foo\nfoo = str\nprint(foo(7))"], "7"),
    ("global by def, class, import, for", ["def a():\n global p, q, r, s\n def p(): return 1\n class q: pass\n import math as r\n for s in [str]: pass\na()\nprint(p(), s(2))\nr(1)"], "TypeError"),
    ("global past an enclosing function's local", ["def a():\n foo = str\n def b():\n  global foo\n  return foo(1)\n return b()\nprint(a())"], C1),
    ("and for what is nested in that", ["def a():\n foo = str\n def b():\n  global foo\n  return (lambda: foo(1))()\n return b()\nprint(a())"], C1),
    ("nonlocal", ["def a():\n foo = None\n def b():\n  nonlocal foo\n  foo = str\n b()\n return foo(1)\nprint(a())"], "1"),
    ("nonlocal binds nothing on the top level", ["def a():\n foo = str\n def b():\n  nonlocal foo\n  foo = int\na()\nprint(foo(1))"], C1),
    ("nonlocal that is only read", ["def a():\n foo = str\n def b():\n  nonlocal foo\n  return foo(1)\n return b()\nprint(a())"], "1"),
    ("import that fails, else branch", ["try:\n    from nowhere import foo\nexcept ImportError:\n    foo = str\nprint(foo(8))"], "8"),
    ("import as, dotted import", ["import os.path as foo\nimport os.path\nos(1)"], "TypeError"),
    ("dotted import binds its first part alone", ["import os.path\nprint(path(1))"], C1),
    ("star import gives it", ["from math import *\nprint(sqrt(9))"], "3.0"),
    ("star import does not give it", ["from math import *\nprint(foo(1))"], C1),
    ("del, then called in the same cell: a bug", ["foo = str", "del foo\nfoo(1)"], N),
    ("del in an earlier cell", ["foo = str", "del foo", "print(foo(1))"], C1),
    ("globals() assignment", ["globals()['foo'] = str\nprint(foo(4))"], "4"),
    ("a builtin set by hand and shadowed", ["len = lambda x: 'mine'\nprint(len(1))"], "mine"),
    ("for target, with a call of itself", ["for foo in [str]: print(foo(1))"], "1"),
    ("for target in an empty loop: a bug", ["for foo in []: pass\nfoo(1)"], N),
    ("with target", ["import contextlib\nwith contextlib.nullcontext(str) as foo: print(foo(3))"], "3"),
    ("except name", ["try: 1 / 0\nexcept ZeroDivisionError as foo: pass\nfoo(1)"], N),
    ("except* name", ["try: raise ExceptionGroup('', [OSError()])\nexcept* OSError as foo: pass\nfoo(1)"], N),
    ("match capture", ["match str:\n    case foo: print(foo(6))"], "6"),
    ("match as, star and rest", ["match {'k': [str, 1]}:\n    case {'k': [x as foo, *bar], **baz}: print(foo(1), bar, baz)\nbaz(1)"], "TypeError"),
    ("match subject, guard and class", ["match foo(1):\n    case tuple() if foo(2): print(foo(3))"], "('child', 3)"),
    # functions, lambdas, classes, comprehensions
    ("inside a function", ["def f():\n return foo(1)\nprint(f())"], C1),
    ("inside a nested function", ["def f():\n def g(): return foo(1)\n return g()\nprint(f())"], C1),
    ("bound in an enclosing function", ["def a():\n def b(): return foo(1)\n def foo(x): return 'inner'\n return b()\nprint(a())"], "inner"),
    ("every kind of parameter", ["def f(a, /, b, *c, d, **e): return a(1), b(2), d(3), c[0](4), e['x'](5)\nprint(f(str, str, str, d=str, x=str))"], "('1', '2', '3', '4', '5')"),
    ("star parameters are bound", ["def f(*foo): foo(1)\nf()"], "TypeError"),
    ("double star parameter is bound", ["def f(**foo): foo(1)\nf()"], "TypeError"),
    ("default argument", ["def f(x=foo(1)): return x\nprint(f())"], C1),
    ("default does not see the parameters", ["def f(foo, x=foo(1)): return x\nprint(f(2))"], C1),
    ("keyword default", ["def f(*, x=foo(1)): return x\nprint(f())"], C1),
    ("bare decorator is a read", ["@foo\ndef f(): pass"], N),
    ("decorator that is called", ["def f(g): return g\nclass A:\n @bar(1)[1:].__class__\n def m(): return ()\nprint(A.m)"], "TypeError"),
    ("decorator call sees no parameters", ["try:\n @foo(1)\n def f(foo): pass\nexcept TypeError as e: print(e)"], "'tuple' object is not callable"),
    ("generator and yield", ["def f():\n yield foo(1)\nprint(*f())"], C1),
    ("recursive function", ["def f(n): return n if n == 0 else f(n - 1)\nprint(f(3))"], "0"),
    ("lambda's parameter", ["print((lambda foo: foo('3'))(int))"], "3"),
    ("lambda's body", ["print((lambda x: foo(x))(1))"], C1),
    ("lambda's default", ["print((lambda foo=foo(1): foo)())"], C1),
    ("sort key", ["print(sorted([1], key=lambda x: foo(x)))"], "[1]"),
    ("forgotten self. in a method: a bug", ["class A:\n def m(self): return n()\n def n(self): return 1\nA().m()"], N),
    ("the same in a lambda in a method", ["class A:\n def m(self): return (lambda: n())()\n def n(self): return 1\nA().m()"], N),
    ("a method of another class is none", ["class A:\n def n(self): return 1\nclass B:\n def m(self): return n(1)\nprint(B().m())"], C1),
    ("a method may call a sub-task", ["class A:\n def m(self): return foo(1)\nprint(A().m())"], C1),
    ("explicit global is no forgotten self.", ["class A:\n def m(self):\n  global n\n  return n(1)\n def n(self): return 1\nprint(A().m())"], C1),
    ("class body", ["class A: x = foo(1)\nprint(A.x)"], C1),
    ("class body, bound by itself: a bug", ["class A: foo = foo(1)"], N),
    ("class base and keyword", ["class A(type(foo(1)), metaclass=type(type(foo(2)))): pass\nprint(A.__mro__[1])"], "<class 'tuple'>"),
    ("class name", ["class foo: pass\nprint(type(foo()).__name__)"], "foo"),
    ("__class__ and super in a method", ["class A:\n def m(self): return __class__(), super().__init__()\nprint(type(A().m()[0]).__name__)"], "A"),
    ("private name in a class", ["class A:\n def m(self): return __foo(1)\nprint(A().m())"], C1),
    ("private name, defined", ["class A:\n def m(self): return __foo(1)", "_A__foo = str", "print(A().m())"], "1"),
    ("private name in a class with an underscore", ["class _A:\n def m(self): return __foo(1)", "_A__foo = str", "print(_A().m())"], "1"),
    ("private name in a class with an X", ["class _XX:\n def m(self): return __foo(1)", "_XX__foo = str", "print(_XX().m())"], "1"),
    ("private name, forgotten self.", ["class A:\n def m(self): return __n()\n def __n(self): return 1\nA().m()"], N),
    ("comprehension", ["print([foo(i) for i in range(2)])"], "[('child', 0), ('child', 1)]"),
    ("comprehension's own variable", ["print([f(2) for f in (abs, str)])"], "[2, '2']"),
    ("its variable is not known outside", ["[foo for foo in [str]]\nprint(foo(1))"], C1),
    ("its first iterable is evaluated outside", ["print([foo for foo in foo(1)])"], "['child', 1]"),
    ("its second iterable is not", ["[1 for x in [1] for foo in foo(1)]"], "UnboundLocalError"),
    ("conditions, set, dict, generator", ["print({foo(1) for i in [1] if foo(i)}, {foo(i): bar(i) for i in [1]}, *(foo(i) for i in [1]))"], f"{{{C1}}} {{{C1}: {C1}}} {C1}"),
    ("walrus in a comprehension binds outside", ["[g := str for _ in [1]]\nprint(g(3))"], "3"),
    ("walrus in a comprehension in a function", ["def f():\n [foo := str for _ in [1]]\n return foo(3)\nprint(f(), foo(1))"], f"3 {C1}"),
    ("walrus to a global from a function", ["def f():\n global foo\n [foo := str for _ in [1]]\nf()\nprint(foo(3))"], "3"),
    ("walrus of a sub-task", ["if (x := foo(1)): print(x)"], C1),
    # statements
    ("for loop", ["for i in foo(1): print(i)"], "1"),
    ("while and condition", ["n = 0\nwhile foo(n) and n < 2: n += 1\nprint(n)"], "2"),
    ("conditional expression, boolean operators", ["print(foo(1) if bar(2) and not 0 else 0)"], C1),
    ("caller catches what it raises", ["try: foo(1).x\nexcept AttributeError: print('caught')"], "caught"),
    ("annotations are not rewritten", ["def f(x: foo(1)): pass"], N),
    ("nor is what a function returns", ["def f() -> foo(1): pass"], N),
    ("variable annotations neither", ["x: foo(1) = 2"], N),
    ("deferred annotations stay as written", ["from __future__ import annotations\ndef f(x: foo(1)): pass\nprint(f.__annotations__['x'])"], "foo(1)"),
    ("walrus in an annotation binds", ["x: (foo := str) = 1\nprint(foo(1))"], "1"),
    # awaiting
    ("awaited", ["print(await foo(1))"], A1),
    ("awaited, conditionally", ["print(await (foo(1) if 1 else bar(2)))"], A1),
    ("awaited in an async function, gathered", ["async def f(i): return await foo(i)\nprint(await asyncio.gather(f(1), f(2)))"], "[('awaited', 1), ('awaited', 2)]"),
    ("an argument of what is awaited is not", ["print(await foo(bar(1)))"], "('awaited', ('child', 1))"),
    ("attribute of a result awaited", ["await foo(1).bar"], "AttributeError"),
    ("host function", ["print(ask(1), await ask(1))"], f"('asked', 1) {A1}"),
    ("host function, bound in the cell", ["async def ask(x): return 'mine'\nprint(await ask(1))"], "mine"),
    ("host function as a parameter", ["async def f(ask): return await ask(1)\nasync def g(x): return 'mine'\nprint(await f(g))"], "mine"),
    ("own coroutine of an earlier cell", ["async def foo(x): return 'mine'", "print(await foo(1))"], "mine"),
    ("gather", ["print(await asyncio.gather(foo(1), ask(2), return_exceptions=bool(foo(3))))"], "[('awaited', 1), ('awaited', 2)]"),
    ("gather of a list", ["print(await asyncio.gather(*[foo(i) for i in range(2)]))"], "[('awaited', 0), ('awaited', 1)]"),
    ("gather of a generator, conditionally", ["print(await asyncio.gather(*(foo(i) if i else ask(i) for i in range(2))))"], "[('awaited', 0), ('awaited', 1)]"),
    ("gather, and an argument of an argument", ["print(await asyncio.gather(foo(bar(1))))"], "[('awaited', ('child', 1))]"),
    ("gather in a plain function", ["def f(): return asyncio.gather(foo(1))\nprint(await f())"], f"[{A1}]"),
    ("gather by another name", ["from asyncio import gather as g\nimport asyncio as a\nprint(await g(foo(1)), await a.gather(foo(1)))"], f"[{A1}] [{A1}]"),
    ("gather imported in an earlier cell", ["from asyncio import gather", "print(await gather(foo(1)))"], f"[{A1}]"),
    ("a gather that nobody defined", ["print(gather(foo(1)))"], "('child', ('child', 1))"),
    ("a gather that nobody defined, awaited", ["print(await gather(foo(1)))"], "('awaited', ('child', 1))"),
    ("a gather of one's own", ["async def gather(x): return x\nprint(await gather(foo(1)))"], C1),
    ("a wait of another thing, not awaiting", ["class R:\n def wait(self, x): return x\nprint(R().wait(foo(1)))"], C1),
    ("wait_for, its limit a sub-task", ["print(await asyncio.wait_for(foo(1), timeout=foo(9)[1]))"], A1),
    ("wait_for, by keyword", ["print(await asyncio.wait_for(fut=foo(1), timeout=9))"], A1),
    ("the first argument alone", ["class R:\n async def wait(self, a, b): return await a, b\nprint(await R().wait(foo(1), foo(2)))"], f"({A1}, ('child', 2))"),
    ("nested: gather of wait_for", ["print(await asyncio.gather(asyncio.wait_for(foo(1), 9)))"], f"[{A1}]"),
    ("shield and ensure_future", ["print(await asyncio.shield(foo(1)), await asyncio.ensure_future(foo(1)))"], f"{A1} {A1}"),
    ("as_completed", ["for f in asyncio.as_completed([foo(1)]): print(await f)"], A1),
    ("a gather of the cell's own, after asyncio's in an earlier one", ["from asyncio import gather", "def gather(x): return x\nawait asyncio.sleep(0)\nprint(gather(foo(1)))"], C1),
    ("what of asyncio awaits nothing", ["from asyncio import iscoroutine as is_one\nprint(asyncio.iscoroutine(foo(1)), is_one(foo(1)))"], "False False"),
    ("create_task on its own line", ["t = asyncio.create_task(foo(1))\nprint(await t)"], A1),
    ("create_task of a loop, in an async def", ["async def f():\n t = asyncio.get_running_loop().create_task(foo(1))\n return await t\nprint(await f())"], A1),
    ("create_task of a loop, in an async def that awaits nothing", ["async def f():\n return asyncio.get_running_loop().create_task(foo(1))\nprint(await (await f()))"], A1),
    ("a method of another object, in a def of a cell that awaits", ["class Own:\n def create_task(self, x): return x\ndef f(): return Own().create_task(foo(1))\nawait asyncio.sleep(0)\nprint(f())"], C1),
    ("create_task of another object, in an async comprehension", ["class Own:\n def create_task(self, x): return getattr(x, 'close', str)() or 'awaited'\nasync def gen(): yield 1\nprint([Own().create_task(foo(i)) async for i in gen()])"], "['awaited']"),
    ("task group", ["async with asyncio.TaskGroup() as group:\n t = group.create_task(foo(1), name=str(foo(2)))\nprint(t.result(), t.get_name())"], f"{A1} ('child', 2)"),
    ("task group, tasks in a list and a lambda", ["async with asyncio.TaskGroup() as group:\n start = lambda i: group.create_task(foo(i))\n ts = [group.create_task(foo(i)) for i in range(2)] + [start(2)]\nprint([t.result()[1] for t in ts])"], "[0, 1, 2]"),
    ("asyncio.run in a thread, asyncio by another name", ["import threading, asyncio as a\nt = threading.Thread(target=lambda: print(a.run(foo(1))))\nt.start(); t.join()"], A1),
    ("asyncio.run in a thread", ["import threading\nt = threading.Thread(target=lambda: print(asyncio.run(foo(1))))\nt.start(); t.join()"], A1),
    ("async for, async with, async comprehension", ["async def g():\n yield foo(1)\nprint([x async for x in g()])"], f"[{C1}]"),
]  # fmt: skip
CASES_312 = [
    ("type parameter", ["def f[foo](x): return foo(1)\nf(1)"], "TypeError"),
    ("type parameter is not known outside", ["def f[foo](x): pass\nprint(foo(1))"], C1),
    ("default does not see it", ["def f[foo](x=foo(1)): return x\nprint(f())"], C1),
    ("type parameter of a class", ["class A[foo]:\n def m(self): return foo(1)\nA().m()"], "TypeError"),
    ("starred type parameters", ["def f[*foo, **bar](): return foo(1)\nf()"], "TypeError"),
    ("a class's base beside its parameter", ["class A[T](type(foo(1))): pass\nprint(tuple in A.__mro__)"], "True"),
    ("and its base sees it", ["class A[foo](type(foo(1))): pass"], "TypeError"),
    ("type statement", ["type foo = int\nfoo(1)"], "TypeError"),
    ("type statement's value", ["type X = foo(1)\nX.__value__"], N),
    ("bound of a type parameter", ["def f[T: foo(1)](): pass\nf.__type_params__[0].__bound__"], N),
]  # fmt: skip
