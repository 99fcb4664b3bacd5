"""The image has no training runtime: building and serving do without what it uninstalls."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from corpus import SmallCorpus
from declared import ROOT

FOLDERS = {"scikit-learn": "sklearn"}
"""Packages that are imported by another name than they are installed by."""

WITHOUT = """
import runpy, sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in GONE:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Without())
if sys.argv[1] == "ask":
    import api.http
    from api.settings import load_settings
    from api.wiring import open_serving
    from retrieval.request import ContextRequest
    serving = open_serving(load_settings())
    api.http.create_app(serving)
    print(serving.engine().context(ContextRequest(query="git 2.30: commit all files")).snapshot)
else:
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


def uninstalled() -> list[str]:
    dockerfile = (ROOT / "Dockerfile").read_text()
    found = re.search(r"pip uninstall --yes --quiet (.+?)\n\n", dockerfile, re.DOTALL)
    assert found
    names = found[1].replace("\\\n", " ").split()
    return [FOLDERS.get(one, one.replace("-", "_")) for one in names]


def test_a_corpus_is_built_and_served_without_what_the_image_uninstalls(
    make_corpus: Callable[..., SmallCorpus], model_folder: Path
) -> None:
    gone = uninstalled()
    assert {"torch", "sentence_transformers", "sklearn"} <= set(gone)
    corpus = make_corpus("git-2.30")
    code = f"GONE = {gone!r}\n{WITHOUT}"
    tests = ROOT / "tests"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, tests))),
        "FLAGSTONE_DATA": str(corpus.data),
        "FLAGSTONE_MODELS": str(model_folder),
    }

    def run(*words: object) -> str:
        ran = subprocess.run(
            [sys.executable, "-c", code, *map(str, words)],
            capture_output=True, text=True, env=environment, timeout=120,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.splitlines()[-1]

    told = run(tests / "ingest/build_once.py", corpus.pages, corpus.data, model_folder)
    assert run("ask") == json.loads(told)["snapshot"]
