# ruff: noqa: E501 - a program on one line is easier to compare with its outcome
"""The reader of Python sources: it finds what Python finds, and nothing gets out of it."""

import ast
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.models.aws.python import Reader
from ingest.models.aws.values import Exhausted, Instance, Module, Raised, Unknown, Unsupported

PROGRAMS = {
    "literals": "x = [1, 'two', (3.5, None), {'a': [True]}, {4}]",
    "strings": "x = ['%s-%d' % ('a', 3), 'a{0}{b}'.format(1, b=2), f'{1}{\"y\"!r}', ' '.join('ab')]",
    "slices": "x = [[1, 2, 3][1:], 'abc'[-1], (1, 2)[0], 'a.b.c'.rsplit('.', 1)]",
    "arguments": "def f(a, b=2, *c, d, e=5, **g): return [a, b, list(c), d, e, g]\n"
    "x = [f(1, d=4), f(1, 2, 3, d=4, z=9), f(*[1, 2], **{'d': 0})]",
    "closures": "def f(n):\n    def g(m): return n + m\n    return g\nx = [f(1)(2), f(3)(4)]",
    "nonlocal": "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n        return n\n"
    "    return [g(), g()]\nx = f()",
    "generators": "def f():\n    yield 1\n    yield from [2, 3]\nx = list(f()) + [y for y in f() if y > 1]",
    "loops": "x = []\nfor i in range(9):\n    if i == 2: continue\n    if i == 5: break\n    x.append(i)\n"
    "else:\n    x.append('no')\nwhile len(x) < 7: x.append(0)",
    "exceptions": "def f(k):\n    try: return {'a': 1}[k]\n    except (ValueError, KeyError) as e: return 'none'\n"
    "    finally: x.append(k)\nx = []\nx.append([f('a'), f('b')])",
    "own exceptions": "class A(ValueError): pass\nclass B(A): pass\ndef f():\n    try: raise B('x')\n"
    "    except A: return 1\nx = f()",
    "inheritance": "class A:\n    n = 1\n    def f(self): return ['A', self.n]\n"
    "class B(A):\n    n = 2\n    def f(self): return super().f() + ['B']\n"
    "class C(A):\n    def f(self): return super(C, self).f() + ['C']\n"
    "class D(B, C): pass\nx = D().f()",
    "properties": "class A:\n    def __init__(self): self._n = 1\n    @property\n    def n(self): return self._n\n"
    "    @n.setter\n    def n(self, v): self._n = v * 2\na = A()\na.n = 4\nx = a.n",
    "class methods": "class A:\n    N = 'a'\n    @classmethod\n    def f(cls, t): t[cls.N] = cls.N\n"
    "    @staticmethod\n    def g(a): return a\nclass B(A): N = 'b'\nx = {}\nB.f(x)\nx['g'] = B().g(3)",
    "made classes": "class A:\n    def f(self): return 'A'\nB = type('B', (A,), {'n': 5})\nx = [B().f(), B.n]",
    "comprehensions": "x = [{a: b for a, b in zip('ab', (1, 2))}, [i + j for i in (1, 2) for j in (3, 4) if j > 3]]",
    "tables": "x = {'a': 1, **{'b': 2}}\nx.update(c=3)\ndel x['a']\nx.setdefault('d', []).append(4)\n"
    "x = [x, list(x.items()), x.pop('b'), x.get('q', 0)]",
    "conditions": "x0 = 1\nx = [1 if 'a' in 'abc' else 2, not [], 0 or 'b', 1 and 2, 1 < 2 < 3, x0 is None]",
    "unpacking": "(a, b), c = ('1', '2'), [3]\nx = [a, b, c]\na, b = b, a\nx += [a, b]",
    "walrus and lambda": "x = [(y := 3) + y, (lambda a, *b: [a, b])(1, 2)]",
    "attributes": "class A: pass\na = A()\na.b = 1\nx = [hasattr(a, 'b'), getattr(a, 'c', 9), a.__class__.__name__]",
}  # fmt: skip


