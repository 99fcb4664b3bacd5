"""Surfaces of real tools, cut down to what tests of validation ask: facts as their help states."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from commands.dialect import dialect
from commands.model import (
    Command,
    Deprecation,
    Evidence,
    Group,
    Option,
    Positional,
    Scope,
    Surface,
)
from commands.store import SurfaceStore
from commands.validate import Targets, programs
from commands.writer import write
from tests.commands.surfaces import kubectl

SURE = (Scope("binary", ("options", "commands", "repeatable")),)


def flag(*names: str, **facts: object) -> Option:
    return Option(names, "none", **facts)


def valued(*names: str, **facts: object) -> Option:
    return Option(names, "one", **facts)


def git(release: str) -> Surface:
    old = Deprecation("use --rebase-merges", "--rebase-merges", "2.22")
    preserve = (flag("-p", "--preserve-merges", deprecated=old),) if release == "2.30" else ()
    page = Evidence("documentation", f"https://git-scm.com/docs/{release}/git-rebase", "git rebase")
    return Surface(
        "git",
        release,
        ("binary",),
        (
            Command(
                ("git",),
                options=(
                    valued("-C"),
                    valued("-c", repeatable=True),
                    flag("--no-pager"),
                    valued("--git-dir"),
                ),
            ),
            Command(
                ("git", "commit"),
                options=(
                    flag("-a", "--all"),
                    valued("-m", "--message", repeatable=True),
                    flag("--amend"),
                    flag("-n", "--no-verify"),
                ),
                positionals=(Positional("pathspec", required=False, repeatable=True),),
            ),
            Command(
                ("git", "rebase"),
                options=(*preserve, flag("-r", "--rebase-merges"), flag("--interactive", "-i")),
                positionals=(Positional("upstream", False), Positional("branch", False)),
                evidence=(page,),
            ),
            Command(
                ("git", "push"),
                options=(
                    flag("-f", "--force"),
                    flag("-n", "--dry-run"),
                    flag("--force-with-lease"),
                ),
                positionals=(Positional("repository", False), Positional("refspec", False, True)),
            ),
            Command(("git", "log"), options=(valued("--max-count", "-n"), flag("-NUM"))),
            Command(("git", "stash"), positionals=(Positional("pathspec", False, True),)),
            Command(("git", "stash", "drop")),
        ),
        dialect("git"),
        SURE,
    )


def docker() -> Surface:
    run = Command(
        ("docker", "run"),
        aliases=(("docker", "container", "run"),),
        options=(
            flag("--rm", type="boolean"),
            flag("-i", "--interactive", type="boolean"),
            flag("-t", "--tty", type="boolean"),
            valued("--name", type="string"),
            valued("-v", "--volume", repeatable=True),
            valued("--cpu-count", type="integer"),
            valued("--restart", choices=("no", "always", "on-failure")),
            valued("--kernel-memory", hidden=True),
        ),
        positionals=(Positional("IMAGE"), Positional("COMMAND", False, remainder=True)),
    )
    return Surface(
        "docker",
        "28.2",
        ("binary",),
        (
            Command(("docker",), options=(valued("-H", "--host"), flag("-D", "--debug"))),
            run,
            Command(
                ("docker", "ps"),
                options=(flag("-a", "--all"), flag("-q", "--quiet")),
                synopsis=("docker ps [OPTIONS]",),
            ),
            Command(
                ("docker", "system", "prune"), options=(flag("-f", "--force"), flag("--volumes"))
            ),
        ),
        dialect("pflag"),
        SURE,
    )


def azure() -> Surface:
    old = Deprecation(note="It is no longer used.")
    return Surface(
        "azure",
        "2.89",
        ("model",),
        (
            Command(
                ("az", "vm", "delete"),
                options=(
                    valued("--name", "-n", required=True),
                    valued("--resource-group", "-g", required=True),
                    Option(("--ids",), "many", waives_required=True),
                    flag("--yes", "-y"),
                    flag("--no-wait"),
                    valued("--force-deletion", choices=("None", "Yes")),
                    flag("--quiet-mode", deprecated=old),
                    flag("--all"),
                    flag("--only-new"),
                    valued("--user"),
                    valued("--password"),
                ),
                groups=(
                    Group("at_most_one", ("--all", "--only-new")),
                    Group("all_or_none", ("--user", "--password")),
                ),
            ),
        ),
        dialect("argparse"),
        (Scope("model", ("options", "repeatable")),),
    )


def coreutils() -> Surface:
    """Read from manual pages alone: what they are silent about may exist."""
    return Surface(
        "coreutils",
        "9.7",
        ("documentation",),
        (
            Command(
                ("head",),
                options=(valued("-n", "--lines"), valued("-c", "--bytes"), flag("-NUM")),
                positionals=(Positional("FILE", False, True),),
            ),
            Command(
                ("dd",), options=(valued("if"), valued("of"), valued("bs")), dialect=dialect("dd")
            ),
            Command(
                ("cp",),
                options=(
                    flag("--recursive", "-r"),
                    flag("--reflink"),
                    flag("--remove-destination"),
                    flag("-f", "--force"),
                ),
                positionals=(Positional("SOURCE", True, True), Positional("DEST")),
            ),
            Command(("stub",), partial=True),
        ),
        dialect("gnu"),
    )


def terraform() -> Surface:
    return Surface(
        "terraform",
        "1.11",
        ("help",),
        (
            Command(("terraform",), options=(valued("-chdir"),)),
            Command(
                ("terraform", "plan"),
                options=(valued("-out"), flag("-destroy", type="boolean"), valued("-var")),
            ),
            Command(("terraform", "destroy"), options=(flag("-auto-approve"),)),
        ),
        dialect("go"),
        (Scope("help", ("options",)),),
    )


@cache
def surfaces() -> tuple[Surface, ...]:
    return (
        git("2.30"),
        git("2.39"),
        docker(),
        azure(),
        coreutils(),
        terraform(),
        *kubectl(),
    )


def open_tools(folder: Path) -> SurfaceStore:
    write(folder / "surfaces", surfaces())
    return SurfaceStore.open(folder / "surfaces")


def targets(store: SurfaceStore, stated: str = "", **releases: str) -> Targets:
    newest = {product: store.releases(product)[-1].label for product in store.products}
    return Targets({**newest, **releases}, programs(store), stated)
