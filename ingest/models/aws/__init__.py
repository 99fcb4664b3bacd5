"""The AWS CLI, version 1 and 2: service models, and what its own sources make of them."""

from ingest.models.aws.release import read as read
