import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.catalogue import Catalogue, Product
from retrieval.recognise import MAX_QUESTION, ORDINARY_WORDS, recognise, spelled

PRODUCTS = Catalogue.load()
COMMANDS = {
    "git": {"git", "git rebase", "git cherry-pick", "git log", "git stash", "git clone", "git tag"},
    "docker": {"docker", "docker run", "docker image ls", "docker pull"},
    "postgresql": {"pg_dump", "psql", "SELECT", "VACUUM", "CREATE TABLE"},
}
PG, GIT, DOCKER = "postgresql", "git", "docker"

VERSION_NAMED = [
    ("git 2.39 rebase autosquash", GIT, "2.39", "git 2.39"),
    ("how do I autosquash in Git 2.39.5?", GIT, "2.39.5", "Git 2.39.5"),
    ("git version 2.39.5", GIT, "2.39.5", "git version 2.39.5"),
    ("git version 2.45.1.windows.1", GIT, "2.45.1", "git version 2.45.1"),
    ("is --update-refs in git-2.39?", GIT, "2.39", "git-2.39"),
    ("git (2.47) maintenance", GIT, "2.47", "git (2.47"),
    ("git v2.30 sparse checkout", GIT, "2.30", "git v2.30"),
    ("git, version 2.39: how to split a commit", GIT, "2.39", "git, version 2.39"),
    ("the 2.39 release of git", GIT, "2.39", "2.39 release of git"),
    ("does git 2.39-rc1 have it", GIT, "2.39-rc1", "git 2.39-rc1"),
    ("git rebase -i on version 2.39", GIT, "2.39", "git rebase -i on version 2.39"),
    ("git rebase version 2.39", GIT, "2.39", "git rebase version 2.39"),
    ("git 2.39.5-0+deb12u3 from Debian", GIT, "2.39.5", "git 2.39.5"),
    ("git 1.8 push default", GIT, "1.8", "git 1.8"),
    # Of a product that declares no version: only what is surely one.
    ("gcloud 528.0.0 create an instance", "gcloud", "528.0.0", "gcloud 528.0.0"),
    ("Google Cloud SDK version 528.0.1", "gcloud", "528.0.1", "Google Cloud SDK version 528.0.1"),
    ("postgres v15 exclude table data", PG, "15", "postgres v15"),
    ("PostgreSQL 13.4 replication slots", PG, "13.4", "PostgreSQL 13.4"),
    ("In PostgreSQL 13, how do I dump one table?", PG, "13", "PostgreSQL 13"),
    ("pg13 dump roles only", PG, "13", "pg13"),
    ("PG 17: incremental backup", PG, "17", "PG 17"),
    ("postgresql14 config", PG, "14", "postgresql14"),
    ("postgres 9.6.24 wal", PG, "9.6.24", "postgres 9.6.24"),
    ("on version 13 of postgres, can I vacuum in parallel", PG, "13", "version 13 of postgres"),
    ("I have a version 13 postgres server", PG, "13", "version 13 postgres"),
    ("v15 of PostgreSQL please", PG, "15", "v15 of PostgreSQL"),
    ("restore a dump (postgres:15)", PG, "15", "postgres:15"),
    ("the image postgres:15-alpine and pg_dump", PG, "15", "postgres:15"),
    ("brew install postgresql@15", PG, "15", "postgresql@15"),
    ("postgresql-15 service won't start", PG, "15", "postgresql-15"),
    ("pg_dump 15 exclude the data of one table", PG, "15", "pg_dump 15"),
    ("pg_dump exclude table, version 15", PG, "15", "pg_dump exclude table, version 15"),
    ("psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", PG, "15.18", "PostgreSQL) 15.18"),
    ("Postgres 18beta1 async io", PG, "18beta1", "Postgres 18beta1"),
    ("PostgreSQL server version 17 wal_level", PG, "17", "PostgreSQL server version 17"),
    ("postgres is at version 13, how to upgrade", PG, "13", "postgres is at version 13"),
    ("postgres release 15 release notes", PG, "15", "postgres release 15"),
    ("PostgreSQL version: 15", PG, "15", "PostgreSQL version: 15"),
    ("does psql 13 know \\gx?", PG, "13", "psql 13"),
    ("**postgres** 15 checksums", PG, "15", "postgres** 15"),
    ("`postgres` 15.2: data checksums", PG, "15.2", "postgres` 15.2"),
    ("postgres 15's merge statement", PG, "15", "postgres 15"),
    ("postgres 14.x autovacuum", PG, "14", "postgres 14"),
    ("in docker version 20.10.7 limit memory", DOCKER, "20.10.7", "docker version 20.10.7"),
    ("docker 26 run --init", DOCKER, "26", "docker 26"),
    ("Docker engine 20.10 log driver", DOCKER, "20.10", "Docker engine 20.10"),
    ("Docker CLI 26.1 buildx", DOCKER, "26.1", "Docker CLI 26.1"),
    ("docker:28.5 in a pipeline", DOCKER, "28.5", "docker:28.5"),
    ("Docker version 28.2.2, build e6534b4", DOCKER, "28.2.2", "Docker version 28.2.2"),
    ("we run docker on v26.1", DOCKER, "26.1", "docker on v26.1"),
    ("use psql from docker with postgres 15", PG, "15", "postgres 15"),
]  # fmt: skip

