"""The Azure CLI: the reference that its vendor publishes as YAML, made from the command table."""

from ingest.models.azure.reference import read as read
