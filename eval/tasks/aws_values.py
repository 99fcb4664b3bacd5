"""Values in the gold answers of AWS tasks that the service would refuse.

The program takes any value and leaves it to the service, so the truth's tables say nothing of them;
the service models that come with the program do::

    dpkg-deb --fsys-tarfile awscli_2.38.1-1_all.deb | tar -x -C TREE
    python -m eval.tasks.aws_values TREE
"""

from __future__ import annotations

import argparse
import gzip
import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from eval.tasks.model import Task, load

_SERVICES = {"deploy": "codedeploy", "s3api": "s3", "eventsv2": "eventbridgev2"}
"""Commands that are named otherwise than their models."""


def refused(task: Task, tree: Path) -> Iterator[str]:
    """Options of a task's gold answer with a value that the service does not know."""
    words = shlex.split(task.gold[0])
    model = _model(tree, _SERVICES.get(words[1], words[1]))
    wanted = _bare(words[2])
    name = next((one for one in model.get("operations", {}) if _bare(one) == wanted), None)
    if name is None:
        return
    shapes = model["shapes"]
    members = shapes[model["operations"][name]["input"]["shape"]].get("members", {})
    known = {_bare(key): held["shape"] for key, held in members.items()}
    option = ""
    for word in words[3:]:
        if word.startswith("--"):
            option = word
        elif _bare(option) in known:
            values = _values(shapes, known[_bare(option)])
            if values and word not in values:
                yield f"{task.id}: {option} {word}: one of {', '.join(values)}"


def _values(shapes: Mapping[str, Any], name: str) -> tuple[str, ...]:
    shape = shapes[name]
    if shape["type"] == "list":
        shape = shapes[shape["member"]["shape"]]
    return tuple(shape.get("enum", ()))


def _bare(name: str) -> str:
    return name.replace("-", "").lower()


@lru_cache(maxsize=8)
def _model(tree: Path, service: str) -> dict[str, Any]:
    for path in sorted(tree.rglob(f"botocore/data/{service}/*/service-2.json*"), reverse=True):
        data = path.read_bytes()
        found: dict[str, Any] = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
        return found
    return {}


def main() -> int:
    """Print what is refused. Exit status 1 where anything is."""
    parser = argparse.ArgumentParser(prog="python -m eval.tasks.aws_values", description=__doc__)
    parser.add_argument("tree", type=Path, help="an unpacked awscli")
    tree = parser.parse_args().tree
    tasks = (task for task in load() if task.product == "aws")
    wrong = [said for task in tasks for said in refused(task, tree)]
    sys.stdout.write("".join(f"{one}\n" for one in wrong))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
