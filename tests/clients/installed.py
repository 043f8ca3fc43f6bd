"""What install.sh has installed, and where."""
import os
import pathlib
import shutil
import subprocess
import unittest

from support import programs

HERE = pathlib.Path(os.environ.get("TRIBUTARY_CLIENTS", pathlib.Path.home() / ".cache" / "tributary-clients"))
EXAMPLES = programs.REPOSITORY / "examples" / "clients"
HOW = "tests/clients/install.sh"


def done(part):
    return (HERE / f"{part}.done").exists()


def python():
    """The Python that has the clients of requirements.txt; None where they are not installed."""
    return str(HERE / "python" / "bin" / "python3") if done("python") else None


def needs_python(case):
    return unittest.skipUnless(python(), f"!!! the Python clients are not installed: {HOW}")(case)


def node():
    """Is there a Node that these clients run on, and are they installed?"""
    if not (done("node") and shutil.which("node")):
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=20).stdout
    return int(version.strip("v").partition(".")[0] or 0) >= 20


def needs_node(case):
    return unittest.skipUnless(node(), f"!!! there is no Node 20, or its clients are not installed: {HOW}")(case)


def chromium():
    return shutil.which("chromium")


def tool(part, *path):
    """A program of install.sh tools; the test is skipped where it is not."""
    program = HERE.joinpath(part, *path)
    if not done(part) or not program.exists():
        raise unittest.SkipTest(f"!!! {program.name} is not installed: {HOW} tools")
    return program


def node_folder(folder, *scripts):
    """A folder in which scripts find the packages, as if `npm ci` had run beside them."""
    folder = pathlib.Path(folder)
    (folder / "node_modules").symlink_to(HERE / "node" / "node_modules")
    for script in scripts:
        shutil.copy(script, folder)
    return folder


def run(*arguments, folder=None, seconds=60, **environment):
    """Runs a program to its end; what it prints. AssertionError where it fails."""
    ran = subprocess.run([*map(str, arguments)], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
                         env={**os.environ, **environment})
    if ran.returncode != 0:
        raise AssertionError(f"{arguments[0]} ended with {ran.returncode}:\n{ran.stdout[-2000:]}\n{ran.stderr[-4000:]}")
    return ran.stdout
