import pytest

from commands.validate import validate
from tests.commands.tools import open_tools, targets


@pytest.fixture(scope="module")
def repaired(tmp_path_factory):
    with open_tools(tmp_path_factory.mktemp("tools")) as store:

        def run(text, **releases):
            found = validate(text, store, targets(store, **releases)).repaired
            return found and found.text

        yield run


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("kubectl get pods --all-namespace", "kubectl get pods --all-namespaces"),
        ("kubectl get pods --no_headers", "kubectl get pods --no-headers"),
        ("kubectl get pods --no_headers=true", "kubectl get pods --no-headers=true"),
        ("docker run -name web alpine", "docker run --name web alpine"),
        ("kubectl gett pods", "kubectl get pods"),
        ("docker run --restart=alway alpine", "docker run --restart=always alpine"),
        ("git rebase --preserve-merges main", "git rebase --rebase-merges main"),
    ],
)
def test_one_certain_correction_is_made(repaired, line, right):
    assert repaired(line) == right


def test_everything_else_stays_byte_for_byte(repaired):
    before = "# what\n  kubectl   get pods \\\n\t--all-namespace  | grep 'x  y'   # é\n"
    assert repaired(before) == before.replace("--all-namespace ", "--all-namespaces ")


def test_all_errors_of_a_text_are_corrected_or_none(repaired):
    assert (
        repaired("kubectl gett pods; git push --dryrun") == "kubectl get pods; git push --dry-run"
    )
    assert repaired("kubectl gett pods; git push --utterly-invented") is None
    assert repaired("kubectl gett pods; docker run") is None


def test_what_may_be_meant_otherwise_is_left(repaired):
    assert repaired("cp --re a b") is None
    assert repaired("kubectl get --xyzzy") is None
    assert repaired("kubectl get pods") is None


def test_a_correction_that_would_not_be_valid_is_dropped(repaired):
    assert repaired("docker run --rmm=maybe alpine") is None


def test_a_quoted_token_is_not_rewritten(repaired):
    assert repaired("kubectl get 'pods' \"--all-namespace\"") is None


def test_a_repair_carries_its_own_risk(tmp_path):
    with open_tools(tmp_path) as store:
        answer = validate("git push --frce", store, targets(store))
    assert answer.repaired.text == "git push --force"
    assert answer.repaired.risk.level == "destructive"
    (change,) = answer.repaired.changes
    assert (change.before, change.after) == ("--frce", "--force")
