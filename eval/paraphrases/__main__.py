"""Let a model write paraphrases: ``python -m eval.paraphrases --data DIR --out FOLDER PRODUCT…``.

For every definition and command of these products in the serving snapshot that has none yet; with
``--set second`` other three for what has one set of three, with ``--set third`` for what has two.
They are added to ``FOLDER/<product>.tsv`` after each answer, so that a run which is ended goes on
where it stopped. With FOLDER beside the declarations (``FLAGSTONE_PRODUCTS``) the next ``flagstone
build`` uses them. The model is any behind a chat API like OpenAI's: ``--base-url``, and the key in
``OPENAI_API_KEY``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.resources import files
from pathlib import Path

from openai import OpenAI, OpenAIError

from corpora.errors import FlagstoneError, UnknownProduct
from corpora.paraphrases import Paraphrases
from corpora.snapshot import Snapshot
from corpora.suggest import closest
from eval.paraphrases.items import Item, read, shown, wanting

SETS = ("first", "second", "third")
"""What is written for a passage, three at a time; there is a prompt for each."""

BATCH = 40
"""Items of one question: some 4,000 tokens, and 2,000 of the answer."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask the model, and write the files. 1 where a model or a product can't be asked."""
    parser = argparse.ArgumentParser(prog="python -m eval.paraphrases", description=__doc__)
    parser.add_argument("products", nargs="+", metavar="PRODUCT")
    parser.add_argument("--data", type=Path, required=True, help="data directory, built")
    parser.add_argument("--out", type=Path, required=True, help="folder for <product>.tsv")
    parser.add_argument("--model", required=True, help="its name, as the API knows it")
    parser.add_argument("--base-url", help="of the API; OpenAI's own where it isn't given")
    parser.add_argument("--prose", action="store_true", help="for running text as well")
    parser.add_argument("--set", choices=SETS, default=SETS[0], help="which three (%(default)s)")
    parser.add_argument("--connections", type=int, default=4, help="questions at a time")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except (FlagstoneError, OpenAIError, OSError) as error:
        hint = getattr(error, "hint", None)
        _say(f"error: {error}" + (f" {hint}" if hint else ""))
        return 1


def _run(options: argparse.Namespace) -> int:
    snapshot = Snapshot.current(options.data)
    for product in options.products:
        if product not in snapshot.products:
            held = list(snapshot.products)
            raise UnknownProduct(product, available=held, suggestions=closest(product, held))
    options.out.mkdir(parents=True, exist_ok=True)
    passages = (one for one in snapshot if one.product in options.products)
    written = Paraphrases.load(options.out)
    items = wanting(passages, written, prose=options.prose, held=SETS.index(options.set))
    if not items:
        _say("nothing wants paraphrases")
        return 0
    client = OpenAI(
        base_url=options.base_url, api_key=os.environ.get("OPENAI_API_KEY") or "none", timeout=300
    )
    prompt = (files("eval") / f"paraphrases/{options.set}.md").read_text("utf-8")
    batches = list(_batches(items))
    added = 0
    _say(f"{len(items):,} items in {len(batches)} questions")
    with ThreadPoolExecutor(options.connections) as asking:
        answers = asking.map(partial(_ask, client, options.model, prompt), batches)
        try:
            for number, (batch, answer) in enumerate(zip(batches, answers, strict=True), 1):
                added += _add(options.out, dict(read(answer, batch)))
                _say(f"{number} of {len(batches)}: {added:,} written")
        finally:
            asking.shutdown(cancel_futures=True)
    if left := len(items) - added:
        _say(f"{left:,} were left out or not understood; a further run asks for them again")
    return 0


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """At most BATCH at a time, and never of two products: each has a file of its own."""
    first = 0
    for end in range(1, len(items) + 1):
        full = end - first == BATCH
        if full or end == len(items) or items[end].passage.product != items[first].passage.product:
            yield items[first:end]
            first = end


def _ask(client: OpenAI, model: str, prompt: str, items: Sequence[Item]) -> str:
    answer = client.chat.completions.create(
        model=model,
        messages=[{"role": "system", "content": prompt}, {"role": "user", "content": shown(items)}],
    )
    return (answer.choices[0].message.content if answer.choices else None) or ""


def _add(folder: Path, found: dict[Item, tuple[str, ...]]) -> int:
    """Add to the file of their product, which is one, whole or not at all."""
    if found:
        file = folder / f"{next(iter(found)).passage.product}.tsv"
        new = {item.key for item in found}
        held = file.read_text("utf-8").splitlines() if file.exists() else []
        lines = [line for line in held if line.partition("\t")[0] not in new]
        for item, said in found.items():
            phrases: dict[str, str] = {}
            for phrase in (*item.written, *said):
                phrases.setdefault(phrase.lower(), phrase)
            lines.append("\t".join((item.key, item.names, *phrases.values())))
        draft = file.with_suffix(".new")
        draft.write_text("\n".join(sorted(lines, key=_by_name)) + "\n", "utf-8")
        draft.replace(file)
    return len(found)


def _by_name(line: str) -> list[str]:
    key, names, *_ = line.split("\t")
    return [names, key]


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
