"""The picture of the README is drawn from a real run, and stands alone."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from api.picture import picture


@pytest.mark.slow
def test_the_picture_is_what_was_printed(data: Path) -> None:
    drawn = picture(data)
    words = "".join(ElementTree.fromstring(drawn).itertext()).replace("\u00a0", " ")  # noqa: S314
    assert "pg_dump --skip-table-data=audit_log shop" in words
    assert "[unknown_flag]" in words
    assert "--exclude-table-data" in words
    assert "url(http" not in drawn, "no font from elsewhere"
