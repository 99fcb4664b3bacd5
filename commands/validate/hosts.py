"""Programs whose subcommands may be programs of their own, and what each calls them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from commands.shell.wrappers import word_set

PLUGINS: Mapping[str, str] = MappingProxyType(
    {
        "docker": "docker-",
        "git": "git-",
        "kubectl": "kubectl-",
        "oc": "oc-",
        "helm": "helm plugin ",
        "gh": "gh extension ",
        "cargo": "cargo-",
        "pulumi": "pulumi-",
    }
)
"""Program → what the name of a plugin begins with."""

SHIPPED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        # The plugins of Docker's own packages (docker-compose-plugin, docker-buildx-plugin …) and
        # of Docker Desktop 4.40, as `docker info` lists them: products of their own.
        "docker": word_set(
            "ai app bake build-cloud buildx cloud compose debug desktop dev extension feedback "
            "init mcp model offload sandbox sbom scan scout"
        ),
        # Packages beside git itself.
        "git": word_set("annex crypt flow lfs review secret subrepo"),
        # The plugins most wanted in the krew index that are named by one word.
        "kubectl": word_set("argo cnpg convert ctx krew kyverno minio neat ns oidc-login"),
        "helm": word_set("cm-push diff mapkubeapis s3 schema secrets unittest"),
    }
)
"""Plugins that are common: not subcommands of the product, and not invented either."""

BUILTINS = word_set(
    ". : [ [[ alias bg bind break builtin caller case cd command compgen complete continue "
    "declare dirs disown echo enable eval exec exit export false fc fg getopts hash help "
    "history jobs kill let local logout mapfile popd printf pushd pwd read readarray "
    "readonly return set shift shopt source suspend test times trap true type typeset "
    "ulimit umask unalias unset wait"
)
"""What bash(1) itself runs. A product may document a program of the same name (``kill``)."""
