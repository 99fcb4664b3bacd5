r"""Regenerate facts from programs that were unpacked from their packages.

::

    python -m eval.truth --product coreutils --release 9.7 --method help \
        --root TREE --deb coreutils_9.7-3_amd64.deb --output eval/truth/coreutils-9.7.json.gz

TREE holds the packages and the libraries they need, unpacked with ``dpkg-deb --fsys-tarfile``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import cast

from eval.truth.asking import METHODS, probe
from eval.truth.facts import Facts, Taking, save
from ingest.sources.sandbox import Tree


def main(arguments: list[str] | None = None) -> int:
    """Ask the programs, and write what they said."""
    parser = argparse.ArgumentParser(prog="python -m eval.truth", description=__doc__)
    parser.add_argument("--product", required=True)
    parser.add_argument("--release", required=True)
    parser.add_argument("--method", required=True, choices=sorted(METHODS))
    parser.add_argument("--root", required=True, type=Path, help="the unpacked tree")
    parser.add_argument("--deb", required=True, type=Path, action="append", help="its packages")
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument(
        "--probe",
        type=Path,
        help="spellings to try that the help doesn't list, one JSON array [command, flag, taking] "
        "a line; written by python -m eval.extraction --extras",
    )
    given = parser.parse_args(arguments)
    programs: dict[str, None] = {}
    origins = []
    for deb in given.deb:
        programs.update(dict.fromkeys(_programs(deb)))
        origins.append(_origin(deb))
    exec_path = next(iter(given.root.glob("usr/lib/git-core")), None)
    inside = "{root}/usr/lib/git-core"
    tree = Tree(given.root, {"GIT_EXEC_PATH": inside} if exec_path else {}, unconfined=True)
    asked = METHODS[given.method](tree, programs)
    if given.probe:
        lines = given.probe.read_text().splitlines()
        candidates = [(str(c), str(f), cast("Taking", t)) for c, f, t in map(json.loads, lines)]
        asked = probe(tree, asked, candidates, git=given.method == "git")
    facts = Facts(
        product=given.product,
        release=given.release,
        origin=", ".join(origins),
        method=given.method,
        commands=asked.listed,
        open=asked.open,
        unlisted=asked.unlisted,
    )
    save(given.output, facts)
    count = sum(map(len, asked.listed.values()))
    print(f"{given.output}: {len(asked.listed)} commands, {count} flags")  # noqa: T201
    silent = sorted(set(programs) - {name.split()[0] for name in asked.listed})
    if silent:
        print(f"  no options from: {' '.join(silent)}")  # noqa: T201
    return 0


def _programs(deb: Path) -> list[str]:
    names = []
    for line in _dpkg("-c", deb).splitlines():
        path = line.split(" -> ")[0].split()[-1]
        if not path.endswith("/") and "bin/" in path and line[0] in "-l":
            names.append(path.rsplit("/", 1)[-1])
    return names


def _origin(deb: Path) -> str:
    fields = dict(
        line.split(": ", 1) for line in _dpkg("-f", deb).splitlines() if ": " in line[:30]
    )
    return f"{fields['Package']} {fields['Version']}"


def _dpkg(what: str, deb: Path) -> str:
    done = subprocess.run(  # noqa: S603
        ["dpkg-deb", what, str(deb)],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
