"""Reading .deb archives: what is selected comes as bytes, what is hostile is refused."""

import os
import shutil
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_debs import build_deb, deb_of, entry, needs_dpkg, tar_of

from corpora.errors import Reason, SourceError, ToolMissing
from ingest.sources.archive import Alias, Limits, Member, inside, read_deb, selector

pytestmark = needs_dpkg
PAGES = selector(["usr/share/man/man[1-8]/*"], ["*/secret*"])


def names(deb: Path, **options: object) -> list[str]:
    return [member.path for member in read_deb(deb, PAGES, **options)]  # type: ignore[arg-type]


def reason(deb: Path, **options: object) -> Reason:
    with pytest.raises(SourceError) as caught:
        names(deb, **options)
    assert deb.name in str(caught.value)
    return caught.value.reason


def test_selected_members_come_as_the_bytes_they_are(tmp_path: Path) -> None:
    deb = build_deb(
        tmp_path,
        "pages",
        "1",
        {
            "usr/share/man/man1/a.1.gz": b"\x1f\x8b not unpacked",
            "usr/share/man/man1/secret.1": b"excluded",
            "usr/share/man/man8/b.8": b"",
            "usr/share/man/de/man1/a.1": b"not included",
            "usr/bin/program": b"not included",
        },
    )
    before = sorted(tmp_path.rglob("*"))
    assert list(read_deb(deb, PAGES)) == [
        Member("usr/share/man/man1/a.1.gz", b"\x1f\x8b not unpacked"),
        Member("usr/share/man/man8/b.8", b""),
    ]
    assert sorted(tmp_path.rglob("*")) == before, "something was written to disk"


def test_links_between_selected_members_are_aliases_of_the_file_at_their_end(
    tmp_path: Path,
) -> None:
    man = "usr/share/man/man1"
    deb = build_deb(
        tmp_path,
        "links",
        "1",
        {
            f"{man}/real.1": b"page",
            f"{man}/next.1": b"->real.1",
            f"{man}/chain.1": b"->../man1/next.1",
            f"{man}/rooted.1": b"->/usr/share/man/man1/real.1",
            f"{man}/loose.1": b"->gone.1",
            f"{man}/elsewhere.1": b"->/etc/passwd",
            f"{man}/circle.1": b"->elcric.1",
            f"{man}/elcric.1": b"->circle.1",
        },
    )
    found = [one for one in read_deb(deb, PAGES) if isinstance(one, Alias)]
    real = f"{man}/real.1"
    assert found == [Alias(f"{man}/{name}.1", real) for name in ("chain", "next", "rooted")]


def test_a_hard_link_is_an_alias_too(tmp_path: Path) -> None:
    man = "./usr/share/man/man1"
    tar = tar_of(
        [
            (entry(f"{man}/a.1"), b"page"),
            (entry(f"{man}/b.1", type=tarfile.LNKTYPE, linkname=f"{man}/a.1"), b""),
        ]
    )
    found = list(read_deb(deb_of(tmp_path / "hard.deb", tar), PAGES))
    assert found[1] == Alias("usr/share/man/man1/b.1", "usr/share/man/man1/a.1")


