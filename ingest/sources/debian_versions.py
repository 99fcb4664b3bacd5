"""From a Debian version to the upstream version inside it, and to the release it belongs to."""

from __future__ import annotations

import re

_REPACKED = re.compile(r"[+~](?:dfsg|ds|repack|git|debian|ubuntu)[\w.+~]*$")
"""What a packager adds to an upstream version: ``+dfsg1``, ``~ds2``, ``+repack``, ``+git2024``."""


def upstream_version(version: str) -> str:
    """Take the upstream version out of a Debian one: ``1:20.10.24+dfsg1-1+deb12u1`` → ``20.10.24``.

    ``2.0+really1.9-1`` is 1.9: so Debian spells a step back.
    """
    plain = version.partition(":")[2] if ":" in version else version
    plain = plain.rpartition("-")[0] or plain
    really = plain.rpartition("+really")[2]
    return _REPACKED.sub("", really)


def is_prerelease(upstream: str) -> bool:
    """Whether Debian marks it as before the release: ``262~rc2``."""
    return "~" in upstream


def belongs_to(upstream: str, label: str) -> bool:
    """Whether a full upstream version is one of the release ``label``.

    So are ``2.39`` and ``2.39.5`` of 2.39, ``1.1.1w`` of 1.1.1, ``262~rc2`` of 262; not ``2.391``.
    """
    rest = upstream.removeprefix(label)
    return upstream.startswith(label) and not rest[:1].isdigit()
