import socket
import ssl
import subprocess
import threading
from ipaddress import ip_network

import httpcore
import httpx
import pytest
from local_site import LOOPBACK, FakeTime, Reply, Site, local_door, redirect

from corpora.errors import Reason, SourceError
from ingest.egress import Door, Limits, Policy
from ingest.egress.target import hop
from ingest.egress.transport import httpx_error


@pytest.fixture
def site():
    with Site({"/": Reply(b"hello")}) as running:
        yield running


def refusal_of(door, url):
    with pytest.raises(SourceError) as caught:
        door.get(url)
    assert caught.value.reason is Reason.REFUSED
    return caught.value


def named(*addresses):
    """A resolver that answers each look-up with the next of ``addresses``, the last for ever."""
    left = list(addresses)
    calls = []

    def resolve(host, port):
        calls.append(host)
        answer = left.pop(0) if len(left) > 1 else left[0]
        return (answer,) if isinstance(answer, str) else answer

    resolve.calls = calls
    return resolve


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
def test_a_local_server_is_refused_by_default_however_its_address_is_spelled(site, host):
    with Door() as door:
        refusal_of(door, f"http://{host}:{site.port}/")
    assert site.asked == []


def test_a_name_is_looked_up_once_and_the_checked_address_is_dialled(site, monkeypatch):
    dialled = []
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: (dialled.append(host), real(host, *a, **k))[1]
    )
    resolver = named("127.0.0.1", "127.0.0.2")
    with local_door(resolver=resolver) as door:
        assert door.get(f"http://docs.example.org:{site.port}/").body == b"hello"
    assert resolver.calls == ["docs.example.org"]
    assert "docs.example.org" not in dialled
    assert site.headers[0]["host"] == f"docs.example.org:{site.port}"


def test_an_answer_of_the_name_service_that_changes_is_checked_again(site):
    site.routes["/"] = Reply(b"hello", headers={"Connection": "close"})
    with Site({"/": Reply(b"secret")}, address="127.0.0.2") as inner:
        with local_door(resolver=named("127.0.0.1", "127.0.0.2")) as door:
            door.get(f"http://docs.example.org:{site.port}/")
            refusal_of(door, f"http://docs.example.org:{inner.port}/")
        assert inner.asked == []


def test_a_name_with_one_bad_address_among_good_ones_is_refused(site):
    with local_door(resolver=named(("127.0.0.1", "10.0.0.1"))) as door:
        refusal_of(door, f"http://docs.example.org:{site.port}/")
    assert site.asked == []


def test_the_error_says_nothing_of_the_address_and_the_log_says_all(site, caplog):
    with local_door(resolver=named("127.0.0.2")) as door:
        error = refusal_of(door, f"http://docs.example.org:{site.port}/")
    assert "127.0.0" not in str(error)
    assert "loopback" not in str(error)
    assert "127.0.0.2 is loopback" in caplog.text


def test_a_redirect_to_a_private_neighbour_is_refused_before_it_is_asked(site):
    with Site({"/": Reply(b"secret")}, address="127.0.0.2") as inner:
        site.routes["/out"] = redirect(f"{inner.url}/")
        with local_door() as door:
            refusal_of(door, f"{site.url}/out")
        assert inner.asked == []


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://127.0.0.1:70/",
        "http://user:secret@127.0.0.1/",
        "http://127.0.0.1:25/",
        "http://[::1",
        "//%00/",
    ],
)
def test_a_redirect_to_what_is_not_allowed_is_refused(site, target):
    site.routes["/out"] = redirect(target)
    policy = Policy(networks=(*LOOPBACK, ip_network("169.254.0.0/16")))
    with local_door(policy=policy) as door:
        error = refusal_of(door, f"{site.url}/out")
    assert "secret" not in str(error)


def test_redirects_are_followed_and_told(site):
    site.routes |= {"/a": redirect("b", 301), "/b": redirect("/", 308)}
    with local_door() as door:
        answer = door.get(f"{site.url}/a")
    assert (answer.body, answer.url) == (b"hello", f"{site.url}/")
    assert answer.hops == (f"{site.url}/a", f"{site.url}/b")


def test_a_circle_of_redirects_ends_at_the_limit(site):
    site.routes |= {"/a": redirect("/b"), "/b": redirect("/a")}
    with local_door(policy=Policy(networks=LOOPBACK, redirects=4)) as door:
        refusal_of(door, f"{site.url}/a")
    assert len(site.asked) == 5


