"""How soon a document is told: measured here, and asserted loosely, because test machines are busy."""
import statistics
import threading

from support import fhir, web
from support.case import Case
from support.partner import document, patient
from support.web import Reply


class Latency(Case):
    def test_the_fastest_partner_is_told_while_others_hang_and_no_document_is_waited_for(self):
        fast = self.partner("p001")
        names = [f"Given{number}" for number in range(20)]
        for name in names:
            fast.patients.append(patient(f"pat-{name}", given=name))
            fast.documents.append(document(f"d-{name}", f"pat-{name}", name))
        fast.always("Binary", Reply(hang=True))
        hanging = [self.partner("p002").always("Patient", Reply(hang=True)),
                   self.partner("p003", [patient("x", given=name) for name in names]).always("DocumentReference", Reply(hang=True))]
        self.tributary(fast, *hanging, partner_defaults={"max_concurrent": 100})
        receiver, times = self.receiver(), []
        for count, name in enumerate(names, 1):
            self.create(fhir.topic(f"DocumentReference?patient.given={name}&patient.family=smith", receiver.endpoint))
            events = receiver.wait_for_events(count)
            self.assertEqual(len(events), count)
            page = fast.received(lambda request, name=name: f"pat-{name}" in request.target)[-1]
            times.append(events[-1].at - page.answered_at)
        self.measured("first Event after the fastest partner's page, of 20",
                      f"median {statistics.median(times) * 1000:.1f} ms, most {max(times) * 1000:.1f} ms")
        self.assertLess(statistics.median(times), 0.05)
        self.assertGreater(len(fast.asked("Binary")), 0, "documents were asked for")

    def test_a_large_document_being_stored_does_not_hold_back_an_event(self):
        large = self.partner("p001", [patient("a", given="Large")])
        size = 50 * 1024 * 1024
        large.holds(document("big", "a", b"x" * size, content_type="application/octet-stream"), b"x" * size)
        fast = self.partner("p002")
        names = [f"Given{number}" for number in range(40)]
        for name in names:
            fast.patients.append(patient(f"pat-{name}", given=name))
            fast.documents.append(document(f"d-{name}", f"pat-{name}", name, inline=True))
        self.tributary(large, fast)
        receiver, times = self.receiver(), []
        stored = threading.Event()
        self.create(fhir.topic("DocumentReference?patient.given=large&patient.family=smith", receiver.endpoint))
        url = receiver.wait_for_events(1)[0].focus()["content"][0]["attachment"]["url"]

        def wait_for_the_document():
            if len(web.call("GET", url, headers={"Accept": "*/*"}, seconds=60).body) == size:
                stored.set()

        waiting = threading.Thread(target=wait_for_the_document, daemon=True)
        waiting.start()
        for count, name in enumerate(names, 2):
            self.create(fhir.topic(f"DocumentReference?patient.given={name}&patient.family=smith", receiver.endpoint))
            events = receiver.wait_for_events(count)
            page = fast.received(lambda request, name=name: f"pat-{name}" in request.target)[-1]
            times.append(events[-1].at - page.answered_at)
        waiting.join(60)
        self.assertTrue(stored.is_set(), "the large document was never served")
        self.measured("Event beside a 50 MB document, of 40",
                      f"median {statistics.median(times) * 1000:.1f} ms, most {max(times) * 1000:.1f} ms")
        self.assertLess(statistics.median(times), 0.1)