NO_VERSION = [
    ("dump 3 tables in postgres", PG),
    ("keep 7 daily backups of postgres", PG),
    ("postgres port 5432 refused", PG),
    ("connect to postgres:5432", PG),
    ("postgres 5432 is taken", PG),
    ("git log -5", GIT),
    ("git log -n 5 --oneline", GIT),
    ("git stash 2 files", GIT),
    ("git 2 branches behind", GIT),
    ("git 2 way merge", GIT),
    ("git tag v1.0 and push it", GIT),
    ("git checkout 2.39 of my project", GIT),
    ("postgres 100 connections", PG),
    ("postgres 10 connections at most", PG),
    ("postgres 15 idle connections", PG),
    ("postgres 12 GB of shared memory", PG),
    ("postgres 1.5 GB table", PG),
    ("make postgres release 15 locks", PG),
    ("restore postgres 20 minutes ago", PG),
    ("pgbench 10 clients", PG),
    ("pg_dump 20 tables in parallel", PG),
    ("exit code 128 in git", GIT),
    ("git exit code 128", GIT),
    ("docker exit code 137", DOCKER),
    ("docker 20 containers at once", DOCKER),
    ("docker 0.5 cpus", DOCKER),
    ("docker 192.168.1.1 address", DOCKER),
    ("docker API version 1.43", DOCKER),
    ("docker compose file version 3.8", DOCKER),
    ("git protocol version 2", GIT),
    ("git version 2 protocol", GIT),
    ("use version control with git", GIT),
    ("pg_stat_statements 1.10", PG),
    ("postgres 2024-06-01 backup", PG),
    ("postgres 13-15 compatibility", PG),
    ("docker stop after 10 s", DOCKER),
    ("how do I tag an image with version 1.2 in docker", DOCKER),
    ("postgres 50% cpu", PG),
    ("postgresql.conf max_wal_size", PG),
    ("how to use git-rebase", GIT),
    ("git-cherry-pick a range", GIT),
    ("$ git clone over ssh", GIT),
    ("what does `docker run --rm` do", DOCKER),
    ("scalar --help says nothing", GIT),
    ("pg_basebackup with wal", PG),
    ("who is the postgres user?", PG),
    ("docker create -p 80:80", DOCKER),
    ("gcloud 3 instances at once", "gcloud"),
]

NO_PRODUCT = [
    "clone from github.com/torvalds/linux",
    "see https://git-scm.com/docs/git-rebase for more",
    "see https://example.test/?tool=docker for more",
    "(https://example.test/find?q=(git))",
    "one digit of a number",
    "edit .git/config by hand",
    "node-postgres pool size",
    "docker-compose up fails",
    "git2go bindings",
    "what is a scalar function",
    "clone git@github.com",
    "the legit way to tag a release, version 2.39",
    "mail postgres@example.com",
    "gitlab runner 15.2",
    "/usr/lib/postgresql/15/bin",
    "pgvector 0.5",
    "",
    "   ",
]


@pytest.mark.parametrize(("question", "product", "version", "evidence"), VERSION_NAMED)
def test_a_version_beside_the_name_is_read(question, product, version, evidence):
    seen = recognise(question, PRODUCTS, COMMANDS)
    assert (seen.product, seen.version, seen.evidence) == (product, version, evidence)


@pytest.mark.parametrize(("question", "product"), NO_VERSION)
def test_a_number_that_is_no_version_is_left_alone(question, product):
    seen = recognise(question, PRODUCTS, COMMANDS)
    assert (seen.product, seen.version, seen.versions) == (product, None, ())


@pytest.mark.parametrize("question", NO_PRODUCT)
def test_a_name_inside_another_word_or_address_is_no_product(question):
    assert recognise(question, PRODUCTS, COMMANDS).candidates == ()


@pytest.mark.parametrize(
    ("question", "versions"),
    [
        ("upgrade postgres 13 to 15", ("13", "15")),
        ("upgrade from postgres 13 to postgres 17", ("13", "17")),
        ("does it differ in git 2.39 and 2.47", ("2.39", "2.47")),
    ],
)
def test_two_versions_of_one_product_are_told_and_none_is_chosen(question, versions):
    seen = recognise(question, PRODUCTS, COMMANDS)
    assert seen.version is None
    assert seen.versions == versions


