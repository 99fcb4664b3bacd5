"""git and the command lines of its hosts."""

from __future__ import annotations

from commands.risk.rules import Family, names, rule, rules, words

FAMILIES = (
    Family(
        ("git",),
        "write",
        "changes the repository",
        rules(
            rule(
                "read",
                "only reads",
                "log, status, diff, show, blame, annotate, grep, describe, rev-parse, "
                "rev-list, ls-*, cat-file, shortlog, reflog, for-each-ref, merge-base, "
                "name-rev, var, whatchanged, show-*, check-*, count-objects, fsck, diff-*, "
                "range-diff, cherry, verify-*, help, version, archive, stash list, stash "
                "show, remote show, worktree list, bisect log, submodule status, notes show, "
                "bundle verify, request-pull, instaweb",
            ),
            rule("destructive", "loses uncommitted changes", "reset", flags="--hard --merge"),
            rule("destructive", "deletes files that are nowhere else", "clean", flags="-f --force"),
            rule("destructive", "deletes ignored files as well", "clean", flags="-x -X"),
            rule(
                "destructive",
                "overwrites the remote's history",
                "push",
                flags="-f --force --force-with-lease --force-if-includes --mirror",
            ),
            rule("destructive", "deletes on the remote", "push", flags="-d --delete --prune"),
            rule("destructive", "overwrites or deletes on the remote", "push", operand=r"[+:]\S"),
            rule("destructive", "deletes a branch that may not be merged", "branch", flags="-D"),
            rule(
                "destructive",
                "loses a name, and what only it led to",
                "tag, branch",
                flags="-d --delete",
            ),
            rule(
                "destructive",
                "throws uncommitted changes away",
                "checkout, switch",
                flags="-f --force --discard-changes",
            ),
            rule("destructive", "throws changes of files away", "checkout", operand=r"\.$|\*|\./"),
            rule("destructive", "throws changes of files away", "restore", without="--staged -S"),
            rule("write", "unstages files", "restore"),
            rule("destructive", "loses stashed changes", "stash drop, stash clear"),
            rule(
                "destructive",
                "loses what only the reflog remembers",
                "reflog expire, reflog delete, prune",
            ),
            rule(
                "destructive",
                "loses what nothing refers to",
                "gc",
                flags="--prune=now --prune=all --aggressive",
            ),
            rule("destructive", "rewrites all of history", "filter-branch, filter-repo, replace"),
            rule("destructive", "deletes a reference", "update-ref", flags="-d"),
            rule("destructive", "deletes files", "rm", without="--cached"),
            rule("write", "stops tracking files", "rm"),
            rule(
                "destructive",
                "loses a work tree's changes",
                "worktree remove, submodule deinit",
                flags="-f --force",
            ),
            rule("write", "replaces the last commit", "commit", flags="--amend"),
            rule("write", "rewrites commits", "rebase"),
            rule("write", "runs code that isn't read here", "bisect run, submodule foreach"),
        ),
        dry=words("--dry-run --check"),
        # `git commit -n` and `git merge -n` are no rehearsals.
        dry_n=words("clean push add rm mv prune"),
        tolerates=words("--prune --force --hard --delete"),
    ),
    Family(
        names("gh glab hub"),
        "",
        rules=rules(
            rule("destructive", "deletes what it names", "* delete, * remove, repo archive"),
            rule("write", "merges or closes", "pr merge, pr close, issue close, mr merge"),
            rule(
                "destructive", "asks the server to delete", "api", flags="-X=DELETE --method=DELETE"
            ),
            rule(
                "write",
                "sends data",
                "api",
                flags=(
                    "-f -F --field --raw-field --input -X=POST -X=PUT -X=PATCH --method=POST "
                    "--method=PUT --method=PATCH"
                ),
            ),
            rule(
                "read",
                "only reads",
                "api, browse, status, auth status, * list, * view, * status, * diff, * checks",
            ),
        ),
    ),
)
