"""Documentation that is a model of commands rather than pages: one reader per format.

A model is read as a whole, because its documents explain one another. Out of it come the release's
surface and, for search, one short page per command: a *card* (:mod:`ingest.models.cards`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ingest.models import ansible, aws, azure, gcloud, oclif, redis
from ingest.models.base import ModelReader

MODELS: Mapping[str, ModelReader] = MappingProxyType(
    {
        "ansible": ansible.read,
        "aws": aws.read,
        "azure-table": azure.read_table,
        "azure-yaml": azure.read,
        "gcloud": gcloud.read,
        "oclif": oclif.read,
        "redis": redis.read,
    }
)
"""Format, as a declaration names it → its reader."""

SCRIPTS: Mapping[str, Path] = MappingProxyType(
    {"azure-table": Path(azure.__file__).with_name("ask.py")}
)
"""Format → what the installed program is asked by, where it makes the table itself. A script runs
with the packages of the program alone, and prints a table that ``MODELS`` reads."""
