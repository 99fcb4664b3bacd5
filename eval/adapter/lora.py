"""Learning the adapter: low-rank corrections of a transformer, by contrast.

One corrected model embeds questions and passages alike. The loss is the cross entropy of the
passage that answers among all passages of the batch, by cosine (InfoNCE, van den Oord et al. 2018,
arXiv:1807.03748): the answers to the other questions, several of which are about the same release,
and passages that a search found instead.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer
from torch import nn

from corpora.model import Frozen, Passage
from corpora.tokens import TokenCounter
from eval.adapter.examples import Example
from retrieval.index import HEAD_TOKENS, Part, dense_parts

LAYERS = (
    "attention.self.query", "attention.self.key", "attention.self.value",
    "attention.output.dense", "intermediate.dense", "output.dense",
)  # fmt: skip
"""Of each block of BERT: every linear layer."""

SCALE = 2
"""What a correction is multiplied by: alpha / rank of LoRA. The file has it multiplied in."""

TOGETHER = 32
"""Texts of similar length that are run together, so that little is padding."""

SAME, SAME_NAMED = 0.95, 0.85
"""Cosines from which a passage of the batch is no wrong one, the second for the same names."""


class Training(Frozen):
    """How it is learned."""

    rank: int = 16
    learning_rate: float = 5e-4
    temperature: float = 0.05
    epochs: int = 2
    groups: int = 4
    """Releases in a batch."""
    group: int = 8
    """Examples of each."""
    wrong: int = 2
    """Passages for each example that were found instead, drawn anew each time."""
    seed: int = 0


class Correction(nn.Module):
    """A linear layer and its low-rank correction, which begins as nothing."""

    def __init__(self, layer: nn.Linear, rank: int) -> None:
        super().__init__()
        self.layer = layer
        self.down = nn.Parameter(
            torch.randn(rank, layer.in_features) / math.sqrt(layer.in_features)
        )
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """What the layer gives, corrected."""
        corrected: torch.Tensor = self.layer(given) + SCALE * (given @ self.down.T @ self.up.T)
        return corrected


class Learner:
    """Learns an adapter for the model in ``source``."""

    def __init__(self, source: Path, training: Training) -> None:
        torch.manual_seed(training.seed)
        self.training = training
        self.model = SentenceTransformer(str(source), device="cpu", local_files_only=True)
        self.model.max_seq_length = HEAD_TOKENS + 2
        self.model.requires_grad_(requires_grad=False)
        self.corrections: dict[str, Correction] = {}
        for path, module in list(self.model.named_modules()):
            if not isinstance(module, nn.Linear) or not path.endswith(LAYERS):
                continue
            parent, _, name = path.rpartition(".")
            correction = Correction(module, training.rank)
            setattr(self.model.get_submodule(parent), name, correction)
            self.corrections[path[path.index("encoder.layer.") :]] = correction
        self._tokens = TokenCounter(source / "tokenizer.json")
        self._chance = random.Random(training.seed)  # noqa: S311  not for secrets

    def learn(self, examples: Sequence[Example], say: Callable[[str], None]) -> None:
        """Go through all examples ``epochs`` times."""
        given = self.training
        weights = [one for one in self.model.parameters() if one.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=given.learning_rate, weight_decay=0.01)
        steps = given.epochs * len(list(self._batches(examples)))
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min(1.0, 10 * (step + 1) / steps) * max(0.0, 1 - step / steps)
        )
        self.model.train()
        done = 0
        for epoch in range(1, given.epochs + 1):
            losses = []
            for batch in self._batches(examples):
                loss = self._loss(batch)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(weights, 1.0)
                optimizer.step()
                schedule.step()
                losses.append(float(loss.detach()))
                done += 1
                if done % 20 == 0:
                    say(f"step {done} of {steps}: mean loss {np.mean(losses[-20:]):.3f}")
            say(f"epoch {epoch} of {given.epochs}: mean loss {np.mean(losses):.3f}")
        self.model.eval()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of texts, (n, d)."""
        with torch.no_grad():
            return np.asarray(self._vectors(texts).numpy(), np.float32)

    def parts(self, passage: Passage) -> tuple[Part, ...]:
        """What of a passage is embedded."""
        return dense_parts(passage, self._tokens)

    def save(self, file: Path, weights: str, about: dict[str, str]) -> None:
        """Write the corrections as `retrieval.embed.adapter` reads them."""
        tensors = {}
        for name, one in self.corrections.items():
            tensors[f"{name}.down"] = one.down.detach().numpy().astype(np.float16)
            tensors[f"{name}.up"] = (SCALE * one.up.detach()).numpy().astype(np.float16)
        save_file(tensors, file, metadata={"weights": weights, **about})

    def _batches(self, examples: Sequence[Example]) -> Iterator[list[Example]]:
        """All examples, in groups of one release: their answers are each other's wrong ones."""
        by_release = defaultdict(list)
        for one in examples:
            by_release[one.product, one.release].append(one)
        groups = []
        for some in by_release.values():
            self._chance.shuffle(some)
            size = self.training.group
            groups += [some[first : first + size] for first in range(0, len(some), size)]
        self._chance.shuffle(groups)
        for first in range(0, len(groups), self.training.groups):
            yield [one for group in groups[first : first + self.training.groups] for one in group]

    def _loss(self, batch: Sequence[Example]) -> torch.Tensor:
        passages = {one.answer.id: one.answer for one in batch}
        places = {name: place for place, name in enumerate(passages)}
        for one in batch:
            others = [wrong for wrong in one.wrong if wrong.id not in places]
            some = self._chance.sample(others, min(self.training.wrong, len(others)))
            passages.update((wrong.id, wrong) for wrong in some)
        rows = torch.tensor([places[one.answer.id] for one in batch for _ in one.questions])
        asked = self._vectors([question for one in batch for question in one.questions])
        # A definition has two texts, the sum of which is searched: one is enough to learn from.
        held = list(passages.values())
        said = self._vectors([self._chance.choice(self.parts(one)).text for one in held])
        with torch.no_grad():
            near = said[rows] @ said.T
            named = [one.names for one in held]
            namesakes = torch.tensor(
                [[bool(one) and one == named[row] for one in named] for row in rows.tolist()]
            )
            right = (near > SAME) | (namesakes & (near > SAME_NAMED))
            right[torch.arange(len(rows)), rows] = False
        scores = asked @ said.T / self.training.temperature
        return nn.functional.cross_entropy(scores.masked_fill(right, -torch.inf), rows)

    def _vectors(self, texts: Sequence[str]) -> torch.Tensor:
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        parts = []
        for first in range(0, len(order), TOGETHER):
            some = [texts[place] for place in order[first : first + TOGETHER]]
            features = self.model.tokenize(some)
            parts.append(nn.functional.normalize(self.model(features)["sentence_embedding"]))
        places = torch.empty(len(order), dtype=torch.long)
        places[torch.tensor(order)] = torch.arange(len(order))
        return torch.cat(parts)[places]
