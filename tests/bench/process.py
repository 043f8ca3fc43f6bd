"""What a running process has used, from /proc."""
import pathlib


def cpu_seconds(program):
    """Time on a CPU of all threads of a started program, to the nanosecond, where /proc/…/stat knows ticks of 10 ms."""
    tasks = pathlib.Path(f"/proc/{program.process.pid}/task")
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9


def own_bytes(program):
    """Memory that only this process has: what would be free if it ended."""
    lines = pathlib.Path(f"/proc/{program.process.pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:")))


def metric(text, name):
    """The sum over all labels of one figure on a /metrics page."""
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith(name) and line[len(name):len(name) + 1] in ("{", " "))
