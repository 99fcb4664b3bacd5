"""The clouds' command lines: thousands of commands, whose names say what they do."""

from __future__ import annotations

from commands.risk.rules import Family, names, rule, rules, words

FAMILIES = (
    Family(
        ("aws",),
        "",
        rules=rules(
            rule(
                "read",
                "only reads",
                "* describe-*, * get-*, * list-*, * head-*, * search*, * lookup-*, * "
                "batch-get-*, * filter-*, * wait, * query, * scan, * select-*, * estimate-*, "
                "* preview-*, * check-*, * validate-*, * test-*, * simulate-*, * tail, s3 ls, "
                "configure list, configure get, s3 presign, * help, help",
            ),
            rule(
                "destructive",
                "deletes what it names",
                "* delete-*, * batch-delete-*, * purge-*, * remove-*, * deregister-*, * "
                "destroy-*, * reject-*",
            ),
            rule("destructive", "ends machines for good", "* terminate-*"),
            rule(
                "destructive",
                "lets a key or secret be destroyed",
                "kms schedule-key-deletion, kms disable-key",
            ),
            rule(
                "write",
                "takes rights or links away",
                "* revoke-*, * detach-*, * disassociate-*, * disable-*, * release-*, * "
                "cancel-*, * stop-*, * untag-*, * remove-tags*",
            ),
            rule(
                "destructive", "gives an address back: it can't be had again", "ec2 release-address"
            ),
            rule("destructive", "deletes objects", "s3 rm"),
            rule("destructive", "deletes a bucket", "s3 rb"),
            rule("destructive", "deletes all objects below", "s3 rm", flags="--recursive"),
            rule(
                "destructive", "deletes what the source doesn't have", "s3 sync", flags="--delete"
            ),
            rule(
                "write",
                "moves or copies objects",
                "s3 cp, s3 mv, s3 sync, s3 mb, s3 website",
            ),
            rule(
                "destructive",
                "deletes without a way back",
                flags=("--force-delete-without-recovery --skip-final-snapshot --force-delete"),
            ),
        ),
        dry=words("--dry-run --dryrun --generate-cli-skeleton"),
    ),
    Family(
        names(
            "az gcloud gsutil bq doctl ibmcloud oci linode-cli hcloud flyctl fly heroku "
            "aliyun scw exo openstack vercel netlify wrangler firebase eas balena"
        ),
        "",
        rules=rules(
            rule("destructive", "deletes objects", "rm, rb, storage rm, storage buckets delete"),
            rule(
                "destructive",
                "deletes what the source doesn't have",
                "rsync, storage rsync",
                flags="-d --delete-unmatched-destination-objects",
            ),
            rule(
                "destructive",
                "deletes without a way back",
                "keyvault purge, keyvault secret purge, keyvault key purge",
            ),
            rule(
                "write",
                "stops paying for the machine, and loses its temporary disk",
                "vm deallocate",
            ),
            rule(
                "read",
                "only reads",
                "ls, du, cat, account show, config list, config get-value, info, auth list, "
                "storage ls, storage cat",
            ),
            rule(
                "destructive",
                "asks the server to delete",
                "rest",
                flags="--method=delete --method=DELETE -m=delete -m=DELETE",
            ),
            rule(
                "write",
                "sends a request",
                "rest",
                flags=(
                    "--method=post --method=put --method=patch --method=POST --method=PUT "
                    "--method=PATCH -b --body"
                ),
            ),
            rule("read", "only reads", "rest"),
            rule(
                "destructive",
                "deletes a database and all in it",
                "pg:reset, apps:destroy, addons:destroy, ps:kill",
            ),
        ),
        dry=words("--validate-only --what-if"),
    ),
)
