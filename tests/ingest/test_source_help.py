"""Programs asked for their help: what they can't reach, and how far they are asked."""

import shutil
import socket
import threading
from pathlib import Path

import pytest

from corpora.errors import SourceError, ToolMissing
from corpora.sources import HelpSource as Declaration
from ingest.sources import help as help_source
from ingest.sources import sandbox
from ingest.sources.sandbox import Allowance, Tree, confinement

confined = pytest.mark.skipif(
    not confinement(), reason="this machine has neither bubblewrap nor user namespaces"
)


def tree(folder: Path, **programs: str) -> Tree:
    (folder / "usr/bin").mkdir(parents=True)
    for name, script in programs.items():
        path = folder / "usr/bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    return Tree(folder, unconfined=True)


def asked(found: Tree, name: str, *words: str) -> str:
    path = found.program(name)
    assert path is not None
    return found.output(path, words)


@confined
def test_a_program_sees_no_network_no_files_and_no_variables_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    with socket.create_server(("127.0.0.1", 0)) as server:
        heard: list[object] = []
        threading.Thread(target=lambda: heard.append(server.accept()), daemon=True).start()
        port = server.getsockname()[1]
        script = (
            f"cat {secret} /proc/1/environ; env; touch /tree/x /usr/x && echo written; "
            f"python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 2)' "
            "&& echo connected; ls /home /root /etc/passwd; kill -9 1; echo end"
        )
        said = asked(tree(tmp_path / "tree", spy=script), "spy", "--help")
        assert heard == []
    assert said.rstrip().endswith("end")
    for word in ("hunter2", "written", "connected"):
        assert word not in said
    assert not (tmp_path / "tree/x").exists()


@pytest.mark.parametrize("kind", ["bwrap", "unshare"])
def test_a_folder_beside_the_tree_is_seen_and_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    which = shutil.which
    monkeypatch.setattr(
        shutil,
        "which",
        lambda name: None if name in ("bwrap", "unshare") and name != kind else which(name),
    )
    sandbox.confinement.cache_clear()
    try:
        if confinement() != kind:
            pytest.skip(f"this machine can't shut programs in with {kind}")
        beside = tmp_path / "be side*"
        for folder in (beside, tmp_path / "tree", tmp_path / "secret"):
            folder.mkdir()
        program = beside / "program"
        program.write_text(
            '#!/bin/sh\nls "$(dirname "$0")"/..; touch "$0.x" && echo written; exit 3'
        )
        program.chmod(0o755)
        answer = Tree(tmp_path / "tree", beside=(beside,)).answer(program, [], Allowance())
    finally:
        sandbox.confinement.cache_clear()
    assert answer.status == 3
    assert answer.output == b"be side*\n"
    assert "Read-only" in answer.errors


def test_time_and_output_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "SECONDS", 2)
    monkeypatch.setattr(sandbox, "MAX_OUTPUT", 2**20)
    found = tree(tmp_path, slow="sleep 60", loud="yes", good='echo "help of $*"')
    assert asked(found, "slow", "--help") == ""
    assert len(asked(found, "loud", "--help")) <= 2**20
    assert asked(found, "good", "a b", "--help") == "help of a b --help\n"


def test_nothing_is_run_where_nothing_shuts_it_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "confinement", lambda: "")
    with pytest.raises(ToolMissing, match="can't shut"):
        Tree(tmp_path)
    assert Tree(tmp_path, unconfined=True).program("none") is None


SHOUTING = """
top='Usage:\\n  tool COMMAND\\n\\nCommands:\\n  run     Run it\\n  odd   Odd one\\n'
case "$*" in
  "--help") printf "$top";;
  "run --help") printf 'Usage:\\n  tool run\\n\\nAvailable Commands:\\n  fast   Faster\\n';;
  "run fast --help") printf 'Usage:\\n  tool run fast\\n\\nFlags:\\n  -n, --now   At once\\n';;
  "odd --help") printf "$top";;
  "options") printf 'These options can be passed to any command:\\n\\n    --v=0:\\n\\tLevel\\n';;
esac
"""


def declaration(**given: object) -> Declaration:
    fields = {"packages": ("p",), "programs": ("tool",), "url": "u", **given}
    return Declaration.model_validate(fields)


def test_every_subcommand_that_is_listed_is_asked_and_echoes_of_the_parent_are_dropped(
    tmp_path: Path,
) -> None:
    found = tree(tmp_path, tool=SHOUTING)
    path = tmp_path / "usr/bin/tool"
    declared = declaration(also=(("options",),))
    texts = dict(help_source._texts(found, path, "tool", declared))
    assert list(texts) == [("tool",), ("tool", "run"), ("tool", "run", "fast")]
    assert "--v=0" in texts["tool",]
    shallow = declaration(depth=1)
    assert len(list(help_source._texts(found, path, "tool", shallow))) == 2


def test_a_program_that_lists_itself_for_ever_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(help_source, "MAX_COMMANDS", 10)
    script = 'echo "$*"; printf \'Commands:\\n\'; for i in a b c; do echo "  $i$#   Deeper"; done'
    found = tree(tmp_path, tool=script)
    with pytest.raises(SourceError, match="more than 10"):
        list(help_source._texts(found, tmp_path / "usr/bin/tool", "tool", declaration()))
