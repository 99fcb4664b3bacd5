"""One recorded page of every product that comes from Debian's packages, and what is read from it.

The numbers are what our readers made of each page, looked over by eye beside it: they hold what is
read still. Options are written as ``-v/--verbose``; ``=`` takes a value, ``=?`` may, ``=*`` takes
several.
"""

from pathlib import Path

import pytest
from parse_pages import FIXTURES

from commands.model import Command, Option
from corpora.catalogue import Catalogue
from corpora.tokens import default_counter
from ingest.extract.families import Family
from ingest.extract.surfaces import facts_of
from ingest.parse import parse
from ingest.passages import cut

FOLDER = FIXTURES / "catalogue"
CATALOGUE = Catalogue.load()
ARITY = {"none": "", "one": "=", "optional": "=?", "many": "=*"}

# product, page, command or file, number of options, some of them, number of passages
PAGES = (
    ("apache", "htpasswd.1", "htpasswd", 15, "-b -B -v", 17),
    ("apparmor", "aa-status.8", "aa-status", 17, "--enabled --json --help", 19),
    ("apt", "apt-mark.8", "apt-mark", 8, "-h/--help --audit -f=", 8),
    ("auditd", "auditd.conf.5", "auditd.conf", 8, "local_events= log_group= freq=", 9),
    ("barman", "barman-check.1", "barman-check", 2, "-h/--help --nagios", 4),
    ("bind9", "dig.1", "dig", 27, "-4 -b= +aaonly/+noaaonly", 26),
    (
        "borg",
        "borg-prune.1",
        "borg prune",
        19,
        "-n/--dry-run -d/--keep-daily= -a/--glob-archives=",
        25,
    ),
    ("btrfs-progs", "btrfs-scrub.8", "btrfs scrub", 14, "-d/--devid=? --kbytes -R", 5),
    ("buildah", "buildah-rmi.1", "buildah rmi", 3, "--all/-a --force/-f --prune/-p", 4),
    ("ceph", "rados.8", "rados", 44, "--object-locator= --write-omap --version", 45),
    ("certbot", "certbot.1", "certbot", 15, "-d= --test-cert --max-log-backups=", 19),
    ("chrony", "chronyd.8", "chronyd", 13, "-4 -L= -s", 14),
    (
        "cryptsetup",
        "cryptsetup-open.8",
        "cryptsetup open",
        11,
        "--allow-discards --batch-mode/-q --cipher/-c=",
        16,
    ),
    ("curl", "curl.1", "curl", 4, "--abstract-unix-socket= --anyauth -a/--append", 7),
    ("dovecot", "doveadm-expunge.1", "doveadm expunge", 13, "-D -o= -u=", 16),
    ("dpkg", "dpkg-query.1", "dpkg-query", 7, "-l/--list --root= -f/--showformat=", 8),
    ("e2fsprogs", "tune2fs.8", "tune2fs", 22, "-c= -o -z=", 5),
    (
        "fail2ban",
        "fail2ban-regex.1",
        "fail2ban-regex",
        26,
        "--version --verbosity= --full-traceback",
        35,
    ),
    ("findutils", "xargs.1", "xargs", 8, "-0/--null -e/--eof=? -L=", 9),
    ("firewalld", "firewalld.1", "firewalld", 9, "-h/--help --nofork --default-config", 11),
    ("gawk", "gawk.1", "gawk", 11, "-f/--file= -C/--copyright -g/--gen-pot", 14),
    ("gnupg", "gpgv.1", "gpgv", 12, "--verbose/-v --log-file= --assert-pubkey-algo=", 15),
    ("grep", "grep.1", "grep", 14, "--help -f/--file= -c/--count", 15),
    ("haproxy", "haproxy.1", "haproxy", 27, "-f= -c -st=", 23),
    ("iproute2", "ip-token.8", "ip token", 1, "dev=", 6),
    (
        "iptables",
        "iptables-restore.8",
        "iptables-restore",
        9,
        "-c/--counters -v/--verbose -T/--table=",
        11,
    ),
    ("jq", "jq.1", "jq", 5, "--null-input/-n --slurp/-s --raw-output/-r", 10),
    ("keepalived", "keepalived.8", "keepalived", 51, "-f/--use-file= -P/--vrrp -p/--pid=", 24),
    ("libvirt", "virt-pki-query-dn.1", "virt-pki-query-dn", 2, "-h/--help -V/--version", 3),
    ("lvm2", "vgremove.8", "vgremove", 16, "--commandprofile= --journal= -q/--quiet", 18),
    ("lxc", "lxc-attach.1", "lxc-attach", 22, "-f/--rcfile= -l/--logpriority= -n/--name=", 17),
    (
        "mariadb",
        "mariadb-waitpid.1",
        "mariadb-waitpid",
        3,
        "--help/-?/-I --verbose/-v --version/-V",
        5,
    ),
    ("mdadm", "mdmon.8", "mdmon", 3, "--foreground --takeover --all", 15),
    (
        "networkmanager",
        "nm-online.1",
        "nm-online",
        5,
        "-h/--help -s/--wait-for-startup -x/--exit",
        7,
    ),
    ("nfs-utils", "exportfs.8", "exportfs", 10, "-d/--debug= -u -L", 11),
    ("nftables", "nft.8", "nft", 21, "-h/--help -s/--stateless -j/--json", 27),
    (
        "openssh",
        "sshd_config.5",
        "sshd_config",
        9,
        "AcceptEnv= AllowGroups= AuthenticationMethods=",
        11,
    ),
    ("openssl", "openssl-rand.1ssl", "openssl rand", 7, "-help -hex", 8),
    ("openvpn", "openvpn.8", "openvpn", 20, "--help --cd= --chroot=", 24),
    ("passwd", "chage.1", "chage", 9, "-d/--lastday= -I/--inactive= -P/--prefix=", 11),
    ("pgbackrest", "pgbackrest.1", "pgbackrest", 46, "--set=? --oldest=? --sck-keep-alive=?", 69),
    ("pgbouncer", "pgbouncer.5", "pgbouncer", 15, "logfile= user= auth_user=", 25),
    ("podman", "podman-kill.1", "podman kill", 4, "--all/-a --latest/-l --signal/-s=", 5),
    (
        "postfix",
        "postconf.5",
        "postconf",
        6,
        "2bounce_notice_recipient= allow_mail_to_commands= lmtp_generic_maps=",
        11,
    ),
    ("procps", "free.1", "free", 22, "-b/--bytes -h/--human -V/--version", 32),
    ("qemu", "qemu-nbd.8", "qemu-nbd", 17, "--object= -A/--allocation-depth -d", 18),
    ("rclone", "rclone.1", "rclone", 21, "--check-first --immutable --multi-thread-streams=", 22),
    ("restic", "restic-forget.1", "restic forget", 53, "-l/--keep-last= -h/--help -v", 53),
    ("rsync", "rsync-ssl.1", "rsync-ssl", 1, "--type=", 3),
    ("samba", "smbstatus.1", "smbstatus", 27, "-P/--profile --json --leak-report-full", 13),
    ("skopeo", "skopeo-delete.1", "skopeo delete", 13, "--authfile= --creds= --tls-verify=", 15),
    ("smartmontools", "smartctl.8", "smartctl", 5, "-h/--help/--usage -i/--info -a/--all", 11),
    ("squid", "squid.8", "squid", 24, "-a= --kid= -V", 24),
    ("sudo", "sudoreplay.8", "sudoreplay", 10, "-d/--directory= -R -l", 12),
    (
        "systemd",
        "systemd.timer.5",
        "systemd.timer",
        5,
        "OnActiveSec= OnStartupSec= OnUnitInactiveSec=",
        6,
    ),
    ("tar", "tar.1", "tar", 7, "-A/--catenate/--concatenate --delete --test-label", 15),
    ("tcpdump", "tcpdump.8", "tcpdump", 57, "-A -U --nano", 17),
    ("wireguard", "wg.8", "wg", 0, "", 6),
    ("xfsprogs", "xfs_growfs.8", "xfs_growfs", 10, "-e= -m= -n", 11),
)
ELSEWHERE = frozenset({"coreutils", "docker", "git", "kubectl", "util-linux"})
"""Their pages are the fixtures of other tests."""

