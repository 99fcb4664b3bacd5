"""Files, disks and file systems."""

from __future__ import annotations

from commands.risk.rules import Family, names, rule, rules, words

BLOCK_DEVICE = (
    r"/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|disk|rdisk|md|dm-|loop|mapper/|nbd|sr|mem|kmem|port)"
)
"""Files through which a disk, or the memory, is written as it is."""

_EVERYTHING = (
    r"(?:/\*?|/(?:bin|boot|dev|etc|home|lib|lib64|opt|root|sbin|srv|sys|usr|var)/?\*?"
    r"|~/?\*?|\*|\.|\.\.|\./?\*?)$"
)

FAMILIES = (
    Family(
        names(
            "[ ag awk basename base64 cal cat cd cksum column cmp comm cut date df diff "
            "dig dir dirname dirs dmesg du echo egrep env expr factor false fgrep file "
            "fmt fold free fuser getent grep groups head hexdump host hostid htop id "
            "iostat join jq last less lesskey ll locate look ls lsattr lsblk lscpu lsmod "
            "lsof lspci lsusb man md5sum mdls more mpstat netstat nl nproc nslookup od "
            "pgrep pidof ping ping6 popd printenv printf ps pstree pushd pwd readlink "
            "realpath rev rg seq sha1sum sha256sum sha512sum sleep ss stat strings sum "
            "tac tail test time top tr traceroute tracepath tree true tsort tty type "
            "uname uniq uptime users vmstat w wait watch wc whereis which who whoami xxd "
            "yes zcat zgrep zless numfmt paste nm ldd objdump readelf sensors lshw lsns "
            "findmnt pathchk mesg locale localectl getconf getcap getfacl ipcs logname "
            "colordiff bat exa eza fd fzf yq xmllint glow whatis apropos info return "
            "break continue shift"
        ),
        "read",
        rules=rules(
            rule("write", "sets the clock", flags="-s --set"),
            rule("write", "changes the file in place", flags="-i --in-place --inplace"),
        ),
    ),
    Family(
        # They do nothing by themselves: what they run is judged by itself.
        names(
            "sudo doas env timeout nohup setsid nice ionice chrt taskset stdbuf time "
            "watch command builtin exec xargs parallel gosu su-exec chroot nsenter "
            "unshare systemd-inhibit systemd-run flock busybox runuser strace ltrace"
        ),
        "read",
    ),
    Family(
        names("rm unlink"),
        "destructive",
        "deletes files",
        rules(
            rule(
                "destructive", "deletes folders with all that is in them", flags="-r -R --recursive"
            ),
            rule("destructive", "asks nothing", flags="-f --force"),
            rule("destructive", "reaches everything there", operand=_EVERYTHING),
        ),
    ),
    Family(names("shred srm wipe"), "destructive", "overwrites files so that nothing is left"),
    Family(("truncate",), "destructive", "cuts files"),
    Family(
        ("dd",),
        "read",
        rules=rules(
            rule(
                "destructive",
                "overwrites what of= names, block by block",
                operand=r"of=(?!/dev/(?:null|stdout))",
            ),
            rule(
                "destructive",
                "writes to a disk below its file system",
                operand=rf"of={BLOCK_DEVICE}",
            ),
        ),
    ),
    Family(
        names("mkfs mkfs.* mke2fs mkswap newfs"),
        "destructive",
        "makes a new file system over what was there",
    ),
    Family(
        names("fdisk sfdisk sgdisk gdisk cfdisk parted partprobe"),
        "destructive",
        "changes the partitions of a disk",
        dry=words("-l --list -p --print -d --dump --verify -x --list-details -J"),
    ),
    Family(
        ("wipefs",),
        "read",
        rules=rule(
            "destructive", "erases the signatures of file systems", flags="-a --all -o --offset"
        ),
        dry=words("-n --no-act"),
    ),
    Family(("blkdiscard",), "destructive", "discards all blocks of a device"),
    Family(
        names("hdparm nvme badblocks"),
        "write",
        "acts on a disk",
        rules(
            rule("destructive", "erases the disk", "format, sanitize", flags="", operand=""),
            rule(
                "destructive",
                "erases the disk",
                flags=("--security-erase --security-erase-enhanced --trim-sector-ranges -w"),
            ),
            rule("read", "only reads", "list, smart-log, id-ctrl, id-ns"),
        ),
    ),
    Family(
        names("lvremove vgremove pvremove lvreduce vgreduce"),
        "destructive",
        "loses volumes",
        dry=words("-t --test"),
    ),
    Family(
        names("lvs vgs pvs lvdisplay vgdisplay pvdisplay lvscan vgscan pvscan"),
        "read",
    ),
    Family(
        names("mdadm cryptsetup zpool zfs btrfs xfs_admin tune2fs resize2fs e2fsck fsck*"),
        "",
        rules=rules(
            rule(
                "destructive", "loses what is on the array", flags="--zero-superblock --create -C"
            ),
            rule(
                "destructive",
                "makes the old data unreadable",
                "luksFormat, luksErase, erase, reencrypt, luksKillSlot",
            ),
            rule(
                "destructive",
                "loses what is named, and its snapshots",
                "destroy, labelclear, subvolume delete, rollback",
            ),
            rule("write", "opens or closes a volume", "open, close, luksOpen, luksClose"),
            rule(
                "read",
                "only reads",
                "list, get, status, luksDump, subvolume list, filesystem show",
            ),
        ),
        dry=words("-n --dry-run --test-passphrase --detail -D --examine -E"),
    ),
    Family(
        ("find",),
        "read",
        rules=rules(
            rule("destructive", "deletes every file it finds", flags="-delete"),
            rule("write", "writes a file", flags="-fprint -fprintf -fls -fprint0"),
        ),
        runs_files=True,
    ),
    Family(
        ("mv",),
        "write",
        "moves files, and overwrites what has their names",
        rules(rule("destructive", "replaces a disk's content", operand=BLOCK_DEVICE)),
        tolerates=words("--force"),
    ),
    Family(
        names("cp install tee ln scp sftp mcopy"),
        "write",
        "writes files",
        rules(
            rule(
                "destructive",
                "writes to a disk below its file system",
                operand=rf"{BLOCK_DEVICE}\S*$",
            )
        ),
        tolerates=words("--force --remove-destination"),
    ),
    Family(
        ("rsync",),
        "write",
        "copies files over others",
        rules(
            rule(
                "destructive",
                "deletes what the source doesn't have",
                flags=(
                    "--delete --delete-before --delete-during --delete-after --delete-delay "
                    "--delete-excluded --del --delete-missing-args"
                ),
            ),
            rule("destructive", "deletes the files it has copied", flags="--remove-source-files"),
        ),
        dry=words("-n --dry-run --list-only"),
        tolerates=words("--force"),
    ),
    Family(
        names("tar bsdtar"),
        "write",
        "writes files",
        rules(
            rule("destructive", "deletes the files it has packed", flags="--remove-files"),
            rule("destructive", "deletes from the archive", flags="--delete"),
        ),
        dry=words("-t --list"),
    ),
    Family(
        names("unzip gzip gunzip bzip2 xz zstd zip 7z cpio"),
        "write",
        "writes files",
        dry=words("-l -t --list --test"),
        tolerates=words("--force"),
    ),
    Family(
        names("sed perl gawk awk ruby"),
        "read",
        rules=rules(
            rule("write", "changes files in place", flags="-i --in-place"),
        ),
    ),
    Family(
        names(
            "touch mkdir mktemp patch split csplit rename vi vim nano ed mkfifo mknod sort dos2unix"
        ),
        "write",
        "makes or changes files",
    ),
    Family(("rmdir",), "write", "deletes empty folders"),
    Family(
        names("chmod chown chgrp chattr setfacl setcap restorecon chcon"),
        "write",
        "changes who may do what with files",
        rules(
            rule(
                "destructive",
                "reaches everything there: it isn't easily undone",
                operand=r"/$|/(?:bin|etc|lib|usr|var)/?$",
            )
        ),
    ),
    Family(
        names("mount umount swapon swapoff losetup sync fstrim"),
        "write",
        "changes what is mounted",
    ),
    Family(
        ("curl",),
        "read",
        rules=rules(
            rule(
                "write", "writes a file", flags="-o -O --output --remote-name --remote-name-all -J"
            ),
            rule(
                "write",
                "sends data",
                flags=(
                    "-d --data --data-raw --data-binary --data-urlencode -F --form -T "
                    "--upload-file --json"
                ),
            ),
            rule(
                "write",
                "sends a request that may change something",
                flags=("-X=POST -X=PUT -X=PATCH --request=POST --request=PUT --request=PATCH"),
            ),
            rule(
                "destructive",
                "asks the server to delete",
                flags="-X=DELETE --request=DELETE -XDELETE",
            ),
        ),
    ),
    Family(names("wget aria2c"), "write", "writes files", dry=words("--spider")),
)
