"""What an AWS CLI's parser was told, as facts and as the validator's truth."""

import json

from commands.model import Positional
from eval.truth.dumps import facts_of
from eval.validator.truth import load


def fact(arity="one", *, required=False, positional=False, enforced=(), group=None, off=False):
    return {
        "arity": arity,
        "positional": positional,
        "required": required,
        "enforced": list(enforced),
        "hidden": False,
        "type": "string" if arity == "one" else "boolean",
        "group": group,
        "off": off,
    }


DUMP = {
    "version": "2.38.1",
    "commands": {
        "aws": {"--output": fact(enforced=("json", "text"))},
        "aws ec2": {},
        "aws ec2 delete-network-acl-entry": {
            "--rule-number": fact(required=True),
            "--egress": fact("none", required=True, group="egress"),
            "--ingress": fact("none", group="egress", off=True),
        },
        "aws s3": {},
        "aws s3 sync": {
            "paths": fact("many", positional=True),
            "--delete": fact("none"),
        },
    },
}


def written(tmp_path):
    path = tmp_path / "dump.json"
    path.write_text(json.dumps(DUMP))
    return path


def test_a_required_switch_may_be_switched_off_instead(tmp_path):
    facts = facts_of(written(tmp_path), "awscli 2.38.1-1")
    assert facts.required == {
        "aws ec2 delete-network-acl-entry": ("--egress|--ingress", "--rule-number")
    }
    assert facts.commands["aws s3 sync"] == {"--delete": "none"}


def test_it_is_truth_for_the_validator(tmp_path):
    truth = load(written(tmp_path))
    assert (truth.product, truth.release) == ("aws", "2.38.1")
    held = truth.options["aws", "ec2", "delete-network-acl-entry"]
    assert held["--ingress"] is held["--egress"]
    assert held["--egress"].required
    assert held["--egress"].negations == ("--ingress",)
    assert (held["--output"].choices, held["--output"].open_choices) == (("json", "text"), False)
    (sync,) = (one for one in truth.surface.commands if one.path == ("aws", "s3", "sync"))
    assert sync.positionals == (Positional("paths", required=False, repeatable=True),)
    assert [one.names for one in sync.options] == [
        ("--delete",),
        ("--exact-timestamps",),
        ("--size-only",),
    ]
