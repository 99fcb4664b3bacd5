"""All families, by what they are about."""

from __future__ import annotations

from commands.risk.families import (
    clouds,
    containers,
    databases,
    files,
    git,
    infrastructure,
    kubernetes,
    system,
)
from commands.risk.rules import Family

FAMILIES: tuple[Family, ...] = (
    *files.FAMILIES,
    *system.FAMILIES,
    *git.FAMILIES,
    *containers.FAMILIES,
    *kubernetes.FAMILIES,
    *infrastructure.FAMILIES,
    *clouds.FAMILIES,
    *databases.FAMILIES,
)
