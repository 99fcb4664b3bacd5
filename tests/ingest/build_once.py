"""One build in a process of its own, for tests that kill it or keep it from writing.

``python build_once.py PAGES DATA MODELS [--processes N] [--file-size BYTES]
[--die-at-sync NAME] [--pause-at STAGE]``

Prints ``ready`` when it begins, each stage that it comes to, and at the end what became of it.
"""

import argparse
import json
import os
import resource
import signal
from pathlib import Path

from corpus import CATALOGUE, FolderSource

from corpora.errors import FlagstoneError
from corpora.tokens import default_counter
from ingest import snapshot
from ingest.build import build
from retrieval.embed import open_embedder
from retrieval.index import Indexer


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("pages", "data", "models"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--file-size", type=int)
    parser.add_argument("--die-at-sync")
    parser.add_argument("--pause-at")
    given = parser.parse_args()
    if given.die_at_sync is not None:
        die_at_sync(given.die_at_sync)
    targets: dict[str, list[str]] = {}
    for folder in sorted(given.pages.iterdir()):
        product, _, label = folder.name.rpartition("-")
        targets.setdefault(product, []).append(label)
    embedder = open_embedder(given.models, threads=1)
    stages: set[str] = set()

    def progress(stage: str, done: int, total: int | None) -> None:
        del done, total
        if stage not in stages:
            stages.add(stage)
            print(stage, flush=True)  # noqa: T201
            if stage == given.pause_at:
                signal.pause()  # until it is killed

    print("ready", flush=True)  # noqa: T201
    if given.file_size is not None:
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (given.file_size, limit))
    try:
        report = build(
            given.data,
            CATALOGUE,
            targets,
            source=lambda product: FolderSource(product, given.pages),
            indexer=Indexer(embedder, given.data / "vectors"),
            tokenizer=default_counter().file,
            processes=given.processes,
            progress=progress,
        )
    except FlagstoneError as error:
        print(json.dumps({"error": error.code, "message": str(error)}), flush=True)  # noqa: T201
    else:
        print(json.dumps({"snapshot": report.snapshot}), flush=True)  # noqa: T201


def die_at_sync(name: str) -> None:
    """Be killed when the file or folder of that name would be made safe on the disk."""
    real = snapshot._sync

    def sync(path: Path) -> None:
        if path.name == name:
            os.kill(os.getpid(), signal.SIGKILL)
        real(path)

    snapshot._sync = sync


if __name__ == "__main__":
    main()