def test_a_redirect_may_not_leave_https():
    here = httpx.URL("https://docs.example.org/a")
    assert str(hop(here, "/b", Policy())) == "https://docs.example.org/b"
    with pytest.raises(SourceError):
        hop(here, "http://docs.example.org/b", Policy())


@pytest.mark.parametrize(
    "url",
    [
        "http://u:p@docs.example.org/",
        "ftp://docs.example.org/",
        "http:///x",
        "http://a b/",
        "x",
        "http://docs.example.org:22/",
        "http://docs.example.org/" + "a" * 5000,
        "javascript:0",
    ],
)
def test_an_address_that_is_wrong_in_itself_is_refused_without_a_look_up(url):
    resolver = named("127.0.0.1")
    with local_door(resolver=resolver) as door:
        error = refusal_of(door, url)
    assert resolver.calls == []
    assert ":p@" not in str(error)


def test_with_an_allow_list_other_hosts_are_refused_redirects_included(site):
    site.routes["/out"] = redirect(f"http://evil.example.org:{site.port}/")
    policy = Policy(hosts=("docs.example.org", "*.mirror.example.org"), networks=LOOPBACK)
    with local_door(policy=policy, resolver=named("127.0.0.1")) as door:
        assert door.get(f"http://DOCS.example.org:{site.port}/").status == 200
        assert door.get(f"http://a.mirror.example.org:{site.port}/").status == 200
        for host in ("evil.example.org", "mirror.example.org", "docs.example.org.evil.org"):
            refusal_of(door, f"http://{host}:{site.port}/")
        refusal_of(door, f"http://docs.example.org:{site.port}/out")


def test_proxy_variables_of_the_environment_are_ignored(site, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with local_door() as door:
        assert door.get(f"{site.url}/").body == b"hello"


def test_a_named_proxy_is_asked_and_may_be_anywhere():
    with Site() as proxy:
        proxy.default = Reply(b"through the proxy")
        with local_door(policy=Policy(proxy=proxy.url)) as door:
            assert door.get("http://docs.example.org/page").body == b"through the proxy"
            refusal_of(door, "http://127.0.0.1/")  # what can be checked here still is
        assert proxy.asked == ["http://docs.example.org/page"]


def test_the_tls_name_is_the_one_of_the_address_asked_for(tmp_path):
    made = subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
            "-days",
            "2",
            "-subj",
            "/CN=docs.example.org",
            "-addext",
            "subjectAltName=DNS:docs.example.org",
        ],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("no openssl to make a certificate with")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    names = []
    context.sni_callback = lambda _, name, __: names.append(name)
    with Site({"/": Reply(b"hello")}) as site:
        site._server.socket = context.wrap_socket(site._server.socket, server_side=True)
        policy = Policy(networks=LOOPBACK, ca_file=tmp_path / "cert.pem")
        with local_door(policy=policy, resolver=named("127.0.0.1"), attempts=1) as door:
            assert door.get(f"https://docs.example.org:{site.port}/").body == b"hello"
            with pytest.raises(SourceError) as caught:  # the certificate is another host's
                door.get(f"https://other.example.org:{site.port}/")
    assert caught.value.reason is Reason.UNREACHABLE
    assert names[0] == "docs.example.org"


def test_every_error_of_httpcore_has_its_partner_in_httpx():
    errors = [
        thing
        for name in httpcore.__all__
        if isinstance(thing := getattr(httpcore, name), type) and issubclass(thing, Exception)
    ]
    assert len(errors) > 10
    for error in errors:
        assert httpx_error(error("x")) is not None, error
    assert httpx_error(ValueError()) is None


def test_a_name_that_does_not_exist_is_unreachable_after_the_last_try():
    def resolve(host, port):
        raise socket.gaierror("no such name")

    time = FakeTime()
    with local_door(time.clock(), resolver=resolve) as door, pytest.raises(SourceError) as caught:
        door.get("http://docs.example.org/")
    assert caught.value.reason is Reason.UNREACHABLE
    assert time.slept == [1.0, 2.0]


def test_a_look_up_that_never_ends_is_left_behind():
    over = threading.Event()

    def resolve(host, port):
        over.wait()
        return ()

    limits = Limits(seconds=0.1, connect_seconds=0.05)
    with (
        local_door(resolver=resolve, limits=limits, attempts=1) as door,
        pytest.raises(SourceError) as caught,
    ):
        door.get("http://docs.example.org/")
    over.set()
    assert caught.value.reason is Reason.TIMED_OUT
