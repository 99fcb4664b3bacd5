"""Command lines as they are typed, and the simple commands in each.

A command is its words: one string where no word holds a blank, else a list. A word whose value
isn't static is given as it is written.
"""


def words(text: str) -> list[str]:
    """The words of a text without quotes."""
    return text.split()


LINES: list[tuple[str, list[str | list[str]]]] = [
    # kubectl
    ("kubectl get pods -n kube-system -o wide", ["kubectl get pods -n kube-system -o wide"]),
    (
        "kubectl get pods --selector=app=web,tier!=db -o jsonpath='{.items[*].metadata.name}'",
        ["kubectl get pods --selector=app=web,tier!=db -o jsonpath={.items[*].metadata.name}"],
    ),
    (
        "kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name}{\"\\t\"}{end}'",
        [
            [
                *words("kubectl get nodes -o"),
                'jsonpath={range .items[*]}{.metadata.name}{"\\t"}{end}',
            ]
        ],
    ),
    (
        "kubectl logs -f deploy/api -c app --since=10m | grep -i error",
        ["kubectl logs -f deploy/api -c app --since=10m", "grep -i error"],
    ),
    (
        "kubectl drain node-1 --ignore-daemonsets --delete-emptydir-data --grace-period 30",
        ["kubectl drain node-1 --ignore-daemonsets --delete-emptydir-data --grace-period 30"],
    ),
    (
        "kubectl exec -it web-0 -n shop -- psql -U postgres -c 'select 1'",
        ["kubectl exec -it web-0 -n shop --", ["psql", "-U", "postgres", "-c", "select 1"]],
    ),
    (
        "kubectl -n shop exec deploy/web -c app -- sh -c 'env | sort'",
        [
            "kubectl -n shop exec deploy/web -c app --",
            ["sh", "-c", "env | sort"],
            "env",
            "sort",
        ],
    ),
    ("kubectl exec -it web-0 -c app bash", ["kubectl exec -it web-0 -c app", "bash"]),
    (
        "kubectl run tmp --rm -it --image=busybox:1.36 --restart=Never -- wget -qO- http://web",
        [
            "kubectl run tmp --rm -it --image=busybox:1.36 --restart=Never --",
            "wget -qO- http://web",
        ],
    ),
    (
        "kubectl debug node/worker-1 -it --image=ubuntu -- chroot /host journalctl -u kubelet",
        [
            "kubectl debug node/worker-1 -it --image=ubuntu --",
            "chroot /host",
            "journalctl -u kubelet",
        ],
    ),
    (
        'kubectl create secret generic db --from-literal=password="$(openssl rand -base64 24)"',
        [
            [
                *words("kubectl create secret generic db"),
                '--from-literal=password="$(openssl rand -base64 24)"',
            ],
            "openssl rand -base64 24",
        ],
    ),
    (
        "kubectl get po -A --field-selector status.phase!=Running --no-headers |"
        " awk '{print $1, $2}' | xargs -n2 kubectl delete pod -n",
        [
            "kubectl get po -A --field-selector status.phase!=Running --no-headers",
            ["awk", "{print $1, $2}"],
            "xargs -n2",
            "kubectl delete pod -n",
        ],
    ),
    (
        'kubectl patch svc web -p \'{"spec": {"type": "NodePort"}}\'',
        [["kubectl", "patch", "svc", "web", "-p", '{"spec": {"type": "NodePort"}}']],
    ),
    ("kubectl scale --replicas=3 deployment/web", ["kubectl scale --replicas=3 deployment/web"]),
    ("kubectl port-forward svc/web 8080:80 &", ["kubectl port-forward svc/web 8080:80"]),
    (
        "kubectl apply -f - <<EOF\nkind: Pod\nname: $(whoami)\nEOF\n",
        ["kubectl apply -f -", "whoami"],
    ),
    (
        "kubectl delete pod <pod-name> --namespace=<namespace> --force",
        ["kubectl delete pod <pod-name> --namespace=<namespace> --force"],
    ),
    (
        "KUBECONFIG=~/.kube/prod kubectl config use-context prod",
        ["kubectl config use-context prod"],
    ),
    ("kubectl cp shop/web-0:/tmp/a.log ./a.log", ["kubectl cp shop/web-0:/tmp/a.log ./a.log"]),
    (
        'kubectl annotate pods foo description="my frontend" --overwrite',
        [[*words("kubectl annotate pods foo"), "description=my frontend", "--overwrite"]],
    ),
    ("oc exec -n x pod/y -- date", ["oc exec -n x pod/y --", "date"]),
    ("oc rsh dc/web ls -l /data", ["oc rsh dc/web", "ls -l /data"]),
    ("kubectl get pods -l 'env in (a, b)'", [["kubectl", "get", "pods", "-l", "env in (a, b)"]]),
    # docker and podman
    ("docker ps -a --format '{{.Names}}'", ["docker ps -a --format {{.Names}}"]),
    (
        "docker run -d --name web -p 8080:80 -v $PWD/html:/usr/share/nginx/html:ro nginx:1.25",
        ["docker run -d --name web -p 8080:80 -v $PWD/html:/usr/share/nginx/html:ro nginx:1.25"],
    ),
    (
        "docker run --rm -it --network host -e A=b ubuntu:22.04 bash -lc 'apt-get update'",
        [
            "docker run --rm -it --network host -e A=b ubuntu:22.04",
            ["bash", "-lc", "apt-get update"],
            "apt-get update",
        ],
    ),
    ("docker run --entrypoint sh alpine -c ls", ["docker run --entrypoint sh alpine -c ls"]),
    ("docker run hello-world", ["docker run hello-world"]),
    (
        "docker --context prod exec -u root -w /app web ls -la",
        ["docker --context prod exec -u root -w /app web", "ls -la"],
    ),
    (
        "docker compose -f a.yml -p shop exec -T db pg_dump -U app app > dump.sql",
        ["docker compose -f a.yml -p shop exec -T db", "pg_dump -U app app"],
    ),
    (
        "docker-compose run --rm -e X=1 api python manage.py migrate",
        ["docker-compose run --rm -e X=1 api", "python manage.py migrate"],
    ),
    (
        "docker rm -f $(docker ps -aq --filter status=exited)",
        [
            ["docker", "rm", "-f", "$(docker ps -aq --filter status=exited)"],
            "docker ps -aq --filter status=exited",
        ],
    ),
    ("docker volume ls -qf dangling=true", ["docker volume ls -qf dangling=true"]),
    (
        "docker build -t app:latest --build-arg VERSION=1.2 -f Dockerfile.prod .",
        ["docker build -t app:latest --build-arg VERSION=1.2 -f Dockerfile.prod ."],
    ),
    (
        "docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' web",
        [
            [
                *words("docker inspect -f"),
                "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
                "web",
            ]
        ],
    ),
    (
        "podman run --pod web --userns=keep-id quay.io/x/y:1 sleep 10",
        ["podman run --pod web --userns=keep-id quay.io/x/y:1", "sleep 10"],
    ),
    ("podman exec -l cat /etc/os-release", ["podman exec -l cat", "/etc/os-release"]),
    ("docker container exec -it db mysql -uroot", ["docker container exec -it db", "mysql -uroot"]),
    ("docker save app | gzip > app.tgz", ["docker save app", "gzip"]),
    (
        "docker run -it --rm --mount type=bind,src=/a,dst=/b alpine",
        ["docker run -it --rm --mount type=bind,src=/a,dst=/b alpine"],
    ),
    # aws, az, gcloud
    (
        "aws s3 sync ./site s3://my-bucket --delete --exclude '*.map'",
        ["aws s3 sync ./site s3://my-bucket --delete --exclude *.map"],
    ),
    (
        "aws ec2 describe-instances --filters 'Name=tag:Env,Values=prod' "
        "--query 'Reservations[].Instances[].InstanceId' --output text",
        [
            "aws ec2 describe-instances --filters Name=tag:Env,Values=prod "
            "--query Reservations[].Instances[].InstanceId --output text"
        ],
    ),
    (
        "aws ecr get-login-password --region eu-west-1 | docker login -u AWS --password-stdin "
        '"$ACCOUNT.dkr.ecr.eu-west-1.amazonaws.com"',
        [
            "aws ecr get-login-password --region eu-west-1",
            'docker login -u AWS --password-stdin "$ACCOUNT.dkr.ecr.eu-west-1.amazonaws.com"',
        ],
    ),
    (
        "aws iam create-role --role-name x --assume-role-policy-document file://trust.json",
        ["aws iam create-role --role-name x --assume-role-policy-document file://trust.json"],
    ),
    (
        'aws dynamodb put-item --table-name T --item \'{"Id": {"S": "1"}}\'',
        [[*words("aws dynamodb put-item --table-name T --item"), '{"Id": {"S": "1"}}']],
    ),
    (
        "aws logs tail /aws/lambda/fn --follow --since 1h",
        ["aws logs tail /aws/lambda/fn --follow --since 1h"],
    ),
    (
        "az vm create -g rg -n vm1 --image Ubuntu2204 --size Standard_B2s --generate-ssh-keys",
        ["az vm create -g rg -n vm1 --image Ubuntu2204 --size Standard_B2s --generate-ssh-keys"],
    ),
    (
        "az group list --query \"[?location=='westeurope'].name\" -o tsv",
        ["az group list --query [?location=='westeurope'].name -o tsv"],
    ),
    (
        "gcloud compute instances create vm-1 --zone=europe-west1-b --machine-type=e2-small",
        ["gcloud compute instances create vm-1 --zone=europe-west1-b --machine-type=e2-small"],
    ),
    (
        'gcloud compute ssh vm-1 --zone europe-west1-b --command="sudo systemctl status nginx"',
        [
            [
                *words("gcloud compute ssh vm-1 --zone europe-west1-b"),
                "--command=sudo systemctl status nginx",
            ],
            "sudo",
            "systemctl status nginx",
        ],
    ),
    (
        "gcloud projects add-iam-policy-binding $PROJECT_ID --member=user:a@b.c --role=roles/x",
        ["gcloud projects add-iam-policy-binding $PROJECT_ID --member=user:a@b.c --role=roles/x"],
    ),
    # databases
    (
        'psql -h db -U app -d shop -c "SELECT count(*) FROM orders WHERE total > 10;"',
        [
            [
                *words("psql -h db -U app -d shop -c"),
                "SELECT count(*) FROM orders WHERE total > 10;",
            ]
        ],
    ),
    (
        "PGPASSWORD=secret pg_dump -Fc -Z 9 --exclude-table-data='audit.*' shop > shop.dump",
        ["pg_dump -Fc -Z 9 --exclude-table-data=audit.* shop"],
    ),
    (
        "pg_restore -j 4 -d shop --clean --if-exists shop.dump",
        ["pg_restore -j 4 -d shop --clean --if-exists shop.dump"],
    ),
    (
        "pg_dump old | psql -h new -d shop",
        ["pg_dump old", "psql -h new -d shop"],
    ),
    (
        "sudo -u postgres psql -tAc \"SELECT 1 FROM pg_roles WHERE rolname='app'\"",
        ["sudo -u postgres", ["psql", "-tAc", "SELECT 1 FROM pg_roles WHERE rolname='app'"]],
    ),
    (
        "su - postgres -c 'createdb -O app shop'",
        [["su", "-", "postgres", "-c", "createdb -O app shop"], "createdb -O app shop"],
    ),
    (
        "psql <<'SQL'\nSELECT $1 FROM `x`;\nSQL\n",
        ["psql"],
    ),
    (
        "redis-cli -h cache --scan --pattern 'user:*'",
        ["redis-cli -h cache --scan --pattern user:*"],
    ),
    ("redis-cli KEYS 'a*' | xargs redis-cli DEL", ["redis-cli KEYS a*", "xargs", "redis-cli DEL"]),
    (
        "mysql -uroot -p\"$PW\" -e 'SHOW DATABASES'",
        [["mysql", "-uroot", '-p"$PW"', "-e", "SHOW DATABASES"]],
    ),
    ("sqlite3 app.db '.schema users'", [["sqlite3", "app.db", ".schema users"]]),
    # git
    ("git rebase -i HEAD~3", ["git rebase -i HEAD~3"]),
    ("git stash show -p stash@{0}", ["git stash show -p stash@{0}"]),
    (
        'git log --pretty=format:"%h %ad | %s%d [%an]" --date=short',
        [["git", "log", "--pretty=format:%h %ad | %s%d [%an]", "--date=short"]],
    ),
    ("git commit -am 'fix: don'\\''t fail'", [["git", "commit", "-am", "fix: don't fail"]]),
    ("git diff HEAD^ -- '*.py'", ["git diff HEAD^ -- *.py"]),
    (
        "git branch --merged | grep -v '\\*' | xargs -r git branch -d",
        ["git branch --merged", "grep -v \\*", "xargs -r", "git branch -d"],
    ),
    (
        "git filter-branch --tree-filter 'rm -f secret' HEAD",
        [["git", "filter-branch", "--tree-filter", "rm -f secret", "HEAD"]],
    ),
    (
        "cd $(git rev-parse --show-toplevel)",
        [["cd", "$(git rev-parse --show-toplevel)"], "git rev-parse --show-toplevel"],
    ),
    # the system
    (
        "sudo systemctl restart nginx.service && systemctl status nginx --no-pager",
        ["sudo", "systemctl restart nginx.service", "systemctl status nginx --no-pager"],
    ),
    (
        "journalctl -u ssh --since '1 hour ago' -f",
        [["journalctl", "-u", "ssh", "--since", "1 hour ago", "-f"]],
    ),
    ("ip -4 addr show dev eth0", ["ip -4 addr show dev eth0"]),
    (
        "ip route add 10.0.0.0/8 via 192.168.1.1 dev eth0 || true",
        ["ip route add 10.0.0.0/8 via 192.168.1.1 dev eth0", "true"],
    ),
    ("ss -tlnp 'sport = :443'", [["ss", "-tlnp", "sport = :443"]]),
    (
        "dd if=/dev/zero of=/tmp/x bs=1M count=10 status=progress",
        ["dd if=/dev/zero of=/tmp/x bs=1M count=10 status=progress"],
    ),
    (
        "tar -czf - /etc | ssh backup@host 'cat > etc.tgz'",
        ["tar -czf - /etc", "ssh backup@host", "cat"],
    ),
    (
        "ssh -p 2222 -i ~/.ssh/k root@10.0.0.5 systemctl restart 'my app'",
        ["ssh -p 2222 -i ~/.ssh/k root@10.0.0.5", "systemctl restart my app"],
    ),
    (
        "ssh host 'cd /srv && docker compose up -d --build'",
        ["ssh host", "cd /srv", "docker compose up -d --build"],
    ),
    ("ssh -L 5432:db:5432 -N bastion", ["ssh -L 5432:db:5432 -N bastion"]),
    ("ssh web <<'EOF'\nuptime\ndf -h\nEOF", ["ssh web", "uptime", "df -h"]),
    (
        "rsync -avz --delete -e 'ssh -p 22' ./ host:/srv/",
        [["rsync", "-avz", "--delete", "-e", "ssh -p 22", "./", "host:/srv/"]],
    ),
    ("chmod u+x,g-w run.sh; ls -l run.sh", ["chmod u+x,g-w run.sh", "ls -l run.sh"]),
    ("mount -o remount,rw /", ["mount -o remount,rw /"]),
    (
        "timeout -k 5 30s curl -fsS http://x/health",
        ["timeout -k 5 30s", "curl -fsS http://x/health"],
    ),
    ("nohup ./server --port 80 > server.log 2>&1 &", ["nohup", "./server --port 80"]),
    ("nice -n 19 ionice -c 3 tar cf a.tar a", ["nice -n 19", "ionice -c 3", "tar cf a.tar a"]),
    ("env -i PATH=/bin LANG=C sort -u names", ["env -i PATH=/bin LANG=C", "sort -u names"]),
    ("time -p make -j8", ["time -p", "make -j8"]),
    ("time { make; make install; }", ["make", "make install"]),
    ("watch -n 2 'kubectl get pods | tail -5'", ["watch -n 2", "kubectl get pods", "tail -5"]),
    ("watch -d kubectl get pods -o wide", ["watch -d", "kubectl get pods -o wide"]),
    ("strace -f -e trace=openat -o /tmp/t ls /", ["strace -f -e trace=openat -o /tmp/t", "ls /"]),
    ("stdbuf -oL tail -f x.log", ["stdbuf -oL", "tail -f x.log"]),
    (
        "flock -n /run/lock -c 'backup --full'",
        [["flock", "-n", "/run/lock", "-c", "backup --full"], "backup --full"],
    ),
    ("flock /run/lock rsync -a a/ b/", ["flock /run/lock", "rsync -a a/ b/"]),
    ("command -v helm >/dev/null || exit 1", ["command -v helm", "exit 1"]),
    ("exec nginx -g 'daemon off;'", ["exec", ["nginx", "-g", "daemon off;"]]),
    ("doas -u www rc-service nginx restart", ["doas -u www", "rc-service nginx restart"]),
    ("sudo -E env PATH=$PATH make install", ["sudo -E", "env PATH=$PATH", "make install"]),
    ("sudo -l -U bob", ["sudo -l -U bob"]),
    ("setsid -f sleep 100", ["setsid -f", "sleep 100"]),
    ("runuser -u app -- node server.js", ["runuser -u app --", "node server.js"]),
    ("parallel -j4 gzip -9 ::: *.log", ["parallel -j4 ::: *.log", "gzip -9"]),
    # find, xargs, awk, sed
    (
        "find . -type f -name '*.tmp' -mtime +7 -delete",
        ["find . -type f -name *.tmp -mtime +7 -delete"],
    ),
    (
        "find /var -size +100M -exec ls -lh {} \\; 2>/dev/null",
        ["find /var -size +100M -exec ;", "ls -lh {}"],
    ),
    (
        "find . \\( -name a -o -name b \\) -exec chmod 644 {} + -print",
        ["find . ( -name a -o -name b ) -exec + -print", "chmod 644 {}"],
    ),
    (
        "find . -exec sh -c 'mv \"$1\" \"$1.bak\"' _ {} ';'",
        [
            "find . -exec ;",
            ["sh", "-c", 'mv "$1" "$1.bak"', "_", "{}"],
            ["mv", '"$1"', '"$1.bak"'],
        ],
    ),
    (
        "find . -print0 | xargs -0 -P 4 -I{} cp {} /dst/{}",
        ["find . -print0", "xargs -0 -P 4 -I{}", "cp {} /dst/{}"],
    ),
    (
        "ls | xargs -L1 bash -c 'echo \"$0\"'",
        ["ls", "xargs -L1", ["bash", "-c", 'echo "$0"'], ["echo", '"$0"']],
    ),
    (
        "awk -F: '$3 >= 1000 { print $1 }' /etc/passwd",
        [["awk", "-F:", "$3 >= 1000 { print $1 }", "/etc/passwd"]],
    ),
    (
        "awk 'BEGIN{while((getline l < \"f\")>0) print l}'",
        [["awk", 'BEGIN{while((getline l < "f")>0) print l}']],
    ),
    (
        "sed -i.bak -e 's/a b/c/g; /^#/d' file",
        [["sed", "-i.bak", "-e", "s/a b/c/g; /^#/d", "file"]],
    ),
    (
        "sed -n '/<body>/,/<\\/body>/p' index.html",
        [["sed", "-n", "/<body>/,/<\\/body>/p", "index.html"]],
    ),
    (
        "grep -rn --include=*.{js,ts} 'TODO' src",
        [["grep", "-rn", "--include=*.{js,ts}", "TODO", "src"]],
    ),
    ("sort <in.txt >out.txt", ["sort"]),
    ("tr '[:upper:]' '[:lower:]' < a | sort -u", ["tr [:upper:] [:lower:]", "sort -u"]),
    ("diff <(sort a) <(sort b)", [["diff", "<(sort a)", "<(sort b)"], "sort a", "sort b"]),
    (
        "cut -d' ' -f1 access.log | sort | uniq -c | sort -rn | head -n 20",
        [["cut", "-d ", "-f1", "access.log"], "sort", "uniq -c", "sort -rn", "head -n 20"],
    ),
    (
        "jq -r '.items[] | select(.a == \"b\") | .name' x.json",
        [["jq", "-r", '.items[] | select(.a == "b") | .name', "x.json"]],
    ),
    # infrastructure
    (
        "terraform plan -var='region=eu-west-1' -var-file=prod.tfvars -out tf.plan",
        ["terraform plan -var=region=eu-west-1 -var-file=prod.tfvars -out tf.plan"],
    ),
    (
        "terraform import 'aws_instance.web[\"a\"]' i-123",
        [["terraform", "import", 'aws_instance.web["a"]', "i-123"]],
    ),
    (
        "terraform destroy -target=module.db -auto-approve",
        ["terraform destroy -target=module.db -auto-approve"],
    ),
    (
        "helm upgrade --install web ./chart -f values.yaml --set tag=1.2,replicas=2 --atomic",
        ["helm upgrade --install web ./chart -f values.yaml --set tag=1.2,replicas=2 --atomic"],
    ),
    (
        "helm install x oci://r/c --set 'hosts[0].name={a,b}'",
        ["helm install x oci://r/c --set hosts[0].name={a,b}"],
    ),
    (
        "helm template . | kubectl apply --dry-run=server -f -",
        ["helm template .", "kubectl apply --dry-run=server -f -"],
    ),
    (
        "ansible all -i inventory -m shell -a 'uptime; df -h' -b",
        [["ansible", "all", "-i", "inventory", "-m", "shell", "-a", "uptime; df -h", "-b"]],
    ),
    (
        "ansible-playbook site.yml --limit 'web*:!web3' --check --diff -e '{\"a\": [1]}'",
        [[*words("ansible-playbook site.yml --limit web*:!web3 --check --diff -e"), '{"a": [1]}']],
    ),
    (
        "openssl s_client -connect x:443 -servername x </dev/null 2>/dev/null |"
        " openssl x509 -noout -dates",
        ["openssl s_client -connect x:443 -servername x", "openssl x509 -noout -dates"],
    ),
    (
        "curl -fsSL https://get.example.com/install.sh | sudo bash -s -- --version 1.2",
        ["curl -fsSL https://get.example.com/install.sh", "sudo", "bash -s -- --version 1.2"],
    ),
    (
        "bash <(curl -s https://x/i.sh) --yes",
        [["bash", "<(curl -s https://x/i.sh)", "--yes"], "curl -s https://x/i.sh"],
    ),
    (
        'sh -c "$(curl -fsSL https://x/i.sh)"',
        [
            ["sh", "-c", '"$(curl -fsSL https://x/i.sh)"'],
            "curl -fsSL https://x/i.sh",
            ["$(curl -fsSL https://x/i.sh)"],
        ],
    ),
    (
        'curl -X POST -H \'Content-Type: application/json\' -d "{\\"a\\": \\"$A\\"}" http://x',
        [
            [
                "curl",
                "-X",
                "POST",
                "-H",
                "Content-Type: application/json",
                "-d",
                '"{\\"a\\": \\"$A\\"}"',
                "http://x",
            ]
        ],
    ),
    (
        "etcdctl --endpoints=$ENDPOINTS put foo 'Hello World!'",
        [["etcdctl", "--endpoints=$ENDPOINTS", "put", "foo", "Hello World!"]],
    ),
    (
        "trivy image --severity HIGH,CRITICAL --ignore-unfixed alpine:3.19",
        ["trivy image --severity HIGH,CRITICAL --ignore-unfixed alpine:3.19"],
    ),
    (
        "apt-get update -qq && DEBIAN_FRONTEND=noninteractive "
        "apt-get install -y --no-install-recommends \\\n  curl \\\n  git",
        ["apt-get update -qq", "apt-get install -y --no-install-recommends curl git"],
    ),
    # loops, conditions, functions
    (
        'for ns in $(kubectl get ns -o name); do kubectl get pods -n "${ns#*/}"; done',
        ["kubectl get ns -o name", ["kubectl", "get", "pods", "-n", '"${ns#*/}"']],
    ),
    ("for ((i=0; i<3; i++)); do curl -s http://x/$i; done", ["curl -s http://x/$i"]),
    (
        'while read -r h; do ssh -n "$h" uptime; done < hosts.txt',
        ["read -r h", ["ssh", "-n", '"$h"'], "uptime"],
    ),
    ("until kubectl get crd x &>/dev/null; do sleep 1; done", ["kubectl get crd x", "sleep 1"]),
    (
        "if ! systemctl is-active --quiet nginx; then systemctl start nginx; "
        "elif true; then :; else exit; fi",
        ["systemctl is-active --quiet nginx", "systemctl start nginx", "true", ":", "exit"],
    ),
    ("[ -d /data ] && rm -rf /data/*", ["[ -d /data ]", "rm -rf /data/*"]),
    ("if [[ $(id -u) -ne 0 && $x =~ ^(a|b)+$ ]]; then echo root; fi", ["id -u", "echo root"]),
    (
        'case "$1" in start|restart) systemctl start x ;; (stop) systemctl stop x;; *) usage; esac',
        ["systemctl start x", "systemctl stop x", "usage"],
    ),
    (
        'deploy() { helm upgrade "$1" .; }; deploy web',
        [["helm", "upgrade", '"$1"', "."], "deploy web"],
    ),
    ("function f { local a=1; ls; }", ["local a=1", "ls"]),
    ("(cd /tmp && ls) | wc -l", ["cd /tmp", "ls", "wc -l"]),
    ("{ echo a; echo b; } >> log", ["echo a", "echo b"]),
    (
        "trap 'rm -f x' EXIT; declare -A m=([a]=1 [b]=2); export A=1 B",
        [
            ["trap", "rm -f x", "EXIT"],
            ["declare", "-A", "m=([a]=1 [b]=2)"],
            "export A=1 B",
        ],
    ),
    (
        "bash <<EOF\nset -e\nkubectl get pods -n $NS\nEOF\necho done",
        ["bash", "set -e", "kubectl get pods -n $NS", "echo done"],
    ),
    ("cat <<-'A' > x; cat <<B\n\ta $(no)\n\tA\nb $(yes)\nB\n", ["cat", "cat", "yes"]),
    ('eval "docker ps -a"', ["eval", "docker ps -a"]),
    ("bash -euo pipefail -c 'a | b'", [["bash", "-euo", "pipefail", "-c", "a | b"], "a", "b"]),
    (
        'bash -c "kubectl get pod \\"$POD\\" -o yaml"',
        [
            ["bash", "-c", '"kubectl get pod \\"$POD\\" -o yaml"'],
            ["kubectl", "get", "pod", '\\"$POD\\"', "-o", "yaml"],
        ],
    ),
    ("bash <<< 'ls -l'", ["bash", "ls -l"]),
    (
        "echo $((1 + $(nproc))) `date +%s` # a comment: rm -rf /",
        [["echo", "$((1 + $(nproc)))", "`date +%s`"], "nproc", "date +%s"],
    ),
    ("echo $'a\\tb\\'c' \"d\\$e\" f\\ g", [["echo", "a\tb'c", "d$e", "f g"]]),
]
