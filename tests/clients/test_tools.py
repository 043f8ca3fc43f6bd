"""Tools of other makers: promtool reads our metrics, Autobahn tries our WebSocket, toxiproxy spoils a receiver's network, slowhttptest our listener."""
import json
import pathlib
import statistics
import subprocess
import threading
import time
import unittest

import installed
from support import fhir, programs, web
from support.case import Case
from support.partner import document, patient
from support.web import Reply

PROBES_PER_SECOND = 25
AUTOBAHN = ("import site, sys; site.addsitedir({folder!r}); sys.path.insert(0, {folder!r}); sys.argv = ['wstest', '-m', 'fuzzingclient', '-s', {spec!r}];"
            " from autobahntestsuite import wstest; wstest.run()")


def holder_of(case, count):
    made = case.partner("p001", [patient("a")])
    for number in range(count):
        made.holds(document(f"d{number}", "a", f"note {number}"), f"note {number}")
    return made


class Metrics(Case):
    def test_promtool_finds_no_fault_in_the_metrics(self):
        promtool, receiver = installed.tool("debian", "usr", "bin", "promtool"), self.receiver()
        self.tributary(holder_of(self, 2))
        self.create(fhir.topic(endpoint=receiver.endpoint))
        receiver.wait_for_events(2)
        page = web.get(f"{self.server.operations}/metrics").body
        judged = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, timeout=20)
        self.assertEqual(judged.returncode, 0, judged.stderr.decode())


class Toxiproxy(Case):
    """Between us and a receiver is a network that fails."""

    def proxy(self, receiver):
        """(what to subscribe with, the control of the proxy)"""
        control, listen = f"http://127.0.0.1:{web.free_port()}", f"127.0.0.1:{web.free_port()}"
        executable = installed.tool("toxiproxy", "server")
        proxy = programs.Program([executable, "-host", "127.0.0.1", "-port", control.rpartition(":")[2]], self.folder, "toxiproxy")
        self.addCleanup(proxy.kill)
        self.eventually(lambda: reachable(f"{control}/version"), "toxiproxy")
        made = {"name": "receiver", "listen": listen, "upstream": receiver.origin.removeprefix("http://")}
        self.assertEqual(web.call("POST", f"{control}/proxies", json.dumps(made)).status, 201)
        return f"http://{listen}/hook", f"{control}/proxies/receiver"

    def poison(self, proxy, kind, **attributes):
        made = {"name": kind, "type": kind, "stream": "downstream", "attributes": attributes}
        self.assertEqual(web.call("POST", f"{proxy}/toxics", json.dumps(made)).status, 200)

    def cure(self, proxy, kind):
        self.assertEqual(web.call("DELETE", f"{proxy}/toxics/{kind}").status, 204)

    def test_what_a_slow_network_carries_arrives_in_order(self):
        for kind, attributes in (("latency", {"latency": 120, "jitter": 60}), ("bandwidth", {"rate": 1}),
                                 ("slicer", {"average_size": 7, "size_variation": 3, "delay": 100})):
            with self.subTest(kind):
                self.spoiled(kind, attributes, 4)

    def test_what_a_failing_network_loses_is_sent_again_in_order(self):
        for kind, attributes in (("reset_peer", {"timeout": 0}), ("limit_data", {"bytes": 20}), ("timeout", {"timeout": 100})):
            with self.subTest(kind):
                told = self.spoiled(kind, attributes, 2)
                self.assertGreater(len(told), 8, "the answer to one at least was lost")

    def spoiled(self, kind, attributes, until):
        """What a receiver is told when its network is spoiled from the handshake on until it was told `until` times."""
        receiver = self.receiver()
        endpoint, proxy = self.proxy(receiver)
        self.tributary(holder_of(self, 8).on("DocumentReference", Reply(503, after=0.5)), cache={"path": f"{kind}.db"}, partner_defaults={"attempts": 5})
        identifier = self.create(fhir.topic(endpoint=endpoint, timeout=2))["id"]
        self.eventually(lambda: self.subscription_status(identifier) == "active", "the handshake", 20)
        self.poison(proxy, kind, **attributes)
        self.eventually(lambda: len(receiver.notifications()) >= until, f"{until} notifications", 20)
        self.cure(proxy, kind)
        self.eventually(lambda: {each.number for each in receiver.notifications()} == set(range(1, 9)), "every Event", 40)
        self.assertEqual(self.subscription_status(identifier), "active")
        self.server.kill()
        told = receiver.notifications()
        first = {each.number: each.raw for each in reversed(told)}
        self.assertEqual([each.number for each in told], sorted(each.number for each in told), "in order")
        self.assertTrue(all(each.raw == first[each.number] for each in told), "a repeat has the same bytes")
        return told


