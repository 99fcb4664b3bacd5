"""Which model, and where its export is: opened where there is one, made where there is none.

::

    <models>/<key>/model.onnx        the whole pipeline: ids and mask in, unit vectors out
    <models>/<key>/tokenizer.json    the model's own tokenizer
    <models>/<key>/embedder.json     what it was made of, see `Card`
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from corpora.errors import ConfigurationError
from corpora.snapshot import file_sha256
from corpora.tokens import bundled_model
from retrieval.embed.adapter import FILE, Adapter, read_adapter
from retrieval.embed.base import Embedder, Precision
from retrieval.embed.onnx import CARD, EXPORT_FORMAT, Card, OnnxEmbedder, read_card

DEFAULT_PRECISION: Precision = "fp32"
"""fp32 vectors are the same on every CPU and in every batch; int8 ones keep 91 % of the ten nearest
neighbours (574 option texts) for 1.7 times the speed (530 texts/s against 305; one question
0.6 ms against 1.9 ms). Texts are embedded once and then cached: fidelity is worth more."""

log = logging.getLogger(__name__)

_STAGED, _ABANDONED = ".export-", 3_600
"""Prefix of folders being written, and the seconds after which nobody writes to one any more."""

_DEFINING = frozenset({".json", ".safetensors", ".bin", ".txt", ".model", ".jinja"})
"""Suffixes of the files that make a model what it is; READMEs and other runtimes' copies aren't."""


def open_embedder(
    models: Path,
    *,
    model: str | Path = "",
    precision: Precision = DEFAULT_PRECISION,
    threads: int | None = None,
) -> Embedder:
    """Open an embedding model from its export under ``models``; make the export if there is none.

    ``model`` is a sentence-transformers name or folder; empty stands for the all-MiniLM-L6-v2 that
    is installed with Flagstone, and then nothing touches the network. A name is looked for among
    the exports before any hub is asked, so that serving never is. ``threads`` defaults to the
    number of CPUs. Raises ConfigurationError.
    """
    name = "" if not model else str(model)
    folder = _exported(models, name, precision)
    if folder is None:
        folder = _export(models, name, _source(name), precision)
    return _open(folder, threads)


def reopen_embedder(models: Path, key: str) -> Embedder | None:
    """Open the model that made vectors of ``key``; None where its export is not there.

    Raises ConfigurationError where it is damaged.
    """
    folder = models / key
    return _open(folder) if (folder / CARD).is_file() else None


def open_questions(
    models: Path, key: str, *, threads: int | None = None, adapter: Path = FILE
) -> Embedder | None:
    """Open the model for questions about passages whose vectors have this key.

    That is the model of the passages with the adapter that was trained for it, exported once; or
    the model itself, where there is no such adapter, or where it can't be exported (without torch,
    say). None where the export for passages is not there. Raises ConfigurationError where what is
    there is damaged.
    """
    folder = models / key
    if not (folder / CARD).is_file():
        return None
    card = read_card(folder)
    adapted = read_adapter(adapter)
    if adapted.weights != card.weights or card.runtime == "torch":
        return _open(folder, threads)
    weights = f"{card.weights}\x1f{adapted.id}"
    blank = card.model_copy(update={"key": _key(weights, card.precision), "space": key})
    asked = models / blank.key
    if (asked / CARD).is_file():
        return _open(asked, threads)
    try:
        return _adapted(asked, blank, adapted, threads)
    except (ImportError, OSError, ConfigurationError) as error:
        log.warning("questions are embedded as passages are, not as was learned: %s", error)
        return _open(folder, threads)


def _adapted(asked: Path, blank: Card, adapter: Adapter, threads: int | None) -> Embedder:
    """Export the model with the adapter to ``asked``, and open it.

    Raises ImportError without torch, and ConfigurationError.
    """
    from retrieval.embed.export import export, quantize

    source = Path(blank.model) if blank.model else bundled_model()
    if not source.is_dir() or weights_of(source) != blank.weights:
        raise ConfigurationError(f"{source} is not the model any more that made the vectors")

    def full(into: Path) -> None:
        if export(source, blank, into, adapter).runtime != "onnx":
            raise ConfigurationError("the export differs from the model")

    def make(into: Path) -> None:
        if blank.precision == "fp32":
            full(into)
            return
        with tempfile.TemporaryDirectory(prefix=_STAGED) as temporary:
            full(Path(temporary))
            quantize(Path(temporary), blank, into)

    if os.access(asked.parent, os.W_OK):
        _into(asked, make)
        return _open(asked, threads)
    # Where nothing can be kept, it is made again at each start.
    with tempfile.TemporaryDirectory(prefix=_STAGED) as temporary:
        make(Path(temporary))
        return _open(Path(temporary), threads)


def _open(folder: Path, threads: int | None = None) -> Embedder:
    card = read_card(folder)
    if card.runtime == "torch":
        from retrieval.embed.export import TorchEmbedder

        return TorchEmbedder(_source(card.model), folder)
    return OnnxEmbedder(folder, threads=threads)


def _exported(models: Path, name: str, precision: Precision) -> Path | None:
    """Find the folder of an existing export."""
    if not name or Path(name).is_dir():
        folder = models / _key(weights_of(_source(name)), precision)
        return folder if (folder / CARD).is_file() else None
    for folder in sorted(models.glob("[!.]*")):
        try:
            card = read_card(folder)
        except ConfigurationError:
            continue  # not an export, or one of another format: not the one that is looked for
        if (card.model, card.precision) == (name, precision) and not card.space:
            return folder
    return None


def _export(models: Path, name: str, source: Path, precision: Precision) -> Path:
    # Imported here, because this imports torch: seconds, and gigabytes of address space.
    from retrieval.embed.export import export, quantize

    weights = weights_of(source)

    def blank(wanted: Precision) -> Card:
        return Card(
            format=EXPORT_FORMAT,
            key=_key(weights, wanted),
            model=name,
            weights=weights,
            precision=wanted,
            dimensions=1,
            window=3,
            fidelity=0,
        )

    full = models / _key(weights, "fp32")
    if not (full / CARD).is_file():
        _into(full, lambda folder: export(source, blank("fp32"), folder))
    if precision == "fp32":
        return full
    if read_card(full).runtime == "torch":
        raise ConfigurationError(
            f"{name or 'The bundled model'} can't be exported, and int8 needs an export.",
            hint="Use precision fp32.",
        )
    small = models / _key(weights, "int8")
    _into(small, lambda folder: quantize(full, blank("int8"), folder))
    return small


def _into(folder: Path, make: Callable[[Path], object]) -> None:
    """Make a folder somewhere else and rename it into place, so that it is never seen half done."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for left in folder.parent.glob(f"{_STAGED}*"):  # by a build that was killed
            if time.time() - left.stat().st_mtime > _ABANDONED:
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_STAGED, dir=folder.parent) as temporary:
            staged = Path(temporary, folder.name)
            staged.mkdir()
            make(staged)
            if folder.is_dir() and not (folder / CARD).is_file():
                shutil.rmtree(folder)  # damaged: only a whole export is ever renamed into place
            if not folder.is_dir():  # else another process was faster: its export is the same
                staged.rename(folder)
    except OSError as error:
        if not (folder / CARD).is_file():
            raise ConfigurationError(f"{folder} can't be written: {error}.") from error


