import pytest

from commands.shell import Invocation, Span, Word, parse


def names(text: str) -> list[str]:
    return [invocation.name for invocation in parse(text).invocations]


def last_word(text: str) -> Word:
    return parse(text).invocations[0].words[-1]


def only(text: str) -> Invocation:
    (invocation,) = parse(text).invocations
    return invocation


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kind", "value", "prefix"),
    [
        ("web", "literal", "web", "web"),
        ("my-pod", "literal", "my-pod", "my-pod"),
        ("SIGTERM", "literal", "SIGTERM", "SIGTERM"),
        ("'a'\"b\"\\c", "literal", "abc", "abc"),
        ("''", "literal", "", ""),
        ("*.txt", "literal", "*.txt", "*.txt"),
        ("~/x", "literal", "~/x", "~/x"),
        ("{{.Names}}", "literal", "{{.Names}}", "{{.Names}}"),
        ("'{{json .}}'", "literal", "{{json .}}", "{{json .}}"),
        ("'<p>a</p> b'", "literal", "<p>a</p> b", "<p>a</p> b"),
        ("custom-columns=NAME:.x", "literal", "custom-columns=NAME:.x", "custom-columns=NAME:.x"),
        ("stash@{0}", "literal", "stash@{0}", "stash@{0}"),
        ("'{a,b}'", "literal", "{a,b}", "{a,b}"),
        ("a\\$b", "literal", "a$b", "a$b"),
        ("<pod>", "placeholder", "<pod>", "<pod>"),
        ("<pod name>", "placeholder", "<pod name>", "<pod name>"),
        ('"<pod>"', "placeholder", "<pod>", "<pod>"),
        ("<a|b>", "placeholder", "<a|b>", "<a|b>"),
        ("<ip-1,ip-2>", "placeholder", "<ip-1,ip-2>", "<ip-1,ip-2>"),
        ("arn:<report 1 ID>", "placeholder", "arn:<report 1 ID>", "arn:<report 1 ID>"),
        ("pod/<name>-0", "placeholder", "pod/<name>-0", "pod/<name>-0"),
        ("--ns=<ns>", "placeholder", "--ns=<ns>", "--ns=<ns>"),
        ("{{pod}}", "placeholder", "{{pod}}", "{{pod}}"),
        ("{{ pod name }}", "placeholder", "{{ pod name }}", "{{ pod name }}"),
        ("YOUR_BUCKET", "placeholder", "YOUR_BUCKET", "YOUR_BUCKET"),
        ("gs://BUCKET_NAME/x", "placeholder", "gs://BUCKET_NAME/x", "gs://BUCKET_NAME/x"),
        ("your-project", "placeholder", "your-project", "your-project"),
        ("[OPTIONS]", "placeholder", "[OPTIONS]", "[OPTIONS]"),
        ("[ARG...]", "placeholder", "[ARG...]", "[ARG...]"),
        ("{}", "placeholder", "{}", "{}"),
        ("$POD", "placeholder", None, ""),
        ('"${POD}"', "placeholder", None, ""),
        ("$(id -u)", "placeholder", None, ""),
        ("`id -u`", "placeholder", None, ""),
        ("--namespace=$NS", "placeholder", None, "--namespace="),
        ("pod-$i", "dynamic", None, "pod-"),
        ('"$a and $b"', "dynamic", None, ""),
        ("${x%.txt}", "dynamic", None, ""),
        ('"$@"', "dynamic", None, ""),
        ("$1", "dynamic", None, ""),
        ("{a,b}.txt", "dynamic", None, ""),
        ("f{1..3}", "dynamic", None, ""),
    ],
)
def test_what_is_known_of_a_word(written, kind, value, prefix):
    word = last_word(f"kubectl get {written}")
    assert (word.text, word.kind, word.value, word.prefix) == (written, kind, value, prefix)


@pytest.mark.parametrize(
    ("written", "splits"),
    [
        ("$OPTS", True),
        ('"$OPTS"', False),
        ('"$@"', True),
        ("$(list)", True),
        ('"$(list)"', False),
        ("$((1+2))", False),
        ("{a,b}", True),
        ("a\\{a,b}", False),
        ("plain", False),
    ],
)
def test_a_word_that_may_become_several_says_so(written, splits):
    assert last_word(f"tool {written}").splits is splits


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sort <in >out", [("<", "in"), (">", "out")]),
        ("sort <in>out", [("<", "in"), (">", "out")]),
        ("cmd 2>&1 >>log", [("2>&", "1"), (">>", "log")]),
        ("cmd &>/dev/null", [("&>", "/dev/null")]),
        ("cmd {fd}<x", [("{fd}<", "x")]),
        ("cmd 3<&-", [("3<&", "-")]),
        ("cmd <<< word", [("<<<", "word")]),
        ("cmd >|f", [(">|", "f")]),
        ("tool > <file>", [(">", "<file>")]),
    ],
)
def test_redirections_are_apart_from_the_words(text, expected):
    invocation = only(text)
    assert [word.value for word in invocation.words] == [text.split()[0]]
    assert [(r.operator, r.target.value) for r in invocation.redirections] == expected


