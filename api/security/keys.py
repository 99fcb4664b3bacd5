"""API keys: made here, shown once, and kept only as checksums, in ``<data>/keys.json``.

Once there is that file, every call needs a key, also after the last one has been revoked.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from corpora.errors import ConfigurationError, InvalidRequest, UnknownKey
from corpora.model import Frozen

Scope = Literal["read", "admin"]
"""read: every call that asks. admin: also what tells of the service itself (``/metrics``)."""

PREFIX = "fs"
"""What every key begins with, so that one that leaked is known for what it is."""

MOST_KEYS = 10_000
LONGEST_KEY = 128

_FILE, _LOCK = "keys.json", "keys.lock"


class ApiKey(Frozen):
    """A key as it is kept: all but the key itself."""

    id: str
    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w .@/-]+$")]
    scope: Scope
    per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Calls a minute; None: as the settings say."""
    created_at: datetime
    sha256: str
    """Of the secret part. It is 256 random bits, so there is nothing to guess and no need of a
    slow checksum, as there is for passwords."""


_KEYS = TypeAdapter(tuple[ApiKey, ...])


class KeyStore:
    """The keys of a data directory. What another process changes is seen at the next call."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._file = data / _FILE
        self._read: tuple[tuple[int, int, int], dict[str, ApiKey]] | None = None

    @property
    def is_on(self) -> bool:
        """Whether calls need a key: whether one was ever made."""
        return self._file.exists()

    def keys(self) -> tuple[ApiKey, ...]:
        """Every key, oldest first. Raises ConfigurationError where the file can't be read."""
        return tuple(self._by_id().values())

    def create(
        self, name: str, scope: Scope = "read", per_minute: int | None = None
    ) -> tuple[ApiKey, str]:
        """A new key: as it is kept, and as its holder sends it. Raises InvalidRequest."""
        secret = secrets.token_urlsafe(32)
        with self._changing():
            kept = self.keys()
            if len(kept) >= MOST_KEYS:
                raise InvalidRequest(
                    f"There are {MOST_KEYS} keys already.", hint="Revoke those not in use."
                )
            try:
                key = ApiKey(
                    id=secrets.token_hex(4),
                    name=name,
                    scope=scope,
                    per_minute=per_minute,
                    created_at=datetime.now(UTC).replace(microsecond=0),
                    sha256=_checksum(secret),
                )
            except ValidationError as error:
                wrong = error.errors()[0]
                raise InvalidRequest(
                    f"{wrong['loc'][0]}: {wrong['msg']}.",
                    hint="A name has up to 64 letters, digits, spaces and . @ / - _",
                ) from None
            self._write((*kept, key))
        return key, f"{PREFIX}_{key.id}_{secret}"

    def revoke(self, id: str) -> ApiKey:
        """Forget a key: from now on nobody gets in with it. Raises UnknownKey."""
        with self._changing():
            kept = self._by_id()
            if id not in kept:
                raise UnknownKey(f"No key has the id {id!r}.", hint="See: flagstone keys list")
            self._write(tuple(key for key in kept.values() if key.id != id))
        return kept[id]

    def identify(self, sent: str) -> ApiKey | None:
        """Whose key this is; None where it is nobody's."""
        if len(sent) > LONGEST_KEY:
            return None
        prefix, _, rest = sent.partition("_")
        name, _, secret = rest.partition("_")
        key = self._by_id().get(name)
        if prefix != PREFIX or key is None:
            return None
        return key if hmac.compare_digest(key.sha256, _checksum(secret)) else None

    def _by_id(self) -> dict[str, ApiKey]:
        try:
            found = self._file.stat()
            state = (found.st_mtime_ns, found.st_ino, found.st_size)
            if self._read is None or self._read[0] != state:
                keys = _KEYS.validate_json(self._file.read_bytes())
                self._read = (state, {key.id: key for key in keys})
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            # Nobody gets in, rather than everybody.
            raise ConfigurationError(
                f"{self._file} can't be read.", hint="Restore it, or delete it and make new keys."
            ) from error
        return self._read[1]

    def _write(self, keys: tuple[ApiKey, ...]) -> None:
        draft = self._file.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_KEYS.dump_json(keys, indent=1))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change at a time, of all processes."""
        self._data.mkdir(parents=True, exist_ok=True)
        with (self._data / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _checksum(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
