"""Text that looks as if it were meant for a model rather than for a reader: labelled, not dropped.

Documentation of shells says ``curl … | sh`` in earnest, and that of models quotes prompts, so a
label is a reason to look, not a verdict; what keeps such text harmless is that every passage is
fenced as data. Patterns know only what has been seen, and a new wording passes them.
"""

from __future__ import annotations

import re
from typing import Literal

Flag = Literal[
    "addresses_model", "chat_markup", "hides_from_user", "sends_secrets", "runs_download",
    "decodes_and_runs",
]  # fmt: skip
"""addresses_model: tells a model what to do, or that what it was told before no longer holds.
chat_markup: control tokens of chat formats and calls of tools. hides_from_user: asks for silence
towards the user. sends_secrets: has keys or files sent somewhere. runs_download: pipes what it
fetches into a shell. decodes_and_runs: the same with encoded text."""

_SENSITIVE = (
    r"(?:api[ _-]?keys?|credentials|passwords?|secrets?|tokens|\.env\b|id_rsa|private keys?)"
)
_PATTERNS: tuple[tuple[Flag, re.Pattern[str]], ...] = (
    (
        "addresses_model",
        re.compile(
            r"\b(?:ignore|disregard|forget|override)\b(?: [\w-]+){0,3} (?:previous|prior|above"
            r"|earlier|your|preceding)(?: [\w-]+){0,3} (?:instructions?|prompts?|guidelines)\b"
            r"|\byou are now\b.{0,60}\b(?:assistant|agent|model|mode|ai)\b"
            r"|\b(?:ai|llm|language[ -]model|chatgpt|claude|copilot|assistants?|coding agents?)\b"
            r".{0,30}\b(?:reading|processing|parsing|summari[sz]ing) this\b"
            r"|\b(?:note|message|instructions?|attention|important)\b.{0,20}\b(?:to|for)\b.{0,10}"
            r"\b(?:ai|llms?|language[ -]models?|agents?|assistants?)\b.{0,20}[:!,]"
            r"|\b(?:new|updated|real) (?:system )?instructions?:",
            re.IGNORECASE | re.DOTALL,
        ),
    ),
    (
        "chat_markup",
        re.compile(
            r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id)\|>|\[/?INST\]|<</?SYS>>"
            r"|</?(?:tool_call|function_calls?|tool_result|system_prompt|antml:\w+)\b[^>]{0,80}>"
        ),
    ),
    (
        "hides_from_user",
        re.compile(
            r"\b(?:do not|don't|never|without)\b.{0,20}\b(?:tell|inform|mention|notify|reveal|"
            r"telling|informing|mentioning|notifying|alert|show)\b.{0,30}\bthe (?:user|human)\b"
            r".{0,40}\b(?:about this|of this|this|that you|these instructions)\b",
            re.IGNORECASE | re.DOTALL,
        ),
    ),
    (
        "sends_secrets",
        re.compile(
            rf"\b(?:send|post|upload|exfiltrate|forward|leak)\b.{{0,60}}{_SENSITIVE}.{{0,60}}https?://"
            r"|\b(?:curl|wget)\b[^\n]{0,200}\s(?:-d|--data\S*|--post-\w+|-F|-T)[ =]*['\"]?[@$]"
            r"\S{0,60}(?:credential|secret|passw|token|id_rsa|\.env|key)",
            re.IGNORECASE | re.DOTALL,
        ),
    ),
    (
        "runs_download",
        re.compile(
            r"\b(?:curl|wget|iwr|invoke-webrequest)\b[^\n|]{0,300}\|\s*(?:sudo\s+(?:-\S+\s+)*)?"
            r"(?:ba|z|da|k)?sh\b|\|\s*iex\b",
            re.IGNORECASE,
        ),
    ),
    (
        "decodes_and_runs",
        re.compile(
            r"\bbase64\s+(?:-d|-D|--decode)\b[^\n|]{0,100}\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b"
            r"|\b(?:exec|eval)\(\s*(?:base64\.)?b64decode",
        ),
    ),
)


_WORDS: dict[Flag, tuple[str, ...]] = {
    "addresses_model": (
        "instruction", "prompt", "guidelines", "you are now", "ing this", "note", "message",
        "attention", "important",
    ),
    "chat_markup": (
        "<|", "inst]", "sys>>", "tool_call", "function_call", "tool_result", "system_prompt",
        "antml:",
    ),
    "hides_from_user": ("the user", "the human"),
    "sends_secrets": ("http", "curl", "wget"),
    "runs_download": ("curl", "wget", "iwr", "invoke-webrequest", "iex"),
    "decodes_and_runs": ("base64", "b64decode"),
}  # fmt: skip
"""Whatever a pattern matches has one of these words in it, in lower case: looking for them first
takes a quarter of the time (86 µs a passage without)."""

_FOLDED = "\u017f\u0130\u0131"
"""What patterns take for an s or i in either case, and ``lower`` leaves as it is, or splits."""


def flags_of(text: str) -> tuple[Flag, ...]:
    """What about ``text`` is suspicious; mostly nothing. 22 µs for a passage, 5 for an excerpt."""
    lowered = text.lower()
    odd = not text.isascii() and any(one in text for one in _FOLDED)
    return tuple(
        flag
        for flag, pattern in _PATTERNS
        if (odd or any(map(lowered.__contains__, _WORDS[flag]))) and pattern.search(text)
    )
