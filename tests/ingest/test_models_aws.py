"""The AWS CLI's surface, out of excerpts of two releases, against what their parsers were told."""

import gzip
import json
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pytest

from commands.model import Command
from corpora.errors import ParseError, Reason
from eval.extraction.aws import Result, Truth, compare, told
from ingest.models.aws.files import INCLUDE, ReleaseFiles
from ingest.models.aws.names import exceptions, option_name
from ingest.models.aws.surface import Extracted, extract
from ingest.models.aws.text import first_sentence
from ingest.sources.archive import selector

FIXTURES = Path(__file__).parent / "fixtures"
RELEASES = ("1.45.11", "2.38.1")


@lru_cache(maxsize=4)
def files(release: str) -> Mapping[str, bytes]:
    with zipfile.ZipFile(FIXTURES / f"aws-{release}.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@lru_cache(maxsize=4)
def extracted(release: str) -> Extracted:
    return extract(files(release), product="aws", release=release)


def command(release: str, path: str) -> Command:
    return next(one for one in extracted(release).surface.commands if " ".join(one.path) == path)


def truth(release: str, folder: Path) -> Truth:
    (folder / "told.json").write_bytes(files(release)["told.json"])
    return told(folder / "told.json")


def changed(release: str, file: str, old: str, new: str) -> dict[str, bytes]:
    found = dict(files(release))
    (path,) = (one for one in found if one.endswith(file))
    text = found[path].decode()
    assert old in text
    found[path] = text.replace(old, new).encode()
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_every_command_is_what_the_releases_own_parser_is_told(
    release: str, tmp_path: Path
) -> None:
    result = Result(release)
    compare(extracted(release).surface, truth(release, tmp_path), result)
    assert result.differences == []
    assert result.identical == result.commands > 100
    assert min(result.compared[one] for one in ("arity", "required", "enforced", "hidden")) > 700
    assert extracted(release).notes == ()


def test_the_comparison_sees_a_flag_more_a_flag_less_and_a_wrong_fact(tmp_path: Path) -> None:
    true = {path: dict(facts) for path, facts in truth("2.38.1", tmp_path).items()}
    run = true["aws", "ec2", "run-instances"]
    run["--invented"] = run.pop("--image-id")
    run["--max-items"] = run["--dry-run"]
    del true["aws", "sqs", "add-permission"]
    true["aws", "sqs", "list-queues"]["--queue-name-prefix"] = run["--dry-run"]
    result = Result("2.38.1")
    compare(extracted("2.38.1").surface, true, result)
    assert result.identical == result.commands - 1
    assert [one.partition(":")[0] for one in result.differences] == [
        "extra command",
        "aws ec2 run-instances",
        "aws sqs list-queues --queue-name-prefix",
    ]


@pytest.mark.parametrize("release", RELEASES)
def test_what_is_included_is_enough(release: str) -> None:
    wanted = selector(INCLUDE)
    assert [name for name in files(release) if not wanted(name)] == ["told.json"]


def test_options_carry_what_models_say_of_them() -> None:
    run = command("2.38.1", "aws ec2 run-instances")
    dry = run.option("--dry-run")
    kind = run.option("--instance-type")
    assert dry is not None
    assert kind is not None
    assert (dry.arity, dry.negations) == ("none", ("--no-dry-run",))
    assert len(kind.choices) > 500
    assert kind.open_choices, "the parser takes any instance type"
    assert dry.description.startswith("Checks whether you have the required permissions")
    assert dry.evidence[0].url.endswith("/cli/latest/reference/ec2/run-instances.html")
    assert dry.evidence[0].quote.encode() in b"".join(files("2.38.1").values())
    image = command("2.38.1", "aws ec2 create-image").option("--no-reboot")
    assert image is not None
    assert image.negations == ("--reboot",), "renamed by a customisation"


def test_customisations_that_no_model_has_are_followed() -> None:
    copy = command("1.45.11", "aws s3 cp")
    assert [one.name for one in copy.positionals] == ["paths-1", "paths-2"]
    include, acl = copy.option("--include"), copy.option("--acl")
    assert include is not None
    assert acl is not None
    assert include.repeatable
    assert "public-read" in acl.choices
    assert not acl.open_choices
    invoke = command("2.38.1", "aws lambda invoke")
    assert [(one.name, one.required) for one in invoke.positionals] == [("outfile", True)]
    assert invoke.option("--cli-input-json") is None, "not beside a file as output"
    hidden = command("1.45.11", "aws sagemaker-runtime")
    assert not hidden.hidden
    assert command("1.45.11", "aws runtime.sagemaker").hidden
    assert command("2.38.1", "aws dynamodb wizard new-table").path


def test_commands_that_version_1_takes_by_accident_are_hidden() -> None:
    assert command("1.45.11", "aws cloudformation deploy push").hidden
    assert not command("1.45.11", "aws deploy push").hidden


def test_global_options_are_inherited_by_every_command() -> None:
    root = command("2.38.1", "aws")
    output = root.option("--output")
    assert output is not None
    assert output.inheritable
    assert "yaml-stream" in output.choices


def test_the_short_way_is_left_where_the_release_differs_from_it() -> None:
    other = changed("2.38.1", "awscli/arguments.py", "'no-%s' % self.name", "'not-%s' % self.name")
    surface = extract(other, product="aws", release="2.38.1").surface
    spellings = {
        name for one in surface.commands for option in one.options for name in option.spellings
    }
    assert "--not-dry-run" in spellings
    assert "--no-dry-run" not in spellings


def test_a_customisation_that_cannot_be_followed_is_noted_and_the_rest_stands() -> None:
    other = changed(
        "1.45.11",
        "ec2/addcount.py",
        "argument_table['count'] =",
        "argument_table.absent['count'] =",
    )
    out = extract(other, product="aws", release="1.45.11")
    (note,) = {one.handler for one in out.notes}
    assert note.endswith("addcount.ec2_add_count")
    assert len(out.surface.commands) == len(extracted("1.45.11").surface.commands)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, Reason.EMPTY),
        ({"awscli/clidriver.py": b""}, Reason.EMPTY),
        ({"awscli/clidriver.py": b"", "botocore/__init__.py": b""}, Reason.EMPTY),
    ],
)
def test_what_is_no_release_is_refused(given: dict[str, bytes], reason: Reason) -> None:
    with pytest.raises(ParseError) as caught:
        extract(given, product="aws", release="2")
    assert caught.value.reason is reason


