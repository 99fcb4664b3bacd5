"""What the pages say of settings, commands, options and codes is so."""

import inspect
import re
import shlex
from pathlib import Path

import pytest

from api.middleware.tags import FIXED
from api.problems import HTTP_CODES, MAX_BODY
from api.reference import commands
from api.settings import Settings
from corpora import errors
from corpora.errors import FlagstoneError

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
VARIABLE = re.compile(r"FLAGSTONE_([A-Z_]*[A-Z])")

CALLERS = {"key"}
"""Of the environment of a client, in the examples of its configuration."""

SERVING = (ROOT / "docs" / "serving.md").read_text("utf-8")


def deployed() -> set[str]:
    """Variables that the deployment reads itself, and the service does not."""
    files = [ROOT / "docker-compose.yml", *(ROOT / "deploy").rglob("*.sh")]
    return {name.lower() for file in files for name in VARIABLE.findall(file.read_text("utf-8"))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_that_a_page_names_are_there(page: Path) -> None:
    named = {name.lower() for name in VARIABLE.findall(page.read_text("utf-8"))}
    assert named <= {*Settings.model_fields, *deployed(), *CALLERS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_that_a_page_shows_are_there(page: Path) -> None:
    known = dict(commands())
    shown = re.findall(
        r"^\$ (?:\.venv/bin/)?flagstone (.*?)(?: +#.*)?$", page.read_text("utf-8"), re.MULTILINE
    )
    for shown_line in shown:
        line = re.split(r" (?:&&|\|) ", shown_line)[0]
        words = shlex.split(line)
        name = next((n for n in sorted(known, key=len, reverse=True) if line.startswith(n)), None)
        assert name, line
        options = {spelled for one in known[name].params for spelled in one.opts} | {"--help"}
        used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert used <= options, line


def test_codes_of_the_limits_are_there() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    codes = {kind.code for kind in kinds if issubclass(kind, FlagstoneError)}
    codes |= {code for code, _ in HTTP_CODES.values()}
    named = re.findall(r"\b[45]\d\d\s+`(\w+)`", SERVING)
    assert len(named) >= 6
    assert set(named) <= codes
    assert f"{MAX_BODY // 1024} KiB" in SERVING


def test_paths_that_have_a_tag_are_named() -> None:
    part = SERVING.split("## What need not be sent twice")[1]
    for path in re.findall(r"`(/[a-z.]+)`", part.split("has an")[0]):
        assert FIXED.match(path), path