class SlowClients(Case):
    def test_a_healthy_client_is_answered_while_others_send_and_read_slowly(self):
        slowhttptest = installed.tool("debian", "usr", "bin", "slowhttptest")
        self.tributary(self.partner())
        before = self.probe(3)
        for name, options in (("slow headers", ["-H", "-i", "1"]), ("slow bodies", ["-B", "-i", "1", "-s", "8192", "-t", "POST"]),
                              ("slow readers", ["-X", "-w", "64", "-y", "256", "-n", "1", "-z", "8"])):
            attack = subprocess.Popen([slowhttptest, *options, "-c", "400", "-r", "200", "-l", "8", "-p", "3", "-u", f"{self.server.fhir}/metadata"],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                during = self.probe(6)
            finally:
                attack.kill()
                attack.wait()
            self.measured(f"400 {name}: p50, p99 of a healthy client", f"{told(during)} (alone {told(before)})")
        self.assertEqual(web.get(f"{self.server.fhir}/metadata").status, 200)

    def probe(self, seconds):
        """How long each of many requests took, begun at set times; every one of them has to succeed."""
        took, began, threads = [], time.monotonic(), []

        def ask():
            start = time.monotonic()
            if web.get(f"{self.server.fhir}/metadata").status == 200:
                took.append(time.monotonic() - start)

        for number in range(seconds * PROBES_PER_SECOND):
            time.sleep(max(0, began + number / PROBES_PER_SECOND - time.monotonic()))
            threads.append(threading.Thread(target=ask))
            threads[-1].start()
        for thread in threads:
            thread.join(20)
        self.assertEqual(len(took), len(threads), "every request of a healthy client is answered")
        return took


class Autobahn(unittest.TestCase):
    """All cases but those of binary messages (1.2), which we refuse with 1003, of huge ones (9) and of compression (12, 13), which we do not offer."""

    def test_autobahns_fuzzing_client_finds_no_fault_in_our_websocket(self):
        echo = programs.PROGRAMS / "websocket-echo"
        if not echo.exists():
            self.skipTest(f"!!! websocket-echo is not built in {programs.PROGRAMS}")
        autobahn = installed.tool("autobahn", "python2")
        with programs.temporary_folder("autobahn") as folder:
            server = programs.Program([echo], folder, "echo")
            self.addCleanup(server.kill)
            port = server.wait_for_line(r"ready port=(\d+)").group(1)
            spec = pathlib.Path(folder, "spec.json")
            spec.write_text(json.dumps({
                "outdir": f"{folder}/reports", "servers": [{"agent": "tributary", "url": f"ws://127.0.0.1:{port}/echo"}],
                "cases": ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"], "exclude-cases": ["1.2.*"], "exclude-agent-cases": {}}))
            installed.run(autobahn, "-c", AUTOBAHN.format(folder=str(autobahn.parent), spec=str(spec)), folder=folder, seconds=240)
            cases = json.loads(pathlib.Path(folder, "reports", "index.json").read_text())["tributary"]
        bad = {name: case["behavior"] for name, case in cases.items() if case["behavior"] not in ("OK", "INFORMATIONAL", "NON-STRICT")}
        print(f"  measured  Autobahn: {len(cases)} cases, {sum(case['behavior'] == 'OK' for case in cases.values())} OK, "
              f"{sum(case['behavior'] == 'NON-STRICT' for case in cases.values())} non-strict")
        self.assertEqual(bad, {})
        self.assertGreater(len(cases), 200)


def reachable(url):
    try:
        return web.get(url).status == 200
    except OSError:
        return False


def told(seconds):
    ordered = statistics.quantiles(seconds, n=100)
    return f"{ordered[49] * 1000:.1f} ms, {ordered[98] * 1000:.1f} ms"


if __name__ == "__main__":
    unittest.main()
