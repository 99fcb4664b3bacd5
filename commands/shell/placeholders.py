"""Which words stand for a value that the reader is to fill in.

A placeholder with a static value keeps that value, so that taking a real value for a placeholder
only means that it isn't checked against the allowed ones. Three forms count:

* ``<pod>``, ``<pod name>``, ``<a|b>``, ``<ip-1,ip-2>``, ``<report 1 ID>``: letters between angle
  brackets, also inside a word (``pod/<name>``). A shell would read two redirections: they are so
  read where the closing bracket is followed by a letter or digit (``sort <in>out``) or the inside
  is not a name.
* ``{{name}}`` of tldr pages and Jinja. ``{{.Names}}`` and ``{{range …}}`` are Go templates, that
  is, real values, and so is whatever else calls something.
* Names in capitals: those with an underscore (``BUCKET_NAME``), ``YOUR…``, and the few words that
  usage lines use alone (``NAME``). ``SIGTERM``, ``SELECT``, ``HEAD`` and ``-e PATH=/bin`` are not.

``[OPTIONAL]`` and ``...`` of usage lines are placeholders as well. ``my-pod`` is a name.
"""

import re

ANGLE = re.compile(
    r"<[A-Za-z][\w.:/@-]{0,60}(?:(?:[ |,]|, )(?:\d{1,3} )?[A-Za-z.][\w.:/@-]{0,60}){0,8}>"
    r"(?![A-Za-z0-9_>&(])"
)
"""Bounded repeats: a long text without a closing bracket must not be searched through."""

BRACES = re.compile(r"\{\{[^{}\n]{1,120}\}\}")

_GO_TEMPLATE = re.compile(
    r"\{\{-?\s*(?:[.$\"`(]|(?:range|if|else|end|with|define|template|block|json|len|index|printf?|"
    r"println|join|upper|lower|title|split|table|truncate|pad|and|or|not|eq|ne)\b)|\s\."
)

_WHOLE = re.compile(rf"(?:{ANGLE.pattern}|{BRACES.pattern}|[\w./:@,=+~%?&#-])*")
"""A word made of placeholders and glue only: not HTML, not a program of sed or awk."""

_OPTIONAL = re.compile(r"\[-{0,2}[A-Za-z]{2}[\w.,|=<>:-]*\](?:\.\.\.)?|\.{3}|…")

_CAPITALS = re.compile(r"(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|(?:YOUR|your|Your|MY)[_-][\w-]+|X{3,})")

# The words that stand alone in capitals in the usage lines of docker, kubectl, helm, argocd, trivy
# and etcdctl in their own documentation, without those that are real values somewhere.
# Words that usage lines and examples of those vendors set alone, without those that are values or
# keywords somewhere (CRITICAL, HEAD, SHELL, redis's COMMAND and CLUSTER).
_METAVARIABLE = re.compile(
    r"(?:NAME|NAMESPACE|IMAGE|CONTAINER|FILE|FILENAME|PATH|DIR|DIRECTORY|HOST|HOSTNAME|PORT|USER|"
    r"USERNAME|PASSWORD|TOKEN|URL|ID|VALUE|KEY|VERSION|REGION|POD|NODE|SERVICE|RESOURCE|"
    r"CONTEXT|CHART|RELEASE|REPOSITORY|REPO|TAG|BUCKET|DATABASE|DBNAME|TABLE|VOLUME|NETWORK|"
    r"ARG|ARGS|OPTIONS|FLAGS|SERVER|APP|APPNAME|PROJECT)"
)

_SUSPICIOUS = re.compile(r"[<{\[…]|\.{3}|[A-Z]{2}|XXX|[Yy]our[_-]|MY_")


def has_name(braces: str) -> bool:
    """Whether ``{{…}}`` names something to fill in, rather than calling a template."""
    return _GO_TEMPLATE.search(braces) is None


def is_placeholder(value: str) -> bool:
    """Whether a static value as a whole, or a part of it, is to be filled in."""
    if _SUSPICIOUS.search(value) is None:
        return False
    if ("<" in value or "{{" in value) and _WHOLE.fullmatch(value):
        braces = BRACES.findall(value)
        if (ANGLE.search(value) or braces) and all(map(has_name, braces)):
            return True
    if _OPTIONAL.fullmatch(value):
        return True
    last = value.rpartition("=")[2]
    return _METAVARIABLE.fullmatch(last) is not None or any(
        _CAPITALS.fullmatch(part) for part in re.split(r"[/:@,]", last)
    )
