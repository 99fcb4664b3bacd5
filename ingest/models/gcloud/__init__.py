"""The Google Cloud CLI, out of an installed SDK."""

from ingest.models.gcloud.release import read as read
