"""docker and what is used like it."""

from __future__ import annotations

from commands.risk.rules import Family, names, rule, rules, words

FAMILIES = (
    Family(
        names(
            "docker podman nerdctl docker-compose podman-compose buildah skopeo crictl "
            "ctr lxc incus"
        ),
        "",
        rules=rules(
            rule(
                "read",
                "only reads",
                "ps, images, logs, inspect, stats, top, version, info, history, port, diff, "
                "events, search, list-tags, compose ps, compose logs, compose config, compose "
                "ls, compose images, compose top, * ls, * list, * inspect, * show, system df, "
                "system info, buildx ls, buildx du, container logs, container stats, "
                "container top, container diff, container port, image history, manifest "
                "inspect, context show, config, pods, stack ps, stack services, service ps, "
                "service logs, node ps, wait, container wait",
            ),
            rule(
                "write",
                "runs a container",
                "run, create, start, exec, container run, container start, container exec, "
                "compose run, compose exec, compose up, up, attach, from, buildx bake",
            ),
            rule(
                "write",
                "makes or moves images",
                "build, pull, push, tag, load, save, import, export, commit, cp, copy, login, "
                "logout, buildx build, bud",
            ),
            rule(
                "write",
                "stops containers",
                "stop, kill, restart, pause, unpause, compose stop, compose restart, "
                "container stop, container kill, container restart",
            ),
            rule(
                "write",
                "changes the swarm",
                "swarm init, swarm join, swarm update, service update, service scale, node "
                "update, stack deploy, service create",
            ),
            rule(
                "destructive",
                "deletes containers, images or volumes",
                "rm, rmi, * rm, * remove, * prune, rmp, delete, untag",
            ),
            rule(
                "destructive",
                "deletes everything that isn't in use",
                "system prune, buildx prune, builder prune, image prune, container prune, "
                "network prune, volume prune, prune",
            ),
            rule(
                "destructive",
                "deletes volumes: the data in them is lost",
                "volume rm, volume remove, volume prune",
            ),
            rule(
                "destructive",
                "deletes volumes: the data in them is lost",
                "rm, container rm, compose rm",
                flags="-v --volumes",
            ),
            rule(
                "destructive",
                "deletes volumes: the data in them is lost",
                "system prune",
                flags="--volumes",
            ),
            rule(
                "destructive",
                "removes the containers and networks of the project",
                "compose down, down",
            ),
            rule(
                "destructive",
                "deletes volumes: the data in them is lost",
                "compose down, down",
                flags="-v --volumes",
            ),
            rule("destructive", "resets everything", "system reset, system migrate"),
            rule(
                "destructive",
                "leaves the swarm, and loses it if it is the last manager",
                "swarm leave",
            ),
            rule(
                "destructive",
                "removes all services of the stack",
                "stack rm, stack down, service rm",
            ),
            rule(
                "write",
                "gives the container the rights of the machine",
                "run, create, container run, exec",
                flags="--privileged --pid=host --cap-add=ALL --cap-add=SYS_ADMIN",
            ),
            rule(
                "write",
                "gives the container the machine's files",
                "run, create, container run",
                flags=(
                    "-v=/:* --volume=/:* -v=/var/run/docker.sock* --volume=/var/run/docker.sock*"
                ),
            ),
        ),
        dry=words("--dry-run"),
        tolerates=words("--rm"),
    ),
)
