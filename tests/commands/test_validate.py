import pytest

from commands.dialect import dialect
from commands.model import Command, Option, Scope, Surface
from commands.store import SurfaceStore
from commands.validate import Targets, programs, validate
from commands.writer import write
from corpora.errors import InvalidRequest, UnknownVersion
from tests.commands.tools import open_tools, targets


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with open_tools(tmp_path_factory.mktemp("tools")) as opened:
        yield opened


@pytest.fixture(scope="module")
def check(store):
    def run(text, stated="", **releases):
        return validate(text, store, targets(store, stated, **releases))

    return run


@pytest.fixture(scope="module")
def issues(check):
    def run(text, **releases):
        return [issue for command in check(text, **releases).commands for issue in command.issues]

    return run


@pytest.fixture(scope="module")
def codes(issues):
    def run(text, **releases):
        return [(issue.code, issue.token) for issue in issues(text, **releases)]

    return run


@pytest.mark.parametrize(
    "line",
    [
        "kubectl get pods -o wide --watch=false",
        "kubectl -n web get pods",
        "kubectl get -nweb pods --namespace web",
        "kubectl get pods --help",
        "kubectl logs <pod> --tail $N --since=${AGE}",
        "kubectl log web",  # an alias
        "git -C /tmp -c user.name=x commit -am 'a message' -- file",
        "git commit --mess=x",  # an abbreviation of the GNU kind
        "git log -5",
        "git commit --no-amend",  # what git's parser gives every switch
        "git stash -- path",
        "docker -H tcp://x run --rm -it -v $PWD:/x alpine ls --not-dockers",
        "docker container run alpine",
        "docker run --kernel-memory 1g alpine",  # hidden, and accepted
        "az vm delete -g rg -n vm --yes",
        "az vm delete --ids $(az-list)",
        "az vm delete -g rg -n vm --force-deletion yes",  # knack's choices ignore case
        "head -n -5 file",
        "head -20 -",
        "dd if=/dev/zero of=x bs=1M",
        "cp --rec a b",
        "terraform -chdir=x plan --out=p -destroy=false -var a=b",
        "/usr/bin/kubectl get pods",
        "kubectl.exe get pods",
    ],
)
def test_what_is_right_is_valid(check, line):
    answer = check(line)
    assert answer.valid, [command.issues for command in answer.commands]
    assert answer.repaired is None


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("kubectl get pods --all-namespace", ("unknown_flag", "--all-namespace")),
        ("kubectl get pods --no_headers", ("unknown_flag", "--no_headers")),
        ("kubectl get pods -Z", ("unknown_flag", "-Z")),
        ("kubectl getpods", ("unknown_subcommand", "getpods")),
        ("kubectl config set-credential bob", ("unknown_subcommand", "set-credential")),
        ("kubectl get pods --output", ("missing_value", "--output")),
        ("kubectl get pods --watch=perhaps", ("unexpected_value", "perhaps")),
        ("kubectl get pods --chunk-size many", ("invalid_choice", "many")),
        ("docker run --restart sometimes alpine", ("invalid_choice", "sometimes")),
        ("docker run --restart=sometimes alpine", ("invalid_choice", "sometimes")),
        ("docker run --rm", ("missing_required", "run")),
        ("docker ps web", ("too_many_arguments", "web")),
        ("docker ps -D", ("unknown_flag", "-D")),  # docker's own options stand before ps
        ("docker run -name web alpine", ("unknown_flag", "-name")),
        ("git rebase a b c", ("too_many_arguments", "c")),
        ("az vm delete -n vm", ("missing_required", "delete")),
        ("az vm delete -n vm x={1,2}", ("missing_required", "delete")),
        ("az vm delete -n vm -g rg --all --only-new", ("conflicting_flags", "--only-new")),
        ("az vm delete -n vm -g rg --user me", ("missing_required", "--user")),
        ("cp --re a b", ("ambiguous_flag", "--re")),
        ("dd if=x count=1", ("unknown_flag", "count")),
        ("terraform plan --auto-approve", ("unknown_flag", "--auto-approve")),
        ('kubectl get "--bogus=1"', ("unknown_flag", '"--bogus=1"')),
        ("sudo kubectl get --bogus", ("unknown_flag", "--bogus")),
        ("for i in 1 2; do kubectl get --bogus $i; done", ("unknown_flag", "--bogus")),
    ],
)
def test_what_is_wrong_has_its_code_and_token(check, codes, line, found):
    assert check(line).valid is False
    assert found in codes(line)


