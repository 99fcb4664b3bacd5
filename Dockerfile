# syntax=docker/dockerfile:1
# Flagstone with its embedding model inside: no GPU, no torch, and nothing fetched at run time.
#
#   export   installs everything, torch included, and exports the model to ONNX once
#   service  what answers and refreshes: the same environment without the training runtime
#
# Where an index of packages has to be named (a mirror, a machine behind a proxy), give pip's own
# variables as build arguments, or mount a pip.conf as the secret "pip".
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS export
# The index of CPU builds; set it empty where pip is configured to find one already.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/flagstone/venv
ENV PATH=/opt/flagstone/venv/bin:$PATH
WORKDIR /src
# Dependencies first: they change less often than the code, and are the larger layer.
COPY pyproject.toml constraints.txt ./
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    pip install --constraint constraints.txt torch==2.13.0 ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} \
 && python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > requirements.txt \
 && pip install --constraint constraints.txt --requirement requirements.txt
COPY README.md LICENSE ./
COPY corpora corpora
COPY commands commands
COPY ingest ingest
COPY retrieval retrieval
COPY eval eval
COPY api api
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    pip install --no-deps . \
 && python -c "from pathlib import Path; from retrieval.embed import open_embedder; open_embedder(Path('/opt/flagstone/models'))" \
 && pip uninstall --yes --quiet torch sentence-transformers transformers scikit-learn scipy \
    sympy mpmath networkx joblib threadpoolctl onnx ml_dtypes

FROM python:${PYTHON} AS service
# mandoc reads manual pages; apt, which the image has, fetches packages into /data alone. The
# versions are the image's own suite: pinning one would break the build at each security update.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends mandoc \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin flagstone \
 && install --directory --owner flagstone --group flagstone /data
COPY --from=export /opt/flagstone /opt/flagstone
COPY --chmod=0755 deploy/refresh.sh /usr/local/bin/flagstone-refresh
ENV PATH=/opt/flagstone/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    HOME=/tmp \
    FLAGSTONE_DATA=/data \
    FLAGSTONE_MODELS=/opt/flagstone/models \
    FLAGSTONE_HOST=0.0.0.0 \
    FLAGSTONE_PORT=8600
USER 10001:10001
VOLUME /data
EXPOSE 8600
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8600/readyz', timeout=2)"]
ENTRYPOINT ["flagstone"]
CMD ["serve"]