def test_words_after_a_redirection_are_still_arguments():
    assert [w.text for w in only("grep > out -n x file").words] == ["grep", "-n", "x", "file"]


def test_assignments_stand_before_the_command():
    invocation = only("A=1 B='x y' C= D=(1 2) kubectl get pods E=2")
    values = [(a.name, a.value.value) for a in invocation.assignments]
    assert values == [("A", "1"), ("B", "x y"), ("C", ""), ("D", None)]
    assert invocation.name == "kubectl"
    assert invocation.words[-1].value == "E=2"
    assert names("A=1 B=$(pwd)") == ["pwd"]


def test_spans_count_characters_and_not_bytes():
    text = "echo 'größe 日本' | grep -c ñ"
    words = [word for found in parse(text).invocations for word in found.words]
    assert [text[w.span.start : w.span.end] for w in words] == [
        "echo", "'größe 日本'", "grep", "-c", "ñ",
    ]  # fmt: skip
    assert words[-1].span == Span(len(text) - 1, len(text))


# --- where commands stand -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "inside"),
    [
        ("ls", "ls", ()),
        ("a && ls", "ls", ()),
        ("a | ls", "ls", ("pipeline",)),
        ("ls | a", "ls", ("pipeline",)),
        ("(ls)", "ls", ("subshell",)),
        ("{ ls; }", "ls", ("group",)),
        ("if ls; then a; fi", "ls", ("conditional",)),
        ("while a; do ls; done", "ls", ("loop",)),
        ("for i in 1; do a | ls; done", "ls", ("loop", "pipeline")),
        ("case x in y) ls;; esac", "ls", ("case",)),
        ("f() { ls; }", "ls", ("function", "group")),
        ('echo "$(ls)"', "ls", ("substitution",)),
        ("diff <(ls) b", "ls", ("substitution",)),
        ("x=`ls`", "ls", ("substitution",)),
        ("sh -c ls", "ls", ("string",)),
        ("sh <<E\nls\nE", "ls", ("here-document",)),
        ("cat <<E\n$(ls)\nE", "ls", ("here-document", "substitution")),
    ],
)
def test_each_command_knows_what_it_stands_in(text, name, inside):
    (invocation,) = [i for i in parse(text).invocations if i.name == name]
    assert invocation.inside == inside


def test_comments_and_elisions_are_no_commands():
    assert names("# rm -rf /\nls # | rm\n...\necho a#b") == ["ls", "echo"]


def test_a_quoted_here_document_is_not_expanded():
    assert names("cat <<'E'\n$(ls)\nE\npwd") == ["cat", "pwd"]


def test_a_here_document_says_where_its_body_is():
    text = "cat <<E >f\na\nb\nE\n"
    body = only(text).redirections[0].body
    assert body is not None
    assert text[body.start : body.end] == "a\nb\n"


# --- wrappers -----------------------------------------------------------------------------------


def test_every_layer_comes_out_with_what_it_was_reached_through():
    text = "sudo -u ops timeout 5 kubectl -n x exec -it web -- bash -c 'ls -l \"a b\" | head'"
    script = parse(text)
    assert [(i.name, i.via) for i in script.invocations] == [
        ("sudo", ()),
        ("timeout", ("sudo",)),
        ("kubectl", ("sudo", "timeout")),
        ("bash", ("sudo", "timeout", "kubectl exec")),
        ("ls", ("sudo", "timeout", "kubectl exec", "bash")),
        ("head", ("sudo", "timeout", "kubectl exec", "bash")),
    ]
    assert script.invocations[4].words[2].text == '"a b"'
    assert script.invocations[4].words[2].value == "a b"


def test_spans_lead_through_two_layers_of_escapes():
    text = 'ssh db "su - postgres -c \\"psql -c \'select 1\'\\""'
    psql = parse(text).invocations[-1]
    assert psql.via == ("ssh", "su")
    assert psql.text == "psql -c 'select 1'"
    assert [word.value for word in psql.words] == ["psql", "-c", "select 1"]


def test_an_expansion_of_the_outer_shell_stays_unknown_inside():
    inner = parse('bash -c "kubectl get pod $POD -n ns-$x"').invocations[1]
    assert [(w.text, w.kind) for w in inner.words[3:]] == [
        ("$POD", "placeholder"),
        ("-n", "literal"),
        ("ns-$x", "dynamic"),
    ]


