import contextlib
import gzip
import os
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parse_pages import FIXTURES, entries, entry, read, section, texts

from corpora.errors import ParseError, Reason, ToolMissing
from corpora.model import Page
from ingest.parse import man, mandoc

HEAD = ".TH TESTED 1\n.SH NAME\ntested \\- a page for tests\n"


def page(roff: str, name: str = "man1/tested.1") -> Page:
    return man.parse(name, (HEAD + roff).encode())


def test_name_gives_title_and_summary_and_the_synopsis_the_command():
    found = read("git-2.47/git-commit.1")
    assert found.slug == "git-commit"
    assert found.title == "git-commit"
    assert found.summary == "Record changes to the repository"
    assert found.command == "git commit"


def test_compressed_and_plain_pages_are_the_same():
    data = (FIXTURES / "git-2.30/git-commit.1").read_bytes()
    packed = man.parse("usr/share/man/man1/git-commit.1.gz", gzip.compress(data))
    assert packed == man.parse("usr/share/man/man1/git-commit.1", data)


def test_a_synopsis_keeps_its_lines():
    found = texts(section(read("git-2.47/git-commit.1"), "SYNOPSIS").blocks, "code")[0]
    lines = found.split("\n")
    assert lines[0].startswith("git commit [-a | --interactive | --patch]")
    assert lines[1].startswith("           [--dry-run]")
    assert "" not in lines


def test_two_commands_on_one_line_of_a_synopsis_are_parted():
    found = section(read("docker-28.5/docker-container-cp.1"), "SYNOPSIS")
    assert texts(found.blocks, "code") == [
        "docker container cp [OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n"
        "docker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH"
    ]


def test_options_of_asciidoc_pages_are_entries():
    found = section(read("git-2.47/git-commit.1"), "OPTIONS")
    terms = [one.terms for one in entries(found.blocks)]
    assert terms[:4] == [
        ("-a", "--all"),
        ("-p", "--patch"),
        ("-C <commit>", "--reuse-message=<commit>"),
        ("-c <commit>", "--reedit-message=<commit>"),
    ]


def test_numbered_and_bulleted_lists_are_lists():
    found = texts(section(read("git-2.47/git-commit.1"), "DESCRIPTION").blocks)
    assert any(text.startswith("1. by using git-add(1)") for text in found)
    copied = texts(section(read("docker-28.5/docker-container-cp.1"), "DESCRIPTION").blocks)
    at = copied.index("- SRC_PATH specifies a file")
    assert copied[at + 1 : at + 3] == [
        "  - DEST_PATH does not exist",
        "    - the file is saved to a file created at DEST_PATH",
    ]


def test_a_note_keeps_its_label():
    found = entry(read("git-2.47/git-commit.1"), "ISO 8601")
    assert any(text.startswith("Note: In addition, the date part") for text in texts(found.body))


def test_configuration_entries_nest():
    advice = entry(read("git-2.47/git-config.1"), "advice.*")
    assert ("detachedHead",) in [one.terms for one in entries(advice.body)]


def test_an_option_of_md2man_owns_the_paragraphs_after_it():
    found = read("docker-20.10/docker-run.1")
    shares = entry(found, "--cpu-shares=0")
    assert texts(shares.body)[0] == "CPU shares (relative weight)"
    assert len(texts(shares.body)) > 3
    assert texts(shares.body, "code")[0].startswith("PID    container")
    assert entry(found, "--attach=[]").terms == ("-a", "--attach=[]")
    assert texts(entry(found, "--tmpfs=[]").body)[0] == "Create a tmpfs mount"


def test_an_option_of_a_generated_page_ends_at_its_tab():
    found = read("docker-28.5/docker-container-run.1")
    volume = entry(found, "--volume=")
    assert volume.terms == ("-v", "--volume=")
    assert texts(volume.body) == ["Bind mount a volume"]
    assert found.command == "docker container run"


def test_a_table_is_rows():
    ipc = entry(read("docker-20.10/docker-run.1"), '--ipc=""')
    assert texts(ipc.body, "table")[0].split("\n")[0] == "Value | Description"


def test_the_line_that_ends_every_git_page_is_left_out():
    assert "GIT" not in [one.heading for one in read("git-2.47/git-commit.1").sections]


def test_tagged_paragraphs_are_entries_and_what_is_indented_below_belongs_to_them():
    found = page(
        ".SH OPTIONS\n.TP\n\\fB\\-a\\fR, \\fB\\-\\-all\\fR\ndo not ignore entries\n"
        ".TP\n.B \\-w\n.TQ\n.B \\-\\-wide\nboth of them\n.RS\n.IP \\(bu 2\nfirst point\n.RE\n"
    )
    assert entry(found, "-a").terms == ("-a", "--all")
    wide = entry(found, "--wide")
    assert wide.terms == ("-w", "--wide")
    assert texts(wide.body) == ["both of them", "- first point"]