def reader(text: str, **modules: str) -> Reader:
    return Reader({"main": text, **modules}.get, {}, {}, steps=200_000)


def names(text: str, **modules: str) -> dict[str, object]:
    module = reader(text, **modules).module("main")
    assert isinstance(module, Module)
    return module.names


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_comes_to_what_python_makes_of_it(program: str) -> None:
    true: dict[str, object] = {}
    exec(program, true)  # noqa: S102 - written above
    assert names(program)["x"] == true["x"]


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-10**12, 10**12) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
))  # fmt: skip
def test_any_literal_is_read_as_python_reads_it(value: object) -> None:
    assert names(f"x = {value!r}")["x"] == value


def test_modules_are_read_when_they_are_used_and_libraries_are_unknown() -> None:
    found = names(
        "import os, json\nfrom package import part\nfrom package.part import N as M\n"
        "x = [part.N, M, os.environ['HOME'], json.loads('[1]'), part.absent.deeper()]\n",
        **{"package.__init__": "", "package": "", "package.part": "N = 5\nfrom . import other",
           "package.broken": "1 +"},
    )  # fmt: skip
    five, also, *unknown = found["x"]  # type: ignore[misc]
    assert (five, also) == (5, 5)
    assert all(isinstance(one, Unknown) for one in unknown)


def test_what_is_unknown_counts_as_false_and_is_noted() -> None:
    asked = reader("import sys\nx = 1 if sys.argv else 2\nfor y in sys.path: x = 3\n")
    module = asked.module("main")
    assert isinstance(module, Module)
    assert module.names["x"] == 2
    assert len(asked.guesses) == 2


@pytest.mark.parametrize(
    "program",
    [
        "while True: pass",
        "def f(): return f()\nf()",
        "x = 'a' * 10 ** 9",
        "x = 'a' * 1000000000",
        "x = [0] * 1000000000",
        "x = '%1000000000d' % 1",
        "x = '{:>1000000000}'.format(1)",
        "x = 'a'\nfor i in range(60): x += x",
        "x = 'a'\nfor i in range(60): x = '%s%s' % (x, x)",
        "x = ['a']\nfor i in range(60): x = x + x",
        "x = 'a' * 1000000\ny = x.replace('a', x)",
        "for i in range(10 ** 9): pass",
        "x = [1]\nfor y in x: x.append(1)",
        "x = " + "(" * 300 + ")" * 300,
        "x = " + "1+" * 5000 + "1",
        "x = [i for i in range(99999) for j in range(99999)]",
        "x = 7\nfor i in range(100): x = x * x",
        "class A(B, A): pass",
        "match 1:\n    case 1: pass",
        "x = 1 +",
        "\x00",
    ],
)
def test_a_hostile_program_ends_within_limits(program: str) -> None:
    with suppress(Exhausted, Unsupported, Raised, RecursionError):
        names(program)


@pytest.mark.parametrize(
    "expression",
    [
        "().__class__", "''.__class__", "[].__class__.__base__", "(lambda: 0).__globals__",
        "len.__self__", "'{0.__class__}'.format(1)", "'{0[a]}'.format({})", "f'{1!r:{1}}'",
        "getattr('', '__class__')", "{}.__class__", "open('/etc/passwd').read()",
        "__import__('os').system('true')", "eval('1')", "exec('1')", "compile('1', '', 'eval')",
        "globals()", "(x for x in ()).gi_frame", "type('').mro()", "object().__reduce__()",
    ],
)  # fmt: skip
def test_no_object_of_the_running_program_can_be_reached(expression: str) -> None:
    try:
        found = names(f"x = {expression}")["x"]
    except (Raised, Unsupported):
        return
    assert isinstance(found, Unknown | str | list | tuple | Instance), found
    assert "root:" not in str(found)


def test_the_trees_read_here_are_python() -> None:
    for program in PROGRAMS.values():
        ast.parse(program)
