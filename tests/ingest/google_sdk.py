"""An installed Google Cloud SDK, as far as it is read: a few commands, in its own format."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.sources.base import Document

FIXTURES = Path(__file__).parent / "fixtures" / "models" / "gcloud"
COMPLETIONS = (FIXTURES / "completions.json").read_text()
TREE = (FIXTURES / "tree.json").read_text()
URL = "https://cloud.google.com/sdk/gcloud/reference/"
_HEAD = '''# -*- coding: utf-8 -*- #
"""Cloud SDK static completion CLI tree."""
# pylint: disable=line-too-long,bad-continuation
STATIC_COMPLETION_CLI_TREE = '''


def install(folder: Path, version: str = "528.0.0", *, tree: bool = True) -> Path:
    """Lay out an SDK of that version in ``folder``."""
    cli = folder / "data" / "cli"
    cli.mkdir(parents=True)
    (folder / "VERSION").write_text(f"{version}\n")
    (cli / "gcloud_completions.py").write_bytes(completions(COMPLETIONS))
    if tree:
        (cli / "gcloud.json").write_text(TREE.replace("528.0.0", version))
    return folder


def completions(tree: str | Mapping[str, Any]) -> bytes:
    """The module that assigns ``tree``, given as it is or as the text that is assigned."""
    text = tree if isinstance(tree, str) else json.dumps(tree, indent=2)
    return f"{_HEAD}{text}".encode()


def documents(listed: bytes, tree: bytes | None = None) -> tuple[Document, ...]:
    """The files of an SDK as documents."""
    now = datetime(2026, 1, 2, tzinfo=UTC)
    files = {"data/cli/gcloud_completions.py": listed, "data/cli/gcloud.json": tree}
    return tuple(
        Document(name, data, URL, Path(name).stem, now)
        for name, data in files.items()
        if data is not None
    )