def test_mdoc_pages_are_read():
    found = man.parse(
        "man1/ssh.1",
        b".Dd May 1, 2024\n.Dt SSH 1\n.Os\n.Sh NAME\n.Nm ssh\n.Nd remote login client\n"
        b".Sh SYNOPSIS\n.Nm ssh\n.Op Fl 46Aa\n.Op Fl B Ar bind_interface\n.Ar destination\n"
        b".Sh DESCRIPTION\n.Bl -tag -width Ds\n.It Fl B Ar bind_interface\n"
        b"Bind to the address of it.\n.El\n",
    )
    assert (found.title, found.summary, found.command) == ("ssh", "remote login client", "ssh")
    assert texts(section(found, "SYNOPSIS").blocks, "code") == [
        "ssh [-46Aa] [-B bind_interface] destination"
    ]
    assert entry(found, "-B bind_interface").anchor == "B"


def test_synonyms_on_lines_of_their_own_are_spellings():
    found = page(
        ".SH OPTIONS\n.PP\n\\fB\\-a\\fR\n.br\n\\fB\\-\\-data\\-only\\fR\n"
        ".RS 4\nOnly the data\\&.\n.RE\n"
    )
    assert entry(found, "-a").terms == ("-a", "--data-only")


def test_a_heading_that_is_an_option_is_an_entry():
    found = page(
        ".SH OPTIONS\n.SS \\fB--annotation\\fP=\\fIkey=value\\fP\nAdd an annotation.\n"
        ".PP\nMore of it.\n"
    )
    assert texts(entry(found, "--annotation=key=value").body) == [
        "Add an annotation.",
        "More of it.",
    ]


@pytest.mark.parametrize(
    ("name", "synopsis", "command"),
    [
        ("man1/git-rev-parse.1.gz", "git rev-parse [<options>]", "git rev-parse"),
        ("man1/git-replay.1", "(EXPERIMENTAL!) git replay --onto=<base>", "git replay"),
        ("man1/docker-container-run.1", "docker container run IMAGE", "docker container run"),
        ("man1/pg_dump.1", "pg_dump [option...]", "pg_dump"),
        ("man8/dockerd.8", "something else entirely", "dockerd"),
        ("man5/gitignore.5", "$XDG_CONFIG_HOME/git/ignore, .gitignore", ""),
    ],
)
def test_the_command_is_spelled_as_the_synopsis_has_it(name: str, synopsis: str, command: str):
    found = page(f".SH SYNOPSIS\n{synopsis}\n.SH DESCRIPTION\nSome words of text.\n", name)
    assert found.command == command


def test_an_included_file_is_not_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the contents of a secret file\n")
    away = os.path.relpath(secret, "/")
    found = page(
        f".SH DESCRIPTION\nSome words of text.\n.so {secret}\n.so ../../../../../../{away}\n"
        f".so {away}\n"
    )
    assert "secret file" not in found.model_dump_json()


def test_an_alias_says_what_it_names():
    with pytest.raises(ParseError, match=r"man1/git-commit\.1") as caught:
        man.parse("man1/git-ci.1", b'.\\" generated\n.so man1/git-commit.1\n')
    assert caught.value.reason is Reason.EMPTY


def test_a_missing_mandoc_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _program: None)
    with pytest.raises(ToolMissing, match="apt-get install mandoc"):
        page(".SH DESCRIPTION\nSome words of text.\n")


def test_a_page_that_does_not_end_is_stopped(monkeypatch):
    monkeypatch.setattr(mandoc, "MAX_OUTPUT", 64 * 1024)
    words = "some words of text\n" * 8192
    with pytest.raises(ParseError) as caught:
        page(f".SH DESCRIPTION\n{words}")
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_page_that_takes_too_long_is_stopped(monkeypatch, tmp_path):
    slow = tmp_path / "mandoc"
    slow.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _program: str(slow))
    monkeypatch.setattr(mandoc, "SECONDS", 1)
    with pytest.raises(ParseError) as caught:
        page(".SH DESCRIPTION\nSome words of text.\n")
    assert caught.value.reason is Reason.TIMED_OUT


def test_a_gzip_bomb_is_not_unpacked():
    bomb = gzip.compress(b"\0" * (64 * 1024 * 1024))
    with pytest.raises(ParseError) as caught:
        man.parse("man1/bomb.1.gz", bomb)
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("keep", [5, 30, -3])
def test_a_damaged_archive_says_so(keep: int):
    packed = gzip.compress((FIXTURES / "git-2.30/git-commit.1").read_bytes())
    with pytest.raises(ParseError) as caught:
        man.parse("man1/git-commit.1.gz", packed[:keep])
    assert caught.value.reason is Reason.DAMAGED_ARCHIVE


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_but_parse_errors(data: bytes):
    with contextlib.suppress(ParseError):
        man.parse("man1/x.1", data)


_REQUESTS = st.sampled_from(
    (
        *(".PP", ".TP", ".RS 4", ".RE", ".nf", ".fi", ".SH OPTIONS", ".SS Sub", ".br", ".sp"),
        *(".IP \\(bu 2", "\\fB\\-a\\fR, \\fB\\-\\-all\\fR", "\\fB--x\\fP=[]"),
        *("words of text", "Note", "\ttabbed", " 1."),
    )
)


@settings(max_examples=40, deadline=None)
@given(st.lists(_REQUESTS, max_size=40))
def test_no_arrangement_of_requests_is_too_odd(requests: list[str]):
    body = ".SH DESCRIPTION\nFour words at least.\n" + "\n".join(requests)
    assert page(body) == page(body)
