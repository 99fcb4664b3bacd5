"""Real command lines made wrong, each checked to be wrong against the program's own table."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from commands.model import Option
from eval.validator.truth import Truth

_WORD = re.compile(r"\S+")
_LONG = re.compile(r"--?[A-Za-z][\w-]+\Z")


@dataclass(frozen=True, slots=True)
class Mutation:
    """A wrong line, what was done to it, and the codes that are right for it."""

    kind: str
    text: str
    codes: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class _Plain:
    """A line of nothing but plain words: what a mutation may take apart without a parser."""

    text: str
    words: tuple[tuple[int, int, str], ...]
    path: tuple[str, ...]
    truth: Truth
    others: tuple[Truth, ...]

    @property
    def behind_path(self) -> int:
        return self.words[len(self.path) - 1][1]

    @property
    def known(self) -> Mapping[str, Option]:
        return self.truth.options[self.path]

    def insert(self, addition: str) -> str:
        at = self.behind_path
        return f"{self.text[:at]} {addition}{self.text[at:]}"

    def replace(self, index: int, word: str) -> str:
        start, end, _ = self.words[index]
        return f"{self.text[:start]}{word}{self.text[end:]}"

    def elsewhere(self, name: str) -> tuple[str, ...]:
        """Give the code that is right for an option that this release doesn't have."""
        having = [t for t in self.others if name in t.options.get(self.path, {})]
        if not having:
            return ("unknown_flag",)
        order = [*self.others, self.truth]
        order.sort(key=lambda one: [int(n) for n in re.findall(r"\d+", one.release)])
        earlier = any(order.index(one) < order.index(self.truth) for one in having)
        return ("removed_flag",) if earlier else ("future_flag",)

    def false(self, name: str) -> bool:
        """Tell whether the program would refuse an option of that name."""
        dialect = self.truth.surface.dialect
        if name in self.known or name in {"--help", "-h", "--version", "-help"}:
            return False
        if dialect.dash_insensitive and (name.lstrip("-") in {n.lstrip("-") for n in self.known}):
            return False
        if dialect.abbreviations and any(known.startswith(name) for known in self.known):
            return False
        return not (name[:2] != "--" and name[:2] in self.known and not dialect.single_dash_words)


def mutations(
    text: str, truth: Truth, others: Sequence[Truth], foreign: Sequence[str], rng: random.Random
) -> Iterator[Mutation]:
    """Make one mutation of each kind that the line allows.

    ``others`` are the product's other releases, ``foreign`` options of other products.
    """
    plain = _plain(text, truth, others)
    if plain is None:
        return
    for make in _KINDS:
        yield from make(plain, foreign, rng)


def _plain(text: str, truth: Truth, others: Sequence[Truth]) -> _Plain | None:
    text = text.replace("\\\n", "  ")
    if re.search(r"[|;&<>()`\n\\#]|\$\(|--help", text):
        return None
    words = tuple((m.start(), m.end(), m[0]) for m in _WORD.finditer(text))
    path = truth.path([word for _, _, word in words])
    return _Plain(text, words, path, truth, tuple(others)) if len(path) > 1 else None


_Make = Callable[[_Plain, Sequence[str], random.Random], Iterator[Mutation]]


def _options_of(plain: _Plain) -> list[tuple[int, str, str]]:
    found = []
    for index, (_, _, word) in enumerate(plain.words):
        if word == "--" or _ends_options(plain, index):
            break
        name, equals, value = word.partition("=")
        if index >= len(plain.path) and _LONG.match(name) and name in plain.known:
            found.append((index, name, equals + value))
    return found


def _ends_options(plain: _Plain, index: int) -> bool:
    """Docker run IMAGE COMMAND: what stands behind the image is not docker's."""
    before = plain.words[index - 1][2] if index else ""
    takes = plain.known.get(before)
    operand = index >= len(plain.path) and not plain.words[index][2].startswith("-")
    runs = {"run", "exec", "create", "debug"} & set(plain.path)
    return bool(runs) and operand and not (takes and takes.arity != "none")


def _typo(plain: _Plain, _: Sequence[str], rng: random.Random) -> Iterator[Mutation]:
    held = [one for one in _options_of(plain) if len(one[1]) > 5]
    if held:
        index, name, rest = rng.choice(held)
        wrong = _slip(name, rng)
        if plain.false(wrong):
            changed = plain.replace(index, wrong + rest)
            yield Mutation("typo", changed, plain.elsewhere(wrong), wrong)