def test_damaged_and_oversized_files_are_refused_by_name() -> None:
    def refused(ending: str, data: bytes) -> str:
        found = dict(files("2.38.1"))
        (path,) = (one for one in found if one.endswith(ending))
        found[path] = data
        with pytest.raises(ParseError) as caught:
            extract(found, product="aws", release="2.38.1")
        assert path in caught.value.name
        return caught.value.reason.value

    model = "data/sqs/2012-11-05/service-2.json"
    assert refused(model, b"{") == "malformed"
    assert refused(model, b"[]") == "malformed"
    assert refused(model, b"[" * 100_000) == "malformed"
    assert refused(model, gzip.compress(bytes(70 * 2**20))) == "malformed"
    assert refused("awscli/clidriver.py", b"x" * 3_000_000) == "too_large"
    assert refused("awscli/clidriver.py", b"\xff\xfe") == "unknown_charset"


def test_a_release_that_asks_for_endless_work_is_refused() -> None:
    other = changed(
        "1.45.11", "awscli/handlers.py", "def awscli_initialize(event_handlers):",
        "def awscli_initialize(event_handlers):\n    for a in range(99999):\n"
        "        for b in range(99999): pass\n",
    )  # fmt: skip
    from ingest.models.aws import driver
    from ingest.models.aws.python import Reader

    class Short(Reader):
        def __init__(self, *given: object) -> None:
            super().__init__(*given, steps=100_000)  # type: ignore[arg-type]

    patch = pytest.MonkeyPatch()
    with patch.context() as held:
        held.setattr(driver, "Reader", Short)
        with pytest.raises(ParseError) as caught:
            extract(other, product="aws", release="1.45.11")
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("DescribeInstances", "describe-instances"),
        ("ListWebACLs", "list-web-acls"),
        ("GatewayARNs", "gateway-arns"),
        ("SSEKMSKeyId", "ssekms-key-id"),
        ("s3Location", "s3-location"),
        ("IPv6CidrBlock", "i-pv6-cidr-block"),
        ("already-done", "already-done"),
        ("CreateCachediSCSIVolume", "create-cached-iscsi-volume"),
    ],
)
def test_names_follow_botocores_rule_and_the_releases_exceptions(name: str, option: str) -> None:
    known = ReleaseFiles(files("1.45.11"), name="aws").names
    assert option_name(name, known) == option


def test_names_are_those_of_botocore_where_it_is_installed() -> None:
    botocore = pytest.importorskip("botocore")
    known = exceptions(Path(botocore.__file__).read_text("utf-8"))
    texts = [name for name in files("1.45.11") if name.endswith(".json")]
    for text in texts:
        data = json.loads(files("1.45.11")[text])
        for shape in data.get("shapes", {}).values() if isinstance(data, dict) else ():
            for member in shape.get("members", {}):
                assert option_name(member, known) == botocore.xform_name(member, "-")


@pytest.mark.parametrize(
    ("text", "raw", "plain"),
    [
        ("<p>Takes <code>x</code>. More.</p>", "Takes <code>x</code>.", "Takes x."),
        ("<p>No full stop</p> <p>Next.</p>", "No full stop", "No full stop"),
        ("An e.g. one, i.e. this. Then.", "An e.g. one, i.e. this.", "An e.g. one, i.e. this."),
        ("&lt;a&gt;\n  bee. c", "&lt;a&gt;\n  bee.", "<a> bee."),
        ("", "", ""),
        ("<p></p>", "", ""),
    ],
)  # fmt: skip
def test_the_first_sentence_is_cut_from_the_documentation(text: str, raw: str, plain: str) -> None:
    found = first_sentence(text)
    assert (found.raw, found.plain) == (raw, plain)
    assert found.raw in text
