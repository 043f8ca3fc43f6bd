#!/usr/bin/env python3
"""lint.py SOURCE: house rules that neither the compiler nor clang-tidy checks. One line per violation, status 1 on any."""
import pathlib
import re
import sys

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60
SKIPPED = {"build", ".git", "target", "__pycache__"}
SPAWNERS = ("orchestrator/async/", "tests/support/", "tests/unit/orchestrator/async/")
FORBIDDEN = [
    (re.compile(r"awaitable_operators"), "awaitable_operators hides errors until the other side ends"),
    (re.compile(r"experimental/channel|experimental::channel"), "experimental::channel loses permits"),
    (re.compile(r"\bwhile\s*\((?!\s*auto\b)(?:[^()]|\([^()]*\))*\bco_await\b"),
     "GCC 12 miscompiles co_await in a loop's condition: more = co_await f()"),
    (re.compile(r"#\s*include\s*<boost/(beast|asio)\.hpp>"), "umbrella header: include what is used"),
]
SPAWN = re.compile(r"\bco_spawn\s*\(|\basio::detached\b")


def without_comments_and_strings(text):
    """Blanks out comments and literals, so that offsets and line numbers stay as they are."""
    literal = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s"]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
        re.DOTALL)
    return literal.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def statement_around(code, position):
    """Bounds of the statement that holds `position`: initialiser braces belong to it, block braces end it."""
    start, depth = position, 0
    while start > 0:
        char = code[start - 1]
        if char in ")]}":
            if char == "}" and depth == 0 and ends_block(code, start - 1):
                break
            depth += 1
        elif char in "([{":
            if depth == 0 and char == "{" and code[start - 2] in " \n":
                break
            depth = max(0, depth - 1)
        elif char == ";" and depth == 0:
            break
        start -= 1
    end, depth = position, 0
    while end < len(code):
        char = code[end]
        if char in "([{":
            if char == "{" and depth <= 0 and code[end - 1] == " " and re.search(r"\)\s*$", code[start:end]):
                break
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == ";" and depth <= 0:
            break
        end += 1
    return start, end


def ends_block(code, brace):
    """Is the closing brace at `brace` alone on its line, or followed by the next statement? Then it closes a block."""
    return bool(re.match(r"\s*(\n|else|catch)", code[brace + 1:brace + 20])) or code[brace + 1:brace + 2] == ""


HOSTILE = [
    (re.compile(r"[\w>]\{"), "a braced temporary"),
    (re.compile(r"[(,]\s*\{"), "a braced argument"),
    (re.compile(r"\{\s*\.\w"), "a designated initialiser"),
    (re.compile(r"\[(?:=|(?:[^\]&]*,\s*)?(?!this\b)\w[^\]&]*)\]\s*(?:\(|\{|mutable)"), "a lambda with captures by value"),
]


def hostile_awaits(text):
    """Statements in which GCC 12 destroys a temporary twice (see CONTRIBUTING): (line, what) each."""
    code, seen = without_comments_and_strings(text), set()
    for match in re.finditer(r"\bco_await\b", code):
        start, end = statement_around(code, match.start())
        if start in seen or "NOLINT(p1)" in text[start:text.find("\n", end)]:
            continue
        seen.add(start)
        for pattern, what in HOSTILE:
            if pattern.search(code[start:end]):
                yield code.count("\n", 0, match.start()) + 1, what
                break


def long_functions(text):
    """Functions of more than MAX_FUNCTION_LINES lines, by the shape clang-format gives them: (line, length) each."""
    code = without_comments_and_strings(text).split("\n")
    opening = None
    for number, line in enumerate(code):
        indent = len(line) - len(line.lstrip())
        if indent in (0, 4) and line.endswith("{") and "(" in "".join(code[max(0, number - 12):number + 1]):
            is_scope = re.match(r"\s*(namespace|class|struct|enum|union|extern|TEST_CASE|SECTION)\b", line)
            if not is_scope and (opening is None or indent == 0):
                opening = (indent, number)
        elif opening and line.rstrip(";") == " " * opening[0] + "}":
            if number - opening[1] + 1 > MAX_FUNCTION_LINES:
                yield opening[1] + 1, number - opening[1] + 1
            opening = None


def check_cpp(relative, text):
    code = without_comments_and_strings(text)
    for number, line in enumerate(code.split("\n"), 1):
        for pattern, why in FORBIDDEN:
            if pattern.search(line):
                yield number, why
        if SPAWN.search(line) and not relative.startswith(SPAWNERS) and not relative.endswith("main.cpp"):
            yield number, "coroutines belong to a TaskGroup: no co_spawn, no detached"
    for number, what in hostile_awaits(text):
        yield number, f"{what} in a statement with co_await: name it first"
    if not relative.startswith("tests/"):
        for number, length in long_functions(text):
            yield number, f"function of {length} lines (at most {MAX_FUNCTION_LINES})"


def sources(root):
    for path in sorted(root.rglob("*")):
        if path.suffix in (".hpp", ".cpp", ".py", ".sh", ".java") and not SKIPPED & set(path.relative_to(root).parts):
            yield path


def main(root):
    violations = 0
    for path in sources(root):
        relative, text = path.relative_to(root).as_posix(), path.read_text()
        found = list(check_cpp(relative, text)) if path.suffix in (".hpp", ".cpp") else []
        lines = text.count("\n")
        if lines > MAX_FILE_LINES:
            found.append((lines, f"file of {lines} lines (at most {MAX_FILE_LINES})"))
        for number, why in found:
            violations += 1
            print(f"{relative}:{number}: {why}")
    print(f"{violations} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
