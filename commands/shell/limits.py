"""How much is read before it is refused: all of it is untrusted."""

MAX_CHARACTERS = 262_144
"""Longest text. Of 2,771 shell blocks in the documentation of Argo CD, Docker, Helm, etcd, Kyverno,
Trivy and OpenTofu the longest has 15,962 characters: sixteen times that. The worst text found of
this length (131,000 redirections) takes two seconds."""

MAX_DEPTH = 32
"""Constructs inside constructs (substitutions, groups, strings handed to shells). The same blocks
reach 7. Each level costs up to ten Python frames, so that 32 stay far from the recursion limit."""

MAX_COMMANDS = 4_000
"""Simple commands in one text; the blocks reach 120."""

MAX_REREAD = 2 * MAX_CHARACTERS
"""Characters read a second time, in strings handed to shells, backticks and here-documents. Without
it ``eval eval eval …`` would be read once for each level."""

MAX_PROBLEMS = 32
"""After so many unreadable places the rest is not read. It bounds the work too: each recovery may
read to the end of the text once."""
