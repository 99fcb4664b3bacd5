"""The benchmark's own parts: lines are cut out whole, mutations are wrong, and they are counted."""

import gzip
import json
import random

import pytest

from eval.validator import examples
from eval.validator.__main__ import main
from eval.validator.mutate import mutations
from eval.validator.truth import load

PAGE = """
Text about `kubectl get`.

```console
$ kubectl get pods \\
    --output wide
NAME   READY
kubectl   1/1
$ kubectl logs web --since '1h
 30m' && \\
  echo done
```

```yaml
kubectl: no
```
"""


def dump(path, release, flags):
    commands = {
        "kubectl": {"flags": [], "subcommands": ["get", "logs"]},
        "kubectl get": {"flags": [flag(*one) for one in flags]},
        "kubectl logs": {
            "flags": [flag("--since", "string", None), flag("--follow", "bool", "-f")]
        },
    }
    shared = [flag("--namespace", "string", "-n")]
    raw = {"tool": "kubectl", "version": release, "commands": commands, "global_flags": shared}
    path.write_bytes(gzip.compress(json.dumps(raw).encode()))
    return path


def flag(name, kind, short):
    return {"name": name, "type": kind, "short": short, "enum": None, "repeatable": None}


@pytest.fixture
def dumps(tmp_path):
    old = [("--output", "string", "-o"), ("--export", "bool", None)]
    new = [("--output", "string", "-o"), ("--show-kind", "bool", None)]
    return [dump(tmp_path / "a", "1.17.0", old), dump(tmp_path / "b", "1.18.0", new)]


def test_lines_are_cut_out_whole(tmp_path):
    (tmp_path / "page.md").write_text(PAGE)
    assert list(examples.collect(tmp_path, "kubectl")) == [
        "kubectl get pods \\\n    --output wide",
        "kubectl logs web --since '1h\n 30m' && \\\n  echo done",
    ]


def test_manual_pages_are_read_in_their_examples(tmp_path):
    page = ".SH NAME\nkubectl \\- a tool\n.nf\n# kubectl get pods \\-o wide\n.fi\nkubectl is good\n"
    (tmp_path / "kubectl.1").write_text(page)
    assert list(examples.collect(tmp_path, "kubectl")) == ["kubectl get pods -o wide"]


def test_a_mutation_is_wrong_and_knows_its_code(dumps):
    old, new = map(load, dumps)
    rng = random.Random(4)  # noqa: S311
    line, foreign = "kubectl get pods --output x", ["--elephant"]
    made = [one for _ in range(20) for one in mutations(line, new, [old], foreign, rng)]
    by_kind = {one.kind: one for one in made}
    assert by_kind["another release's flag"].codes == ("removed_flag",)
    assert by_kind["another tool's flag"].text == "kubectl get --elephant pods --output x"
    assert by_kind["sibling's flag"].codes == ("unknown_flag",)
    assert len({one.text for one in made if one.kind == "typo"}) > 3


def test_a_run_prints_the_tables_and_tells_whether_the_goals_are_met(dumps, tmp_path, capsys):
    (tmp_path / "page.md").write_text(PAGE)
    given = [word for path in dumps for word in ("--truth", str(path))]
    given += ["--examples", f"kubectl@1.18={tmp_path / 'page.md'}"]
    assert main(given) == 0
    said = capsys.readouterr().out
    assert "kubectl@1.18" in said
    assert "false accepts" in said
    (tmp_path / "page.md").write_text("```\n$ kubectl get --elephant\n```\n")
    out = tmp_path / "wrong.json"
    assert main([*given, "--out", str(out)]) == 1
    (wrong,) = json.loads(out.read_text())
    reviewed = tmp_path / "reviewed.toml"
    reviewed.write_text(f'[wrong]\n"{wrong["sha256"]}" = "no such option"\n')
    assert main([*given, "--reviewed", str(reviewed)]) == 0
