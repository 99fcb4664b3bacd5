"""What the private apt takes over from the machine's configuration, and what it leaves."""

from pathlib import Path

import pytest
from source_debs import Repository, build_deb, needs_apt

from corpora.errors import ConfigurationError
from ingest.sources.apt_machine import Machine, Mirror

pytestmark = needs_apt


def test_the_private_apt_ignores_the_machines_own(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "mirror")
    repository.publish("sid", [build_deb(tmp_path, "tool", "1", {})])
    hostile = tmp_path / "machine.conf"
    hostile.write_text(
        f'APT::Update::Pre-Invoke {{"touch {tmp_path}/ran"; }};\n'
        'APT::Get::AllowUnauthenticated "true";\nAcquire::AllowInsecureRepositories "true";\n'
        'Acquire::http::Proxy "http://user:word@proxy.example.org:3128";\n'
        'Acquire::Check-Valid-Until "false";\n'
    )
    archive = repository.archive(tmp_path / "state", "sid", machine=hostile)
    archive.update()
    ours = tmp_path / "state/apt.conf"
    text = ours.read_text()
    assert 'Acquire::http::Proxy "http://user:word@proxy.example.org:3128";' in text
    assert 'Acquire::Check-Valid-Until "false";' in text
    assert "Insecure" not in text
    assert "Unauthenticated" not in text
    assert not (tmp_path / "ran").exists()
    assert ours.stat().st_mode & 0o077 == 0, "a proxy's password is for its owner only"


def machine_with(tmp_path: Path, **files: str) -> Machine:
    etc = tmp_path / "etc"
    (etc / "sources.list.d").mkdir(parents=True)
    for name, text in files.items():
        place = "sources.list" if name == "list" else f"sources.list.d/{name.replace('_', '.')}"
        (etc / place).write_text(text)
    configuration = tmp_path / "apt.conf"
    configuration.write_text(f'Dir::Etc "{etc}";\nDir::Etc::Parts "/dev/null";\n')
    return Machine.read(configuration)


def test_the_mirror_is_found_in_a_deb822_file_among_others(tmp_path: Path) -> None:
    machine = machine_with(
        tmp_path,
        a_sources="Types: deb\nURIs: https://packages.example.com/debian\nSuites: bookworm\n"
        "Components: main\nSigned-By: /usr/share/keyrings/vendor.gpg\n",
        b_sources="Types: deb\nURIs: http://deb.example.org/debian-security\n"
        "Suites: bookworm-security\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
        c_sources="# a comment\nEnabled: no\nTypes: deb\nURIs: http://off.example.org/debian\n"
        "Suites: sid\nComponents: main\n\n"
        "Types: deb deb-src\n# another\nURIs: http://mirror.example.org/debian/\n"
        "  http://second.example.org/debian\nSuites: bookworm\n bookworm-updates\n"
        "Components: main contrib\nCheck-Valid-Until: no\nTrusted: yes\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
    )
    assert machine.debian_mirror() == Mirror(
        "http://mirror.example.org/debian",
        "/usr/share/keyrings/debian-archive-keyring.gpg",
        {"check-valid-until": "no"},
    )
    assert machine.architecture


def test_the_mirror_is_found_in_a_one_line_file(tmp_path: Path) -> None:
    machine = machine_with(
        tmp_path,
        list="# deb http://commented.example.org/debian bookworm main\n"
        "deb-src http://source.example.org/debian bookworm main\n"
        "deb [arch=amd64 signed-by=/k/vendor.gpg] https://apt.example.com/debian bookworm main\n"
        "deb http://deb.example.org/debian bookworm/updates main\n"
        "deb [signed-by=/k/debian-archive-keyring.gpg check-valid-until=no] "
        "http://snapshot.example.org/archive/debian/20250520T000000Z bookworm main # yes\n",
    )
    assert machine.debian_mirror() == Mirror(
        "http://snapshot.example.org/archive/debian/20250520T000000Z",
        "/k/debian-archive-keyring.gpg",
        {"check-valid-until": "no"},
    )


def test_without_a_named_key_the_address_tells(tmp_path: Path) -> None:
    machine = machine_with(
        tmp_path,
        list="deb https://packages.example.com/debian/12/prod bookworm main\n"
        "deb http://ftp.example.org/debian/ bookworm main\n",
    )
    assert machine.debian_mirror().uri == "http://ftp.example.org/debian"


def test_a_machine_without_a_debian_archive_is_asked_for_one(tmp_path: Path) -> None:
    machine = machine_with(
        tmp_path, list="deb http://archive.example.com/ubuntu noble main\n", b_sources="nonsense"
    )
    with pytest.raises(ConfigurationError, match="Name one"):
        machine.debian_mirror()
