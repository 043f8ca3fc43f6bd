"""Runs a document: its shell commands, transcripts and raw HTTP requests, in the order of the page, against real programs.

Which fenced blocks there are, by the word after the fence:

sh       commands; each has to succeed. One shell for the whole document, so variables and background jobs go on
console  "$ command" and below it what it prints
http     a raw request, and below it, from "HTTP/1.1 …" on, what is answered: the status, these headers, and at least these elements of the body
toml     part of a configuration, which `tributary check` has to understand
text, json   shown only; JSON has to be JSON

In what is expected, "…" stands for anything (alone on a line: for any lines, or none), and <name> for anything the first time and for the same afterwards; requests may use such names.
Times ("12 ms", "0.412s") and the width of gaps in a line may differ.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.parse

from support import programs, web

LANGUAGES = ("sh", "console", "http", "toml", "text", "json")
STEP_SECONDS = 180  # HAPI takes its time to start on a busy machine
ANSWER_SECONDS = 15


class Block:
    def __init__(self, document, line, language, text):
        self.place, self.language, self.text = f"{document}:{line}", language, text


def blocks_of(path):
    """The fenced blocks of a document. A fence without a known language, or code that is merely indented, is an error."""
    found, fence, before = [], None, ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("```"):
            if fence is None:
                fence = Block(path.name, number, line[3:].strip(), "")
                if fence.language not in LANGUAGES:
                    raise AssertionError(f"{fence.place}: a block has to be one of {', '.join(LANGUAGES)}")
            else:
                found.append(fence)
                fence = None
        elif fence is not None:
            fence.text += line + "\n"
        elif line.startswith("    ") and not before.strip():
            raise AssertionError(f"{path.name}:{number}: indented code is not run: fence it, and say what it is")
        before = line
    return found


def transcript(text):
    """[(command, what it prints)] of a console block; a command goes on after "\\"."""
    steps = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append([line[2:], ""])
        elif steps and steps[-1][0].endswith("\\") and not steps[-1][1]:
            steps[-1][0] += "\n" + line
        elif steps:
            steps[-1][1] += line + "\n"
        else:
            raise AssertionError(f"a transcript begins with a command, not with {line}")
    return [tuple(step) for step in steps]


def raw_request(text):
    """(method, target, headers, body) of an HTTP request as it is written."""
    head, _, body = text.strip().partition("\n\n")
    first, *fields = head.splitlines()
    method, target, _version = first.split(" ")
    return method, target, dict(field.split(": ", 1) for field in fields), body.strip()


def gaps_closed(text):
    return re.sub(r" {2,}", "  ", text.strip())


class Names:
    """What <name> stands for, once something has been matched with it."""

    def __init__(self):
        self.values = {}

    def fill(self, text):
        return re.sub(r"<([a-z-]+)>", lambda match: self.values.get(match.group(1), match.group()), text)

    def matches(self, expected, actual):
        pattern, names = "", []
        for part in re.split(r"((?m:^…\n)|…|<[a-z-]+>|\b\d+(?:\.\d+)? ?m?s\b)", expected):
            name = part[1:-1] if re.fullmatch(r"<[a-z-]+>", part) else None
            if part == "…\n":
                pattern += r"(?:[\s\S]*?\n)?"
            elif part == "…":
                pattern += r"[\s\S]*?"
            elif re.fullmatch(r"\d.*s", part):
                pattern += r"\d+(?:\.\d+)?" + re.sub(r"[\d.]", "", part)
            elif name and name in self.values:
                pattern += re.escape(self.values[name])
            elif name and name in names:
                pattern += f"(?P={name.replace('-', '_')})"
            elif name:
                names.append(name)
                pattern += f"(?P<{name.replace('-', '_')}>[^\\s\"]+?)"
            else:
                pattern += re.escape(part)
        match = re.fullmatch(pattern, actual)
        if match:
            self.values.update({name: match.group(name.replace("-", "_")) for name in names})
        return bool(match)

    def contained(self, expected, actual):
        """Is all of `expected` in `actual`? Lists: each element in one of the others, in their order."""
        if isinstance(expected, dict):
            return isinstance(actual, dict) and all(key == "…" or (key in actual and self.contained(value, actual[key]))
                                                    for key, value in expected.items())
        if isinstance(expected, list):
            rest = iter(actual) if isinstance(actual, list) else iter(())
            return all(each == "…" or any(self.contained(each, other) for other in rest) for each in expected)
        if isinstance(expected, str):
            return self.matches(expected, actual if isinstance(actual, str) else json.dumps(actual))
        return expected == actual


class Shell:
    """A bash that runs what it is given piece by piece in a folder, and ends with the first command that fails."""

    def __init__(self, folder, environment):
        self.folder, self.count = pathlib.Path(folder), 0
        self.output = self.folder / ".output"
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(["bash", "-e"], cwd=folder, stdin=subprocess.PIPE, stdout=output,
                                            stderr=subprocess.STDOUT, env=environment, start_new_session=True)

    def run(self, text, seconds=STEP_SECONDS):
        """Where in the output it began; AssertionError where it fails or does not end."""
        began, self.count = self.output.stat().st_size, self.count + 1
        piece, done = self.folder / f".piece-{self.count}", self.folder / f".done-{self.count}"
        piece.write_text(text)
        self.process.stdin.write(f". {piece} </dev/null\n: > {done}\n".encode())
        self.process.stdin.flush()
        end = time.monotonic() + seconds
        while not done.exists():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > end:
                why = f"failed ({self.process.returncode})" if ended else f"did not end in {seconds} s"
                raise AssertionError(f"{why}:\n{text}\nIt said:\n{self.said(began)[-3000:]}")
            time.sleep(0.005)
        return began

    def said(self, since):
        return self.output.read_bytes()[since:].decode(errors="replace")

    def end(self):
        """Ends the shell and everything it started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.stdin.close()
        self.process.wait()


