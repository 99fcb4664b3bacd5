"""What programs print for their version, read by the fingerprint of their product alone.

Most lines were printed by the programs of Debian 12; those of the programs that could not be run
when this was written are marked, and stand as their sources have them.
"""

import pytest

from corpora.catalogue import Catalogue
from retrieval.versions import read_fingerprint, resolve

PRODUCTS = Catalogue.load()

RAN = [
    ("apparmor", "AppArmor parser version 3.0.8\nCopyright (C) 1999-2008 Novell Inc.", "3.0.8"),
    ("apt", "apt 2.6.1 (amd64)", "2.6.1"),
    ("auditd", "auditctl version 3.0.9", "3.0.9"),
    ("buildah", "buildah version 1.28.2 (image-spec 1.1.0-rc2, runtime-spec 1.0.2-dev)", "1.28.2"),
    ("chrony", "chronyd (chrony) version 4.3 (+CMDMON +NTP +REFCLOCK +RTC +PRIVDROP)", "4.3"),
    ("cryptsetup", "cryptsetup 2.6.1 flags: UDEV BLKID KEYRING KERNEL_CAPI ", "2.6.1"),
    ("dpkg", "Debian 'dpkg' package management program version 1.21.22 (amd64).", "1.21.22"),
    ("e2fsprogs", "e2fsck 1.47.0 (5-Feb-2023)\n\tUsing EXT2FS Library version 1.47.0", "1.47.0"),
    ("findutils", "find (GNU findutils) 4.9.0", "4.9.0"),
    ("gawk", "GNU Awk 5.2.1, API 3.2, PMA Avon 8-g1, (GNU MPFR 4.2.0, GNU MP 6.2.1)", "5.2.1"),
    ("gnupg", "gpg (GnuPG) 2.2.40\nlibgcrypt 1.10.1", "2.2.40"),
    ("grep", "grep (GNU grep) 3.8", "3.8"),
    ("haproxy", "HAProxy version 2.6.12-1+deb12u3 2025/10/03 - https://haproxy.org/", "2.6.12"),
    ("iproute2", "ip utility, iproute2-6.1.0, libbpf 1.1.2", "6.1.0"),
    ("jq", "jq-1.6", "1.6"),
    ("mariadb", "mariadb  Ver 15.1 Distrib 10.11.18-MariaDB, for debian-linux-gnu", "10.11.18"),
    ("mariadb", "mariadbd  Ver 10.11.18-MariaDB-0+deb12u1 for debian-linux-gnu", "10.11.18"),
    ("mdadm", "mdadm - v4.2 - 2021-12-30 - Debian 4.2-5", "4.2"),
    ("networkmanager", "nmcli tool, version 1.42.4", "1.42.4"),
    ("nfs-utils", "mount.nfs: (linux nfs-utils 2.6.2)", "2.6.2"),
    ("nftables", "nftables v1.0.6 (Lester Gooch #5)", "1.0.6"),
    ("openssh", "OpenSSH_9.2p1 Debian-2+deb12u6, OpenSSL 3.0.19 27 Jan 2026", "9.2p1"),
    ("pgbackrest", "pgBackRest 2.45", "2.45"),
    ("pgbouncer", "PgBouncer 1.18.0\nlibevent 2.1.12-stable\ntls: OpenSSL 3.0.19", "1.18.0"),
    ("podman", "podman version 4.3.1", "4.3.1"),
    ("procps", "ps from procps-ng 4.0.2", "4.0.2"),
    ("qemu", "qemu-img version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)", "7.2.22"),
    ("rclone", "rclone v1.60.1-DEV\n- os/version: debian 12.11 (64 bit)", "1.60.1"),
    ("restic", "restic 0.14.0 compiled with go1.19.8 on linux/amd64", "0.14.0"),
    ("rsync", "rsync  version 3.2.7  protocol version 32", "3.2.7"),
    ("skopeo", "skopeo version 1.9.3", "1.9.3"),
    ("smartmontools", "smartctl 7.3 2022-02-28 r5338 [x86_64-linux] (local build)", "7.3"),
    ("sqlite", "3.40.1 2022-12-28 14:03:47 df5c253c0b3dd24916e4ec7cf77d3db5294cc9fd45ae7b9c5e82",
     "3.40.1"),
    ("systemd", "systemd 252 (252.38-1~deb12u1)\n+PAM +AUDIT +SELINUX +APPARMOR", "252"),
    ("tar", "tar (GNU tar) 1.34", "1.34"),
    ("tcpdump", "tcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)", "4.99.3"),
    ("wireguard", "wireguard-tools v1.0.20210914 - https://git.zx2c4.com/wireguard-tools/",
     "1.0.20210914"),
    ("xfsprogs", "mkfs.xfs version 6.1.0", "6.1.0"),
]  # fmt: skip
NOT_RUN = [
    ("apache", "Server version: Apache/2.4.62 (Debian)", "2.4.62"),
    ("barman", "3.4.0 Barman by EnterpriseDB (www.enterprisedb.com)", "3.4.0"),
    ("bind9", "DiG 9.18.33-1~deb12u2-Debian", "9.18.33"),
    ("borg", "borg 1.2.4", "1.2.4"),
    ("btrfs-progs", "btrfs-progs v6.2", "6.2"),
    ("ceph", "ceph version 16.2.15 (618f440892089921c3e944a991122ddc44e60516) pacific (stable)",
     "16.2.15"),
    ("certbot", "certbot 2.1.0", "2.1.0"),
    ("coreutils", "ls (GNU coreutils) 9.1", "9.1"),
    ("curl", "curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.19", "7.88.1"),
    ("dovecot", "2.3.19.1 (9b53102964)", "2.3.19.1"),
    ("fail2ban", "Fail2Ban v1.0.2", "1.0.2"),
    ("firewalld", "ii  firewalld      1.3.3-1~deb12u1 all          dynamic firewall", "1.3.3"),
    ("iptables", "iptables v1.8.9 (nf_tables)", "1.8.9"),
    ("keepalived", "Keepalived v2.2.7 (01/16,2022)", "2.2.7"),
    ("libvirt", "Compiled against library: libvirt 9.0.0\nUsing library: libvirt 9.0.0", "9.0.0"),
    ("lvm2", "  LVM version:     2.03.16(2) (2022-05-18)\n  Library version: 1.02.185", "2.03.16"),
    ("lxc", "lxc-start 5.0.2", "5.0.2"),
    ("nmap", "Nmap version 7.93 ( https://nmap.org )", "7.93"),
    ("openssl", "OpenSSL 3.0.19 27 Jan 2026 (Library: OpenSSL 3.0.19 27 Jan 2026)", "3.0.19"),
    ("openvpn", "OpenVPN 2.6.14 x86_64-pc-linux-gnu [SSL (OpenSSL)] [LZO] [LZ4] [EPOLL]", "2.6.14"),
    ("passwd", "ii  passwd         1:4.13+dfsg1-1+deb12u1 amd64        change passwords", "4.13"),
    ("patroni", "patronictl version 3.0.2", "3.0.2"),
    ("postfix", "mail_version = 3.7.11", "3.7.11"),
    ("samba", "Version 4.17.12-Debian", "4.17.12"),
    ("squid", "Squid Cache: Version 5.7\nService Name: squid", "5.7"),
    ("sudo", "Sudo version 1.9.13p3\nSudoers policy plugin version 1.9.13p3", "1.9.13p3"),
    ("util-linux", "mount from util-linux 2.38.1 (libmount 2.38.1: selinux, smack)", "2.38.1"),
]  # fmt: skip


@pytest.mark.parametrize(("product", "text", "version"), [*RAN, *NOT_RUN])
def test_what_a_program_prints_is_read_by_its_own_product_alone(product, text, version):
    assert read_fingerprint(PRODUCTS, text, None) == (product, version)


@pytest.mark.parametrize(("product", "text", "version"), [*RAN, *NOT_RUN])
def test_the_version_of_debian_12_is_a_documented_release(product, text, version):
    declared = PRODUCTS[product]
    releases = [Documented(label) for label in declared.labels]
    found = resolve(product, declared.versions.scheme, releases, version, "compatible")
    assert version.startswith(found.resolved)


class Documented:
    """A release of which only the label is known."""

    upstream = ""

    def __init__(self, label: str) -> None:
        self.label = label
