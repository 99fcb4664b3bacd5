import pytest

from commands.risk import assess
from commands.shell import parse
from commands.validate import validate
from tests.commands.tools import open_tools, targets


def level(text):
    return assess(parse(text), text).level


def reasons(text):
    return " ".join(reason.text for reason in assess(parse(text), text).reasons)


READ = """
kubectl get pods -A
kubectl -n web logs x --tail 5
kubectl delete pod x --dry-run=client
kubectl delete pod x --dry-run=server
kubectl rollout status deploy/x
git log --oneline
git -C x status
git clean -nfd
git push --dry-run --force
docker ps -a
docker system df
docker volume ls
aws ec2 describe-instances --filters x
aws s3 ls
aws ec2 terminate-instances --instance-ids i --dry-run
aws s3 rm s3://x --recursive --dryrun
az vm list -o table
gcloud compute instances describe x
terraform plan
terraform state list
ansible-playbook site.yml --check
puppet apply --noop site.pp
rsync -avn --delete a/ b/
rm --help
docker system prune --help
ls -la | grep x | wc -l
find . -name '*.txt'
dd --version
ps aux > /dev/null 2>&1
psql -c 'SELECT * FROM t'
psql -c "select 'drop table x'"
psql -c "EXPLAIN DELETE FROM t"
redis-cli GET x
systemctl status nginx
curl https://example.org
fdisk -l
iptables -L -n
helm template x
apt-get -s remove x
sudo ls
crontab -l
make -n
"""
WRITE = """
kubectl apply -f x.yaml
kubectl exec web -- ls
kubectl scale deploy x --replicas=3
git commit -m x
git push origin main
git restore --staged x
docker run alpine ls
docker build .
aws s3 cp a s3://b
aws ec2 run-instances --image-id x
az vm create -n x -g y
gcloud compute instances create x
terraform apply
cp a b
echo x > file
echo x >> /etc/hosts
curl -s https://example.org/x.sh | sh
curl -s https://example.org/x.sh | sudo bash -s -- -y
bash <(curl -s https://example.org/x.sh)
sh -c "$(wget -qO- https://example.org/x.sh)"
psql -c 'INSERT INTO t VALUES (1)'
psql -c "UPDATE t SET a = 1 WHERE id = 2"
psql -f script.sql
systemctl restart nginx
npm install --force
frobnicate
mytool sync
$TOOL x
python evil.py --help
sed -i s/a/b/ x
find . -exec touch {} +
pip install x
ssh host
"""
DESTRUCTIVE = """
rm -rf build
rm -rf /
sudo rm file
find . -name x -delete
find . -exec rm {} +
ls | xargs rm
dd if=/dev/zero of=/dev/sda bs=1M
mkfs.ext4 /dev/sdb1
wipefs -a /dev/sdb
shred x
truncate -s 0 x
echo x > /dev/sda
cat x | tee /dev/nvme0n1
kubectl delete pod x
kubectl delete pods --all
kubectl delete pod x --dry-run=none
kubectl delete ns web
kubectl -n web delete deploy -l app=x
kubectl drain node
kubectl apply -f x --prune
kubectl replace --force -f x
kubectl scale deploy x --replicas=0
kubectl exec web -- rm -rf /data
helm uninstall x
git push --force
git push -f origin main
git push origin +main
git push origin :old
git reset --hard HEAD~1
git clean -fd
git branch -D x
git stash clear
git checkout -- .
docker system prune -af
docker rm -f x
docker volume rm x
docker compose down -v
docker run alpine rm -rf /x
aws ec2 terminate-instances --instance-ids i
aws --region x ec2 terminate-instances --instance-ids i
aws s3 rb s3://x --force
aws s3 sync a s3://b --delete
aws rds delete-db-instance --db-instance-identifier x
az group delete -n x
gcloud -q compute instances delete x
terraform destroy
terraform apply -destroy
terraform apply -auto-approve
terraform state rm x
psql -c "DROP TABLE x"
psql -d db --command='truncate t'
mysql -e 'DELETE FROM t'
psql -c "UPDATE t SET a = 1"
echo 'DROP DATABASE x' | psql
redis-cli FLUSHALL
redis-cli -n 1 DEL x
sqlite3 x.db 'drop table t'
mongosh --eval 'db.dropDatabase()'
dropdb x
userdel bob
iptables -F
crontab -r
apt-get purge x
rsync -a --delete a/ b/
mytool database drop x
mytool delete thing
mytool apply --force
shutdown -h now
ssh host rm -rf /x
bash -c 'rm -rf x'
restic forget x
etcdctl del / --prefix
borg delete repo
vault kv destroy x
"""


@pytest.mark.parametrize("line", READ.strip().splitlines())
def test_this_only_reads(line):
    assert level(line) == "read", reasons(line)


@pytest.mark.parametrize("line", WRITE.strip().splitlines())
def test_this_writes(line):
    assert level(line) == "write", reasons(line)


@pytest.mark.parametrize("line", DESTRUCTIVE.strip().splitlines())
def test_this_destroys(line):
    assert level(line) == "destructive", reasons(line)


def test_a_here_document_of_statements_is_read():
    assert level("psql <<EOF\nBEGIN;\nDROP TABLE x;\nEOF\n") == "destructive"
    assert level("psql <<< 'truncate x'") == "destructive"


def test_every_level_above_reading_has_a_reason_with_its_place():
    text = "ls; sudo rm -rf /data > log"
    risk = assess(parse(text), text)
    assert [reason.level for reason in risk.reasons[:2]] == ["destructive", "destructive"]
    for reason in risk.reasons:
        assert text[reason.span.start : reason.span.end].startswith(("rm", ">", "sudo"))
    assert "folders" in reasons(text)
    assert "log" in reasons(text)


def test_wide_selectors_are_named():
    assert "--all reaches more" in reasons("kubectl delete pods --all")
    assert "reaches everything" in reasons("rm -rf /")
    assert "*.log" in reasons("rm *.log")


def test_what_is_fetched_and_run_is_said_to_be_unread():
    assert "unread" in reasons("curl -s https://example.org | sudo bash")
    assert "unread" not in reasons("curl -s https://example.org | grep x")


def test_what_can_not_be_read_writes():
    assert level("ls (") == "write"


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory):
    with open_tools(tmp_path_factory.mktemp("tools")) as store:
        yield lambda text: validate(text, store, targets(store)).risk.level


def test_a_surface_tells_what_short_options_are(surveyed):
    assert surveyed("git push -n -f") == "read"  # -n is --dry-run here
    assert surveyed("git push -f") == "destructive"
    assert surveyed("git log -n 5") == "read"
    assert surveyed("git commit -n -m x") == "write"  # and --no-verify there


def test_an_option_of_a_value_is_not_an_option(surveyed):
    assert surveyed("git commit -m --force") == "write"
    assert surveyed("git commit -m --help") == "write"
    assert surveyed("git commit -m --dry-run") == "write"


def test_a_rehearsal_that_does_not_exist_lowers_nothing(surveyed):
    assert surveyed("docker system prune -f --dry-run") == "destructive"
    assert surveyed("docker system prune --help") == "read"


def test_the_subcommand_counts_not_the_operand(surveyed):
    assert surveyed("kubectl get delete") == "read"
    assert surveyed("docker run --name prune alpine") == "write"
