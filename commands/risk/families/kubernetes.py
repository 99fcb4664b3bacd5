"""Kubernetes: clusters, packages for them, and what delivers to them."""

from __future__ import annotations

from commands.risk.rules import Family, names, rule, rules, words

FAMILIES = (
    Family(
        names("kubectl oc k k3s microk8s.kubectl kubecolor"),
        "",
        rules=rules(
            rule(
                "read",
                "only reads",
                "get, describe, logs, top, explain, api-resources, api-versions, version, "
                "cluster-info, diff, events, kustomize, completion, options, wait, auth "
                "can-i, auth whoami, rollout status, rollout history, plugin, config view, "
                "config get-*, config current-context, port-forward, convert",
            ),
            rule(
                "write",
                "runs something in a container",
                "exec, attach, debug, run, cp, rsh",
            ),
            rule(
                "write",
                "changes objects",
                "apply, create, patch, edit, replace, set, label, annotate, scale, autoscale, "
                "expose, rollout, taint, certificate, auth reconcile",
            ),
            rule("write", "keeps new pods off a node", "cordon, uncordon"),
            rule("destructive", "deletes objects", "delete"),
            rule("destructive", "evicts all pods of a node", "drain"),
            rule("destructive", "evicts pods", "taint", operand=r".*:NoExecute"),
            rule(
                "destructive", "deletes objects that aren't in the files", "apply", flags="--prune"
            ),
            rule(
                "destructive",
                "deletes objects and makes them anew",
                "replace, apply",
                flags="--force",
            ),
            rule("destructive", "stops all pods", "scale", flags="--replicas=0"),
            rule(
                "destructive",
                "doesn't wait for pods to end",
                "delete",
                flags="--force --grace-period=0 --now",
            ),
            rule(
                "destructive",
                "deletes a whole namespace with all that is in it",
                "delete",
                operand=r"(?:ns|namespaces?)(?:/|$)",
            ),
            rule(
                "destructive",
                "deletes a kind, and all objects of it",
                "delete",
                operand=r"(?:crds?|customresourcedefinitions?)(?:/|$)",
            ),
            rule(
                "destructive",
                "deletes the data of volumes",
                "delete",
                operand=r"(?:pvc?|persistentvolume(?:claim)?s?)(?:/|$)",
            ),
            rule("destructive", "forgets how to reach a cluster", "config delete-*, config unset"),
            rule("write", "opens the whole API on this machine", "proxy"),
        ),
        tolerates=words("--force-conflicts"),
    ),
    Family(
        ("helm",),
        "",
        rules=rules(
            rule(
                "read",
                "only reads",
                "list, ls, status, get, history, show, search, template, lint, env, version, "
                "verify, repo list, dependency list, inspect, completion, plugin list",
            ),
            rule(
                "write",
                "changes a release",
                "install, upgrade, rollback, test, package, pull, push, create, repo, "
                "dependency, plugin, registry",
            ),
            rule(
                "destructive",
                "deletes a release and its objects",
                "uninstall, delete, del, un",
            ),
            rule(
                "destructive",
                "deletes objects and makes them anew",
                "upgrade, rollback",
                flags="--force --force-replace",
            ),
        ),
    ),
    Family(
        names(
            "argocd flux kyverno kustomize istioctl linkerd eksctl kops kubeadm kind "
            "minikube k3d velero cilium"
        ),
        "",
        rules=rules(
            rule(
                "destructive",
                "deletes objects that git doesn't have",
                "app sync",
                flags="--prune --force --replace",
            ),
            rule("destructive", "takes the node or cluster apart", "reset"),
            rule("write", "changes the cluster", "reconcile, init, join"),
            rule("read", "only reads", "app get, app diff, app list, app history"),
        ),
    ),
    Family(
        names("etcdctl etcdutl"),
        "",
        rules=rules(
            rule("destructive", "deletes keys", "del, rm, rmdir"),
            rule("destructive", "takes a member out of the cluster", "member remove"),
            rule("destructive", "loses old revisions", "compact, compaction"),
            rule("write", "holds the whole store while it runs", "defrag"),
            rule("read", "only reads", "endpoint, get, watch, member list, alarm list"),
        ),
    ),
)
