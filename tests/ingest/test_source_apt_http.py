"""The private apt over HTTP: what it asks of a mirror, and how it takes a refusal."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from source_debs import Repository, build_deb, needs_apt

from corpora.errors import Reason, SourceError
from ingest.sources.apt import AptArchive

pytestmark = needs_apt


class Recorder(SimpleHTTPRequestHandler):
    """Serves a folder, and notes what was asked for and how it was answered."""

    answered: ClassVar[list[tuple[str, int]]] = []

    def log_request(self, code: int | str = 0, size: int | str = 0) -> None:
        self.answered.append((Path(self.path).name, int(code)))

    def log_error(self, *words: object) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "mirror")
    made.publish("sid", [build_deb(tmp_path, "tool", v, {}) for v in ("1.0-1", "2.0-1")])
    return made


@pytest.fixture
def served(repository: Repository) -> Iterator[str]:
    """The address of the repository over HTTP."""
    Recorder.answered.clear()
    handler = functools.partial(Recorder, directory=str(repository.root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_over_http_only_what_changed_is_asked_for_and_a_404_is_not_found(
    tmp_path: Path, repository: Repository, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    direct = tmp_path / "machine.conf"
    direct.write_text('Acquire::http::Proxy "DIRECT";\n')

    def archive() -> AptArchive:
        state = tmp_path / "state"
        return AptArchive(state, mirror=served, suites=["sid"], machine=direct, trusted=True)

    archive().update()
    assert ("Packages", 200) in Recorder.answered
    Recorder.answered.clear()
    second = archive()
    assert second.update().suites == ("sid",)
    assert ("Release", 304) in Recorder.answered
    assert not any(name.startswith("Packages") for name, _ in Recorder.answered)

    new, old = second.versions(["tool"])["tool"]
    (repository.root / new.filename).unlink()
    with pytest.raises(SourceError, match="404") as caught:
        second.download(new)
    assert caught.value.reason is Reason.NOT_FOUND
    assert second.download(old).is_file()
