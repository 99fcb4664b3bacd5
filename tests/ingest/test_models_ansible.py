"""ansible-core: modules out of their documentation strings, programs out of manual pages."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pytest

from commands.model import Command
from corpora.errors import ParseError, Reason
from corpora.tokens import default_counter
from ingest.models import MODELS
from ingest.models.ansible import plain
from ingest.models.base import Material, Modelled
from ingest.passages import cut
from ingest.sources.base import Document

FIXTURES = Path(__file__).parent / "fixtures" / "ansible-2.21"
MANUAL = b""".TH ANSIBLE-DOC 1 "" "Ansible 2.19" "System administration commands"
.SH NAME
ansible-doc \\- plugin documentation tool
.SH SYNOPSIS
.B ansible-doc [-h] [-v] [-M MODULE_PATH] [plugin ...]
.SH OPTIONS
.TP
.B \\-\\-metadata\\-dump
For internal use only.
.TP
.BI "\\-M " MODULE_PATH ", \\-\\-module\\-path " MODULE_PATH
prepend paths
"""


def read(others: Mapping[str, bytes] = MappingProxyType({})) -> Modelled:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    files = {
        str(path.relative_to(FIXTURES)).removesuffix(".txt"): path.read_bytes()
        for path in sorted(FIXTURES.rglob("*.txt"))
    } | dict(others)
    documents = tuple(
        Document(name, data, f"https://x.example/{name}", name, now) for name, data in files.items()
    )
    return MODELS["ansible"](Material("ansible-core", "2.21", documents))


@pytest.fixture(scope="module")
def assemble() -> Command:
    out = read()
    assert out.failures == ()
    return next(one for one in out.surface.commands if one.path == ("ansible.builtin.assemble",))


def test_a_module_is_known_by_both_its_names(assemble: Command) -> None:
    assert assemble.kind == "configuration"
    assert assemble.aliases == (("assemble",),)
    assert assemble.summary == "Assemble configuration files from fragments"


def test_options_are_its_own_and_those_of_the_fragments(assemble: Command) -> None:
    names = [one.names[0] for one in assemble.options]
    assert names[0] == "src"
    assert {"dest", "backup", "remote_src"} <= set(names)
    assert {"mode", "owner", "selevel"} <= set(names)  # of `files`
    assert "decrypt" in names
    assert assemble.option("unsafe_writes") is not None
    src = assemble.option("src")
    assert src is not None
    assert src.required
    assert src.type == "path"
    backup = assemble.option("backup")
    assert backup is not None
    assert backup.type == "boolean"
    assert backup.choices == ()
    assert not backup.required


def test_a_page_has_a_passage_for_each_parameter_and_example() -> None:
    (page,) = (one.page for one in read().pages)
    cuts = cut("ansible-core", page, default_counter())
    names = {name for one in cuts if one.passage.kind == "parameter" for name in one.passage.names}
    assert {"src", "dest", "delimiter", "mode"} <= names
    shown = [one.passage.text for one in cuts if one.passage.kind == "example"]
    assert any("ansible.builtin.assemble:" in text for text in shown)
    assert page.command == "ansible.builtin.assemble"


def test_programs_come_from_manual_pages_where_the_package_has_them() -> None:
    out = read({"usr/share/man/man1/ansible-doc.1": MANUAL})
    known = {one.path: one for one in out.surface.commands}
    program = known["ansible-doc",]
    assert program.option("--metadata-dump") is not None
    assert program.option("-M").arity == "one"  # type: ignore[union-attr]
    assert out.surface.sources == ("model", "documentation")
    assert ("ansible.builtin.assemble",) in known


def test_nothing_of_a_module_is_run_and_a_broken_one_is_named() -> None:
    out = read(
        {
            "ansible/modules/evil.py": b"import os\nos.abort()\nDOCUMENTATION = 'module: evil'\n",
            "ansible/modules/broken.py": b"def (:\n",
            "ansible/modules/strange.py": b"DOCUMENTATION = '[1'\n",
            "ansible/modules/helper.py": b"x = 1\n",
        }
    )
    assert ("ansible.builtin.evil",) in {one.path for one in out.surface.commands}
    assert [(one.name, one.reason) for one in out.failures] == [
        ("ansible/modules/broken.py", Reason.MALFORMED),
        ("ansible/modules/strange.py", Reason.MALFORMED),
    ]


def test_options_within_options_have_a_path_of_their_own() -> None:
    text = b'''DOCUMENTATION = """
module: nest
options:
  flags:
    type: dict
    suboptions:
      which: {type: list, choices: [ACK, SYN], required: true, description: "See O(flags)."}
"""
'''
    out = read({"ansible/modules/nest.py": text})
    known = {one.path: one for one in out.surface.commands}
    inner = known["ansible.builtin.nest", "flags"]
    which = inner.option("which")
    assert which is not None
    assert which.required
    assert which.choices == ("ACK", "SYN")
    assert which.description == "See flags."


def test_a_package_without_either_is_refused() -> None:
    with pytest.raises(ParseError) as caught:
        MODELS["ansible"](Material("ansible-core", "2.21", ()))
    assert caught.value.reason is Reason.EMPTY


def test_mark_up_is_taken_off() -> None:
    text = "Use O(mode) as C(chmod) does, RV(x), or M(ansible.builtin.file). See (this)."
    assert plain(text) == "Use mode as chmod does, x, or ansible.builtin.file. See (this)."
