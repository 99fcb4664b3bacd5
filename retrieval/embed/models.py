"""Which model, and where its export is: opened where there is one, made where there is none.

::

    <models>/<key>/model.onnx        the whole pipeline: ids and mask in, unit vectors out
    <models>/<key>/question.onnx     its int8 copy, which embeds questions
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from corpora.errors import ConfigurationError
from corpora.snapshot import file_sha256
from corpora.tokens import bundled_model
from retrieval.embed.adapter import FILE, Adapter, read_adapter
from retrieval.embed.base import Embedder, Precision
from retrieval.embed.onnx import (
    CARD,
    EXPORT_FORMAT,
    QUESTIONS,
    REFUSED,
    Card,
    OnnxEmbedder,
    read_card,
)

log = logging.getLogger(__name__)

DEFAULT_PRECISION: Precision = "fp32"
"""fp32 vectors are the same on every CPU and in every batch; int8 ones keep 91 % of the ten nearest
neighbours (574 option texts) for 1.7 times the speed (530 texts/s against 305). Passages are
embedded once and then cached: fidelity is worth more. A question is embedded while somebody waits,
and in int8 finds the same (decision 12)."""

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
    adapter: Path | None = FILE,
) -> Embedder:
    """Open an embedding model from its export under ``models``; make the export if there is none.

    ``model`` is a sentence-transformers name or folder; empty stands for the all-MiniLM-L6-v2 that
    is installed with Flagstone, and then nothing touches the network. A name is looked for among
    the exports before any hub is asked, so that serving never is. A model that the ``adapter`` was
    trained for is corrected by it, any other is taken as it is. ``threads`` defaults to the number
    of CPUs. Raises ConfigurationError.
    """
    name = "" if not model else str(model)
    corrections = read_adapter(adapter) if adapter else None
    folder = _exported(models, name, precision, corrections)
    if folder is None:
        folder = _export(models, name, _source(name), precision, corrections)
    _add_questions(folder, corrections)
    return _open(folder, threads, adapter)


def reopen_embedder(models: Path, key: str, *, threads: int | None = None) -> Embedder | None:
    """Open the model that made vectors of ``key``; None where its export is not there.

    Raises ConfigurationError where it is damaged.
    """
    folder = models / key
    return _open(folder, threads, FILE) if (folder / CARD).is_file() else None


def _open(folder: Path, threads: int | None, adapter: Path | None) -> Embedder:
    card = read_card(folder)
    if card.runtime == "onnx":
        return OnnxEmbedder(folder, threads=threads)
    from retrieval.embed.export import TorchEmbedder

    source = _source(card.model)
    corrections = read_adapter(adapter) if adapter and card.adapter else None
    made_of = weights_of(source), corrections.id if corrections else ""
    if made_of != (card.weights, card.adapter):
        raise ConfigurationError(
            f"The model in {folder} is not here any more as it was, or its adapter isn't.",
            hint="Run: flagstone build",
        )
    return TorchEmbedder(source, folder, corrections)


def _exported(
    models: Path, name: str, precision: Precision, adapter: Adapter | None
) -> Path | None:
    """Find the folder of an existing export."""
    if not name or Path(name).is_dir():
        folder = models / _key(weights_of(_source(name)), precision, adapter)
        return folder if (folder / CARD).is_file() else None
    for folder in sorted(models.glob("[!.]*")):
        try:
            card = read_card(folder)
        except ConfigurationError:
            continue  # not an export, or one of another format: not the one that is looked for
        if (card.model, card.key) == (name, _key(card.weights, precision, adapter)):
            return folder
    return None


def _export(
    models: Path, name: str, source: Path, precision: Precision, adapter: Adapter | None
) -> Path:
    # Imported here, because this imports torch: seconds, and gigabytes of address space.
    from retrieval.embed.export import export
    from retrieval.embed.quantize import quantize

    weights = weights_of(source)
    fitting = _fitting(adapter, weights)

    def blank(wanted: Precision) -> Card:
        return Card(
            format=EXPORT_FORMAT,
            key=_key(weights, wanted, fitting),
            model=name,
            weights=weights,
            adapter=fitting.id if fitting else "",
            precision=wanted,
            dimensions=1,
            window=3,
            fidelity=0,
        )

    full = models / blank("fp32").key
    if not (full / CARD).is_file():
        _into(full, lambda folder: export(source, blank("fp32"), folder, fitting))
    if precision == "fp32":
        return full
    if read_card(full).runtime == "torch":
        raise ConfigurationError(
            f"{name or 'The bundled model'} can't be exported, and int8 needs an export.",
            hint="Use precision fp32.",
        )
    small = models / blank("int8").key
    _into(small, lambda folder: quantize(full, blank("int8"), folder))
    return small


def _add_questions(folder: Path, adapter: Adapter | None) -> None:
    """Give an export of full precision its copy for questions, if it has none yet.

    Nobody depends on it: where it can't be made, questions are embedded as passages are.
    """
    card = read_card(folder)
    has = any((folder / name).is_file() for name in (QUESTIONS, REFUSED))
    if has or (card.precision, card.runtime) != ("fp32", "onnx"):
        return
    try:
        # Imported here: a service, whose model has its copy, needs none of it, nor `onnx`.
        from retrieval.embed.quantize import questions_of

        with _staging(folder.parent) as staged:
            made = questions_of(folder, staged, _alone(card, staged, adapter))
            made.replace(folder / made.name)
    except Exception as error:  # noqa: BLE001  # no room, no right to write, no `onnx` (the image)
        log.warning("%s gets no copy for questions, which takes longer: %r", folder, error)


def _alone(card: Card, staged: Path, adapter: Adapter | None) -> Path | None:
    """The model of an export as a graph for one text; None where it can't be had."""
    from retrieval.embed.export import export_alone

    graph = staged / "alone.onnx"
    try:
        source = _source(card.model)
        if weights_of(source) != card.weights:
            return None
        export_alone(source, graph, _fitting(adapter, card.weights))
    except Exception as error:  # noqa: BLE001  # whatever the tracer makes of a model
        log.info("%s: questions get a copy of the whole graph: %r", card.key, error)
        return None
    return graph


@contextmanager
def _staging(models: Path) -> Iterator[Path]:
    """A folder to write in, deleted at the end; those of processes that were killed are too."""
    for left in models.glob(f"{_STAGED}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_STAGED, dir=models) as staged:
        yield Path(staged)


def _into(folder: Path, make: Callable[[Path], object]) -> None:
    """Make a folder somewhere else and rename it into place, so that it is never seen half done."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _staging(folder.parent) as temporary:
            staged = temporary / folder.name
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


def _key(weights: str, precision: Precision, adapter: Adapter | None) -> str:
    fitting = _fitting(adapter, weights)
    made_of = f"{weights}\x1f{fitting.id}" if fitting else weights
    identity = f"{EXPORT_FORMAT}\x1f{made_of}\x1f{precision}"
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def _fitting(adapter: Adapter | None, weights: str) -> Adapter | None:
    """The adapter, where it was trained for the model of these weights."""
    return adapter if adapter and adapter.weights == weights else None


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
