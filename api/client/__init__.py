"""Flagstone from Python: a typed client of the service, for threads and for asyncio.

::

    with Client("http://127.0.0.1:8600") as flagstone:
        flagstone.context("skip the data of one table", product="postgresql", version="13").context
        flagstone.validate("pg_dump --skip-table-data=log shop", version="13").valid     # False
"""

from api.client.asynchronous import AsyncClient
from api.client.flow import Retries
from api.client.inject import ainject, inject
from api.client.problems import ServiceError, Unreachable
from api.client.synchronous import Client

__all__ = [
    "AsyncClient",
    "Client",
    "Retries",
    "ServiceError",
    "Unreachable",
    "ainject",
    "inject",
]
