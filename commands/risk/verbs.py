"""What the words of a subcommand say of themselves, for commands that no rule is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.risk.model import Level
from commands.risk.rules import words

_VERBS: dict[Level, frozenset[str]] = {
    "destructive": words(
        "delete destroy drop purge prune terminate remove rm erase wipe truncate flush shred "
        "uninstall deregister del drain evict nuke unregister deprovision"
    ),
    "write": words(
        "abort add apply approve archive assign associate attach authorize backup batch build "
        "cancel change clone commit complete configure connect copy cp create deploy detach "
        "disable disassociate disconnect edit enable execute export generate grant import init "
        "insert install invoke join kill link load lock login logout migrate modify move mv "
        "patch pause promote provision publish pull push put reboot rebuild register release "
        "rename renew replace request reset resize restart restore resume retry revoke rollback "
        "rotate run save scale schedule send set start stop store submit suspend swap sync tag "
        "transfer trigger unlock untag update upgrade upload write"
    ),
    "read": words(
        "check compare completion count describe diff display env estimate explain "
        "export-schema fetch-config filter find get has head help history info inspect is list "
        "lookup logs ls man ping preview print ps query read rev-parse scan search show stat "
        "stats status summarize tail template test top tree validate verify version versions "
        "view wait whoami"
    ),
}
_WORD = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


def of_path(path: Sequence[str]) -> tuple[Level, str] | None:
    """Judge known subcommands: the last word that is a verb counts (``stash drop``)."""
    for word in reversed(path):
        if level := _level(word):
            return level, word
    return None


def of_words(words: Sequence[str]) -> tuple[Level, str] | None:
    """Judge what may be subcommands: the first verb among the first three counts."""
    for word in words[:3]:
        if not _WORD.fullmatch(word):
            return None
        if level := _level(word):
            return level, word
    return None


def _level(word: str) -> Level | None:
    first = word.partition("-")[0]
    for candidate in (word, first):
        for level, verbs in _VERBS.items():
            if candidate in verbs:
                return level
    return None
