"""``flagstone snapshot``: the snapshots that are held, as things to check, carry and go back to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api import wiring
from api.cli.ask import give
from api.cli.common import (
    EPILOG,
    Budget,
    Data,
    Fingerprint,
    Json,
    Mode,
    Policy,
    ProductName,
    Question,
    Version,
    errors,
    request,
)
from api.cli.printing import out, print_json
from api.settings import load_settings
from corpora.model import Frozen
from corpora.snapshot import Snapshot, current_id
from ingest.artefacts import SIGNATURE, export, import_snapshot
from ingest.installation import find, held, let_serve, roll_back, snapshot_ids
from ingest.signing import check_signature
from retrieval.request import DEFAULT_BUDGET, ContextRequest

snapshots = typer.Typer(
    name="snapshot",
    help="Snapshots as files: list, verify, export, import, roll back, answer again.",
    epilog=EPILOG,
    no_args_is_help=True,
)

Id = Annotated[str, typer.Argument(help="Id of a snapshot, or how it begins.")]


class Served(Frozen):
    """Which snapshot serves now, and since which command."""

    snapshot: str
    before: str | None = None


class Verified(Frozen):
    """Snapshots whose every file is what its manifest says."""

    intact: tuple[str, ...]


@snapshots.command("list", epilog=EPILOG)
def list_(data: Data = None, as_json: Json = False) -> None:
    """The snapshots that are held, the newest first."""
    with errors(as_json):
        found = held(load_settings(data=data).data)
        if as_json:
            print_json(found)
            return
        table = Table("snapshot", "serves", "made", "passages", "MB", "signed", box=None)
        for one in found:
            table.add_row(
                one.id,
                "yes" if one.serves else "",
                f"{one.created_at:%Y-%m-%d %H:%M}",
                f"{one.passages:,}",
                f"{one.bytes // 1_000_000:,}",
                "yes" if one.signed else "",
            )
        out.print(table)


@snapshots.command("verify", epilog=EPILOG)
def verify(
    snapshot: Annotated[
        str | None, typer.Argument(help="Id of a snapshot, or how it begins; none: all of them.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="Public key that it must be signed with.", metavar="FILE")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Compare every file with its checksum, and the signature with a key."""
    with errors(as_json):
        settings = load_settings(data=data, snapshot_key=key)
        names = [find(settings.data, snapshot).name] if snapshot else snapshot_ids(settings.data)
        for name in names or [current_id(settings.data)]:
            opened = Snapshot.open(settings.data / "snapshots" / name)
            opened.verify()
            if key is not None:
                signed = opened.path / SIGNATURE
                signature = signed.read_bytes() if signed.is_file() else None
                check_signature((opened.path / "manifest.json").read_bytes(), signature, key)
        if as_json:
            print_json(Verified(intact=tuple(names)))
        else:
            out.print(f"Intact: {', '.join(names)}.", markup=False, highlight=False)


@snapshots.command("export", epilog=EPILOG)
def export_(
    file: Annotated[Path, typer.Argument(help="File to write, e.g. flagstone.tar.gz.")],
    snapshot: Annotated[
        str | None, typer.Option(help="Id of a snapshot; none: the serving one.", metavar="ID")
    ] = None,
    sign: Annotated[
        Path | None, typer.Option(help="Private key (PEM, Ed25519) to sign with.", metavar="FILE")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write a snapshot as one file, to import elsewhere."""
    with errors(as_json):
        folder = load_settings(data=data).data
        chosen = find(folder, snapshot) if snapshot else folder / "snapshots" / current_id(folder)
        done = export(Snapshot.open(chosen), file, private_key=sign)
        if as_json:
            print_json(done)
        else:
            signed = "signed" if done.signed else "not signed"
            _tell(f"Snapshot {done.snapshot} is in {done.file}: {done.bytes:,} bytes, {signed}.")
            _tell(f"SHA-256 {done.sha256}")


@snapshots.command("import", epilog=EPILOG)
def import_(
    file: Annotated[Path, typer.Argument(help="A file that `export` has written.")],
    key: Annotated[
        Path | None,
        typer.Option(
            help="Public key it must be signed with (FLAGSTONE_SNAPSHOT_KEY).", metavar="FILE"
        ),
    ] = None,
    hold: Annotated[
        bool, typer.Option("--hold", help="Keep it, and let the one that serves serve on.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Read a snapshot from a file, check it, and let it serve."""
    with errors(as_json):
        settings = load_settings(data=data, snapshot_key=key)
        done = import_snapshot(settings.data, file, public_key=settings.snapshot_key)
        if not hold:
            let_serve(settings.data, done.snapshot)
            wiring.settle(settings)
        if as_json:
            print_json(done)
        else:
            _tell(f"Snapshot {done.snapshot} is {'held' if hold else 'serving'}.")


@snapshots.command("rollback", epilog=EPILOG)
def rollback(
    snapshot: Annotated[
        str | None,
        typer.Argument(help="Id of a snapshot, or how it begins; none: the one before."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Let an earlier snapshot serve again, at once and without a restart."""
    with errors(as_json):
        settings = load_settings(data=data)
        before = current_id(settings.data)
        now = roll_back(settings.data, snapshot).id
        wiring.settle(settings)
        if as_json:
            print_json(Served(snapshot=now, before=before))
        else:
            _tell(
                f"Snapshot {now} serves, {before} did. A refresh keeps {before} back: see --accept."
            )


@snapshots.command("replay", epilog=EPILOG)
def replay(
    snapshot: Id,
    query: Question,
    product: ProductName = None,
    version: Version = None,
    fingerprint: Fingerprint = None,
    policy: Policy = "compatible",
    mode: Mode = "hybrid",
    budget: Budget = DEFAULT_BUDGET,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Answer a question as a snapshot did: the one that an answer names."""
    with errors(as_json):
        asked = request(
            ContextRequest,
            query=query,
            product=product,
            version=version,
            fingerprint=fingerprint,
            version_policy=policy,
            mode=mode,
            token_budget=budget,
        )
        settings = load_settings(data=data)
        name = find(settings.data, snapshot).name
        give(wiring.open_serving(settings).at(name).context(asked), as_json=as_json)


def _tell(text: str) -> None:
    out.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)
