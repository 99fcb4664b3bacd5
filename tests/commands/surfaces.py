"""Real surfaces, small: what some commands of three releases of kubectl accept."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

from commands import rows
from commands.dialect import dialect
from commands.model import Command, Evidence, Option, Scope, Surface
from commands.store import SurfaceStore

_FILE = Path(__file__).parent / "fixtures" / "surface" / "kubectl.json"
RELEASES = ("1.28", "1.30", "1.32")


@cache
def kubectl() -> tuple[Surface, ...]:
    """Three releases, oldest first."""
    return tuple(_surface(label, raw) for label, raw in json.loads(_FILE.read_text()).items())


def _surface(label: str, raw: dict) -> Surface:
    commands = []
    for name, flags in raw["commands"].items():
        path = tuple(name.split())
        page = f"https://v{label.replace('.', '-')}.docs.example.org/{label}/{'_'.join(path)}.html"
        options = [_option(page, flag) for flag in flags]
        if len(path) == 1:
            options = [_option(page, flag, inheritable=True) for flag in raw["global_flags"]]
        commands.append(
            Command(
                path,
                summary=f"about {name}",
                options=tuple({option.name: option for option in options}.values()),
                aliases=(("kubectl", "log"),) if name == "kubectl logs" else (),
                evidence=(Evidence("help", page, f"Usage: {name}"),),
            )
        )
    return Surface(
        "kubectl",
        label,
        ("help",),
        tuple(commands),
        dialect("pflag"),
        (Scope("help", ("required",)),),
    )


def _option(page: str, flag: dict, *, inheritable: bool = False) -> Option:
    names = (flag["short"], flag["name"]) if "short" in flag else (flag["name"],)
    kind = {"bool": "boolean", "int": "integer"}.get(flag["type"], "string")
    return Option(
        names,
        "none" if kind == "boolean" else "one",
        type=kind,
        default=flag.get("default"),
        repeatable=flag.get("repeatable", False),
        inheritable=inheritable,
        evidence=(Evidence("help", f"{page}#{flag['name']}", f"{', '.join(names)}: …"),),
    )


def bare(command: Command, surface: Surface) -> Command:
    """What the store fills in, taken out again."""
    options = tuple(
        replace(option, sources=() if option.sources == surface.sources else option.sources)
        for option in command.options
        if not option.inherited
    )
    return replace(
        command,
        options=options,
        children=(),
        sources=() if command.sources == surface.sources else command.sources,
        dialect=None if command.dialect == surface.dialect else command.dialect,
    )


def read_back(path: Path, surfaces: list[Surface]) -> list[list[Command]]:
    with SurfaceStore.open(path) as store:
        return [
            [
                bare(command, surface)
                for kind in rows.KINDS
                for command in store.commands(surface.product, surface.release, kind)
            ]
            for surface in surfaces
        ]


def in_order(surface: Surface) -> list[Command]:
    commands = [replace(bare(c, surface), kind=c.kind) for c in surface.commands]
    return sorted(commands, key=lambda c: (rows.KINDS.index(c.kind), c.path))
