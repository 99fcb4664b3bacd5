"""How the completions of a whole Google Cloud SDK are read, and what looking things up costs.

::

    python -m eval.extraction.gcloud

The file is laid out from ``eval/truth/gcloud-*.json.gz``, which was dumped from the completions of
that very release. So this shows that they are read without loss, at their full size, and nothing
beyond that: what the completions themselves leave out of the program is not in the truth either.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from commands.model import Surface
from commands.store import SurfaceStore
from commands.validate import Targets, validate
from commands.writer import write
from eval.extraction.models import Result, compare
from eval.extraction.oracle import gcloud as truth_of
from eval.truth.facts import Facts, load
from ingest.models import MODELS
from ingest.models.base import Material, Modelled
from ingest.sources.base import Document

FACTS = Path(__file__).parents[1] / "truth" / "gcloud-528.0.0.json.gz"
_HEAD = '''# -*- coding: utf-8 -*- #
"""Cloud SDK static completion CLI tree."""
# pylint: disable=line-too-long,bad-continuation
STATIC_COMPLETION_CLI_TREE = '''
LINES = (
    "gcloud compute instances create vm --zone=us-central1-a --machine-type=e2-small",
    "gcloud compute instances create vm --zone=us-central1-a --machine-size=e2-small",
    "gcloud compute instances create vm --maintenance-policy=NEVER",
    "gcloud compute instance create vm",
)
"""The first is right; each of the others is wrong in one thing."""


def laid_out(facts: Facts) -> bytes:
    """The completions of an SDK, as it would print them, from what is known of its commands."""
    tree: dict[str, Any] = {"commands": {}, "flags": {}}
    for path in sorted(facts.commands, key=lambda one: (one.count(" "), one)):
        node = tree
        for word in path.split()[1:]:
            node = node["commands"].setdefault(word, {"commands": {}, "flags": {}})
        choices = facts.choices.get(path, {})
        node["flags"] = {
            name: list(choices.get(name, ())) or ("bool" if taking == "none" else "value")
            for name, taking in facts.commands[path].items()
        }
    return f"{_HEAD}{json.dumps(tree, indent=2, sort_keys=True)}\n".encode()


def rows(facts: Facts) -> Mapping[str, Mapping[str, Any]]:
    """The same facts as an oracle has them."""
    return {
        path: {"flags": [{"name": name, "takes_value": how != "none"} for name, how in own.items()]}
        for path, own in facts.commands.items()
    }


def read(release: str, data: bytes) -> Modelled:
    """What the reader makes of the completions alone."""
    now = datetime.now(UTC)
    document = Document("data/cli/gcloud_completions.py", data, "", "completions", now)
    return MODELS["gcloud"](Material("gcloud", release, (document,)))


def wrong_choices(surface: Surface, facts: Facts) -> Iterator[str]:
    """Flags whose values are not those of the facts."""
    known = {" ".join(one.path): one for one in surface.commands}
    for path, own in facts.commands.items():
        for name in own:
            option = known[path].option(name) if path in known else None
            if option is None or option.choices != facts.choices.get(path, {}).get(name, ()):
                yield f"{path} {name}"


def looked_up(surface: Surface) -> Iterator[str]:
    """What a store of the surface costs, and what each of LINES is answered."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "surfaces.db"
        write(path, [surface])
        started = time.perf_counter()
        with SurfaceStore.open(path) as store:
            opened = time.perf_counter() - started
            yield f"store: {path.stat().st_size:,} bytes, opened in {opened * 1000:.1f} ms"
            targets = Targets({"gcloud": surface.release}, {"gcloud": "gcloud"})
            for line in LINES:
                started = time.perf_counter()
                said = validate(line, store, targets)
                spent = (time.perf_counter() - started) * 1000
                codes = ", ".join(one.code for one in said.commands[0].issues) or "valid"
                yield f"{spent:6.1f} ms  {line}: {codes}"


def main(arguments: list[str] | None = None) -> int:
    """Print what was read, and what it costs. 1 where anything was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--truth", type=Path, default=FACTS, help="a facts file of gcloud")
    given = parser.parse_args(arguments)
    facts = load(given.truth)
    data = laid_out(facts)
    started = time.process_time()
    out = read(facts.release, data)
    pages = sum(1 for _ in out.pages)
    spent = time.process_time() - started
    result: Result = compare(out.surface, truth_of(rows(facts)))
    choices = list(wrong_choices(out.surface, facts))
    flags = sum(len(own) for own in facts.commands.values())
    for line in (
        f"{facts.origin}: completions of {len(data):,} bytes, read in {spent:.1f} s",
        f"commands exact: {result.exact}/{result.commands}, missing {result.missing}, "
        f"extra {result.extra}, of one side only {result.unknown + result.unread}",
        f"arity right: {result.arity - result.wrong_arity}/{result.arity}",
        f"values right: {flags - len(choices)}/{flags}",
        f"cards: {pages}",
        *looked_up(out.surface),
    ):
        sys.stdout.write(f"{line}\n")
    sys.stdout.writelines(f"{one}\n" for one in (*result.differences, *choices))
    return 0 if result.exact == len(facts.commands) and not choices else 1


if __name__ == "__main__":
    sys.exit(main())