def _slip(name: str, rng: random.Random) -> str:
    dashes = len(name) - len(name.lstrip("-"))
    at = rng.randrange(dashes + 1, len(name) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return name[:at] + name[at + 1 :]
    if kind == 1:
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    letter = rng.choice("abcdefghijklmnopqrstuvwxyz")
    return name[:at] + letter + name[at + (kind == 2) :]


def _underscore(plain: _Plain, _: Sequence[str], rng: random.Random) -> Iterator[Mutation]:
    held = [one for one in _options_of(plain) if "-" in one[1][3:]]
    if held:
        index, name, rest = rng.choice(held)
        wrong = name[:2] + name[2:].replace("-", "_")
        if plain.false(wrong):
            yield Mutation(
                "underscore", plain.replace(index, wrong + rest), ("unknown_flag",), wrong
            )


def _added(
    kind: str, names: Sequence[str], plain: _Plain, rng: random.Random
) -> Iterator[Mutation]:
    held = sorted(
        name for name in names if name.startswith("-") and len(name) > 3 and plain.false(name)
    )
    if held:
        name = rng.choice(held)
        yield Mutation(kind, plain.insert(name), plain.elsewhere(name), name)


def _sibling(plain: _Plain, _: Sequence[str], rng: random.Random) -> Iterator[Mutation]:
    parent = plain.path[:-1]
    names = {
        name
        for child in plain.truth.children.get(parent, ())
        for name, option in plain.truth.options.get((*parent, child), {}).items()
        if not option.hidden
    }
    return _added("sibling's flag", sorted(names), plain, rng)


def _foreign(plain: _Plain, foreign: Sequence[str], rng: random.Random) -> Iterator[Mutation]:
    return _added("another tool's flag", rng.sample(foreign, min(40, len(foreign))), plain, rng)


def _other_release(plain: _Plain, _: Sequence[str], rng: random.Random) -> Iterator[Mutation]:
    names = {name for truth in plain.others for name in truth.options.get(plain.path, {})}
    return _added("another release's flag", sorted(names), plain, rng)


def _subcommand(plain: _Plain, _: Sequence[str], rng: random.Random) -> Iterator[Mutation]:
    index = len(plain.path) - 1
    word = plain.path[-1]
    if len(word) < 4:
        return
    wrong = _slip(f"--{word}", rng)[2:]
    siblings = plain.truth.children.get(plain.path[:-1], frozenset())
    if wrong not in siblings:
        yield Mutation(
            "subcommand typo", plain.replace(index, wrong), ("unknown_subcommand",), wrong
        )


def _no_value(plain: _Plain, _: Sequence[str], rng: random.Random) -> Iterator[Mutation]:
    if len(plain.words) > len(plain.path) and _ends_options(plain, len(plain.words) - 1):
        return
    if any(word == "--" for _, _, word in plain.words) or {"run", "exec", "create"} & set(
        plain.path
    ):
        return
    held = sorted(
        name
        for name, option in plain.known.items()
        if option.arity in {"one", "many"}
        and not option.choices
        and name.startswith("--")
        and not option.hidden
    )
    if held:
        name = rng.choice(held)
        yield Mutation("no value", f"{plain.text} {name}", ("missing_value",), name)


def _unwanted_value(plain: _Plain, _: Sequence[str], rng: random.Random) -> Iterator[Mutation]:
    held = sorted(n for n, o in plain.known.items() if o.arity == "none" and n.startswith("--"))
    if held:
        name = rng.choice(held)
        yield Mutation(
            "value of a switch", plain.insert(f"{name}=elephant"), ("unexpected_value",), name
        )


def _choice(plain: _Plain, _: Sequence[str], rng: random.Random) -> Iterator[Mutation]:
    held = sorted(
        name
        for name, option in plain.known.items()
        if option.choices
        and not option.open_choices
        and option.arity == "one"
        and name.startswith("--")
        and name not in plain.text
        and not any("=" in one or "..." in one for one in option.choices)
    )
    if held:
        name = rng.choice(held)
        yield Mutation(
            "no such choice", plain.insert(f"{name}=elephant"), ("invalid_choice",), name
        )


def _lacking(plain: _Plain, _: Sequence[str], __: random.Random) -> Iterator[Mutation]:
    instead = {"--cli-input-json", "--cli-input-yaml", "--generate-cli-skeleton", "--ids"}
    if instead & {word.partition("=")[0] for _, _, word in plain.words}:
        return
    for index, name, rest in _options_of(plain):
        option = plain.known[name]
        following = plain.words[index + 1][2] if index + 1 < len(plain.words) else "-"
        if option.required and option.arity == "one" and not rest and following[:1] not in "-'\"$":
            start = plain.words[index][0]
            end = plain.words[index + 1][1]
            text = plain.text[:start] + plain.text[end:]
            if all(spelling not in text.split() for spelling in option.names):
                yield Mutation("required left out", text.rstrip(), ("missing_required",), name)
                return


_KINDS: tuple[_Make, ...] = (
    _typo,
    _underscore,
    _sibling,
    _foreign,
    _other_release,
    _subcommand,
    _no_value,
    _unwanted_value,
    _choice,
    _lacking,
)
