"""How a program reads its options: a dialect is a set of features, and the common ones have names.

A product names its dialect; a single command may differ (``dd`` among the GNU core utilities).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from corpora.errors import ConfigurationError


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Dialect:
    """What a program's option parser accepts. Every feature is off unless it is named."""

    name: str
    clusters: bool = False
    """``-abc`` is ``-a -b -c``."""
    attached: bool = False
    """``-n5`` is ``-n 5``."""
    short_equals: bool = False
    """``-n=5`` is ``-n 5``; elsewhere its value is ``=5``."""
    equals: bool = False
    """``--name=value`` is ``--name value``."""
    boolean_values: bool = False
    """A switch takes an attached truth value: ``--wait=false``."""
    abbreviations: bool = False
    """A long name may be cut short as long as one option alone begins so."""
    single_dash_words: bool = False
    """``-name`` is one name, never a cluster."""
    dash_insensitive: bool = False
    """``-name`` and ``--name`` are the same option."""
    dash_values: bool = False
    """The word after an option that needs a value is that value, even ``-x``."""
    optional_words: bool = False
    """An optional value may stand in the next word; elsewhere it must be attached."""
    many_words: bool = False
    """An option of many values takes all words up to the next option."""
    interspersed: bool = False
    """Options are read after positionals too."""
    terminator: bool = False
    """``--`` ends the options."""
    plus: bool = False
    """Options may begin with ``+``: ``dig +short``, ``set +x``."""
    key_values: bool = False
    """Options are words ``name=value``: ``dd if=disk``."""
    bare_words: bool = False
    """Names without a dash are options: ``ip link add dev x``, ``find ( … )``."""
    ordered: bool = False
    """The order of the options bears meaning: ``find``, ``ffmpeg``."""
    operands_first: bool = False
    """Operands come before all options: ``find DIR -name x``."""
    ignore_case: bool = False
    """``permitrootlogin`` is ``PermitRootLogin``."""
    underscores: bool = False
    """``--max_allowed_packet`` is ``--max-allowed-packet``."""
    early: bool = False
    """The options of a subcommand may stand before its name: ``kubectl -f pod.yaml apply``."""
    negations: tuple[str, ...] = ()
    """Prefixes that switch off any long option, documented or not: ``no-`` in git."""


