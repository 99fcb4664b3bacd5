"""What the wiring opens for a snapshot, whatever the settings say of the next build."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from api import wiring
from api.settings import load_settings
from corpora.errors import CorruptSnapshot
from retrieval.request import ContextRequest

ASKED = ContextRequest(query="skip the data of one table when dumping", product="postgresql")


def test_a_snapshot_is_served_with_the_model_that_made_it(data: Path) -> None:
    serving = wiring.open_serving(load_settings(data=data, precision="int8"))
    assert serving.engine().context(ASKED).passages


def test_where_that_model_is_gone_and_another_is_set_up_the_error_says_so(
    tmp_path: Path, publish: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path)
    another = SimpleNamespace(key="another")
    monkeypatch.setattr(wiring, "open_embedder", lambda *_, **__: another)
    serving = wiring.open_serving(load_settings(data=tmp_path, precision="int8"))
    with pytest.raises(CorruptSnapshot, match="made by another embedding model") as found:
        serving.engine()
    assert found.value.hint
    assert "FLAGSTONE_PRECISION" in found.value.hint
