"""What a run will cost at most, before it is begun."""

from __future__ import annotations

from collections.abc import Sequence

from corpora.model import Frozen
from corpora.tokens import TokenCounter
from eval.answers import Arm
from eval.arms.prompts import TWO_TURNS, Prompt

ANSWER_TOKENS = 200
"""Assumed for one answer. The longest gold answer has 190 tokens; models that think need more, and
the price then has to be taken times that."""
REPAIR_TOKENS = 400
"""Assumed for what a second turn adds: the answer, and what was found wrong with it."""
MARGIN = 1.3
"""Tokenizers differ: a large model's may count a quarter more on command lines than ours."""


class Price(Frozen):
    """One arm. ``cost`` is in the currency of the prices, None where none were given."""

    arm: Arm
    requests: int
    input_tokens: int
    output_tokens: int
    cost: float | None


def price(
    arm: Arm,
    prompts: Sequence[Prompt],
    *,
    seeds: int,
    count: TokenCounter,
    per_million: tuple[float | None, float | None],
) -> Price:
    """Price one arm; every second turn is taken to be needed. ``per_million``: sent, answered."""
    sent = sum(count("\n".join(m.content for m in one.messages)) for one in prompts) * seeds
    requests = len(prompts) * seeds
    answered = requests * ANSWER_TOKENS
    if arm in TWO_TURNS:
        sent = 2 * sent + requests * REPAIR_TOKENS
        requests, answered = 2 * requests, 2 * answered
    tokens_in, tokens_out = round(MARGIN * sent), round(MARGIN * answered)
    sending, answering = per_million
    cost = None
    if sending is not None and answering is not None:
        cost = (tokens_in * sending + tokens_out * answering) / 1_000_000
    return Price(
        arm=arm, requests=requests, input_tokens=tokens_in, output_tokens=tokens_out, cost=cost
    )
