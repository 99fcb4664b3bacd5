"""``((…))``: where it ends."""

import re

_MARK = re.compile(r"\\.|'[^']*'|[()]", re.DOTALL)


def closing_parentheses(text: str, pos: int) -> int:
    """Where the two parentheses at ``pos`` are closed by two that stand together.

    -1 where they aren't: then they open a subshell in a subshell or in a substitution. Decided by
    counting alone, without reading what is inside: trying both ways at every level of a nest would
    take exponential time.
    """
    depth, inner = 0, -1
    for match in _MARK.finditer(text, pos):
        if match[0] == "(":
            depth += 1
        elif match[0] == ")":
            depth -= 1
            if depth == 1:
                inner = match.start()
            elif depth == 0:
                return match.end() if match.start() == inner + 1 else -1
    return -1
