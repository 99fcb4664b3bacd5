"""The tasks, against independent truth."""

from collections import Counter

import pytest

from corpora.errors import ParseError
from eval.tasks.check import problems
from eval.tasks.model import CANARY, DATA, Task, dataset_hash, load
from eval.truth.tables import Tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Tables.packaged()


def test_every_task_is_sound(tables):
    assert list(problems(load(), tables)) == []


def test_the_set_is_as_large_and_as_hard_as_it_has_to_be():
    tasks = load()
    strata = Counter(task.stratum for task in tasks)
    assert len(tasks) >= 300
    assert strata["fresh"] >= 120
    assert strata["rare"] >= 60
    assert strata["version_trap"] >= 50
    assert strata["common"] < 40
    clouds = Counter(task.product for task in tasks if task.stratum == "fresh")
    assert clouds["aws"] >= 60
    assert clouds["az"] >= 60
    assert {task.domain for task in tasks} == {
        "system", "cloud", "database", "security", "kubernetes"
    }  # fmt: skip


def test_both_splits_hold_every_stratum_and_twins_stay_together():
    tasks = load()
    by_id = {task.id: task for task in tasks}
    for split in ("dev", "test"):
        held = Counter(task.stratum for task in load(split))
        assert set(held) == {"fresh", "rare", "version_trap", "common"}
    assert all(task.split == by_id[task.twin].split for task in tasks if task.twin)
    assert len(load("dev")) + len(load("test")) == len(tasks)


def test_the_hash_names_the_set_whatever_its_order():
    tasks = load()
    assert dataset_hash(tasks) == dataset_hash(reversed(tasks))
    assert dataset_hash(tasks) != dataset_hash(tasks[1:])
    changed = tasks[0].model_copy(update={"question": tasks[0].question + " Now."})
    assert dataset_hash(tasks) != dataset_hash((changed, *tasks[1:]))


def test_every_file_of_tasks_carries_the_canary(tmp_path):
    for file in DATA.glob("*.toml"):
        assert CANARY in file.read_text("utf-8")
    (tmp_path / "x.toml").write_text('product = "git"\n')
    with pytest.raises(ParseError, match="canary"):
        load(folder=tmp_path)


def _task(**changes: object) -> Task:
    fields = {
        "id": "x-1",
        "product": "git",
        "release": "2.55",
        "domain": "system",
        "stratum": "common",
        "question": "Fold what is staged into the last commit.",
        "gold": ("git commit --amend --no-edit",),
        "options": ("--amend",),
    }
    return Task.model_validate({**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gold": ("git commit --amendd",)}, "gold: invented option '--amendd'"),
        ({"gold": ("git commit --no-edit",)}, "gold is not correct"),
        ({"options": ("--amend", "--squash")}, "gold lacks --squash"),
        ({"question": "Use --amend, please."}, "the question spells --amend"),
        ({"release": "9.9"}, "git"),
        ({"stratum": "fresh", "before": "2.47"}, "not fresh: 2.47 accepts it already"),
        ({"stratum": "fresh"}, "no earlier release is named"),
        ({"stratum": "version_trap", "twin": "x-2"}, "needs a twin"),
    ],
)
def test_an_unsound_task_is_found(tables, changes, said):
    assert any(said in one for one in problems([_task(**changes)], tables))
    assert not list(problems([_task()], tables))
