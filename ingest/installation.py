"""A data directory as an installation: its own name, and the snapshots that it holds."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path

from corpora.errors import NoSnapshot, SnapshotError
from corpora.files import disk_usage
from corpora.model import Frozen
from corpora.snapshot import MANIFEST, Snapshot, current_id
from ingest.snapshot import build_lock, mark_rolled_back, point_to


def installation(data: Path) -> str:
    """The name of this data directory, 16 hex digits made once: it marks what it keeps elsewhere.

    Raises OSError where it can't be written.
    """
    file = data / "installation"
    try:
        return file.read_text("ascii").strip()
    except FileNotFoundError:
        data.mkdir(parents=True, exist_ok=True)
    made = data / f"installation.{os.getpid()}.partial"
    made.write_text(f"{secrets.token_hex(8)}\n", "ascii")
    try:
        os.link(made, file)  # whoever is second keeps the name of the first
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return file.read_text("ascii").strip()


def snapshot_ids(data: Path) -> list[str]:
    """The published snapshots of a data directory, those that serve no more among them."""
    return sorted(one.parent.name for one in (data / "snapshots").glob(f"*/{MANIFEST}"))


class Held(Frozen):
    """A snapshot of a data directory."""

    id: str
    serves: bool
    created_at: datetime
    passages: int
    bytes: int
    signed: bool


def held(data: Path) -> list[Held]:
    """The snapshots of a data directory, the newest first; one that can't be read is left out."""
    try:
        serving = current_id(data)
    except SnapshotError:
        serving = ""
    found = []
    for name in snapshot_ids(data):
        try:
            snapshot = Snapshot.open(data / "snapshots" / name)
        except SnapshotError:
            continue
        found.append(
            Held(
                id=name,
                serves=name == serving,
                created_at=snapshot.manifest.created_at,
                passages=snapshot.manifest.passages,
                bytes=disk_usage(snapshot.path),
                signed=(snapshot.path / "manifest.sig").is_file(),
            )
        )
    return sorted(found, key=lambda one: one.created_at, reverse=True)


def find(data: Path, name: str) -> Path:
    """The folder of a snapshot by its id, or by how its id begins. Raises NoSnapshot."""
    ids = snapshot_ids(data)
    matching = [one for one in ids if one.startswith(name)] if name else []
    if len(matching) != 1:
        what = f"{len(matching)} snapshots begin with" if matching else "No snapshot is"
        raise NoSnapshot(f"{what} {name!r} in {data}.", hint=f"There are: {', '.join(ids)}.")
    return data / "snapshots" / matching[0]


def let_serve(data: Path, name: str) -> Snapshot:
    """Let a snapshot serve that is there, once every file of it was checked.

    ``name``: its id, or how it begins. Raises NoSnapshot, CorruptSnapshot, and BuildLocked: a build
    under way would publish over it.
    """
    with build_lock(data):
        return _let_serve(data, name)


def roll_back(data: Path, to: str | None = None) -> Snapshot:
    """Go back to an earlier snapshot: ``to``, or the one made before the serving one.

    The one that served is noted as rolled back from, so that no refresh lets it serve again. Raises
    as :func:`let_serve` does.
    """
    with build_lock(data):
        left = current_id(data)
        if to is None:
            known = held(data)
            serving = next((one for one in known if one.serves), None)
            older = [one for one in known if serving and one.created_at < serving.created_at]
            if not older:
                raise NoSnapshot(
                    f"No snapshot in {data} was made before the one that serves.",
                    hint="flagstone snapshot list says what there is.",
                )
            to = older[0].id
        snapshot = _let_serve(data, to)
        if snapshot.id != left:
            mark_rolled_back(data, left, True)
        return snapshot


def _let_serve(data: Path, name: str) -> Snapshot:
    snapshot = Snapshot.open(find(data, name))
    snapshot.verify()
    point_to(data, snapshot.id)
    mark_rolled_back(data, snapshot.id, False)
    return snapshot