def test_docker_options_are_asked_of_the_caller_first():
    asked = []

    def takes_value(program: str, path: tuple[str, ...], option: str) -> bool | None:
        asked.append((program, path, option))
        return True if option == "--future-flag" else None

    text = "docker run -e A=b --future-flag x alpine ls -l"
    assert [i.name for i in parse(text, takes_value=takes_value).invocations] == ["docker", "ls"]
    assert asked == [("docker", ("run",), "-e"), ("docker", ("run",), "--future-flag")]
    assert [i.name for i in parse(text).invocations] == ["docker", "alpine"]


@pytest.mark.parametrize(
    "text",
    [
        "docker ps",
        "docker run --entrypoint=sh alpine -c ls",
        "docker run alpine --flag",
        "kubectl get exec",
        "kubectl run web --image=nginx",
        "command -v ls",
        "sudo -l",
        "bash script.sh -c ls",
        "ssh host",
        "env",
        "xargs",
        "find . -name x",
        "exec 3<>file",
    ],
)
def test_a_wrapper_that_runs_nothing_stands_alone(text):
    assert len(parse(text).invocations) == 1


# --- what can't be read -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason", "at"),
    [
        ("echo 'abc", "single quote opened here is not closed", "'abc"),
        ('echo "abc', "double quote opened here is not closed", '"abc'),
        ("echo `abc", "backtick opened here is not closed", "`abc"),
        ("echo ${abc", "expansion opened here is not closed", "${abc"),
        ("echo $(abc", "not closed by ')'", "$(abc"),
        ("if a; then b", "not closed by 'fi'", "if a; then b"),
        ("a |", "missing at the end", "|"),
        ("a | | b", "'|' can't stand here", "| b"),
        ("a && ; b", "';' can't stand here", "; b"),
        ("echo a)", "')' can't stand here", ")"),
        ("done", "'done' can't stand here", "done"),
        ("ls \\ \n -l", "continues no line", "\\ "),
        ("ls >", "'>' has no target", ">"),
        ("cat <<E\nx", "not closed by 'E'", "<<E"),
        ("echo (a)", "'(' can't stand here", "(a)"),
        ("for x in a; done", "'done' can't stand here", "done"),
    ],
)
def test_a_problem_says_why_and_where(text, reason, at):
    (problem,) = parse(text).problems
    assert problem.code == "unparsable"
    assert reason in problem.reason
    assert text[problem.span.start : problem.span.end] == at


def test_a_blank_behind_a_backslash_is_told_and_read_as_it_was_meant():
    assert [word.value for word in only("ls \\  \n -l").words] == ["ls", "-l"]


def test_the_lines_around_a_problem_are_read_once_each():
    script = parse("ls\nif a; then\nb\nc )\nd")
    assert [i.name for i in script.invocations] == ["ls", "a", "b", "c", "d"]
    assert len(script.problems) == 1


def test_an_unreadable_string_for_a_shell_leaves_the_rest_alone():
    script = parse("bash -c 'a |' && ls")
    assert [i.name for i in script.invocations] == ["bash", "a", "ls"]
    assert len(script.problems) == 1


# --- transcripts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prompt",
    [
        "$ ",
        "  $ ",
        "% ",
        "❯ ",
        "me@host:~$ ",
        "root@db:/# ",
        "[me@host dir]$ ",
        "bash-5.1# ",
        "/ # ",
    ],
)
def test_output_between_prompts_is_no_command(prompt):
    text = f"{prompt}docker ps \\\n>   -a\nCONTAINER ID (short)\n{prompt}ls\nit's\n"
    script = parse(text)
    assert [[w.value for w in i.words] for i in script.invocations] == [
        ["docker", "ps", "-a"],
        ["ls"],
    ]
    assert script.problems == ()


def test_a_prompted_command_takes_the_lines_it_needs():
    text = (
        "# first\n$ for i in 1 2; do\n> ls $i\n> done\nout\n$ cat <<E\n$x\nE\n$ docker run \\\n a\n"
    )
    assert names(text) == ["ls", "cat", "docker"]


def test_a_bare_hash_is_a_comment_unless_everything_is_so_prompted():
    assert names("# systemctl restart sshd.service --now\n# systemctl status\n") == [
        "systemctl",
        "systemctl",
    ]
    assert names("# restart the daemon\nls") == ["ls"]
    assert names("# list the pods") == []
    assert names("/usr/bin/tool # comment here") == ["/usr/bin/tool"]


def test_fences_are_looked_through_and_prose_and_other_languages_are_not_read():
    text = "```sh\nls -l\n```\nNow (see):\n```yaml\na: b\n```\n~~~console\n$ pwd\n/home\n~~~\n"
    assert names(text) == ["ls", "pwd"]
    assert names("`kubectl get pods`") == ["kubectl"]


def test_a_fence_inside_a_here_document_is_text():
    assert names("cat > R.md <<'E'\n```sh\nrm -rf x\n```\nE\npwd") == ["cat", "pwd"]


def test_a_dollar_alone_before_a_command_is_a_prompt_anywhere():
    assert names("ls\n$ pwd") == ["ls", "pwd"]
