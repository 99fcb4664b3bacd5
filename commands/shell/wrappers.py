"""Programs that run another program: how to get past their own words, as data.

The value-taking options of docker are those of its reference from 20.10 to 29. Those of podman,
nerdctl, systemd-run and the small wrappers are from memory of their manuals, and await a check
against the command surface.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Wrapper:
    """One program, or one subcommand of it, that runs another.

    ``valued`` are the options that take the next word. ``operands`` is how many words of its own
    come before the command. ``runs`` says what comes then: ``words`` of a command, a ``text`` that
    a shell reads (several words are joined by blanks), a ``file`` that a shell reads, or
    ``clauses`` in the manner of find. ``texts`` are options whose value is a text for a shell; for
    a shell itself ``-c`` says that the operand is one.
    """

    path: tuple[str, ...] = ()
    valued: frozenset[str] = frozenset()
    operands: int = 0
    runs: Literal["words", "text", "file", "clauses"] = "words"
    texts: frozenset[str] = frozenset()
    inert: frozenset[str] = frozenset()
    """Options with which nothing is run."""
    until: frozenset[str] = frozenset()
    """Words that end the command."""
    assignments: bool = False
    """Whether ``NAME=value`` may stand before the command."""
    interspersed: bool = False
    """Whether options may follow operands."""
    dashes: Literal["optional", "preferred", "required"] = "optional"
    """What ``--`` does. preferred: where there is one, the command is what follows it, whatever
    comes before. required: without one there is no command."""
    reads_input: bool = False
    """Whether, when it is given no command, it runs what it reads from its input."""


def word_set(words: str) -> frozenset[str]:
    """The words of a text, for tables that are easier to read without quotes."""
    return frozenset(words.split())


_KUBECTL = word_set(
    "-n --namespace --context --cluster --user --kubeconfig -s --server --token --as --as-group "
    "--as-uid --request-timeout -v --v --certificate-authority --client-key --client-certificate "
    "--cache-dir --tls-server-name --username --password --profile --profile-output --vmodule "
    "-c --container -f --filename --pod-running-timeout --image --env --labels -l --overrides "
    "--restart --image-pull-policy --copy-to --target --set-image --port --annotations --timeout"
)
_DOCKER_ROOT = word_set(
    "--config -c --context -H --host -l --log-level --tlscacert --tlscert --tlskey"
)
_DOCKER_EXEC = word_set("--detach-keys -e --env --env-file -u --user -w --workdir")
_DOCKER_RUN = _DOCKER_EXEC | word_set(
    "--add-host --annotation -a --attach --blkio-weight --blkio-weight-device --cap-add --cap-drop "
    "--cgroup-parent --cgroupns --cidfile --cpu-count --cpu-percent --cpu-period --cpu-quota "
    "--cpu-rt-period --cpu-rt-runtime -c --cpu-shares --cpus --cpuset-cpus --cpuset-mems --device "
    "--device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps "
    "--device-write-iops --dns --dns-opt --dns-option --dns-search --domainname --entrypoint "
    "--expose --gpus --group-add --health-cmd --health-interval --health-retries "
    "--health-start-interval --health-start-period --health-timeout -h --hostname "
    "--io-maxbandwidth --io-maxiops --ip --ip6 --ipc --isolation --kernel-memory -l --label "
    "--label-file --link --link-local-ip --log-driver --log-opt --mac-address -m --memory "
    "--memory-reservation --memory-swap --memory-swappiness --mount --name --net --net-alias "
    "--network --network-alias --oom-score-adj --pid --pids-limit --platform -p --publish --pull "
    "--restart --runtime --security-opt --shm-size --stop-signal --stop-timeout --storage-opt "
    "--sysctl --tmpfs --ulimit --userns --uts -v --volume --volume-driver --volumes-from"
)
_PODMAN_ROOT = word_set(
    "--cgroup-manager --conmon --connection -c --events-backend --hooks-dir --identity "
    "--imagestore --log-level --module --network-cmd-path --network-config-dir --out --root "
    "--runroot --runtime --runtime-flag --ssh --storage-driver --storage-opt --tmpdir "
    "--url --volumepath"
)
_PODMAN_RUN = (_DOCKER_RUN - {"--link"}) | word_set(
    "--arch --authfile --cert-dir --cgroup-conf --chrootdirs --conmon-pidfile --creds "
    "--decryption-key --env-merge --gidmap --gpus --group-entry --health-log-destination "
    "--health-max-log-count --health-max-log-size --health-on-failure --health-startup-cmd "
    "--health-startup-interval --health-startup-retries --health-startup-success "
    "--health-startup-timeout --hostuser --hosts-file --image-volume --init-ctr --init-path "
    "--os --passwd-entry --personality --pidfile --pod --pod-id-file --preserve-fd --preserve-fds "
    "--rdt-class --requires --retry --retry-delay --sdnotify --seccomp-policy --secret "
    "--shm-size-systemd --subgidname --subuidname --systemd --timeout --tz --uidmap --umask "
    "--unsetenv --variant"
)
_COMPOSE = word_set(
    "--ansi --env-file -f --file --parallel --profile --progress --project-directory -p "
    "--project-name"
)
_COMPOSE_EXEC = _COMPOSE | word_set("-e --env --index -u --user -w --workdir")
_COMPOSE_RUN = _COMPOSE_EXEC | word_set(
    "--cap-add --cap-drop --entrypoint --env-from-file -l --label --name --publish --pull -v "
    "--volume"
)


_ENTRYPOINT = frozenset({"--entrypoint"})
"""With it the words behind the image are arguments of a program named elsewhere."""


def _engine(
    root: frozenset[str], run: frozenset[str], execute: frozenset[str]
) -> tuple[Wrapper, ...]:
    """Docker, and what is used like it."""
    return (
        Wrapper(("compose", "exec"), root | _COMPOSE_EXEC, operands=1),
        Wrapper(("compose", "run"), root | _COMPOSE_RUN, operands=1, inert=_ENTRYPOINT),
        Wrapper(("container", "exec"), root | execute, operands=1),
        Wrapper(("container", "run"), root | run, operands=1, inert=_ENTRYPOINT),
        Wrapper(("exec",), root | execute, operands=1),
        Wrapper(("run",), root | run, operands=1, inert=_ENTRYPOINT),
    )


def _kubernetes(extra: tuple[Wrapper, ...] = ()) -> tuple[Wrapper, ...]:
    return (
        Wrapper(("exec",), _KUBECTL, operands=1, interspersed=True, dashes="preferred"),
        Wrapper(("debug",), _KUBECTL, dashes="required"),
        Wrapper(("run",), _KUBECTL, dashes="required"),
        *extra,
    )


_SHELL = Wrapper(
    valued=word_set("-o +o -O +O --rcfile --init-file"),
    runs="file",
    inert=word_set("--help --version"),
    reads_input=True,
)

WRAPPERS: dict[str, tuple[Wrapper, ...]] = {
    # Another user, another environment, another root.
    "sudo": (
        Wrapper(
            valued=word_set(
                "-u --user -g --group -h --host -p --prompt -C --close-from -r --role -t --type "
                "-T --command-timeout -U --other-user -D --chdir -R --chroot -a --auth-type "
                "-c --login-class"
            ),
            assignments=True,
            inert=word_set("-l --list -e --edit -v --validate -V --version -K --remove-timestamp"),
        ),
    ),
    "doas": (Wrapper(valued=word_set("-u -C -a"), inert=word_set("-L")),),
    "su": (
        Wrapper(
            valued=word_set("-s --shell -g --group -G --supp-group -w --whitelist-environment"),
            operands=1,
            runs="file",
            texts=word_set("-c --command --session-command"),
            interspersed=True,
            reads_input=True,
        ),
    ),
    "runuser": (
        Wrapper(
            valued=word_set("-u --user -s --shell -g --group -G --supp-group"),
            texts=word_set("-c --command --session-command"),
            dashes="preferred",
        ),
    ),
    "gosu": (Wrapper(operands=1),),
    "su-exec": (Wrapper(operands=1),),
    "env": (
        Wrapper(
            valued=word_set("-u --unset -C --chdir"),
            assignments=True,
            texts=word_set("-S --split-string"),
        ),
    ),
    "chroot": (Wrapper(operands=1),),
    "nsenter": (Wrapper(valued=word_set("-t --target -S --setuid -G --setgid")),),
    "unshare": (
        Wrapper(
            valued=word_set(
                "-R --root -w --wd -S --setuid -G --setgid --map-user --map-group --propagation "
                "--setgroups"
            )
        ),
    ),
    # Time, priority, output, signals.
    "timeout": (Wrapper(valued=word_set("-s --signal -k --kill-after"), operands=1),),
    "nohup": (Wrapper(),),
    "busybox": (Wrapper(),),
    "setsid": (Wrapper(),),
    "nice": (Wrapper(valued=word_set("-n --adjustment")),),
    "ionice": (
        Wrapper(
            valued=word_set("-c --class -n --classdata"),
            inert=word_set("-p --pid -P --pgid -u --uid"),
        ),
    ),
    "chrt": (
        Wrapper(
            valued=word_set("-T --sched-runtime -P --sched-period -D --sched-deadline"),
            operands=1,
            inert=word_set("-p --pid -m --max"),
        ),
    ),
    "taskset": (Wrapper(operands=1, inert=word_set("-p --pid")),),
    "stdbuf": (Wrapper(valued=word_set("-i --input -o --output -e --error")),),
    "time": (Wrapper(valued=word_set("-f --format -o --output")),),
    "watch": (Wrapper(valued=word_set("-n --interval -q --equexit"), runs="text"),),
    "strace": (
        Wrapper(
            valued=word_set("-e -o -s -u -E -a -b -I -O -P -S -U -X"),
            inert=word_set("-p --attach"),
        ),
    ),
    "flock": (
        Wrapper(
            valued=word_set("-w --wait --timeout -E --conflict-exit-code"),
            operands=1,
            texts=word_set("-c --command"),
            interspersed=True,
        ),
    ),
    "systemd-run": (
        Wrapper(
            valued=word_set(
                "-H --host -M --machine -u --unit -p --property --description --slice "
                "--service-type --uid --gid --nice --working-directory -E --setenv "
                "--on-active --on-boot --on-startup --on-unit-active --on-unit-inactive "
                "--on-calendar --timer-property --path-property --socket-property"
            )
        ),
    ),
    "systemd-inhibit": (Wrapper(valued=word_set("--what --who --why --mode")),),
    # The shell's own.
    "command": (Wrapper(inert=word_set("-v -V")),),
    "builtin": (Wrapper(),),
    "exec": (Wrapper(valued=word_set("-a")),),
    "eval": (Wrapper(runs="text"),),
    # Many times over.
    "xargs": (
        Wrapper(
            valued=word_set(
                "-I -L -n -P -d -E -a -s --arg-file --delimiter --max-args --max-procs --max-chars "
                "--process-slot-var"
            )
        ),
    ),
    "parallel": (
        Wrapper(
            valued=word_set(
                "-j --jobs -P --max-procs -a --arg-file -S --sshlogin --sshloginfile --slf -N "
                "--max-replace-args -n --max-args -L -d --delimiter -C --colsep --joblog --results "
                "--timeout --retries --delay --halt --tmpdir --workdir --wd --env --basefile --bf "
                "-I --tagstring --load --memfree --nice --block --recstart --recend -E --return"
            ),
            runs="text",
            until=word_set("::: :::+ :::: ::::+"),
        ),
    ),
    "find": (Wrapper(runs="clauses"),),
    # Elsewhere.
    "ssh": (
        Wrapper(
            valued=word_set("-B -b -c -D -E -e -F -I -i -J -L -l -m -O -o -P -p -Q -R -S -W -w"),
            operands=1,
            runs="text",
            interspersed=True,
            inert=word_set("-V -N -O -Q -W"),
            reads_input=True,
        ),
    ),
    "gcloud": (
        Wrapper(
            ("compute", "ssh"),
            word_set("--zone --project --ssh-key-file --account --container --ssh-flag"),
            texts=word_set("--command"),
            interspersed=True,
            dashes="required",
            operands=1,
        ),
    ),
    "kubectl": _kubernetes(),
    "oc": _kubernetes(
        (Wrapper(("rsh",), _KUBECTL | word_set("--shell"), operands=1, reads_input=True),)
    ),
    "docker": _engine(_DOCKER_ROOT, _DOCKER_RUN, _DOCKER_EXEC),
    "podman": _engine(_PODMAN_ROOT, _PODMAN_RUN, _DOCKER_EXEC | word_set("--preserve-fd")),
    "nerdctl": _engine(
        _DOCKER_ROOT | word_set("-n --namespace -a --address"), _DOCKER_RUN, _DOCKER_EXEC
    ),
    "docker-compose": (
        Wrapper(("exec",), _COMPOSE_EXEC, operands=1),
        Wrapper(("run",), _COMPOSE_RUN, operands=1, inert=_ENTRYPOINT),
    ),
    "podman-compose": (
        Wrapper(("exec",), _COMPOSE_EXEC, operands=1),
        Wrapper(("run",), _COMPOSE_RUN, operands=1, inert=_ENTRYPOINT),
    ),
    "crictl": (
        Wrapper(("exec",), word_set("-r --runtime-endpoint -t --timeout -c --config"), operands=1),
    ),
    "lxc": (
        Wrapper(
            ("exec",),
            word_set("--cwd --env --group --mode --user --project"),
            operands=1,
            dashes="preferred",
        ),
    ),
    # Shells.
    **dict.fromkeys(("sh", "bash", "dash", "zsh", "ksh", "ash"), (_SHELL,)),
}
