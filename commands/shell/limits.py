"""How much is read before it is refused: all of it is untrusted."""

MAX_CHARACTERS = 262_144
"""Longest text. Of 2,771 shell blocks in six vendors' documentation the longest has 14,000
characters; the largest install scripts in the wild (nvm, rustup, get.docker.com) stay below
160,000."""

MAX_DEPTH = 32
"""Constructs inside constructs (substitutions, groups, strings handed to shells). The same blocks
reach 5. Each level costs up to ten Python frames, so that 32 stay far from the recursion limit."""

MAX_COMMANDS = 4_000
"""Simple commands in one text; the blocks reach 90."""

MAX_PROBLEMS = 32
"""After so many unreadable places the rest is not read. It bounds the work too: each recovery may
read to the end of the text once."""