class Story:
    """One document, run in `folder`. `substitutions`: (what stands there, what is used instead), in this order.
    `not_run`: beginnings of command lines that are left out."""

    def __init__(self, path, folder, substitutions=(), not_run=()):
        self.path, self.folder = path, pathlib.Path(folder)
        self.substitutions, self.not_run = list(substitutions), tuple(not_run)
        self.names = Names()
        self.folder.mkdir(parents=True)
        for name in ("examples", "tests", "tools", "docs"):
            (self.folder / name).symlink_to(programs.REPOSITORY / name)
        (self.folder / "build" / "release").mkdir(parents=True)
        (self.folder / "build" / "release" / "bin").symlink_to(programs.PROGRAMS)
        self.shell = Shell(self.folder, {**os.environ, "TMPDIR": str(self.folder), "PATH": f"{programs.PROGRAMS}:{os.environ['PATH']}"})

    def end(self):
        self.shell.end()

    def tell(self):
        for block in blocks_of(self.path):
            try:
                getattr(self, f"do_{block.language}")(self.substituted(block.text))
            except (AssertionError, ValueError, OSError) as error:
                raise AssertionError(f"{block.place}: {error}") from error

    def substituted(self, text):
        for here, instead in self.substitutions:
            text = text.replace(here, instead)
        return self.names.fill(text)

    def without_left_out(self, text):
        """A job that is left out is still one: jobs are numbered."""
        instead = {True: "sleep 1000 &", False: ":"}
        return "".join((instead[line.endswith("&")] if line.startswith(self.not_run) else line) + "\n" for line in text.splitlines())

    def do_sh(self, text):
        self.shell.run(self.without_left_out(text))

    def do_console(self, text):
        for command, expected in transcript(text):
            began = self.shell.run(command)
            end = time.monotonic() + ANSWER_SECONDS
            while not self.names.matches(gaps_closed(expected), gaps_closed(self.shell.said(began))):
                if time.monotonic() > end:
                    raise AssertionError(f"$ {command}\nprinted\n{self.shell.said(began)}instead of\n{expected}")
                time.sleep(0.05)

    def do_http(self, text):
        request, _, answer = text.partition("\nHTTP/1.1 ")
        method, target, headers, body = raw_request(request)
        end = time.monotonic() + ANSWER_SECONDS
        while True:
            got = web.call(method, f"http://{headers['Host']}{urllib.parse.quote(target, safe='/?&=$:|%,+')}", body or None, headers)
            if not answer or self.answered(got, answer):
                return
            if method != "GET" or time.monotonic() > end:
                raise AssertionError(f"{method} {target} was answered\n{got}\ninstead of\n{answer}")
            time.sleep(0.05)

    def answered(self, got, expected):
        head, _, body = expected.strip().partition("\n\n")
        status, *fields = head.splitlines()
        if got.status != int(status.split(" ")[0]):
            return False
        for field in fields:
            name, _, value = field.partition(": ")
            if not self.names.matches(value, got.headers.get(name, "")):
                return False
        if body.lstrip().startswith("{"):
            return self.names.contained(json.loads(body), got.json())
        return self.names.matches(body.strip(), got.body.decode(errors="replace").strip())

    def do_toml(self, text):
        partner = '' if "[[partner]]" in text else '\n[[partner]]\nid = "p"\nfhir = "http://127.0.0.1:9/fhir"\n'
        file = self.folder / "part.toml"
        file.write_text(text + partner)
        answer = programs.run_tributary("check", "--config", file)
        if answer.returncode not in (0, 1):
            raise AssertionError(f"tributary does not understand this:\n{text}\n{answer.stderr}")

    def do_json(self, text):
        json.loads(text)

    def do_text(self, text):
        pass
