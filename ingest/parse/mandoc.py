"""Running mandoc(1), which renders every dialect of roff, on input that nobody has checked."""

from __future__ import annotations

import shutil
import subprocess
import tempfile

from corpora.errors import ParseError, Reason, ToolMissing

SECONDS = 20
"""Wall-clock and processor time for one page. The largest real one, git-config(1), takes 0.02 s."""

MAX_OUTPUT = 32 * 1024 * 1024
"""Bytes of HTML. git-config(1) makes 0.44 MB."""

MEMORY = 512 * 1024 * 1024
"""Bytes of address space. git-config(1) needs 65 MB."""

HINT = "Install it: apt-get install mandoc, apk add mandoc, or brew install mandoc."

# The limits are set by a shell between fork and exec: Python code there (preexec_fn) can deadlock
# a program that has threads. A limit the system does not know (-v on macOS) is left out.
_LIMITED = (
    'ulimit -c 0; ulimit -t "$1"; ulimit -f "$2"; ulimit -n 16; ulimit -v "$3" 2>/dev/null; '
    'shift 3; exec "$@"'
)


def to_html(name: str, roff: str) -> str:
    """Render the source of a manual page to an HTML fragment.

    The program gets the page on its standard input, an empty folder to stand in (so that ``.so``
    finds nothing to include), no environment, and limits on time, memory, files and output.
    Raises ToolMissing, or ParseError: TIMED_OUT, TOO_LARGE or MALFORMED.
    """
    mandoc = shutil.which("mandoc")
    if mandoc is None:
        raise ToolMissing("mandoc is needed to read manual pages, and is not here.", hint=HINT)
    limits = [str(SECONDS), str(MAX_OUTPUT // 512), str(MEMORY // 1024)]
    options = ["-T", "html", "-O", "fragment", "-K", "utf-8", "-I", "os="]
    with (
        tempfile.TemporaryDirectory(prefix="flagstone-mandoc-") as empty,
        tempfile.TemporaryFile() as source,
        tempfile.TemporaryFile() as output,
    ):
        source.write(roff.encode("utf-8", "replace"))
        source.seek(0)
        try:
            done = subprocess.run(  # noqa: S603  constant program and arguments; the page is data
                ["/bin/sh", "-c", _LIMITED, "sh", *limits, mandoc, *options],
                stdin=source,
                stdout=output,
                stderr=subprocess.DEVNULL,
                cwd=empty,
                env={},
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ParseError(name, Reason.TIMED_OUT, f"mandoc ran for {SECONDS} s") from error
        if output.tell() >= MAX_OUTPUT:
            raise ParseError(name, Reason.TOO_LARGE, f"more than {MAX_OUTPUT:,} bytes of HTML")
        # 0 to 4 only count the findings about the page's style; above, or killed, it gave up.
        if not 0 <= done.returncode <= 4:
            raise ParseError(name, Reason.MALFORMED, f"mandoc ended with {done.returncode}")
        output.seek(0)
        return output.read().decode("utf-8", "replace")
