"""What goes wrong around a service, done to real processes: nothing is lost, and each error says
what happened and what to do."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import QUESTIONS
from corpus import SmallCorpus, edit
from service import ROOT, Load, report, serving

from corpora.files import disk_usage
from corpora.snapshot import Snapshot, current_id
from ingest.installation import held, roll_back

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="namespaces, /proc"),
]
PAGE, TEXT = "git-2.30/git-commit.1", "Tell the command to"
ALONE = ("unshare", "--mount", "--map-root-user")
KILLS = int(os.environ.get("RELIABILITY_KILLS", "5"))


@pytest.fixture
def namespaces() -> None:
    if not shutil.which("unshare") or subprocess.run([*ALONE, "true"], check=False).returncode:
        pytest.skip("this user may make no namespaces")


def second(corpus: SmallCorpus) -> tuple[str, str]:
    """Build a second snapshot; the ids of both."""
    first = corpus.snapshot.id
    edit(corpus.page(PAGE), TEXT, "Have the command")
    return first, corpus.build().snapshot


def build_process(corpus: SmallCorpus, models: Path) -> subprocess.Popen[str]:
    tests = ROOT / "tests"
    words = (tests / "ingest/build_once.py", corpus.pages, corpus.data, models)
    return subprocess.Popen(
        [sys.executable, *map(str, words)], text=True, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, tests)))},
    )  # fmt: skip


def test_a_service_killed_at_any_moment_of_publishing_comes_back_with_a_whole_snapshot(
    small: SmallCorpus, model_folder: Path, log: Path
) -> None:
    dice = random.Random(7)  # noqa: S311  no secret
    both = set(second(small))
    over = threading.Event()

    def publish() -> None:
        while not over.wait(0.3):
            roll_back(small.data, next(one.id for one in held(small.data) if not one.serves))

    publisher = threading.Thread(target=publish)
    publisher.start()
    answered = 0
    try:
        for _ in range(KILLS):
            with (
                serving(small.data, model_folder, log) as service,
                Load(service.port, QUESTIONS, clients=1) as load,
            ):
                time.sleep(2 * dice.random())
                status, answer = service.ask(QUESTIONS[0])
                assert (status, answer["snapshot"] in both) == (200, True)
                service.process.kill()
                service.process.wait()
            assert {one for one in load.statuses if isinstance(one, int)} <= {200}
            answered += load.statuses[200]
            log.write_text("")
    finally:
        over.set()
        publisher.join()
    for snapshot in both:
        Snapshot.open(small.data / "snapshots" / snapshot).verify()
    report("kill -9 of a service while snapshots are published", kills=KILLS, answered=answered)


def test_a_worker_that_is_killed_is_replaced_and_the_others_answer_meanwhile(
    small: SmallCorpus, model_folder: Path, log: Path
) -> None:
    with serving(small.data, model_folder, log, "--workers", "2") as service:
        children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children")

        def workers() -> set[int]:
            found = {int(one) for one in children.read_text().split()}
            return {one for one in found if b"spawn_main" in cmdline(one)}

        def cmdline(process: int) -> bytes:
            try:
                return Path(f"/proc/{process}/cmdline").read_bytes()
            except OSError:
                return b""

        wait(lambda: len(workers()) == 2)
        before = workers()
        os.kill(min(before), signal.SIGKILL)
        wait(lambda: len(workers()) == 2 and workers() != before)
        answers = [service.ask(QUESTIONS[0]) for _ in range(10)]
        assert {status for status, _ in answers} == {200}
        assert len({answer["snapshot"] for _, answer in answers}) == 1
        _, later = second(small)
        wait(lambda: {service.get("/readyz")[1]["snapshot"] for _ in range(6)} == {later})
        service.process.terminate()
        assert service.process.wait(60) == 0
        assert "Traceback" not in log.read_text()


def wait(condition: object, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_damaged_snapshot_is_named_and_the_one_before_serves(
    small: SmallCorpus, model_folder: Path, log: Path
) -> None:
    first, latest = second(small)
    file = small.data / "snapshots" / latest / "corpus.sqlite"
    whole = file.read_bytes()
    file.write_bytes(whole[:20_000] + bytes([whole[20_000] ^ 1]) + whole[20_001:])
    with serving(small.data, model_folder, log) as service:
        assert service.get("/readyz")[1]["snapshot"] == first
        assert service.ask(QUESTIONS[0])[1]["snapshot"] == first
        assert f"{file} is not what the manifest says" in log.read_text()
        repaired = small.build().snapshot  # the same pages: the same snapshot, whole
        assert repaired == latest
        wait(lambda: service.get("/readyz")[1]["snapshot"] == latest)


def test_a_read_only_disk_is_served_from(
    small: SmallCorpus, model_folder: Path, log: Path, namespaces: None
) -> None:
    data = small.data
    mount = f'mount --bind {data} {data} && mount -o remount,ro,bind {data} && exec "$@"'
    with serving(data, model_folder, log, before=(*ALONE, "sh", "-c", mount, "sh")) as service:
        assert service.ask(QUESTIONS[0])[0] == 200
        edit(small.page(PAGE), TEXT, "Have the command")
        later = small.build().snapshot  # by another machine, so to speak
        wait(lambda: service.get("/readyz")[1]["snapshot"] == later)


def test_a_build_on_a_read_only_disk_says_so(
    small: SmallCorpus, model_folder: Path, namespaces: None, tmp_path: Path
) -> None:
    data, tests = small.data, ROOT / "tests"
    mount = f'mount --bind {data} {data} && mount -o remount,ro,bind {data} && exec "$@"'
    ran = subprocess.run(
        [*ALONE, "sh", "-c", mount, "sh", sys.executable, tests / "ingest/build_once.py",
         small.pages, data, model_folder],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, tests)))},
    )  # fmt: skip
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["error"] == "build_failed"
    assert "Read-only file system" in told["message"]
    small.snapshot.verify()


@pytest.mark.parametrize("spare", [1, 12])
def test_a_disk_that_is_full_is_told_before_the_engine_meets_it(
    small: SmallCorpus, model_folder: Path, namespaces: None, tmp_path: Path, spare: int
) -> None:
    """A real file system of its own size, with so many MB left."""
    before = {
        str(one.relative_to(small.data)): one.read_bytes()
        for one in [small.data / "current", *small.data.glob("snapshots/*/corpus.sqlite")]
    }
    used = disk_usage(small.data)
    full = tmp_path / "full"
    full.mkdir()
    edit(small.page(PAGE), TEXT, "Have the command")
    # Holes are filled by the copy: so it is copied by tar, which keeps them.
    script = (
        f"mount -t tmpfs -o size={used + spare * 1_000_000} tmpfs {full} && "
        f"tar -C {small.data} --sparse -cf - . | tar -C {full} -xf - && "
        f'"$@"; cd {full} && sha256sum current snapshots/*/corpus.sqlite; ls'
    )
    tests = ROOT / "tests"
    ran = subprocess.run(
        [*ALONE, "sh", "-c", script, "sh", sys.executable, tests / "ingest/build_once.py",
         small.pages, full, model_folder],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, tests)))},
    )  # fmt: skip
    told = next(json.loads(one) for one in ran.stdout.splitlines() if one.startswith("{"))
    assert told["error"] in ("store_unavailable", "build_failed"), ran.stdout
    assert "MB free" in told["message"] or "No space left" in told["message"]
    for name, raw in before.items():
        assert f"{hashlib.sha256(raw).hexdigest()}  {name}" in ran.stdout
    assert "staging" not in ran.stdout.splitlines()


def test_of_two_builds_at_once_one_is_refused_and_the_other_publishes(
    small: SmallCorpus, model_folder: Path
) -> None:
    edit(small.page(PAGE), TEXT, "Have the command")
    with ExitStack() as stack:
        both = [stack.enter_context(build_process(small, model_folder)) for _ in range(2)]
        told = [json.loads(one.communicate()[0].splitlines()[-1]) for one in both]
    errors = [one["error"] for one in told if "error" in one]
    published = {one["snapshot"] for one in told if "snapshot" in one}
    assert errors in (["build_locked"], []), told  # none, where one came after the other's end
    assert published == {current_id(small.data)}
    small.snapshot.verify()


def test_a_clock_that_jumps_changes_nothing(
    small: SmallCorpus, model_folder: Path, log: Path
) -> None:
    """A snapshot from the future, and one from before the epoch of the machine's clock."""
    first, latest = second(small)
    os.utime(small.data / "snapshots" / first, (4e9, 4e9))
    os.utime(small.data / "snapshots" / latest, (1, 1))
    os.utime(small.data / "current", (1, 1))
    with serving(small.data, model_folder, log) as service:
        assert service.get("/readyz")[1]["snapshot"] == latest
        edit(small.page(PAGE), "Have the command", "Let the command")
        newest = small.build().snapshot
        wait(lambda: service.get("/readyz")[1]["snapshot"] == newest)
    assert current_id(small.data) == newest
    small.snapshot.verify()