# product, page, headings of its passages
HTML = (
    (
        "patroni",
        "pause.html",
        ["The goal", "The implementation", "The implementation", "User guide"],
    ),
    ("sqlite", "lang_replace.html", ["REPLACE"]),
)


def written(option: Option) -> str:
    return "/".join(option.spellings) + ARITY[option.arity]


def read(product: str, name: str) -> Command:
    page = parse("man", name, (FOLDER / f"{product}.{name}").read_bytes())
    (found,) = facts_of(page, Family.of(CATALOGUE[product].options)).commands
    return found


@pytest.mark.parametrize(
    ("product", "name", "path", "count", "options", "passages"),
    PAGES,
    ids=[product for product, *_ in PAGES],
)
def test_a_recorded_page_gives_its_options_and_passages(
    product, name, path, count, options, passages
):
    found = read(product, name)
    assert " ".join(found.path) == path
    assert found.kind == ("configuration" if name.endswith(".5") else "command")
    assert len(found.options) == count
    assert {*options.split()} <= {written(option) for option in found.options}
    page = parse("man", name, (FOLDER / f"{product}.{name}").read_bytes())
    cuts = cut(product, page, default_counter())
    assert len(cuts) == passages
    assert all(one.passage.product == product and one.passage.text.strip() for one in cuts)


@pytest.mark.parametrize(("product", "name", "headings"), HTML, ids=[one[0] for one in HTML])
def test_a_recorded_page_of_html_gives_its_passages(product, name, headings):
    page = parse("html", name, (FOLDER / f"{product}.{name}").read_bytes())
    cuts = cut(product, page, default_counter())
    assert [one.passage.heading[-1] for one in cuts] == headings
    assert facts_of(page, Family.of(CATALOGUE[product].options)).commands == ()


def test_every_product_from_manual_pages_has_a_recorded_page():
    # What nmap's licence allows of its pages is in doubt, so none is recorded.
    recorded = {product for product, *_ in PAGES} | ELSEWHERE | {"nmap"}
    from_manuals = {
        product.id
        for product in CATALOGUE.values()
        if (deb := product.releases[-1].sources.deb) is not None and deb.format == "man"
    }
    assert sorted(from_manuals - recorded) == []
    names = {f"{product}.{name}" for product, name, *_ in (*PAGES, *HTML)}
    assert {path.name for path in Path(FOLDER).iterdir()} == names


def test_the_values_that_a_page_says_are_all_are_the_choices():
    told = read("systemd", "systemd.timer.5").option("OnActiveSec")
    assert told is not None
    assert told.evidence[0].quote.startswith("OnActiveSec=")
    found = read("openssh", "sshd_config.5").option("AllowAgentForwarding")
    assert found is not None
    assert (found.arity, found.default) == ("one", "yes")
