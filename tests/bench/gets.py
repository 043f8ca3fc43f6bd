"""(d) users x GETs at a set latency: our HTTP client in the table of bench-baselines, in the same interleaved runs."""
import json
import shlex
import subprocess
import sys

from rows import Row
from support import programs

BASELINES = programs.SHARED / "bench-baselines"
TOOLS = programs.REPOSITORY / "build" / "bench-baselines"
LATENCY_SECONDS = 0.08


def python_with_requests():
    """An interpreter that has requests and aiohttp: a virtual environment in the build folder; None when it cannot be made."""
    environment = TOOLS / "python"
    python = environment / "bin" / "python"
    if not python.exists():
        made = subprocess.run([sys.executable, "-m", "venv", environment], capture_output=True)
        if made.returncode or subprocess.run([python, "-m", "pip", "install", "-q", "requests", "aiohttp"], capture_output=True).returncode:
            python.unlink(missing_ok=True)
            return None
    return python


def latency_server():
    """The server of bench-baselines, built where its run.py looks for it."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    source, server = BASELINES / "latency_server.cpp", TOOLS / "latency_server"
    if not server.exists() or server.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["g++", "-std=c++20", "-O2", "-o", server, source, "-pthread"], check=True)
    return server


def run_table(users, repeat, result):
    client = programs.PROGRAMS / "bench_get_client"
    command = [sys.executable, BASELINES / "run.py", "--users", users, "--gets", 10, "--latency-ms", LATENCY_SECONDS * 1000, "--repeat", repeat,
               "--skip-slow", "--json", result, "--build", TOOLS,
               "--extra", f"tributary={shlex.quote(str(client))} --url {{url}} --users {{users}} --gets {{gets}}"]
    python = python_with_requests()
    if python:
        command += ["--python", python]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return {peer["name"]: peer for peer in json.loads(result.read_text())["results"]}


def against_baselines(folder, quick):
    if not BASELINES.is_dir():
        print(f"  left out: {BASELINES} is not there", file=sys.stderr)
        return []
    TOOLS.mkdir(parents=True, exist_ok=True)
    made = []
    for users in (1, 10):
        peers = run_table(users, 3 if quick else 9, folder / f"{users}.json")
        ours, asio = peers.pop("tributary"), peers["asio all"]
        others = {name: peer for name, peer in peers.items() if not name.startswith("asio")}
        name = f"{users} x 10 GETs" if users > 1 else "10 GETs"
        made.append(Row(f"{name}, against one round trip", ours["seconds"], "s", LATENCY_SECONDS, most=1.08 if users > 1 else None,
                        note=f"median; least {ours['min'] * 1000:.1f}, most {ours['max'] * 1000:.1f} ms; {ours['failed']} failed"))
        made.append(Row(f"{name}, against plain Asio", ours["seconds"], "s", asio["seconds"]))
        if others:
            best = min(others, key=lambda each: others[each]["seconds"])
            made.append(Row(f"{name}, against the best other ({best})", ours["seconds"], "s", others[best]["seconds"], most=1,
                            note=f"{len(others)} other programs"))
        if asio["cpu_seconds"]:
            made.append(Row(f"{name}, CPU against plain Asio", ours["cpu_seconds"], "s", asio["cpu_seconds"]))
    return made
