"""Every setting, read from the environment here and nowhere else (prefix ``FLAGSTONE_``)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from corpora.errors import ConfigurationError, InvalidRequest
from corpora.sources import SOURCE_KINDS, SourceKind

PREFIX = "FLAGSTONE_"

SECRETS = Path("/run/secrets")
"""Where engines of containers mount secrets: a file there, named as the variable in lower case,
stands for it. The environment goes first."""


class Settings(BaseSettings):
    """How this installation runs. Each field is an environment variable in upper case."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    data: Path = Field(
        default_factory=lambda: user_data_path("flagstone"),
        description="Where snapshots, downloads and models are kept.",
    )
    products: Path | None = Field(
        None, description="A folder of product declarations to use instead of the shipped ones."
    )
    paraphrases: bool = Field(
        True, description="Whether a build indexes passages with paraphrases of what they answer."
    )
    models: Path | None = Field(
        None, description="Where exported embedding models are kept; empty: in the data folder."
    )
    model: str = Field(
        "", description="A sentence-transformers model name or path; empty: all-MiniLM-L6-v2."
    )
    precision: Literal["fp32", "int8"] = Field(
        "fp32", description="Arithmetic that passages are embedded with; questions mostly in int8."
    )
    processes: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=0,
        description="Reading processes in a build; 0 reads in the main process.",
    )
    embed_workers: int = Field(
        1, ge=1, le=64, description="Embedding processes in a build, of one thread each; 1: none."
    )
    on_failure: Literal["skip", "fail"] = Field(
        "skip", description="Whether a broken page or release is left out, or ends the build."
    )
    sources: Annotated[tuple[SourceKind, ...], NoDecode] = Field(
        SOURCE_KINDS,
        description="Kinds of source that a build may ask, comma-separated, the first first.",
    )
    egress_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="The only hosts that may be asked, comma-separated; empty: any public one."
    )
    egress_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="Networks that may be asked although they are private, comma-separated."
    )
    egress_proxy: SecretStr | None = Field(
        None, description="Address of a proxy for all requests of the crawler."
    )
    egress_ca_file: Path | None = Field(
        None, description="Certificates to trust instead of the public authorities'."
    )
    source_roots: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="Folders below which documentation may be read, comma-separated."
    )
    mirrors: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Local folders for git repositories: docker/cli=/srv/docker-cli, "
        "comma-separated; OWNER/NAME@REF=FOLDER is of one tag or branch.",
    )
    installed: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Folders of installed tools, each a release of its product: "
        "gcloud=/opt/google-cloud-sdk, comma-separated.",
    )
    pypi_index: str | None = Field(
        None, description="Address of a Python package index; empty: the one of this machine's pip."
    )
    npm_registry: str | None = Field(
        None, description="Address of an npm registry; empty: the one of this machine's npm."
    )
    unconfined_help: bool = Field(
        False,
        description="Ask programs what they accept even where they can't be shut in a sandbox.",
    )
    keep_snapshots: int = Field(
        3, ge=1, description="Snapshots to keep, the serving one among them."
    )
    keep_downloads_days: int = Field(
        60, ge=0, description="Days after which a refresh deletes unused downloads; 0: never."
    )
    prune_vectors: bool = Field(
        False,
        description="Delete, once a refresh has published, the vectors that no kept snapshot has.",
    )
    debian_mirror: str | None = Field(
        None, description="Address of a Debian archive; empty: the one this machine's apt uses."
    )
    qdrant_url: str | None = Field(
        None, description="A Qdrant server to index into; empty: the embedded engine."
    )
    qdrant_api_key: SecretStr | None = Field(None, description="Key of that server.")
    qdrant_ca: Path | None = Field(
        None, description="Certificates that may vouch for it over https; empty: the system's."
    )
    qdrant_prefix: str = Field(
        "flagstone",
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Alias of the serving collection there, and before the names of all of them.",
    )
    qdrant_shards: int = Field(1, ge=1, le=64, description="Shards of a collection there.")
    qdrant_replicas: int = Field(1, ge=1, le=16, description="Copies of each shard.")
    qdrant_on_disk: bool = Field(
        False, description="Whether vectors are read from the disk there, and not held in memory."
    )
    qdrant_quantization: Literal["none", "int8"] = Field(
        "none", description="`int8` searches vectors of a quarter of the size, then rescores."
    )
    qdrant_parallel: int = Field(
        4, ge=1, le=64, description="Requests under way at once while a build uploads."
    )
    snapshot_key: Path | None = Field(
        None,
        description="Public key (PEM, Ed25519) that a snapshot must be signed with to be imported.",
    )
    host: str = Field("127.0.0.1", description="Address that `flagstone serve` listens on.")
    port: int = Field(8600, ge=0, le=65_535, description="Port that `flagstone serve` listens on.")
    allowed_hosts: str = Field(
        "",
        description="Host names that the service goes by, with commas between; `*.example.org` and"
        " `*` are possible. Empty: on a loopback address those of this machine, else any.",
    )
    cors_origins: str = Field(
        "",
        description="Origins whose web pages may call the service, with commas between;"
        " empty: none but its own.",
    )
    allow_anonymous: bool = Field(
        False,
        description="Whether to listen beyond this machine although there are no API keys"
        " (`flagstone keys create` makes one).",
    )
    open_probes: bool = Field(
        False, description="Whether `/healthz` and `/readyz` answer without a key, for probes."
    )
    rate_limit: int = Field(
        600,
        ge=0,
        le=1_000_000,
        description="Calls a minute that one API key may make; 0: any number.",
    )
    body_seconds: float = Field(
        10, gt=0, le=3_600, description="How long a request's body may take to arrive."
    )
    answer_seconds: float = Field(
        30, gt=0, le=3_600, description="How long an answer may take; then `timed_out`."
    )
    traces: str = Field(
        "",
        description="Address of an OpenTelemetry collector (OTLP over HTTP) for traces, e.g."
        " `http://127.0.0.1:4318/v1/traces`; empty: none. Needs the extra `tracing`.",
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="How `flagstone serve` logs: lines for people, or JSON lines."
    )
    log_queries: bool = Field(
        False, description="Whether the log may hold what was asked. It never holds keys."
    )

    @field_validator(
        "sources",
        "egress_hosts",
        "egress_networks",
        "source_roots",
        "mirrors",
        "installed",
        mode="before",
    )
    @classmethod
    def _listed(cls, given: object) -> object:
        """``a, b`` as an environment variable has it."""
        if isinstance(given, str):
            return tuple(word for part in given.split(",") if (word := part.strip()))
        return given

    workers: int = Field(1, ge=1, le=64, description="Processes that answer on that port.")
    active: int = Field(
        16, ge=1, le=512, description="Requests that each of them answers at the same time."
    )
    waiting: int = Field(
        64, ge=0, le=4_096, description="Requests more that may wait for it; others are refused."
    )


@contextmanager
def counting_in(folder: Path) -> Iterator[None]:
    """Have processes that are started meanwhile count together, in files of ``folder``.

    prometheus-client takes the folder from the environment alone, when it is loaded.
    """
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    try:
        yield
    finally:
        del os.environ["PROMETHEUS_MULTIPROC_DIR"]


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with ``overrides`` that are not None laid over them.

    Raises ConfigurationError naming the variable that is wrong, InvalidRequest naming the option
    where it is an override.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        secrets = SECRETS if SECRETS.is_dir() else None
        return Settings(_secrets_dir=secrets, **given)  # type: ignore[arg-type]  # pydantic checks
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"])
        if name in given:
            raise InvalidRequest(
                f"--{name.replace('_', '-')}: {first['msg']}.", hint="See --help of the command."
            ) from error
        variable = f"{PREFIX}{name}".upper()
        raise ConfigurationError(
            f"{variable}: {first['msg']}.", hint=f"Correct {variable} in the environment."
        ) from error
