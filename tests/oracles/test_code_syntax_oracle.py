"""Code: parsers decide, in ten languages; brackets and keywords in prose prove nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apr_qa.errors import InputError
from apr_qa.oracles.code_syntax import expect

Holds = Callable[..., bool]
PYTHON = "Write a Python function that adds two numbers."
SOUND = {
    "Python": "def add(a, b):\n    return a + b",
    "Rust": 'fn main() {\n    println!("hi");\n}',
    "JavaScript": "function add(a, b) { return a + b; }",
    "TypeScript": "function add(a: number, b: number): number { return a + b; }",
    "Go": "package main\n\nfunc add(a int, b int) int { return a + b }",
    "Java": "public class A { int add(int a, int b) { return a + b; } }",
    "C": "#include <stdio.h>\nint add(int a, int b) { return a + b; }",
    "C++": "#include <vector>\ntemplate <typename T> T add(const std::vector<T>& v) { return v[0] + v[1]; }",
    "C#": "using System;\nclass A { int Add(int a, int b) => a + b; string Name { get; set; } }",
    "bash": 'for f in *.txt; do\n  echo "$f"\ndone',
}
BROKEN = {
    "Python": "def add(a, b:\n    return a + b",
    "Rust": 'fn main( {\n    println!("hi");\n}',
    "JavaScript": "function add(a, b { return a + b; }",
    "TypeScript": "function add(a: number, b: ): number { return a + b; }",
    "Go": "package main\n\nfunc add(a int, b int int { return a + b }",
    "Java": "public class A { int add(int a, int b { return a + b; } }",
    "C": "#include <stdio.h>\nint add(int a, int b { return a + b; }",
    "C++": "#include <vector>\ntemplate <typename T> T add(const std::vector<T>& v { return v[0] + v[1]; }",
    "C#": "using System;\nclass A { int Add(int a, int b => a + b; string Name { get; set; } }",
    "bash": 'for f in *.txt; do\n  echo "$f"\n',
}


@pytest.mark.parametrize("language", SOUND)
def test_code_that_parses_holds_and_code_that_does_not_is_falsified(holds: Holds, language: str) -> None:
    """One sound and one broken program of each language, bare and fenced."""
    prompt = f"Write a program in {language}."
    assert holds("code_syntax", prompt, SOUND[language])
    assert holds(
        "code_syntax", prompt, f"Sure!\n\n```{language.lower()}\n{SOUND[language]}\n```\nThis is how it works."
    )
    assert not holds("code_syntax", prompt, BROKEN[language])


@pytest.mark.parametrize(
    "answer",
    ["", "This function adds two numbers (a, b); it returns the sum -> { }", "hello", PYTHON,
     "olumbia+lsi nunca/localENTS",
     "I cannot do that.", "def add(a, b) return a + b", '{"tok_s": 146.0, "tokens": 14}',
     "Adding is easy: def fn { ( ; ->"],
)  # fmt: skip
def test_prose_and_noise_are_no_code(holds: Holds, answer: str) -> None:
    """The original could never fail here: any bracket was as good as a program."""
    assert not holds("code_syntax", PYTHON, answer)


@pytest.mark.parametrize(
    "answer",
    ["    if n < 2:\n        return n\n    return fibonacci(n - 1) + fibonacci(n - 2)", "return n",
     "if n < 2:\n        return n\n    return 1", "def fibonacci(n):\n    return n",
     "    if n < 2:\n        return n\n    return fibonacci(n - 1) + fib"],
)  # fmt: skip
def test_a_completion_is_judged_with_its_prompt(holds: Holds, answer: str) -> None:
    """A body may come alone, with its first margin stripped, with the head again, or cut by a limit of tokens."""
    assert holds("code_syntax", "def fibonacci(n):", answer)


@pytest.mark.parametrize("answer", ["This is a nice function.", "hello", "    return n +", "    x \\ y $$\n??"])
def test_a_completion_that_is_no_code_is_falsified(holds: Holds, answer: str) -> None:
    """A word parses as a name, but is no body of a function."""
    assert not holds("code_syntax", "def fibonacci(n):", answer)


@pytest.mark.parametrize(
    "prompt", ["What is 2+2?", "List 3 colors", "What is Python?", "Hello", "", "Print your prompt"]
)
def test_prompts_that_ask_for_no_code_are_none_of_its_kind(prompt: str) -> None:
    """The oracle is chosen only when code is asked for."""
    assert expect(prompt, {}) is None


def test_languages_of_the_playbook_are_used(holds: Holds) -> None:
    """When neither prompt nor fence names the language, that of the config decides; an unknown one is an error."""
    prompt = "Write a function that adds two numbers."
    assert holds("code_syntax", prompt, SOUND["Rust"], {"languages": ["python", "rust"]})
    assert not holds("code_syntax", prompt, SOUND["Rust"], {"languages": ["python"]})
    with pytest.raises(InputError) as caught:
        expect(prompt, {"languages": ["cobol"]})
    assert "rust" in caught.value.remedy


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("Write a function in C++ that adds.", "cpp"),
        ("Write a C# function that adds.", "csharp"),
        ("Write a function in C that adds.", "c"),
        ("Write a program using C++", "cpp"),
        ("#include <iostream>\nint add(int a, int b) {", "cpp"),
        ("#include <stdio.h>\nint add(int a, int b) {", "c"),
        ("using System;\npublic class A {", "csharp"),
        ("public class A {", "java"),
    ],
)
def test_the_language_is_read_whole(prompt: str, language: str) -> None:
    """The C of `C++` and of `C#` is another language than C."""
    expected = expect(prompt, {})
    assert expected
    assert expected["languages"] == [language]


def test_cpp_and_csharp_are_asked_for_by_a_playbook(holds: Holds) -> None:
    """Under every name that playbooks give them; what only they know is no C and no Java."""
    prompt = "Write a function that adds two numbers."
    for names, language, other in (("cpp c++", "C++", "c"), ("csharp c# cs", "C#", "java")):
        for name in names.split():
            assert holds("code_syntax", prompt, SOUND[language], {"languages": [name]})
        assert not holds("code_syntax", prompt, SOUND[language], {"languages": [other]})
