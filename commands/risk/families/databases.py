"""Databases and their clients."""

from __future__ import annotations

from commands.risk.rules import Family, names, rule, rules, words

FAMILIES = (
    Family(
        names("psql pgcli"),
        "write",
        "opens a session, or runs a script that isn't read here",
        statements=words("-c --command"),
        dry=words("-l --list"),
    ),
    Family(
        names("mysql mariadb mycli"),
        "write",
        "opens a session, or runs a script that isn't read here",
        statements=words("-e --execute"),
    ),
    Family(
        names("sqlite3 duckdb"),
        "write",
        "opens a session, or runs a script that isn't read here",
        statements=words("operand -cmd -c"),
    ),
    Family(
        names("cockroach clickhouse-client clickhouse cqlsh sqlcmd trino presto snowsql isql usql"),
        "write",
        "opens a session, or runs a script that isn't read here",
        statements=words("-e --execute -q --query -Q -c"),
    ),
    Family(
        names("mongosh mongo"),
        "write",
        "opens a session, or runs a script that isn't read here",
        statements=words("--eval"),
    ),
    Family(
        names("redis-cli valkey-cli keydb-cli"),
        "write",
        "opens a session, or runs a script that isn't read here",
        rules(
            rule("destructive", "loses all keys", operand=r"(?i:flushall|flushdb)$"),
        ),
        dry=words("--scan --bigkeys --memkeys --latency --stat --hotkeys"),
        statements=words("operands"),
    ),
    Family(names("dropdb dropuser"), "destructive", "deletes a database or a role"),
    Family(
        names("createdb createuser initdb pg_createcluster reindexdb vacuumdb clusterdb"),
        "write",
        "changes the databases",
    ),
    Family(
        names("pg_dropcluster pg_resetwal"),
        "destructive",
        "loses data that was written",
        dry=words("-n --dry-run"),
    ),
    Family(
        names("pg_rewind pg_upgrade pg_checksums pg_archivecleanup"),
        "destructive",
        "rewrites or deletes the files of a cluster",
        dry=words("-n --dry-run -c --check"),
    ),
    Family(
        ("pg_restore",),
        "write",
        "writes what a dump holds",
        rules(rule("destructive", "drops what it is about to make", flags="-c --clean")),
        dry=words("-l --list"),
    ),
    Family(
        names("pg_ctl pg_ctlcluster"),
        "write",
        "acts on the server",
        rules(
            rule("read", "only reads", "status"),
            rule(
                "destructive",
                "stops the server without a clean shutdown",
                flags="-m=immediate --mode=immediate -m=i",
            ),
        ),
    ),
    Family(
        names("pg_dump pg_dumpall pg_basebackup pg_receivewal mysqldump mariadb-dump mongodump"),
        "read",
        rules=rules(
            rule(
                "write",
                "writes a file",
                flags="-f --file -D --pgdata -r --result-file --tab -o --out",
            ),
            rule("write", "writes statements that drop", flags="-c --clean"),
        ),
    ),
    Family(
        names(
            "pg_isready pg_config pg_controldata pg_verifybackup pg_amcheck pg_waldump "
            "mysqlcheck mysqlshow"
        ),
        "read",
    ),
    Family(
        ("pgbench",),
        "write",
        "writes its own tables",
        rules(rule("destructive", "drops the pgbench tables first", flags="-i --initialize")),
    ),
    Family(
        names("mysqladmin mariadb-admin"),
        "write",
        "acts on the server",
        rules(
            rule("destructive", "deletes a database", "drop"),
            rule("destructive", "stops the server", "shutdown"),
            rule(
                "read",
                "only reads",
                "status, ping, processlist, version, variables, extended-status",
            ),
        ),
    ),
    Family(
        names("mongorestore mongoimport mysqlimport"),
        "write",
        "writes data",
        rules(rule("destructive", "drops collections first", flags="--drop")),
    ),
)