def _source(name: str) -> Path:
    """Find the folder of a model; a name that is none is fetched from the hub, or its cache."""
    if not name:
        return bundled_model()
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        return Path(
            snapshot_download(repository, allow_patterns=[f"*{suffix}" for suffix in _DEFINING])
        )
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"The embedding model {name!r} is neither a folder nor a model that can be fetched:"
            f" {str(error).splitlines()[0]}.",
            hint="Leave the model empty for the one that is installed with Flagstone.",
        ) from error


def _key(weights: str, precision: Precision) -> str:
    identity = f"{EXPORT_FORMAT}\x1f{weights}\x1f{precision}"
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def weights_of(source: Path) -> str:
    """SHA-256 over the files that define a model: 0.1 s for 90 MB."""
    whole = hashlib.sha256()
    files = 0
    for root, folders, names in os.walk(source):
        folders[:] = sorted(one for one in folders if one not in {"onnx", "openvino"})
        for name in sorted(names):
            file = Path(root, name)
            if file.suffix in _DEFINING:
                whole.update(
                    f"{file.relative_to(source).as_posix()}\0{file_sha256(file)}\n".encode()
                )
                files += 1
    if not files:
        raise ConfigurationError(f"{source} holds no sentence-transformers model.")
    return whole.hexdigest()
