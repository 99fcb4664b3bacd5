"""Checks whether this machine has what Flagstone needs: each check says what to do next."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from api.listening import listen
from api.middleware.stack import Policy
from api.settings import Settings
from api.wiring import embedder_for, models_folder, open_settings_embedder
from corpora.errors import FlagstoneError
from corpora.model import Frozen
from corpora.snapshot import Snapshot
from corpora.tokens import bundled_model
from ingest.parse.mandoc import HINT as MANDOC_HINT
from ingest.sources.apt_machine import APT_HINT
from retrieval.index import card_of

PYTHON = (3, 11)

GIB = 2**30
ROOM, SCARCE = 2 * GIB, GIB // 4
"""Free bytes: the demo corpus takes 1 GiB while it is built; below the other nothing can be."""

State = Literal["ok", "warning", "failed"]


class Check(Frozen):
    """One check. A warning means that something will not work, a failure that nothing will."""

    name: str
    state: State
    detail: str
    hint: str = ""


def examine(settings: Settings) -> tuple[Check, ...]:
    """Every check, in the order in which things are needed."""
    checks: tuple[Callable[[Settings], Check], ...] = (
        _python,
        _mandoc,
        _apt,
        _data,
        _disk,
        _model,
        _snapshot,
        _access,
        _port,
    )
    return tuple(_safely(check, settings) for check in checks)


def _safely(check: Callable[[Settings], Check], settings: Settings) -> Check:
    name = check.__name__.removeprefix("_")
    try:
        return check(settings)
    except FlagstoneError as error:
        return Check(name=name, state="failed", detail=error.message, hint=error.hint)
    except OSError as error:
        told = f"{error.filename or name}: {error.strerror or error}."
        return Check(name=name, state="failed", detail=told)


def _python(_: Settings) -> Check:
    found = f"Python {platform.python_version()} on {platform.system()}."
    if sys.version_info < PYTHON:
        wanted = ".".join(map(str, PYTHON))
        return Check(name="python", state="failed", detail=found, hint=f"Use {wanted} or newer.")
    return Check(name="python", state="ok", detail=found)


def _mandoc(_: Settings) -> Check:
    return _program("mandoc", "mandoc", "manual pages can't be built", MANDOC_HINT)


def _apt(_: Settings) -> Check:
    return _program("apt", "apt-get", "Debian packages can't be fetched", APT_HINT)


def _program(name: str, program: str, without: str, hint: str) -> Check:
    found = shutil.which(program)
    if found is None:
        told = f"{program} is not installed: {without}."
        return Check(name=name, state="warning", detail=told, hint=hint)
    return Check(name=name, state="ok", detail=found)


def _data(settings: Settings) -> Check:
    if not settings.data.exists():
        told = f"{settings.data} is not there yet."
        return Check(name="data", state="warning", detail=told, hint="Run: flagstone build")
    if not os.access(settings.data, os.W_OK):
        told = f"{settings.data} can be read, and not written: it can be served, and not built."
        return Check(name="data", state="warning", detail=told)
    return Check(name="data", state="ok", detail=str(settings.data))


def _disk(settings: Settings) -> Check:
    there = next(one for one in _upwards(settings.data) if one.exists())
    free = shutil.disk_usage(there).free
    told = f"{free / GIB:.1f} GiB are free at {there}."
    if free >= ROOM:
        return Check(name="disk", state="ok", detail=told)
    hint = f"A build needs some {ROOM // GIB} GiB."
    return Check(
        name="disk", state="failed" if free < SCARCE else "warning", detail=told, hint=hint
    )


def _upwards(path: Path) -> Iterator[Path]:
    yield path.absolute()
    yield from path.absolute().parents


def _model(settings: Settings) -> Check:
    if not settings.model:
        bundled_model()
    if not any(models_folder(settings).glob("[!.]*")):
        told = "The embedding model is installed, and not exported yet."
        hint = "The first build does that; it takes some 20 s."
        return Check(name="model", state="warning", detail=told, hint=hint)
    embedder = open_settings_embedder(settings)
    size = len(embedder.embed(["git commit --message"])[0])
    told = f"{settings.model or 'all-MiniLM-L6-v2'}, {size} dimensions, embeds."
    return Check(name="model", state="ok", detail=told)


def _snapshot(settings: Settings) -> Check:
    snapshot = Snapshot.current(settings.data)
    snapshot.verify()
    made_by = card_of(snapshot).embedder
    if embedder_for(settings, snapshot).key != made_by:
        told = (
            f"{snapshot.id} was embedded by a model ({made_by}) that is not here: it can't serve."
        )
        hint = "Run: flagstone build. It embeds everything again."
        return Check(name="snapshot", state="failed", detail=told, hint=hint)
    releases = sum(len(one.releases) for one in snapshot.products.values())
    told = (
        f"{snapshot.id} of {snapshot.manifest.created_at:%Y-%m-%d}: "
        f"{len(snapshot.products)} products, {releases} releases, every checksum right."
    )
    return Check(name="snapshot", state="ok", detail=told)


def _access(settings: Settings) -> Check:
    policy = Policy.of(settings)
    if policy.keys and policy.keys.is_on:
        told = f"{len(policy.keys.keys())} API keys; every call needs one."
    else:
        told = f"No API keys; {settings.host} is where it listens."
    return Check(name="access", state="ok", detail=told)


def _port(settings: Settings) -> Check:
    try:
        listen(settings.host, settings.port).close()
    except FlagstoneError as error:
        hint = f"It may be a flagstone that serves. {error.hint}"
        return Check(name="port", state="warning", detail=error.message, hint=hint)
    told = f"{settings.host}, port {settings.port} is free."
    return Check(name="port", state="ok", detail=told)
