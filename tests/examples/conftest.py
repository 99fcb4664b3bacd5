"""A service over the recorded corpus, for the examples to ask."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from running import running

from api.client import Client
from api.http import create_app
from api.serving import Serving
from retrieval.engine import Engine


@pytest.fixture(scope="session")
def address(built: Path, engine: Engine) -> Iterator[str]:
    with running(create_app(Serving(built, lambda _: engine))) as found:
        yield found


@pytest.fixture
def flagstone(address: str) -> Iterator[Client]:
    with Client(address) as client:
        yield client
