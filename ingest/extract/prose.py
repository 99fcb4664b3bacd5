"""What the text below an option says of it: default, allowed values, repetition, deprecation.

Only sentences of a plain form are believed: what is read here may reject a command line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from commands.model import Deprecation
from corpora.model import Block, Entry, Text
from ingest.parse.clean import words as word_set

MAX_LINE = 1000
"""Characters of a description; the model's limit for a line."""

MAX_CHOICES = 60
"""Of a list in prose; the longest true one seen, of ``kubectl -o``, has 14."""

_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)(?<!vs\.)\s+(?=[A-Z(\[“\"'`-])"
)
_QUOTED = r"(?P<quote>[\"'`“‘])(?P<quoted>[^\"'`“”‘’\n]{1,200})[\"'`”’]"
_WORD = r"(?P<word>[^\s()\"'`“”‘’,;]{1,200})"
_VALUE = rf"(?:{_QUOTED}|{_WORD})"
_END = r"(?=[.,;)]*(?:\Z|\s+\(|[.,;)]\s))"
_DEFAULTS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\((?:the )?[Dd]efault(?: is|:|=)?\s+{_VALUE}\s*\)",
        rf"\b(?:The )?[Dd]efault(?:s| value)? (?:is|to)(?: be)?:?\s+{_VALUE}{_END}",
        rf"\bDefaults?:\s*{_VALUE}{_END}",
    )
)
# A word that begins a phrase rather than being a value: "the default is to …", "… is taken from".
_NOT_A_VALUE = word_set(
    "to the a an that this no not taken based determined used true-ish all any as assumed "
    "by derived either from given if in is it its on only one or same set unless when what "
    "whatever whether which with your their current implementation-defined reading writing "
    "chosen also behavior"
)
_SETTING = re.compile(r"[a-z]+\.[a-z]+(?:[A-Z]\w*)?")  # "defaults to diff.renameLimit"
_REPEATABLE = re.compile(
    r"\b(?:(?:can|may) (?:also )?be (?:used|specified|given|repeated|supplied|passed|set|added)"
    r"(?: (?:multiple|several|many) times| more than once| repeatedly)"
    r"|(?:(?:option|flag|switch|argument)s? (?:can|may)|\A(?:Can|May)|\. (?:Can|May)) be repeated\b"
    r"|writing multiple -+[\w-]+ switches"
    r"|(?:is|are) (?:allowed|accepted) (?:multiple times|more than once)"
    r"|[Rr]epeat (?:this|the) option|used several times in a command line)"
)
_REQUIRED = re.compile(
    r"(?:\bThis (?:option|flag|parameter|argument) is (?:required|mandatory)\b"
    r"(?! if| when| for| with)"
    r"|\A\(?[Rr]equired[.)]|\(required\)\s*\Z|\[required\])"
)
_DEPRECATED = re.compile(
    r"(?:\A\W*(?:DEPRECATED|Deprecated|deprecated|OBSOLETE|Obsolete)\b"
    r"|\b(?:This|The) (?:\S+ )?(?:option|flag|switch|argument|parameter) (?:is|has been|was) "
    r"(?:now )?(?:deprecated|obsolete)"
    r"|\A(?:is|has been) deprecated|\((?:DEPRECATED|deprecated|Deprecated)\b|\bDEPRECATED[:.])"
)
_SPOKEN_OF = (
    re.compile(
        r"\b(?:supports?|accepts?|understands?)(?: the)? options? (?P<names>--?[\w?][\w-]*"
        r"(?:(?:,? and |,? or |, )--?[\w?][\w-]*)*)"
    ),
    re.compile(r"\b(?:[Uu]se|[Ss]ee(?: also)?) (?:the )?(?P<names>--help)\b"),
    # apt's "options to list installed (--installed), upgradeable (--upgradable) or …"
    re.compile(r"\boptions to (?P<names>[^.(]*\(--[a-z][\w-]*\)[^.]*)"),
    re.compile(
        r"\bset individually with (?P<names>--[\w-]+=<[\w-]+>"
        r"(?:(?:,? and |, )--[\w-]+=<[\w-]+>)*)"
    ),
)
_NAME = re.compile(r"--?[\w?][\w-]*(?:=<[\w-]+>)?")
_IN_BRACKETS = re.compile(r"\((--[a-z][\w-]*)\)")
_REPLACEMENT = re.compile(
    r"\b(?:[Uu]se|in favou?r of|replaced by|superseded by|synonym for|alias for)\s+"
    r"(?:the )?[\"'`“‘]?(?P<name>--?[A-Za-z][\w-]*)"
)
_LIST_OF_CHOICES = re.compile(
    r"(?:\b[Mm]ust be(?: one of)?(?!\s\w+ and \w+[.;])"  # not "must be stopped and started."
    r"|\b[Ll]egal values(?: are)?|\b[Oo]ne of|\b[Vv]alid values(?: are)?"
    r"|\b[Aa]llowed values(?: are)?|\b[Pp]ossible values(?: are)?|\b[Ss]upported values(?: are)?"
    r"|\b[Aa]cceptable values are|\b[Vv]alid options are|\b[Aa]vailable values are):?\s*"
    r"(?P<list>[^.;]{3,600}?)(?:\.(?=\s|\Z)|;|\Z|\)(?=\s|\Z))"
)
_BRACKETED_CHOICES = re.compile(r"\((?P<list>\"?[a-z][\w-]*\"?(?:\|\"?[\w-]+\"?)+)\)")
_CHOICE = re.compile(r"[\"'`“‘]?(?P<word>[A-Za-z0-9][\w+-]{0,60})[\"'`”’]?")
_UNITS = word_set("ns us ms s m h d k g b kb mb gb")
_MORE = word_set("larger smaller more less greater higher lower above below positive")
_INTRODUCES = re.compile(
    r"(?:\b(?:one of(?: the following)?(?: values| formats| options| modes)?|the following"
    r"(?: values| formats| options| modes)?|[Pp]ossible (?:values|options) are"
    r"|[Vv]alid (?:values|modes) are|(?:values|modes) are|(?:can|may|must) be))\s*:\Z"
)
_BARE_TERM = re.compile(r"[A-Za-z0-9][\w+-]{0,40}")
# kubectl's own list ends in forms that take an argument: jsonpath={.items}
_OPEN = frozenset({"jsonpath", "go-template", "custom-columns", "template"})


def paragraphs(body: Iterable[Block]) -> tuple[str, ...]:
    """The running text directly below an option."""
    return tuple(block.text for block in body if isinstance(block, Text) and block.type == "prose")


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph."""
    return _SENTENCE_END.split(text)


def first_sentence(text: str) -> str:
    """The first sentence, for a list of options."""
    return _SENTENCE_END.split(text, maxsplit=1)[0][:MAX_LINE].strip()


def options_in(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Options that a sentence says the command accepts, as printed, with the sentence."""
    for sentence in _SENTENCE_END.split(text):
        for pattern in _SPOKEN_OF:
            for match in pattern.finditer(sentence):
                names = _NAME.findall(match["names"])
                if "(" in match["names"]:
                    names = _IN_BRACKETS.findall(match["names"])
                yield tuple(names), sentence.strip()


def default_in(texts: Iterable[str]) -> str | None:
    """The default that the text states as a value, or None."""
    for text in texts:
        for pattern in _DEFAULTS:
            for match in pattern.finditer(text):
                value = match["quoted"] or (match["word"] or "").rstrip(".,:;")
                if value and (match["quoted"] or _is_value(value)):
                    return value[:MAX_LINE]
    return None


def _is_value(word: str) -> bool:
    if word.lower() in _NOT_A_VALUE or word.startswith(("<", "[", "--")):
        return False
    return not _SETTING.fullmatch(word)


def is_repeatable(texts: Iterable[str]) -> bool:
    """Whether the text says that the option may stand more than once."""
    return any(_REPEATABLE.search(text) for text in texts)


def is_required(texts: Iterable[str]) -> bool:
    """Whether the text says that the option must be given, whatever else is."""
    return any(_REQUIRED.search(text) for text in texts)


def deprecation_in(texts: Sequence[str]) -> Deprecation | None:
    """What the text says of the option's own deprecation, or None."""
    for text in texts[:3]:
        for sentence in _SENTENCE_END.split(text):
            if _DEPRECATED.search(sentence):
                found = _REPLACEMENT.search(text, text.index(sentence))
                return Deprecation(
                    note=sentence[:MAX_LINE].strip(), replacement=found["name"] if found else ""
                )
    return None


def choices_of(body: Sequence[Block]) -> tuple[tuple[str, ...], bool]:
    """The values that the text lists as all there are, and whether others are accepted too."""
    texts = paragraphs(body)
    for text in texts:
        if match := _LIST_OF_CHOICES.search(text):
            found = _split(match["list"])
            if len(found) > 1 and not _UNITS.issuperset(found) and _MORE.isdisjoint(found):
                return found, not _OPEN.isdisjoint(found)
        if match := _BRACKETED_CHOICES.search(text):
            found = _split(match["list"])
            if len(found) > 1 and not _UNITS.issuperset(found):
                return found, False
    return _listed(body), False


def _split(text: str) -> tuple[str, ...]:
    """``"none", "server", or "client"`` → its members; empty where it is anything else."""
    text = text.strip().removeprefix("[").removesuffix("]").removeprefix("(").removesuffix(")")
    parts = [
        part
        for part in re.split(r"\s*(?:,\s*(?:or|and)\s+|[|,/]|\s+(?:or|and)\s+)\s*", text)
        if part
    ]
    found = [_CHOICE.fullmatch(part.strip()) for part in parts]
    if not parts or len(parts) > MAX_CHOICES or any(match is None for match in found):
        return ()
    quoted = sum(part.strip()[0] in "\"'`“‘" for part in parts)
    if "|" not in text and 0 < quoted < len(parts):
        return ()
    return tuple(dict.fromkeys(match["word"] for match in found if match))


def _listed(body: Sequence[Block]) -> tuple[str, ...]:
    """The terms of a list below the option that the text introduces as its values."""
    out: list[str] = []
    introduced = False
    for block in body:
        if isinstance(block, Text):
            if out:
                break
            introduced = bool(_INTRODUCES.search(block.text))
        elif isinstance(block, Entry) and introduced:
            if not all(_BARE_TERM.fullmatch(term) for term in block.terms):
                return ()
            out.extend(block.terms)
    return tuple(dict.fromkeys(out)) if len(out) > 1 else ()
