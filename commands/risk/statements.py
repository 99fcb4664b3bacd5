"""SQL and its kin inside a command line, read by their keywords alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.risk.model import Level

MAX_CHARACTERS = 8_000
"""Of one statement text that are read; what is longer is taken to write. Searching takes up to the
square of it."""

_NOISE = re.compile(
    r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*(?:'|\Z)|\$(\w*)\$.*?(?:\$\1\$|\Z)", re.DOTALL
)
_READS = re.compile(
    r"(?:SELECT|SHOW|VALUES|TABLE|DESC|DESCRIBE|PRAGMA|USE|PING|INFO)\b"
    # Commands of psql and sqlite3 themselves, but for those that run or load something.
    r"|\\(?!!|copy\b|ir?\b|g\w*exec)|\.(?!shell|system|read|import|restore|clone|load)",
    re.IGNORECASE,
)
_EXPLAIN = re.compile(r"EXPLAIN\b(?!.*\bANALY[ZS]E\b)", re.IGNORECASE | re.DOTALL)
_TOLD: tuple[tuple[str, Level, str], ...] = (
    (r"\bDROP\s+\w", "destructive", "DROP loses what it names, and the data in it"),
    (r"\bTRUNCATE\b", "destructive", "TRUNCATE loses all rows"),
    (r"\bDELETE\s+FROM\b(?!.*\bWHERE\b)", "destructive", "DELETE without WHERE loses all rows"),
    (r"\bDELETE\s+FROM\b", "destructive", "DELETE loses rows"),
    (
        r"\bUPDATE\b(?!.*\bWHERE\b).*\bSET\b",
        "destructive",
        "UPDATE without WHERE changes all rows",
    ),
    (r"^\s*(?:FLUSHALL|FLUSHDB)\b", "destructive", "loses all keys"),
    (
        r"^\s*(?:DEL|UNLINK|SHUTDOWN|SWAPDB|XTRIM|LTRIM)\b",
        "destructive",
        "loses keys or entries",
    ),
    (
        r"\bdrop(?:Database|Index|Indexes|Collection)?\s*\(",
        "destructive",
        "drops what it names",
    ),
    (
        r"\b(?:deleteMany|deleteOne|remove|findOneAndDelete)\s*\(",
        "destructive",
        "deletes documents",
    ),
    (r"\bpg_(?:terminate_backend|promote|switch_wal)\b", "write", "acts on the server"),
    (r"\bSELECT\b[^;]*\bINTO\b", "write", "SELECT INTO makes a table"),
    (r"\b(?:INSERT|UPDATE|MERGE|REPLACE|UPSERT)\b", "write", "changes rows"),
    (r"\bCOPY\b.*\b(?:FROM|PROGRAM)\b|^\\copy\b.*\bfrom\b", "write", "loads rows"),
)
_RULES = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), level, reason)
    for pattern, level, reason in _TOLD
)
_KEY_READS = re.compile(
    r"(?:GET|MGET|HGET|HGETALL|HMGET|KEYS|SCAN|TTL|PTTL|TYPE|EXISTS|LLEN|LRANGE|SMEMBERS|SCARD|"
    r"ZRANGE|ZCARD|ZSCORE|XRANGE|XLEN|DBSIZE|MEMORY|OBJECT|LATENCY|MONITOR|TIME|ECHO|STRLEN|"
    r"CLIENT LIST|CONFIG GET|CLUSTER INFO|CLUSTER NODES|ACL LIST|ACL WHOAMI|SLOWLOG)\b",
    re.IGNORECASE,
)


def judge(text: str) -> tuple[Level, str]:
    """Judge a text of statements: the highest level of any, with its reason."""
    if len(text) > MAX_CHARACTERS:
        return "write", "runs statements too long to be read"
    cleaned = _NOISE.sub(" '' ", text)
    worst: tuple[Level, str] = ("read", "only reads")
    for level, reason in map(_one, _statements(cleaned)):
        if level == "destructive":
            return level, reason
        if level == "write":
            worst = (level, reason)
    return worst


def _statements(text: str) -> Iterator[str]:
    return (one.strip() for one in text.split(";") if one.strip())


def _one(statement: str) -> tuple[Level, str]:
    if _EXPLAIN.match(statement):
        return "read", "only explains"
    for pattern, level, reason in _RULES:
        if pattern.search(statement):
            return level, reason
    if _READS.match(statement) or _KEY_READS.match(statement):
        return "read", "only reads"
    if re.match(r"WITH\b|EXPLAIN\b|\(", statement, re.IGNORECASE):
        return "read", "only reads"
    return "write", "runs a statement that may write"