_PRESETS = (
    # getopt_long(3): permutes arguments, takes unique abbreviations.
    Dialect(
        "gnu",
        clusters=True,
        attached=True,
        equals=True,
        abbreviations=True,
        dash_values=True,
        interspersed=True,
        terminator=True,
    ),
    # getopt(3) as POSIX has it: the first operand ends the options.
    Dialect("posix", clusters=True, attached=True, dash_values=True, terminator=True),
    # parse-options of git: GNU, and every switch has a --no- form.
    Dialect(
        "git",
        clusters=True,
        attached=True,
        equals=True,
        abbreviations=True,
        dash_values=True,
        interspersed=True,
        terminator=True,
        negations=("no-",),
    ),
    # curl's own parser: "--name=value" is unknown to it, and every switch has a --no- form.
    Dialect(
        "curl",
        clusters=True,
        attached=True,
        dash_values=True,
        interspersed=True,
        terminator=True,
        negations=("no-",),
    ),
    # my_getopt of MySQL and MariaDB: dashes and underscores are alike.
    Dialect(
        "mysql",
        clusters=True,
        attached=True,
        equals=True,
        abbreviations=True,
        boolean_values=True,
        dash_values=True,
        interspersed=True,
        terminator=True,
        underscores=True,
        negations=("skip-", "disable-"),
    ),
    # spf13/pflag, under cobra: kubectl, docker, helm, podman. No abbreviations.
    Dialect(
        "pflag",
        clusters=True,
        attached=True,
        short_equals=True,
        equals=True,
        boolean_values=True,
        dash_values=True,
        interspersed=True,
        terminator=True,
        early=True,
    ),
    # apt's own CommandLine class: "-o=Name=value", "-q=2", "--purge=no".
    Dialect(
        "apt",
        clusters=True,
        attached=True,
        short_equals=True,
        equals=True,
        boolean_values=True,
        dash_values=True,
        interspersed=True,
        terminator=True,
    ),
    # popt(3), which reads the whole line before cryptsetup looks for its action.
    Dialect(
        "popt",
        clusters=True,
        attached=True,
        short_equals=True,
        equals=True,
        dash_values=True,
        interspersed=True,
        terminator=True,
        early=True,
    ),
    # pgBackRest: getopt_long(3), switches that are negated or reset, values not told from switches.
    Dialect(
        "pgbackrest",
        equals=True,
        abbreviations=True,
        dash_values=True,
        optional_words=True,
        interspersed=True,
        terminator=True,
        negations=("no-", "reset-"),
    ),
    # Go's own flag package: terraform, OpenTofu, etcd, Prometheus.
    Dialect(
        "go",
        equals=True,
        boolean_values=True,
        single_dash_words=True,
        dash_insensitive=True,
        dash_values=True,
        terminator=True,
    ),
    # opt_next() of OpenSSL: one dash or two, '=' allowed, options before operands.
    Dialect(
        "openssl",
        equals=True,
        single_dash_words=True,
        dash_insensitive=True,
        dash_values=True,
        terminator=True,
    ),
    # Python's argparse: Azure CLI, ansible. A word with a dash is never a value.
    Dialect(
        "argparse",
        clusters=True,
        attached=True,
        short_equals=True,
        equals=True,
        abbreviations=True,
        optional_words=True,
        many_words=True,
        interspersed=True,
        terminator=True,
    ),
    # Calliope of the Google Cloud SDK: argparse without abbreviations, which its
    # parser_extensions.py turned off ("Cloud SDK no longer supports flag abbreviations").
    Dialect(
        "gcloud",
        clusters=True,
        attached=True,
        short_equals=True,
        equals=True,
        optional_words=True,
        many_words=True,
        interspersed=True,
        terminator=True,
    ),
    Dialect(
        "aws",
        equals=True,
        abbreviations=True,
        optional_words=True,
        many_words=True,
        interspersed=True,
        terminator=True,
    ),
    Dialect(
        "click",
        clusters=True,
        attached=True,
        equals=True,
        dash_values=True,
        interspersed=True,
        terminator=True,
    ),
    Dialect(
        "oclif",
        clusters=True,
        attached=True,
        equals=True,
        dash_values=True,
        interspersed=True,
        terminator=True,
    ),
    Dialect("dd", key_values=True),
    Dialect(
        "find",
        single_dash_words=True,
        bare_words=True,
        dash_values=True,
        interspersed=True,
        ordered=True,
        operands_first=True,
    ),
    Dialect(
        "iproute2",
        single_dash_words=True,
        bare_words=True,
        dash_values=True,
        interspersed=True,
        ordered=True,
    ),
    Dialect("dig", attached=True, plus=True, equals=True, dash_values=True, interspersed=True),
    # Configuration files: one parameter a line. Names as in sshd_config(5) ignore case.
    Dialect("configuration", key_values=True, bare_words=True, interspersed=True),
    Dialect("sql", bare_words=True, key_values=True, interspersed=True, ignore_case=True),
)

DIALECTS: Mapping[str, Dialect] = MappingProxyType({one.name: one for one in _PRESETS})
"""The named presets."""

GNU = DIALECTS["gnu"]


def dialect(name: str) -> Dialect:
    """Give the preset of that name. Raises ConfigurationError naming those there are."""
    try:
        return DIALECTS[name]
    except KeyError:
        raise ConfigurationError(
            f"No dialect is named {name!r}.", hint=f"Known: {', '.join(DIALECTS)}."
        ) from None
