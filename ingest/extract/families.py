"""How each product's pages are written and its programs read their options.

A product is named here only where it differs from what most are: programs on getopt_long(3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from commands.dialect import DIALECTS, Dialect, dialect
from corpora.model import Entry, Page
from ingest.extract.terms import Notation
from ingest.parse.clean import words as word_set


@dataclass(frozen=True, slots=True)
class Family:
    """What is known of one product beforehand."""

    dialect: Dialect = DIALECTS["gnu"]
    notation: Notation = field(default_factory=Notation)
    commands: Mapping[str, str] = field(default_factory=dict)
    """Programs that read their options otherwise, each with its dialect."""
    phantoms: frozenset[str] = frozenset()
    """Options that the pages list and no program accepts."""


# curl's own parser: "--name=value" is unknown to it, and every switch has a --no- form.
_CURL = Dialect(
    "curl",
    clusters=True,
    attached=True,
    dash_values=True,
    interspersed=True,
    terminator=True,
    negations=("no-",),
)

# The pages of kubectl 1.20 were made by a program that linked the kubelet's libraries, whose flags
# they list for every command. The binary answers "unknown flag" to each; `kubectl options` lists
# what is accepted.
_KUBELET = word_set(
    "--application-metrics-count-limit --azure-container-registry-config --boot-id-file "
    "--cloud-provider-gce-l7lb-src-cidrs --cloud-provider-gce-lb-src-cidrs "
    "--container-hints --containerd --containerd-namespace "
    "--default-not-ready-toleration-seconds --default-unreachable-toleration-seconds "
    "--disable-root-cgroup-stats --docker --docker-env-metadata-whitelist --docker-only "
    "--docker-root --docker-tls --docker-tls-ca --docker-tls-cert --docker-tls-key "
    "--enable-load-reader --event-storage-age-limit --event-storage-event-limit "
    "--global-housekeeping-interval --housekeeping-interval --log-cadvisor-usage "
    "--machine-id-file --referenced-reset-interval --storage-driver-buffer-duration "
    "--storage-driver-db --storage-driver-host --storage-driver-password "
    "--storage-driver-secure --storage-driver-table --storage-driver-user "
    "--update-machine-info-interval --version"
)

_PFLAG = Family(dialect("pflag"), Notation(defaults=True, several_words="many"))

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "buildah": Family(dialect("pflag")),
        "coreutils": Family(
            notation=Notation(literals=True),
            commands={"dd": "dd", "stty": "find", "test": "find", "[": "find"},
        ),
        "curl": Family(_CURL),
        "docker": _PFLAG,
        "git": Family(dialect("git"), Notation(spaced_optional=True, letters_take=True)),
        "kubectl": Family(dialect("pflag"), _PFLAG.notation, phantoms=_KUBELET),
        "mariadb": Family(dialect("mysql")),
        "openssl": Family(dialect("openssl"), Notation(words=True, several_words="one")),
        "podman": Family(dialect("pflag")),
        "postgresql": Family(
            phantoms=frozenset({"--name"})
        ),  # postgres --name=value: any parameter
        "skopeo": Family(dialect("pflag")),
        # Of the letters printed so, three in four are declared with "::" in the programs.
        "util-linux": Family(
            notation=Notation(letters_take=True),
            phantoms=frozenset({"--resource"}),  # prlimit --resource[=limits]: any of them
        ),
    }
)

_ANY = Family()
_COBRA = re.compile(r"(?:=\"\"|=\[\]|=map\[\]|\[=(?:true|false)\])\Z")


def family(product: str) -> Family:
    """What is known of a product; of most, only that they are programs like others."""
    return FAMILIES.get(product, _ANY)


def notation(known: Family, page: Page) -> Notation:
    """How ``page`` is written. Pages made by cobra show it, whatever the product."""
    if known.notation.defaults or not _looks_like_cobra(page):
        return known.notation
    return _PFLAG.notation


def _looks_like_cobra(page: Page) -> bool:
    return any(
        isinstance(block, Entry) and any(_COBRA.search(term) for term in block.terms)
        for section in page.sections
        for block in section.blocks
    )
