"""Infrastructure and configuration as code."""

from __future__ import annotations

from commands.risk.rules import Family, names, rule, rules, words

FAMILIES = (
    Family(
        names("terraform tofu terragrunt"),
        "",
        rules=rules(
            rule(
                "read",
                "only reads",
                "plan, show, output, validate, fmt, graph, providers, version, console, state "
                "list, state show, workspace list, workspace show, metadata, get, test, "
                "modules, state pull",
            ),
            rule("write", "makes what the plan says, which may be to destroy", "apply"),
            rule(
                "destructive",
                "asks nothing, whatever the plan destroys",
                "apply, refresh",
                flags="-auto-approve --auto-approve",
            ),
            rule("destructive", "destroys all that it manages", "destroy, run-all destroy"),
            rule(
                "destructive", "destroys all that it manages", "apply", flags="-destroy --destroy"
            ),
            rule(
                "destructive",
                "makes it anew at the next apply",
                "apply",
                flags="-replace --replace",
            ),
            rule(
                "destructive",
                "forgets what it manages",
                "state rm, state push, workspace delete",
            ),
            rule("destructive", "lets two runs write the state at once", "force-unlock"),
            rule(
                "write",
                "changes the state",
                "init, import, refresh, taint, untaint, state mv, state replace-provider, "
                "workspace new, workspace select, login, logout",
            ),
        ),
        tolerates=words("-force -reconfigure"),
    ),
    Family(
        names("pulumi cdk cdktf sam serverless sls"),
        "",
        rules=rules(
            rule(
                "destructive",
                "destroys all that it manages",
                "destroy, down, remove, stack rm",
            ),
            rule(
                "destructive",
                "asks nothing, whatever the plan destroys",
                "up, deploy",
                flags="--yes -y --skip-preview",
            ),
            rule("write", "makes what the plan says", "up, deploy, import, refresh"),
            rule(
                "read",
                "only reads",
                "preview, diff, synth, list, ls, logs, stack output",
            ),
        ),
    ),
    Family(
        names("ansible ansible-playbook ansible-pull"),
        "write",
        "changes the hosts it runs on",
        rules(
            rule("destructive", "deletes on the hosts", operand=r".*\bstate=absent"),
            rule(
                "destructive",
                "deletes on the hosts",
                flags="-a=*state=absent* --args=*state=absent* -a=*rm\u0020-*",
            ),
        ),
        dry=words("-C --check --syntax-check --list-tasks --list-hosts --list-tags"),
    ),
    Family(names("ansible-doc ansible-inventory ansible-config ansible-lint"), "read"),
    Family(
        names("ansible-galaxy ansible-vault"),
        "",
        rules=rules(
            rule("write", "writes files", "install, encrypt, decrypt, rekey, edit, create")
        ),
    ),
    Family(
        names("puppet chef-client chef-solo salt salt-call cf-agent"),
        "write",
        "changes the hosts it runs on",
        dry=words("--noop --why-run -W test=True"),
    ),
    Family(
        names("vault consul nomad packer vagrant boundary"),
        "",
        rules=rules(
            rule(
                "destructive",
                "destroys secrets for good",
                "kv destroy, kv metadata delete, secrets disable, auth disable, operator step-down",
            ),
            rule("destructive", "locks everyone out", "operator seal"),
            rule("destructive", "stops the job", "job stop, stop", flags="-purge"),
            rule("read", "only reads", "kv get, kv list, read, status, members, validate"),
        ),
    ),
    Family(
        names("restic borg pgbackrest duplicity barman"),
        "",
        rules=rules(
            rule(
                "destructive",
                "deletes backups",
                "forget, prune, delete, expire, stanza-delete, key remove",
            ),
            rule("write", "makes a backup", "backup, create, init, stanza-create, check"),
            rule("write", "writes the files of a backup", "restore, extract, mount"),
            rule("read", "only reads", "snapshots, ls, list, info, stats, diff"),
        ),
        dry=words("-n --dry-run"),
    ),
)
