"""What an operator meets: starting, stopping, checking, the operations listener, and a configuration that is wrong."""
import pathlib
import re
import sqlite3
import statistics
import time

from support import fhir, programs, web
from support.case import Case
from support.partner import document, patient
from support.web import Reply


class Starting(Case):
    def test_one_ready_line_health_and_a_clean_end(self):
        self.tributary(self.partner("p001"))
        self.assertRegex(self.server.fhir, r"^http://127\.0\.0\.1:\d+/fhir$")
        self.assertEqual([web.get(f"{self.server.operations}/{page}").status for page in ("healthz", "readyz")], [200, 200])
        self.assertEqual(web.get(f"{self.server.fhir.rpartition('/')[0]}/healthz").status, 404, "health is not on the FHIR listener")
        self.assertEqual(self.server.stop(), 0)
        self.assertRegex(self.server.stdout(), r"^tributary ready fhir=\S+ operations=\S+\n$")

    def test_idle_it_is_small_and_soon_ready(self):
        partners = [self.partner(f"p00{number}") for number in range(1, 9)]
        self.tributary(*partners)
        times = [self.server.ready_after]
        for _ in range(4):
            self.assertEqual(self.server.stop(), 0)
            self.start_again()
            times.append(self.server.ready_after)
        self.eventually(lambda: web.get(f"{self.server.operations}/healthz").status == 200, "health")
        resident = self.server.resident_bytes() / 2**20
        self.measured("ready after start, median of 5", f"{statistics.median(times) * 1000:.0f} ms")
        self.measured("resident memory, idle with 8 partners", f"{resident:.1f} MiB")
        self.assertLess(resident, 40)
        self.assertLess(statistics.median(times), 1)

    def test_it_ends_cleanly_while_partners_are_being_asked(self):
        """A Discovery that settles while it is being stopped once ended the process with a fault."""
        for delay in (0, 0.002, 0.005, 0.01, 0.02) * 4:
            self.tributary(self.partner("p001"), cache={"path": ":memory:"})
            self.create(fhir.classic())
            time.sleep(delay)
            self.assertEqual(self.server.stop(), 0)

    def test_memory_database_leaves_nothing_behind(self):
        self.tributary(self.partner("p001"), cache={"path": ":memory:"})
        self.create(fhir.classic())
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(list(pathlib.Path(self.folder).glob("*.db*")), [])

    def test_database_files_are_for_the_owner_only(self):
        self.tributary(self.partner("p001"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in pathlib.Path(self.folder).glob("cache*.db*")}
        self.assertTrue(modes)
        self.assertEqual(set(modes.values()), {0o600}, modes)

    def test_version_and_help(self):
        self.assertRegex(programs.run_tributary("--version").stdout, r"\d+\.\d+\.\d+")
        for command in ((), ("serve",), ("check",), ("watch",)):
            answer = programs.run_tributary(*command, "--help")
            self.assertEqual(answer.returncode, 0)
            self.assertIn("tributary", answer.stdout)
        self.assertNotEqual(programs.run_tributary("dance").returncode, 0)

    def test_a_wrong_word_on_the_command_line_is_named(self):
        for words, said in ((("nonsense",), "there is no command nonsense"), (("serve", "--bogus"), "--bogus"),
                            (("check", "--config", "x.toml", "y.toml"), "y.toml"),
                            (("serve", "--config", "x.toml", "--log-format", "yaml"), "there is no yaml; use text or json"),
                            (("serve", "--config", "x.toml", "--log-level", "0"), "there is no 0; use debug, info, warning or error")):
            with self.subTest(words):
                answer = programs.run_tributary(*words)
                self.assertEqual(answer.returncode, 2)
                self.assertIn(said, answer.stdout + answer.stderr)
                self.assertNotIn("is required", answer.stdout + answer.stderr)


class Pages(Case):
    def test_partners_discoveries_and_metrics(self):
        good = self.partner("p001", [patient("a")]).holds(document("d1", "a"))
        failing = self.partner("p002").always("Patient", Reply(500))
        self.tributary(good, failing, partner_defaults={"attempts": 1})
        self.create(fhir.classic())
        self.eventually(lambda: fhir.progress(self.search(fhir.BOB)).get("state") == "complete", "the end")
        partners = web.get(f"{self.server.operations}/partners")
        self.assertTrue(partners.headers["Content-Type"].startswith("application/json"))
        self.assertTrue({"p001", "p002"} <= set(re.findall(r"p00\d", partners.body.decode())))
        partners.json()
        discoveries = web.get(f"{self.server.operations}/discoveries")
        discoveries.json()
        metrics = web.get(f"{self.server.operations}/metrics").body.decode()
        self.assertIn("# HELP", metrics)
        for text in (partners.body.decode(), discoveries.body.decode(), metrics, self.server.stderr()):
            for secret in ("smith", "Smith", "bob", "Bob", "1970-01-02", "MRN-"):
                self.assertNotIn(secret, text)

    def test_json_logs_are_json_and_hold_no_patient(self):
        import json
        self.tributary(self.partner("p001"))
        self.server.stop()
        server = programs.Program([programs.PROGRAMS / "tributary", "serve", "--config", self.server.config, "--log-format", "json"],
                                  pathlib.Path(self.folder, "json"), "tributary")
        self.addCleanup(server.kill)
        server.wait_for_line("tributary ready")
        server.stop()
        lines = server.stderr().splitlines()
        self.assertTrue(lines)
        for line in lines:
            json.loads(line)


class Check(Case):
    def check(self, *partners, **sections):
        config = pathlib.Path(self.folder, "check.toml")
        config.write_text(programs.toml(self.configuration(*partners, **sections)))
        return programs.run_tributary("check", "--config", config)

    def test_all_good_is_0_a_failing_partner_is_1(self):
        good, bad = self.partner("p001"), self.partner("p002").always("metadata", Reply(500))
        answer = self.check(good)
        self.assertEqual(answer.returncode, 0, answer)
        self.assertIn("p001", answer.stdout)
        answer = self.check(good, bad, {"id": "p003", "fhir": f"http://127.0.0.1:{web.free_port()}/fhir"})
        self.assertEqual(answer.returncode, 1, answer)
        for identifier in ("p001", "p002", "p003"):
            self.assertIn(identifier, answer.stdout)


class BadConfiguration(Case):
    def problems(self, text, environment=None):
        """What `check` and `serve` both say, with status 2, about this file."""
        config = pathlib.Path(self.folder, "bad.toml")
        config.write_text(text)
        answers = [programs.run_tributary(command, "--config", config, environment=environment) for command in ("check", "serve")]
        self.assertEqual([answer.returncode for answer in answers], [2, 2], answers)
        self.assertEqual(answers[0].stderr, answers[1].stderr)
        self.assertEqual(answers[1].stdout, "")
        return answers[0].stderr

    def assert_problem(self, said, line, *words):
        found = [each for each in said.splitlines() if re.search(rf"bad\.toml:{line}:", each)]
        self.assertTrue(found, said)
        for word in words:
            self.assertTrue(any(word in each for each in found), f"{word!r} is not in {found}")

    PARTNER = '[[partner]]\nid = "p001"\nfhir = "http://127.0.0.1:9/fhir"\n'

    def test_unknown_keys_name_the_nearest(self):
        said = self.problems("[server]\nlisen = \"127.0.0.1:0\"\n[discovry]\n" + self.PARTNER)
        self.assert_problem(said, 2, "[server] lisen", 'did you mean "listen"?')
        self.assert_problem(said, 3, 'did you mean "discovery"?')

    def test_all_problems_are_told_at_once(self):
        said = self.problems('[server]\nlisten = "nowhere"\ndrain = "10 parsecs"\n[discovery]\nmax_matches = "five"\n'
                             'acceptance = "loose"\n[limits]\nrequest_body = -1\n' + self.PARTNER)
        for line, key in ((2, "[server] listen"), (3, "[server] drain"), (5, "[discovery] max_matches"),
                          (6, "[discovery] acceptance"), (8, "[limits] request_body")):
            self.assert_problem(said, line, key)

    def test_an_unset_variable(self):
        text = self.PARTNER + 'headers = { Authorization = "Bearer ${TRIBUTARY_TEST_UNSET}" }\n'
        self.assert_problem(self.problems(text), 4, "TRIBUTARY_TEST_UNSET")

    def test_a_set_variable_reaches_the_partner(self):
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a"))
        sections = self.configuration(holder.configuration(headers={"Authorization": "Bearer ${TRIBUTARY_TEST_SET}"}))
        self.server = programs.Tributary(self.folder, sections, {"TRIBUTARY_TEST_SET": "abc"})
        self.addCleanup(self.server.kill)
        self.create(fhir.classic())
        request = holder.wait_for(1, lambda request: "/Patient" in request.path)[0]
        self.assertEqual(request.headers["Authorization"], "Bearer abc")

    def test_a_partner_id_twice_and_an_impossible_one(self):
        said = self.problems(self.PARTNER * 2 + self.PARTNER.replace("p001", "P 1"))
        self.assert_problem(said, 5, "p001")
        self.assert_problem(said, 8, "P 1")

    def test_no_toml_no_file_no_partner(self):
        self.assert_problem(self.problems("[server\n" + self.PARTNER), 1)
        self.assertIn("partner", self.problems("[server]\n"))
        answer = programs.run_tributary("serve", "--config", pathlib.Path(self.folder, "missing.toml"))
        self.assertEqual(answer.returncode, 2)
        self.assertIn("missing.toml", answer.stderr)

    def test_not_loopback_needs_tls_or_consent(self):
        self.assert_problem(self.problems('[server]\nlisten = "0.0.0.0:0"\n' + self.PARTNER), 2, "allow_http")

    def test_problems_of_a_partner_list_name_that_file(self):
        pathlib.Path(self.folder, "more.toml").write_text(self.PARTNER + "colour = 1\n")
        self.assertIn("more.toml:4", self.problems('partners_file = "more.toml"\n'))


class CannotStart(Case):
    def serve(self, **sections):
        config = pathlib.Path(self.folder, "tributary.toml")
        config.write_text(programs.toml(self.configuration(self.partner("p001"), **sections)))
        return programs.run_tributary("serve", "--config", config)

    def assert_says(self, answer, *words):
        self.assertNotIn(answer.returncode, (0, -6, -11), answer)
        self.assertEqual(answer.stdout, "")
        for word in words:
            self.assertIn(word, answer.stderr)

    def test_a_newer_database_is_refused_and_not_touched(self):
        self.tributary(self.partner("p001"))
        self.server.stop()
        path = pathlib.Path(self.folder, "cache.db")
        database = sqlite3.connect(path)
        database.execute("PRAGMA user_version = 9999")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        before = path.read_bytes()
        self.assert_says(self.serve(), "cache.db", "newer")
        self.assertEqual(path.read_bytes(), before)

    def test_a_file_that_is_no_database(self):
        pathlib.Path(self.folder, "cache.db").write_bytes(b"This is a letter to my aunt. " * 1000)
        self.assert_says(self.serve(), "cache.db")

    def test_an_unwritable_path(self):
        self.assert_says(self.serve(cache={"path": "/proc/nowhere/cache.db"}), "/proc/nowhere/cache.db")
        pathlib.Path(self.folder, "file").write_text("")
        self.assert_says(self.serve(cache={"path": "file/cache.db"}), "file/cache.db")

    def test_a_port_in_use(self):
        taken = self.partner("p009")
        self.assert_says(self.serve(server={"listen": f"127.0.0.1:{taken.port}"}), str(taken.port))
        self.assert_says(self.serve(operations={"listen": f"127.0.0.1:{taken.port}"}), str(taken.port))
