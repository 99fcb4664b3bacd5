"""The machine: services, users, packages, processes, the network, interpreters."""

from __future__ import annotations

from commands.risk.rules import Family, names, rule, rules, words

FAMILIES = (
    Family(
        ("systemctl",),
        "write",
        "changes services",
        rules(
            rule(
                "read",
                "only reads",
                "status, show, cat, list-*, is-*, get-default, help, show-environment",
            ),
            rule(
                "destructive",
                "stops the machine",
                "poweroff, halt, reboot, kexec, suspend, hibernate, rescue, emergency",
            ),
            rule("write", "stops a service", "stop, kill, isolate, mask, disable"),
        ),
    ),
    Family(
        names("shutdown poweroff halt reboot init telinit"),
        "destructive",
        "stops the machine",
        dry=words("-c"),
    ),
    Family(
        ("journalctl",),
        "read",
        rules=rule(
            "destructive",
            "deletes old journals",
            flags="--vacuum-size --vacuum-time --vacuum-files",
        ),
    ),
    Family(
        names("service rc-service supervisorctl launchctl"),
        "write",
        "changes services",
        rule("read", "only reads", "* status, status"),
    ),
    Family(
        names("kill pkill killall skill xkill"),
        "write",
        "ends processes",
        dry=words("-l -L -0"),
    ),
    Family(names("userdel groupdel deluser delgroup"), "destructive", "deletes accounts"),
    Family(
        names(
            "useradd usermod groupadd groupmod adduser addgroup passwd chpasswd chage "
            "visudo gpasswd"
        ),
        "write",
        "changes accounts",
    ),
    Family(
        ("crontab",),
        "write",
        "changes scheduled jobs",
        rule("destructive", "deletes all jobs of the user", flags="-r"),
        dry=words("-l"),
    ),
    Family(
        names(
            "apt apt-get aptitude dpkg dnf yum microdnf zypper apk pacman snap flatpak "
            "brew rpm port"
        ),
        "write",
        "changes what is installed",
        rules(
            rule(
                "destructive",
                "removes packages",
                "remove, purge, autoremove, erase, uninstall, del, rm, autopurge, "
                "dist-upgrade, full-upgrade",
            ),
            rule(
                "destructive",
                "removes packages",
                flags="-r --remove -P --purge -R -Rs -Rns -e --erase",
            ),
            rule(
                "read",
                "only reads",
                "list, search, show, info, policy, depends, rdepends, provides, repolist, "
                "changelog, check-update, download, history",
            ),
        ),
        dry=words(
            "-s --simulate --just-print --recon --no-act --test --assumeno -l --list -L "
            "--listfiles -S --search -qa -q --query -W"
        ),
        tolerates=words("--force --force-yes"),
    ),
    Family(
        names("pip pip3 npm yarn pnpm gem cargo go composer uv poetry pipx conda bundle"),
        "",
        "changes what is installed",
        rules(
            rule(
                "write",
                "changes what is installed",
                "install, uninstall, remove, add, update, upgrade, ci, sync, get, prune, rm, un",
            ),
            rule("write", "runs code", "run, test, build, exec, start"),
            rule("destructive", "takes back what others may use", "unpublish, yank"),
            rule(
                "read",
                "only reads",
                "list, show, search, freeze, check, outdated, audit, view, ls, doc, env, vet",
            ),
        ),
        tolerates=words("--force --force-reinstall --prune"),
    ),
    Family(
        names(
            "bash sh dash zsh ksh ash fish python python2 python3 node deno perl ruby php "
            "lua Rscript pwsh powershell source . eval osascript npx bunx uvx"
        ),
        "write",
        "runs code that isn't read here",
        runs_files=True,
    ),
    Family(
        names("make gmake ninja just cmake gradle mvn"),
        "write",
        "runs what its file says",
        dry=words("-n --just-print --dry-run --recon"),
        runs_files=True,
    ),
    Family(
        names("ssh su telnet nc ncat socat login"),
        "write",
        "opens a session in which anything may be done",
    ),
    Family(
        names("ip nmcli bridge tc ethtool"),
        "read",
        rules=rules(
            rule(
                "write",
                "changes the network",
                "* add, * set, * change, * replace, * up, * down, * modify",
            ),
            rule("destructive", "takes parts of the network away", "* del, * delete, * flush"),
        ),
    ),
    Family(
        names(
            "ifconfig route arp hostnamectl timedatectl sysctl modprobe insmod rmmod "
            "loginctl resolvectl"
        ),
        "write",
        "changes the system",
        dry=words("-a --all -n"),
    ),
    Family(
        names("iptables ip6tables ebtables arptables"),
        "write",
        "changes the firewall",
        rules(
            rule("destructive", "loses all rules of a chain", flags="-F --flush -X --delete-chain"),
            rule("destructive", "deletes a rule", flags="-D --delete"),
        ),
        dry=words("-L --list -S --list-rules -C --check"),
    ),
    Family(
        names("nft ufw firewall-cmd"),
        "write",
        "changes the firewall",
        rules(
            rule("destructive", "loses rules", "flush, delete, reset, destroy, disable"),
            rule("read", "only reads", "list, status, show"),
        ),
        dry=words("-c --check --list-all --list-ports --list-services --state --get-zones"),
    ),
    Family(
        names(
            "export set unset alias unalias declare local readonly read shopt trap umask "
            "ulimit exit logout history jobs fg bg hash :"
        ),
        "read",
    ),
)
