"""What the machine's own apt configuration says of the Debian mirror and how to reach it.

Read, never changed. Only two things are taken over: the address of the mirror with its keyring,
and the machine's policy on networks and dates (a mirror may be a dated snapshot whose Release
files have expired; only the machine's owner may decide to accept that). Nothing that waives a
signature is ever taken over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from corpora.errors import ConfigurationError, Reason, SourceError
from ingest.sources.processes import run, tool

APT_HINT = (
    "Debian packages are read with apt, which Debian, Ubuntu and their like have. Elsewhere "
    "(macOS, Alpine, Fedora) run the build in a Debian container."
)
KEYRINGS = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
)
"""Where the package debian-archive-keyring puts the keys of all suites; .pgp from trixie on."""

_POLICY = re.compile(
    r"Acquire::(?:(?:Check-Valid-Until|Check-Date|Max-ValidTime|Min-ValidTime|Max-FutureTime"
    r"|Retries|ForceIPv4|ForceIPv6|By-Hash)(?:::.*)?|(?:https?|ftp|tor)(?:::.*)?)",
    re.IGNORECASE,
)
_SETTING = re.compile(r'(?P<name>[^\s";]+) "(?P<value>[^"]*)";')
_DATE_FIELDS = frozenset(
    {"check-valid-until", "valid-until-min", "valid-until-max", "check-date", "date-max-future"}
)
_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z")
"""The last part of a dated archive's address: the moment it was taken."""
_ONE_LINE = re.compile(r"deb(?:\s+\[(?P<options>[^\]]*)\])?\s+(?P<uri>\S+)\s+(?P<rest>\S.*)")
_TIMEOUT = 30.0
_MAX_FILE_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Mirror:
    """A Debian archive to fetch from."""

    uri: str
    signed_by: str = ""
    """Keyring files or fingerprints, separated by white space. Empty: what the machine trusts."""
    date_policy: Mapping[str, str] = field(default_factory=dict)
    """Fields of the machine's source entry on the age of Release files: ``check-valid-until``."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine's apt configuration, as ``apt-config dump`` prints it."""

    settings: Mapping[str, str]
    """Lower-case name → value. A list's members share one name; the last stays."""
    policy: tuple[str, ...]
    """Lines for another apt.conf: proxies, dates, timeouts."""

    @classmethod
    def read(cls, configuration: Path | None = None) -> Machine:
        """Ask apt. ``configuration``: an apt.conf to read in place of the machine's (APT_CONFIG).

        Raises ToolMissing without apt, SourceError where it can't read its configuration.
        """
        dumped = run(
            [*environment(configuration), tool("apt-config", hint=APT_HINT), "dump"],
            timeout=_TIMEOUT,
            what="apt-config dump",
        )
        if dumped.status != 0:
            raise SourceError("apt-config dump", Reason.MALFORMED, dumped.errors.strip()[:300])
        settings: dict[str, str] = {}
        policy: list[str] = []
        for line in dumped.output.splitlines():
            setting = _SETTING.fullmatch(line)
            if setting is None:
                continue
            settings[setting["name"].lower()] = setting["value"]
            if _POLICY.fullmatch(setting["name"]) and setting["value"]:
                policy.append(line)
        return cls(settings, tuple(policy))

    @property
    def architecture(self) -> str:
        """The architecture that apt fetches for: ``amd64``."""
        return self.settings.get("apt::architecture", "amd64")

    def debian_mirror(self) -> Mirror:
        """Give the first Debian archive among the machine's sources.

        Raises ConfigurationError where there is none.
        """
        for source in self._sources():
            if _is_debian_archive(source):
                signed_by = source.get("signed-by", "")
                if "BEGIN PGP" in signed_by:  # a key inside the entry: it has no name to pass on
                    signed_by = ""
                return Mirror(
                    uri=source["uris"].split()[0].rstrip("/"),
                    signed_by=" ".join(signed_by.split()) or default_keyring(),
                    date_policy={
                        name: value for name, value in source.items() if name in _DATE_FIELDS
                    },
                )
        raise ConfigurationError(
            "No Debian archive is among this machine's apt sources.",
            hint="Name one: the address of a Debian mirror, such as your network uses.",
        )

    def _sources(self) -> Iterator[Mapping[str, str]]:
        """Every entry of every source file, fields in lower case, in apt's order."""
        root = Path(self.settings.get("dir") or "/") / self.settings.get("dir::etc", "etc/apt")
        single = root / self.settings.get("dir::etc::sourcelist", "sources.list")
        folder = root / self.settings.get("dir::etc::sourceparts", "sources.list.d")
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        for file in [single, *files]:
            try:
                if not file.is_file() or file.stat().st_size > _MAX_FILE_BYTES:
                    continue
                text = file.read_text("utf-8", "replace")
            except OSError:  # an entry that only root may read, with a password in it
                continue
            if file.suffix == ".sources":
                yield from _stanzas(text)
            elif file.suffix == ".list":
                yield from _lines(text)


def default_keyring() -> str:
    """Find the keyring of all Debian suites where it is installed, or nothing."""
    return next((keyring for keyring in KEYRINGS if Path(keyring).is_file()), "")


def environment(configuration: Path | None) -> list[str]:
    """Give the words that start a program with ``configuration`` as its only apt.conf.

    By way of env(1): the program keeps the environment that it would have (proxies), and this
    module need not read it. Messages are in English, so that they can be read.
    """
    words = [tool("env", hint=APT_HINT), "LC_ALL=C"]
    return words if configuration is None else [*words, f"APT_CONFIG={configuration}"]


def _is_debian_archive(source: Mapping[str, str]) -> bool:
    """Whether an entry is Debian's main archive: not its security archive, nor another vendor's.

    Other vendors use the names of Debian's suites too, so what tells is the key it is signed with,
    and where no key is named, the address.
    """
    if (
        "deb" not in source.get("types", "").split()
        or source.get("enabled", "yes").lower() in ("no", "false", "off", "0", "without", "disable")
        or "main" not in source.get("components", "").split()
        or not source.get("uris", "").strip()
    ):
        return False
    suites = source.get("suites", "").split()
    if not suites or all(re.search(r"-security$|/", suite) for suite in suites):
        return False
    uri = source["uris"].split()[0]
    parts = [part for part in PurePosixPath(uri).parts if not _TIMESTAMP.fullmatch(part)]
    if any("debian-security" in part for part in parts):
        return False
    signed_by = source.get("signed-by", "")
    if "/" in signed_by and "BEGIN PGP" not in signed_by:
        return "debian-archive" in signed_by
    # The second is the mirror list of Debian's cloud images: mirror+file:/etc/apt/mirrors/….
    return parts[-1] in ("debian", "debian.list")


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    """Read the entries of a deb822 file (``*.sources``)."""
    for stanza in re.split(r"\n[ \t]*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in (" ", "\t"):
                if name:
                    fields[name] += f"\n{line.strip()}"
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if fields:
            yield fields


def _lines(text: str) -> Iterator[dict[str, str]]:
    """Read the entries of a one-line file (``*.list``)."""
    for line in text.splitlines():
        entry = _ONE_LINE.fullmatch(line.partition("#")[0].strip())
        if entry is None:
            continue
        suite, *components = entry["rest"].split()
        options = (word.partition("=") for word in (entry["options"] or "").split())
        yield {
            **{name.lower(): value.replace(",", " ") for name, _, value in options},
            "types": "deb",
            "uris": entry["uri"],
            "suites": suite,
            "components": " ".join(components),
        }