def test_a_flag_of_an_earlier_release_was_removed(issues):
    (issue,) = issues("git rebase --preserve-merges main")
    assert (issue.code, issue.exists_in) == ("removed_flag", ("2.30",))
    assert issue.suggestions[0] == issue.fix == "--rebase-merges"
    assert issue.evidence.url.endswith("2.30/git-rebase")
    assert "2.30" in issue.message


def test_the_same_flag_is_deprecated_where_it_is_still_accepted(check, issues):
    assert check("git rebase --preserve-merges main", git="2.30").valid
    (issue,) = issues("git rebase --preserve-merges main", git="2.30")
    assert (issue.code, issue.severity) == ("deprecated_flag", "warning")
    assert issue.suggestions == ("--rebase-merges",)


def test_a_flag_of_a_later_release_is_to_come(issues):
    (issue,) = issues("kubectl logs web --all-pods", kubectl="1.28")
    assert (issue.code, issue.exists_in) == ("future_flag", ("1.32",))
    assert issue.evidence.url.startswith("https://v1-32.")
    assert issues("kubectl logs web --all-pods", kubectl="1.32") == []


def test_a_flag_of_no_release_never_existed(issues):
    (issue,) = issues("kubectl logs web --all-podz")
    assert (issue.code, issue.exists_in) == ("unknown_flag", ())
    assert issue.evidence.url.startswith("https://v1-32.")


def test_an_option_of_another_command_is_said_to_be_there(issues):
    (issue,) = issues("kubectl explain pods --previous")
    assert "kubectl logs" in issue.message


def test_what_documentation_alone_leaves_out_is_less_certain_than_what_a_program_refuses(issues):
    (documented,) = issues("head --invented x")
    (refused,) = issues("git push --invented")
    assert not documented.certain
    assert refused.certain


def test_a_command_known_by_name_only_is_checked_partly(check):
    answer = check("stub --anything goes")
    assert (answer.valid, answer.commands[0].checked) == (True, "partly")


def test_programs_of_no_product_are_neither_valid_nor_invalid(check):
    answer = check("frobnicate --hard && cd /tmp")
    assert answer.valid is None
    assert [(c.checked, c.valid) for c in answer.commands] == [("no", None), ("no", None)]
    assert "shell" in answer.commands[1].reason
    assert check("frobnicate; kubectl get pods").valid
    assert check("frobnicate; kubectl get --bogus").valid is False


def test_a_product_without_a_release_is_not_checked(store):
    answer = validate("kubectl get --bogus", store, Targets({}, programs(store)))
    assert answer.valid is None
    assert "release" in answer.commands[0].reason


def test_a_misspelt_program_is_told_where_its_product_is_stated(check):
    answer = check("kubetcl get pods", stated="kubectl")
    assert answer.commands[0].issues[0].code == "unknown_command"
    assert answer.repaired.text == "kubectl get pods"
    assert check("kubetcl get pods").valid is None


def test_a_subcommand_only_running_would_tell_ends_the_check(check):
    for line in ("kubectl $VERB --bogus", "kubectl <command> --bogus", "docker COMMAND --help"):
        answer = check(line)
        assert (answer.valid, answer.commands[0].checked) == (True, "partly"), line
    assert check("$TOOL get").valid is None


def test_a_plugin_may_be_what_no_surface_knows(check, issues):
    (issue,) = issues("kubectl frobnicate --x")
    assert issue.code == "unknown_subcommand"
    assert not issue.certain
    assert "plugin kubectl-frobnicate" in issue.message
    answer = check("docker compose up -d")
    assert (answer.valid, answer.commands[0].checked) == (None, "no")
    (near,) = issues("kubectl gte pods")
    assert "plugin" not in near.message


def test_a_wrapper_and_what_it_runs_are_both_checked(codes, check):
    assert codes("docker run --bogus alpine kubectl get --odd") == [
        ("unknown_flag", "--bogus"),
        ("unknown_flag", "--odd"),
    ]
    assert check("docker run --rm alpine kubectl get pods").valid
    # --cpu-count takes a value at this release: alpine is the image, not the value
    answer = check("docker run --cpu-count 2 alpine kubectl get pods")
    assert [command.program for command in answer.commands] == ["docker", "kubectl"]
    assert answer.commands[1].via == ("docker run",)


def test_words_that_come_from_elsewhere_are_not_missing(check):
    assert check("echo x | xargs docker run").valid
    assert check("docker run $OPTIONS").valid
    assert check('docker run "$@"').valid
    assert check("az vm delete $ARGS").valid
    assert check("git push --$OPTION").commands[0].checked == "partly"