MAN = "./usr/share/man/man1"
HOSTILE = {
    "a member above the root": entry("../../etc/cron.d/x"),
    "a member that climbs out": entry(f"{MAN}/../../../../../x.1"),
    "an absolute member": entry("/etc/passwd"),
    "a name with a control character": entry(f"{MAN}/a\nb.1"),
    "a symbolic link out": entry(
        f"{MAN}/l.1", type=tarfile.SYMTYPE, linkname="../../../../../../etc/passwd"
    ),
    "a hard link out": entry(f"{MAN}/h.1", type=tarfile.LNKTYPE, linkname="../etc/shadow"),
    "a block device": entry("./dev/sda", type=tarfile.BLKTYPE, devmajor=8),
    "a character device among the pages": entry(f"{MAN}/zero.1", type=tarfile.CHRTYPE, devmajor=1),
    "a pipe": entry(f"{MAN}/pipe.1", type=tarfile.FIFOTYPE),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_members_are_refused_or_passed_over(tmp_path: Path, what: str) -> None:
    tar = tar_of([(HOSTILE[what], b""), (entry(f"{MAN}/good.1"), b"page")])
    deb = deb_of(tmp_path / "hostile.deb", tar)
    assert reason(deb) is Reason.UNSAFE_PATH
    assert names(deb, strict=False) == ["usr/share/man/man1/good.1"]


def test_a_path_that_comes_twice_is_refused(tmp_path: Path) -> None:
    tar = tar_of([(entry(f"{MAN}/a.1"), b"one"), (entry(f"{MAN}/a.1"), b"two")])
    assert reason(deb_of(tmp_path / "twice.deb", tar)) is Reason.DAMAGED_ARCHIVE


def test_a_truncated_package_never_passes_for_a_whole_one(tmp_path: Path) -> None:
    tar = tar_of([(entry(f"{MAN}/p{n}.1"), f"page {n} ".encode() * 200) for n in range(20)])
    whole = deb_of(tmp_path / "whole.deb", tar).read_bytes()
    cut = tmp_path / "cut.deb"
    for length in (0, 7, 40, 120, len(whole) // 2, len(whole) * 3 // 4, len(whole) - 9):
        cut.write_bytes(whole[:length])
        assert reason(cut) is Reason.DAMAGED_ARCHIVE, length


def test_a_data_archive_cut_within_a_member_is_damaged(tmp_path: Path) -> None:
    tar = tar_of([(entry(f"{MAN}/a.1"), b"page" * 1000)])
    assert reason(deb_of(tmp_path / "short.deb", tar[:1024])) is Reason.DAMAGED_ARCHIVE


def test_what_is_no_archive_is_damaged_and_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    deb = tmp_path / "no.deb"
    assert reason(deb) is Reason.NOT_FOUND
    deb.write_bytes(b"<html>404</html>" * 100)
    assert reason(deb) is Reason.DAMAGED_ARCHIVE


def test_a_selected_member_beyond_the_limit_is_refused_and_an_unselected_one_is_not(
    tmp_path: Path,
) -> None:
    limits = Limits(member_bytes=10_000)
    big = deb_of(tmp_path / "big.deb", tar_of([(entry(f"{MAN}/big.1", size=10_001), b"")]))
    assert reason(big, limits=limits) is Reason.TOO_LARGE
    other = deb_of(tmp_path / "other.deb", tar_of([(entry("./usr/bin/big", size=10_001), b"")]))
    assert names(other, limits=limits) == []


def test_a_sparse_member_counts_with_the_size_it_claims(tmp_path: Path) -> None:
    # An old GNU sparse header: a real size of 1 TB, of which nothing is stored.
    info = entry(f"{MAN}/sparse.1", type=tarfile.GNUTYPE_SPARSE)
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[483:495] = b"%011o\0" % (2**33 - 1)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    deb = deb_of(tmp_path / "sparse.deb", bytes(header) + bytes(1024))
    assert reason(deb) is Reason.TOO_LARGE


def test_a_bomb_is_refused_by_its_total_whether_selected_or_not(tmp_path: Path) -> None:
    tar = tar_of([(entry("./usr/lib/zeros", size=2_000_000), b"")])
    bomb = deb_of(tmp_path / "bomb.deb", tar)
    assert reason(bomb, limits=Limits(total_bytes=1_000_000)) is Reason.TOO_LARGE


def test_the_ratio_ends_a_bomb_long_before_the_total(tmp_path: Path) -> None:
    tar = tar_of([(entry("./usr/lib/zeros", size=70 * 2**20), b"")])
    bomb = deb_of(tmp_path / "ratio.deb", tar)
    assert bomb.stat().st_size < 2**20
    assert reason(bomb) is Reason.TOO_LARGE


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    tar = tar_of([(entry(f"./usr/lib/{n}"), b"") for n in range(30)])
    deb = deb_of(tmp_path / "many.deb", tar)
    assert names(deb, limits=Limits(members=30)) == []
    assert reason(deb, limits=Limits(members=29)) is Reason.TOO_LARGE


def test_a_machine_without_dpkg_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match=r"dpkg-deb.*brew install dpkg"):
        names(tmp_path / "x.deb")


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> Path:
    """Put a ``dpkg-deb`` first that notes its process id in the returned file, then runs this."""
    program = folder / "dpkg-deb"
    program.write_text(f"#!/bin/sh\necho $$ > {folder}/pid\nexec {command}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder / "pid"


def has_ended(pid: Path) -> bool:
    try:
        os.kill(int(pid.read_text()), 0)
    except ProcessLookupError:
        return True
    return False


def test_an_unpacking_program_that_hangs_is_given_up_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = stand_in(tmp_path, monkeypatch, "sleep 600")
    deb = tmp_path / "slow.deb"
    deb.write_bytes(b"")
    assert reason(deb, limits=Limits(stall_seconds=0.5)) is Reason.TIMED_OUT
    assert has_ended(pid)


def test_a_reader_that_stops_early_leaves_no_program_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tar = tar_of([(entry(f"{MAN}/p{n}.1"), b"page" * 10_000) for n in range(50)])
    deb = deb_of(tmp_path / "long.deb", tar)
    pid = stand_in(tmp_path, monkeypatch, f'{shutil.which("dpkg-deb")} "$@"')
    members = read_deb(deb, PAGES)
    assert next(members).path.endswith("p0.1")
    assert not has_ended(pid)
    members.close()  # type: ignore[attr-defined]
    assert has_ended(pid)


@given(st.lists(st.text("ab", max_size=2), max_size=3), st.text("ab./\0\n", max_size=12))
def test_no_name_leads_out_of_the_archive(base: list[str], name: str) -> None:
    for link in (False, True):
        path = inside(tuple(part for part in base if part), name, link=link)
        if path is not None:
            assert not path.startswith("/")
            assert ".." not in path.split("/")
            assert path.isprintable()


def test_an_exclusion_wins_and_no_inclusion_selects_nothing() -> None:
    wanted = selector(["html/*.html"], ["*/index.html"])
    assert wanted("html/a.html")
    assert not wanted("html/index.html")
    assert not wanted("html/a.css")
    assert not selector([])("anything")
