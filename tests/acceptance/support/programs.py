"""Starts and stops the programs under test. Each ends by the id of the process that was started here, never by name."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
SHARED = pathlib.Path(os.environ.get("TRIBUTARY_SHARED", REPOSITORY.parent / "shared"))  # test data, where it is there
PROGRAMS = pathlib.Path(os.environ.get("TRIBUTARY_PROGRAMS", REPOSITORY / "build" / "release" / "bin"))
START_SECONDS = 20


class NotReady(AssertionError):
    """The program ended, or said nothing in time; the message holds what it wrote to stderr."""


def toml_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {toml_value(item)}' for key, item in value.items()) + " }"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def toml(sections):
    """{"server": {…}, "partner": [{…}, …]} as text; a list of tables becomes [[name]], plain values come first."""
    lines = [f"{key} = {toml_value(value)}" for key, value in sections.items() if not is_section(value)]
    for name, section in sections.items():
        if is_section(section):
            for table in section if isinstance(section, list) else [section]:
                lines.append(f"\n[[{name}]]" if isinstance(section, list) else f"\n[{name}]")
                lines += [f"{key} = {toml_value(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


def is_section(value):
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


class Program:
    """One process. Its standard output and error go to files in `folder`, so that nothing blocks on a full pipe."""

    def __init__(self, arguments, folder, name, environment=None):
        self.name, self.folder = name, pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stdout_path, self.stderr_path = self.folder / f"{name}.out", self.folder / f"{name}.err"
        self.started = time.monotonic()
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "ab") as err:
            self.process = subprocess.Popen(
                [str(argument) for argument in arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                env={**os.environ, **(environment or {})})

    def stdout(self):
        return self.stdout_path.read_text(errors="replace")

    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    def wait_for_line(self, pattern, seconds=START_SECONDS):
        """The match of `pattern` in a complete line of standard output."""
        end = time.monotonic() + seconds
        while True:
            running = self.process.poll() is None
            match = re.search(pattern + r".*\n", self.stdout())
            if match:
                return match
            if not running or time.monotonic() > end:
                why = "said nothing in time" if running else f"ended with {self.process.returncode}"
                self.kill()
                raise NotReady(f"{self.name} {why}:\n{self.stderr()[-4000:]}")
            time.sleep(0.002)

    def stop(self, seconds=15):
        """SIGTERM; the exit status. A program that does not end in time is killed, and the status is None."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds=15):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0


class Tributary(Program):
    """`tributary serve` with a configuration written for it; ports are free ones, told on the ready line."""

    def __init__(self, folder, sections, environment=None):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "tributary.toml"
        self.config.write_text(toml(sections))
        super().__init__([PROGRAMS / "tributary", "serve", "--config", self.config], folder, "tributary", environment)
        ready = self.wait_for_line(r"tributary ready fhir=(\S+) operations=(\S+)")
        self.ready_after = time.monotonic() - self.started
        self.fhir, self.operations = ready.group(1), ready.group(2)


class Simulator(Program):
    """`partner-simulator --profile sample`; `partners_file` is the list of partners that it wrote."""

    def __init__(self, folder, *options, profile="sample"):
        folder = pathlib.Path(folder)
        self.partners_file = folder / "partners.toml"
        arguments = [PROGRAMS / "partner-simulator", "--profile", profile, "--listen", "127.0.0.1:0",
                     "--write-config", self.partners_file, *options]
        super().__init__(arguments, folder, "partner-simulator")
        ready = self.wait_for_line(r"partner-simulator ready base=(\S+) partners=(\d+)")
        self.base, self.partners = ready.group(1), int(ready.group(2))


def run_tributary(*arguments, seconds=20, environment=None):
    """Runs a command of tributary to its end; the completed process, with text output."""
    return subprocess.run([str(PROGRAMS / "tributary"), *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=seconds, env={**os.environ, **(environment or {})})


def missing_programs():
    return [name for name in ("tributary", "partner-simulator") if not (PROGRAMS / name).exists()]


def shared_folder(name):
    """A folder of test data beside the repository, or below TRIBUTARY_SHARED; None where there is none."""
    folder = SHARED / name
    return folder if folder.is_dir() else None


def temporary_folder(prefix):
    return tempfile.TemporaryDirectory(prefix=f"tributary-{prefix}-")


def in_background(function, *arguments):
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    return thread
