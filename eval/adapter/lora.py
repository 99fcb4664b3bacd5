"""Learning the adapter: low-rank corrections of a transformer, by contrast.

A question is embedded by the corrected model; passages keep their vectors. The loss is the cross
entropy of the passage that answers among the passages of its release and the answers of the other
questions of the batch, by cosine (InfoNCE, van den Oord et al. 2018, arXiv:1807.03748).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer
from torch import nn

from corpora.model import Frozen
from eval.adapter.examples import Release

LAYERS = (
    "attention.self.query", "attention.self.key", "attention.self.value",
    "attention.output.dense", "intermediate.dense", "output.dense",
)  # fmt: skip
"""Of each block of BERT: every linear layer."""

SCALE = 2
"""What a correction is multiplied by: alpha / rank of LoRA. The file has it multiplied in."""

SORTED = 8
"""Batches of which the questions are sorted by length, so that little is padding."""


class Training(Frozen):
    """How it is learned."""

    rank: int = 16
    learning_rate: float = 7e-4
    temperature: float = 0.05
    batch: int = 32
    epochs: int = 3
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


@dataclass(frozen=True, slots=True)
class _Example:
    release: int
    question: str
    place: int
    """Of the question in its release."""


class Learner:
    """Learns an adapter for the model in ``source``."""

    def __init__(self, source: Path, training: Training) -> None:
        torch.manual_seed(training.seed)
        self.training = training
        self.model = SentenceTransformer(str(source), device="cpu", local_files_only=True)
        self.model.requires_grad_(requires_grad=False)
        self.corrections: dict[str, Correction] = {}
        for path, module in list(self.model.named_modules()):
            if not isinstance(module, nn.Linear) or not path.endswith(LAYERS):
                continue
            parent, _, name = path.rpartition(".")
            correction = Correction(module, training.rank)
            setattr(self.model.get_submodule(parent), name, correction)
            self.corrections[path[path.index("encoder.layer.") :]] = correction

    def learn(self, releases: Sequence[Release], say: Callable[[str], None]) -> None:
        """Go through all questions ``epochs`` times."""
        given = self.training
        vectors = [torch.from_numpy(one.vectors) for one in releases]
        examples = [
            _Example(number, question, place)
            for number, one in enumerate(releases)
            for place, question in enumerate(one.questions)
        ]
        weights = [one for one in self.model.parameters() if one.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=given.learning_rate, weight_decay=0.01)
        steps = given.epochs * math.ceil(len(examples) / given.batch)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min(1.0, 10 * (step + 1) / steps) * max(0.0, 1 - step / steps)
        )
        chance = random.Random(given.seed)  # noqa: S311  not for secrets
        self.model.train()
        for epoch in range(1, given.epochs + 1):
            losses = []
            for batch in _batches(examples, given.batch, chance):
                loss = self._loss(batch, releases, vectors)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(weights, 1.0)
                optimizer.step()
                schedule.step()
                losses.append(float(loss.detach()))
            say(f"epoch {epoch} of {given.epochs}: mean loss {np.mean(losses):.3f}")
        self.model.eval()

    def embed(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of questions, (n, d)."""
        found = self.model.encode(
            list(questions), normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(found, np.float32)

    def save(self, file: Path, weights: str, about: dict[str, str]) -> None:
        """Write the corrections as `retrieval.embed.adapter` reads them."""
        tensors = {}
        for name, one in self.corrections.items():
            tensors[f"{name}.down"] = one.down.detach().numpy().astype(np.float16)
            tensors[f"{name}.up"] = (SCALE * one.up.detach()).numpy().astype(np.float16)
        save_file(tensors, file, metadata={"weights": weights, **about})

    def _loss(
        self,
        batch: Sequence[_Example],
        releases: Sequence[Release],
        vectors: Sequence[torch.Tensor],
    ) -> torch.Tensor:
        features = self.model.tokenize([one.question for one in batch])
        asked = nn.functional.normalize(self.model(features)["sentence_embedding"], dim=-1)
        rows = [int(releases[one.release].answers[one.place]) for one in batch]
        answers = torch.stack(
            [vectors[one.release][row] for one, row in zip(batch, rows, strict=True)]
        )
        across = asked @ answers.T / self.training.temperature
        loss = torch.zeros(())
        for place, (one, row) in enumerate(zip(batch, rows, strict=True)):
            within = vectors[one.release] @ asked[place] / self.training.temperature
            rivals = torch.from_numpy(releases[one.release].rivals[one.place])
            others = torch.tensor([other.release != one.release for other in batch])
            scores = torch.cat(
                [
                    within.masked_fill(~rivals, -torch.inf),
                    across[place].masked_fill(~others, -torch.inf),
                ]
            )
            loss = loss + nn.functional.cross_entropy(scores[None], torch.tensor([row]))
        return loss / len(batch)


def _batches(
    examples: Sequence[_Example], size: int, chance: random.Random
) -> Iterator[Sequence[_Example]]:
    order = list(examples)
    chance.shuffle(order)
    batches = []
    for first in range(0, len(order), size * SORTED):
        near = sorted(order[first : first + size * SORTED], key=lambda one: len(one.question))
        batches += [near[place : place + size] for place in range(0, len(near), size)]
    chance.shuffle(batches)
    yield from batches
