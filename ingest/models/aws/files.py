"""The files of one AWS CLI release: its Python sources and botocore's service models.

A release comes as documents of packages, by path. Version 2, and version 1 from 1.46 on, carry
botocore inside ``awscli``; before that it is a package beside it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping

from corpora.errors import ParseError, Reason
from ingest.models.aws.names import aliases, exceptions

FILE_BYTES = 64 * 2**20
"""One file, unpacked. The largest model, of EC2, has 4 MB; the completion index 22 MB."""
SOURCE_BYTES = 2 * 2**20
"""One Python source. The largest has 72 kB."""

INCLUDE = (
    "*awscli/*.py",
    "*awscli/data/cli.json",
    "*awscli/customizations/wizard/wizards/*",
    "*botocore/__init__.py",
    "*botocore/session.py",
    "*botocore/utils.py",
    *(
        f"*botocore/data/*/{kind}{extra}.json{packed}"
        for kind in ("service-2", "paginators-1", "waiters-2")
        for extra in ("", ".sdk-extras")
        for packed in ("", ".gz")
    ),
)
"""Globs of all files that are needed, in a package of any kind."""
EXCLUDE = ("*awscli/examples/*", "*awscli/botocore/vendored/*", "*/tests/*")
"""Globs of what looks like it and is not: examples are no part of the tables."""

_KINDS = ("service-2", "paginators-1", "waiters-2")


class ReleaseFiles:
    """Finds things in the files of one release. ``files`` maps paths to bytes, untrusted.

    Raises ParseError(EMPTY) where neither the program nor a service is among them.
    """

    def __init__(self, files: Mapping[str, bytes], *, name: str) -> None:
        self.name = name
        self._files = files
        self._root = self._above("awscli/clidriver.py")
        self._botocore = self._above("botocore/__init__.py") + "botocore/"
        self._versions = self._read_versions()
        if not self._versions:
            raise ParseError(name, Reason.EMPTY, "no service model is in it")
        try:
            self.names = exceptions(self._text(f"{self._botocore}__init__.py"))
            """Names of the models that the rule of naming doesn't fit."""
            self.aliases = self._aliases()
            """Names of services in events that stand for others."""
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ParseError(f"{name}: botocore", Reason.MALFORMED, str(error)) from error

    def source(self, module: str) -> str | None:
        """Text of a module of the program; None for any other. Raises ParseError."""
        if module.partition(".")[0] != "awscli":
            return None
        path = self._root + module.replace(".", "/")
        for file in (f"{path}.py", f"{path}/__init__.py"):
            if file in self._files:
                return self._text(file)
        return None

    def has(self, path: str) -> bool:
        """Whether a file stands at ``path``, seen from the folder of the program."""
        return self._root + path in self._files

    def entries(self, folder: str) -> list[str]:
        """List what stands in a folder, seen from the folder of the program, in order."""
        start = f"{self._root}{folder}/"
        return sorted(
            {
                path.removeprefix(start).partition("/")[0]
                for path in self._files
                if path.startswith(start)
            }
        )

    def services(self) -> tuple[str, ...]:
        """Name the services that have a model, in order."""
        return tuple(sorted(self._versions))

    def api_version(self, service: str) -> str:
        """Give the newest version of a service's interface: that is the one the program uses."""
        return self._versions[service]

    def model(self, service: str, kind: str) -> dict[str, object] | None:
        """Read one of a service's files: ``service-2``, ``paginators-1`` or ``waiters-2``.

        With the additions that stand beside it. None where there is none; raises ParseError.
        """
        if kind not in _KINDS or service not in self._versions:
            return None
        base = f"{self._botocore}data/{service}/{self._versions[service]}/{kind}"
        data = self._json(base)
        if data is None:
            return None
        extra = self._json(f"{base}.sdk-extras")
        if extra is not None and isinstance(merge := extra.get("merge"), dict):
            _merge(data, merge)
        return data

    def model_file(self, service: str) -> str:
        """Name the file that a service's operations are read from; empty where there is none."""
        base = f"{self._botocore}data/{service}/{self._versions.get(service, '')}/service-2.json"
        return next((path for path in (base, f"{base}.gz") if path in self._files), "")

    def global_options(self) -> dict[str, object]:
        """Read the declaration of the options that every command takes."""
        return self._json(f"{self._root}awscli/data/cli") or {}

    def index(self) -> bytes | None:
        """Give version 2's own index of commands, where it is among the files."""
        return self._files.get(f"{self._root}awscli/data/ac.index")

    def _aliases(self) -> dict[str, str]:
        session, utils = f"{self._botocore}session.py", f"{self._botocore}utils.py"
        if session not in self._files or "EventAliaser(" not in self._text(session):
            return {}  # version 2 has none
        return aliases(self._text(utils)) if utils in self._files else {}

    def _read_versions(self) -> dict[str, str]:
        found: dict[str, str] = {}
        start = f"{self._botocore}data/"
        for path in self._files:
            if path.startswith(start) and path.removesuffix(".gz").endswith("/service-2.json"):
                service, version, *rest = path.removeprefix(start).split("/")
                if len(rest) == 1:
                    found[service] = max(version, found.get(service, ""))
        return found

    def _above(self, ending: str) -> str:
        """Find the folder in which ``ending`` stands: the shortest path to it."""
        paths = sorted((path for path in self._files if f"/{path}".endswith(f"/{ending}")), key=len)
        if not paths:
            raise ParseError(self.name, Reason.EMPTY, f"no {ending} is in it")
        return paths[0].removesuffix(ending)

    def _text(self, path: str) -> str:
        data = self._files[path]
        if len(data) > SOURCE_BYTES:
            raise ParseError(f"{self.name}: {path}", Reason.TOO_LARGE)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(f"{self.name}: {path}", Reason.UNKNOWN_CHARSET) from error

    def _json(self, base: str) -> dict[str, object] | None:
        for path in (f"{base}.json", f"{base}.json.gz"):
            data = self._files.get(path)
            if data is None:
                continue
            try:
                read = json.loads(_unpacked(data))
            except (ValueError, RecursionError, zlib.error) as error:
                raise ParseError(f"{self.name}: {path}", Reason.MALFORMED, str(error)) from error
            if not isinstance(read, dict):
                raise ParseError(f"{self.name}: {path}", Reason.MALFORMED, "no table")
            return read
        return None


def _unpacked(data: bytes) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(wbits=31)
        data = unpacker.decompress(data, FILE_BYTES)
        if unpacker.unconsumed_tail:
            raise ValueError("it unpacks to too much")
    if len(data) > FILE_BYTES:
        raise ValueError("it is too large")
    return data


def _merge(base: dict[str, object], extra: Mapping[str, object]) -> None:
    """Lay ``extra`` over ``base``, table by table."""
    for key, value in extra.items():
        inner = base.get(key)
        if isinstance(inner, dict) and isinstance(value, dict):
            _merge(inner, value)
        else:
            base[key] = value


def tables(value: object) -> Iterator[tuple[str, dict[str, object]]]:
    """Give the entries of a table that are tables themselves."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, dict):
                yield str(key), inner
