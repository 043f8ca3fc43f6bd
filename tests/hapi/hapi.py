"""A HAPI FHIR server with tenants, HAPI's R4 validator, and its generic client, each a process of ours."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

from support import web
from support.programs import Program

HERE = pathlib.Path(__file__).resolve().parent
JAR = HERE / "target" / "hapi-interop.jar"
JAVA = ["java", "-Xmx1000m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", str(JAR)]
START_SECONDS = 180
TENANTS = ("A", "B", "C")


def reason_to_skip():
    """Why HAPI cannot run here; None when it can."""
    if not shutil.which("java"):
        return "there is no java: tools/install-packages.sh test"
    if not JAR.exists() or not JAR.with_name("lib").is_dir():
        return "tests/hapi/build.sh has not succeeded (the first build downloads 223 MB from Maven Central)"
    return None


class Server:
    """One process with a file database; `kill` and `start` again keep the port and the data."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tributary-hapi-")
        self.port, self.program, self.starts = web.free_port(), None, 0

    def start(self):
        self.starts += 1
        arguments = [*JAVA, "serve", f"--port={self.port}", f"--tenants={','.join(TENANTS)}", f"--db={self.folder.name}/db"]
        self.program = Program(arguments, self.folder.name, f"hapi-{self.starts}", {"TMPDIR": self.folder.name})

    def wait(self):
        self.program.wait_for_line("READY", START_SECONDS)

    def kill(self):
        self.program.kill()

    def end(self):
        if self.program:
            self.program.kill()
        self.folder.cleanup()

    def tenant(self, name):
        return f"http://127.0.0.1:{self.port}/fhir/{name}"

    def partner(self, tenant, **more):
        return {"id": f"hapi-{tenant.lower()}", "fhir": self.tenant(tenant), "name": f"HAPI {tenant}", **more}

    def store(self, tenant, resource):
        """Creates a resource; its id at HAPI."""
        answer = web.call("POST", f"{self.tenant(tenant)}/{resource['resourceType']}", resource, seconds=60)
        if answer.status != 201:
            raise AssertionError(f"HAPI refused our test data: {answer}")
        return answer.json()["id"]


class Validator:
    """The validator as a process that answers NDJSON line by line; it starts in the background."""

    def __init__(self):
        self.errors = open(os.devnull, "wb")
        self.process = subprocess.Popen([*JAVA, "validate", "--unknown-profiles=warning"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors, text=True, encoding="utf-8")
        self.lock, self.ready = threading.Lock(), False

    def problems(self, resource):
        """What HAPI calls an error or fatal in this resource, as lines "severity location: message"."""
        with self.lock:
            while not self.ready:
                line = self.process.stdout.readline()
                if not line:
                    raise AssertionError("the validator did not start")
                self.ready = line.startswith("READY")
            self.process.stdin.write(json.dumps(resource) + "\n")
            self.process.stdin.flush()
            found = []
            for line in self.process.stdout:
                _, severity, *rest = line.rstrip("\n").split("\t")
                if severity == "done":
                    return found
                if severity in ("error", "fatal"):
                    found.append(f"{severity} {': '.join(rest)}")
            raise AssertionError("the validator ended")

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()


def client(base, **options):
    """Runs HAPI's generic client; {step: [fields]} of what it printed."""
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in {"base": base, **options}.items()]
    ran = subprocess.run([*JAVA, "client", *arguments], capture_output=True, text=True, timeout=120)
    steps = {line.split("\t")[0]: line.split("\t")[1:] for line in ran.stdout.splitlines()}
    if ran.returncode != 0:
        raise AssertionError(f"HAPI's client failed: {ran.stdout}\n{ran.stderr[-2000:]}")
    return steps


_shared = {}


def server():
    """The server of this test run, started once."""
    if "server" not in _shared:
        _shared["server"] = Server()
        _shared["server"].start()
        validator()
        began = time.monotonic()
        _shared["server"].wait()
        print(f"  HAPI ready after {time.monotonic() - began:.0f} s", flush=True)
    return _shared["server"]


def validator():
    if "validator" not in _shared:
        _shared["validator"] = Validator()
    return _shared["validator"]


def end_all():
    for each in _shared.values():
        each.end()
