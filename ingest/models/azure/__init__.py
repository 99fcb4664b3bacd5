"""The Azure CLI: the reference that its vendor publishes as YAML, and the table behind it."""

from ingest.models.azure.commands import read as read_table
from ingest.models.azure.reference import read as read

__all__ = ["read", "read_table"]