def test_a_vaguer_version_says_nothing_beside_a_fuller_one():
    seen = recognise("postgres 13 (we run PostgreSQL 13.4)", PRODUCTS)
    assert seen.version == "13.4"


def test_two_products_equally_strong_leave_the_choice_to_the_caller():
    seen = recognise("how do git and docker differ", PRODUCTS, COMMANDS)
    assert (seen.product, seen.evidence, seen.candidates) == (None, "", ("git", "docker"))


@pytest.mark.parametrize(
    ("question", "product"),
    [
        ("docker run a container with git inside", DOCKER),  # the command at the start
        ("git clone inside of docker", GIT),
        ("sudo docker exec into postgres", DOCKER),
        ("pg_dump out of a docker container", PG),
        ("docker with postgres 15 inside", PG),  # the only version
        ("docker run postgres:15", None),  # one has the version, the other is the command
        ("docker 26.1 and postgres 15", None),
        ("postgres in docker", None),
        ("git clone into docker 26.1 with postgres 15", None),
    ],
)
def test_of_several_products_the_versioned_or_commanding_one_is_chosen(question, product):
    seen = recognise(question, PRODUCTS, COMMANDS)
    assert seen.product == product
    assert len(seen.candidates) >= 2


def test_the_same_is_read_without_the_documented_commands():
    assert recognise("git rebase -i in git 2.39", PRODUCTS).version == "2.39"
    assert recognise("git clone inside docker", PRODUCTS).product == GIT
    assert recognise("git-rebase", PRODUCTS).product is None  # nothing says that it is one


def test_an_opaque_product_takes_only_its_own_labels():
    declared = PRODUCTS["git"].model_dump()
    declared["versions"]["scheme"] = "opaque"
    declared["releases"] = [declared["releases"][0] | {"label": "stable"}]
    product = Product.model_validate(declared)
    assert recognise("git Stable rebase", {"git": product}).version == "Stable"
    assert recognise("git unstable rebase", {"git": product}).version is None
    assert recognise("git 2.39 rebase", {"git": product}).version is None


def test_what_is_beyond_the_limit_is_not_read():
    assert recognise("x " * MAX_QUESTION + "git 2.39", PRODUCTS).product is None


def test_ordinary_words_are_executables_in_lower_case():
    assert all(word.islower() and word.isalpha() for word in ORDINARY_WORDS)


def test_no_pattern_goes_astray_on_long_runs():
    # Each of these made an earlier pattern quadratic or worse; with one they take minutes.
    for run in ("git" * 3000, "git-" * 2000, "git " * 2000, "pg_" * 3000, "a-" * 4000, "1." * 4000):
        recognise(run, PRODUCTS, COMMANDS)
        recognise(f"git {run}", PRODUCTS, COMMANDS)


words = st.sampled_from(
    ["git", "postgres", "docker", "pg_dump", "rebase", "version", "v", "2.39", "13", " ", " ", "-",
     ".", ":", "/", "`", "(", ")", "15beta1", "to", "of", "scalar", "\n", "é", "²", "١٣", "@"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=300), st.lists(words, max_size=40).map("".join)))
def test_any_text_is_read_without_raising_and_the_evidence_is_a_slice_of_it(question):
    seen = recognise(question, PRODUCTS, COMMANDS)
    assert seen.evidence in question
    assert (seen.product is None) == (seen.evidence == "")
    assert seen.product is None or seen.product in seen.candidates
    assert seen.version is None or seen.version in seen.evidence
    assert all(version in question for version in seen.versions)


@given(
    st.sampled_from(["git", "postgres", "docker"]),
    st.integers(11, 18),
    st.integers(0, 40),
    st.text(alphabet="fghj ", max_size=30),
)
def test_a_dotted_version_after_the_name_is_found_wherever_it_stands(name, first, second, around):
    number = f"{2 if name == 'git' else first}.{second}"
    seen = recognise(f"{around} {name} {number}, {around}?", PRODUCTS)
    assert seen.version == number


LINES = frozenset({"git", "git stash", "git stash push", "git cherry-pick", "gitk", "pg_dump"})


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("does git stash push keep the index?", {"git stash push"}),
        ("how do I run git-cherry-pick without a commit", {"git cherry-pick"}),
        ("pg_dump, but only the schema", {"pg_dump"}),
        ("git: what is a stash", set()),
        ("undo the last commit", set()),
    ],
)
def test_command_lines_that_a_question_spells(question: str, found: set[str]) -> None:
    assert spelled(question, LINES) - {"git"} == found


def test_the_command_that_all_others_belong_to_names_only_the_product() -> None:
    family = frozenset({"docker", "docker run", "docker stop"})
    assert spelled("docker run in the docker way", family) == {"docker run"}
    assert spelled("sort by size", frozenset({"sort", "ls"})) == frozenset()