def test_an_unknown_option_makes_the_next_word_doubtful_only(codes):
    assert codes("git rebase --invented x a b") == [("unknown_flag", "--invented")]
    assert codes("kubectl --invented get") == [("unknown_flag", "--invented")]


def test_one_dash_that_makes_a_value_of_the_name_is_a_warning(check, issues):
    line = "kubectl get pods -namespace web"
    assert check(line).valid
    (issue,) = issues(line)
    assert (issue.severity, issue.suggestions) == ("warning", ("--namespace",))


def test_an_option_given_twice_is_a_warning_at_most(check, issues):
    line = "docker run --name a --name b -v x:/x -v y:/y alpine"
    assert check(line).valid
    assert [(i.code, i.severity) for i in issues(line)] == [("conflicting_flags", "warning")]


def test_how_many_arguments_a_page_shows_is_a_warning(check, issues):
    # What a program says of itself is an error: docker's and kubectl's lines above.
    assert check("cp a").valid
    assert [(one.code, one.severity) for one in issues("cp a")] == [("missing_required", "warning")]


def test_a_group_without_subcommand_is_a_warning(check, issues):
    assert check("kubectl config").valid
    assert [issue.severity for issue in issues("kubectl config")] == ["warning"]


def test_what_can_not_be_read_is_invalid(check):
    answer = check("kubectl get pods &&")
    assert answer.valid is False
    assert [issue.code for issue in answer.issues] == ["unparsable"]
    assert answer.repaired is None


def test_an_unknown_release_is_an_error_of_the_caller(store, check):
    with pytest.raises(UnknownVersion):
        check("kubectl get pods", kubectl="9.99")


def test_a_text_too_long_is_refused(check):
    with pytest.raises(InvalidRequest):
        check("kubectl get " * 50_000)


def test_a_line_of_thousands_of_invented_options_gets_a_bounded_answer(check):
    answer = check("kubectl get " + " ".join(f"--x{n}" for n in range(20_000)))
    assert len(answer.commands[0].issues) == 50
    assert "no more are told" in " ".join(i.message for i in answer.commands[0].issues)
    many = check("kubectl get --x\n" * 1000)
    assert sum(len(command.issues) for command in many.commands) == 200
    assert many.commands[-1].checked == "no"


@pytest.fixture(scope="module")
def long_names_only(tmp_path_factory):
    """gcloud as its completions tell it: no short names but the root's, no positionals."""
    surface = Surface(
        "gcloud",
        "528.0.0",
        ("model",),
        (
            Command(
                ("gcloud",),
                options=(Option(("--quiet", "-q"), "none", inheritable=True),),
                children=("storage",),
            ),
            Command(("gcloud", "storage"), children=("cp",)),
            Command(
                ("gcloud", "storage", "cp"),
                options=(
                    Option(("--recursive",), "none", negations=("--no-recursive",)),
                    Option(("--mode",), "one", choices=("Locked", "Unlocked")),
                ),
            ),
        ),
        dialect=dialect("gcloud"),
        exhaustive=(Scope("model", ("arity", "choices")),),
    )
    path = tmp_path_factory.mktemp("gcloud") / "surfaces.db"
    write(path, [surface])
    with SurfaceStore.open(path) as opened:
        targets = Targets({"gcloud": "528.0.0"}, {"gcloud": "gcloud"})
        yield lambda text: validate(text, opened, targets).commands[0]


@pytest.mark.parametrize(
    ("line", "checked", "found"),
    [
        ("gcloud storage cp a gs://b --recursive -q", "fully", []),
        ("gcloud storage cp a gs://b --no-recursive --mode=locked", "fully", []),
        ("gcloud storage cp -h", "fully", []),
        # A short name may be one: nobody has told them.
        ("gcloud storage cp -r a gs://b", "partly", []),
        ("gcloud storage cp -r a gs://b --recursiv", "partly", [("unknown_flag", "--recursiv")]),
        # The parser takes no abbreviation.
        ("gcloud storage cp a gs://b --rec", "fully", [("unknown_flag", "--rec")]),
        ("gcloud storage cp a gs://b --recursive=true", "fully", [("unexpected_value", "true")]),
        ("gcloud storage cp a gs://b --mode=Open", "fully", [("invalid_choice", "Open")]),
    ],
)
def test_short_names_that_nobody_told_are_no_errors(long_names_only, line, checked, found):
    command = long_names_only(line)
    assert [(one.code, one.token) for one in command.issues] == found
    assert (command.valid, command.checked) == (not found, checked)
