"""The least time in which a Discovery can tell and retrieve everything, from how long the simulator says each call took.

Per partner: the calls of patient discovery one after the other, then for each patient found the pages one after the other, then the documents of a
page from the moment it is there, at most `lane` calls at a time. Everything else costs nothing.
"""
import base64
import heapq
import urllib.parse

PATIENTS, PAGE, DOCUMENT = "patient_discovery", "query_documents", "retrieve_document"


def patient_asked_for(target):
    """Whose documents a page shows: its own parameter, or that of the search behind a page link, whose only parameter (each family has its own name
    for it) is that search in base64url."""
    query = urllib.parse.parse_qs(target.partition("?")[2])
    while len(query) == 1 and not query.keys() & {"patient", "subject"}:
        (token,), = query.values()
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        query = urllib.parse.parse_qs(text)
    return (query.get("patient") or query.get("subject") or [""])[0].rpartition("/")[2]


class Partner:
    """The calls that one partner was asked, in their order, and when each would have been answered with nothing lost."""

    def __init__(self, calls, lane):
        self.found = sum(call["seconds"] for call in calls if call["step"] == PATIENTS)
        self.pages, self.first_page = {}, None
        ends = {}
        for call in calls:
            if call["step"] == PAGE:
                patient = patient_asked_for(call["target"])
                ends[patient] = ends.get(patient, self.found) + call["seconds"]
                self.pages[call["target"]] = (ends[patient] - call["seconds"], ends[patient])
        self.documents = {}
        self.calls, self.lane = calls, lane

    def last_page(self):
        return max((end for _, end in self.pages.values()), default=self.found)

    def schedule(self, listed):
        """`listed`: {target of a page: targets of the documents it lists}. Fills `documents`: {target: when it is there}."""
        page_of = {document: page for page, documents in listed.items() for document in documents}
        waiting = []
        for order, call in enumerate(self.calls):
            if call["step"] == DOCUMENT:
                page = page_of.get(call["target"])
                release = self.pages[page][1] if page in self.pages else self.last_page()
                waiting.append((release, order, call))
        # Pages come first: a page holds one of the lane's slots for as long as it takes.
        free = [0.0] * self.lane
        heapq.heapify(free)
        work = [(begin, -1, end - begin, None) for begin, end in self.pages.values()]
        work += [(release, order, call["seconds"], call["target"]) for release, order, call in waiting]
        for release, _, seconds, target in sorted(work, key=lambda each: each[:2]):
            end = max(release, heapq.heappop(free)) + seconds
            heapq.heappush(free, end)
            if target:
                self.documents[target] = end


def by_partner(calls):
    grouped = {}
    for call in calls:
        grouped.setdefault(call["partner"], []).append(call)
    return grouped


class Entry:
    """A document as a page lists it. `unique`: the value of its masterIdentifier, however it is spelt; `targets`: where its bytes are."""

    def __init__(self, resource):
        master = resource.get("masterIdentifier", {}).get("value", "")
        self.unique = master.rpartition("^")[2].rpartition(":")[2].casefold()
        urls = [content["attachment"]["url"] for content in resource.get("content", []) if content["attachment"].get("url")]
        self.targets = ["/" + url.rpartition("/fhir/")[2].lstrip("/") + "?" for url in urls]


class Ideal:
    """`calls`: [{partner, step, target, seconds}] in the order in which they were asked. `listed`: {(partner, page): {entry id: Entry}}.
    `documents`: those of the oracle, each with its holders."""

    def __init__(self, calls, listed, documents, lane):
        self.partners = {name: Partner(asked, lane) for name, asked in by_partner(calls).items()}
        for name, partner in self.partners.items():
            partner.schedule({page: [target for entry in entries.values() for target in entry.targets]
                              for (holder, page), entries in listed.items() if holder == name})
        self.shown = {}  # (partner, entry id): (when its page is there, Entry)
        for (name, page), entries in listed.items():
            for identifier, entry in entries.items():
                self.shown[name, identifier] = (self.partners[name].pages[page][1], entry)
        told = self.told(documents)
        self.first_event, self.last_event = min(told), max(told)
        self.last_document = max((end for partner in self.partners.values() for end in partner.documents.values()), default=self.last_event)

    def told(self, documents):
        """When each document that was listed can be told: with the first page that lists it. Where it shares its identifier with another document
        that was listed before, only its bytes tell that it is another."""
        taken, times = set(), []
        seen = [[(holder["partner"], holder["id"]) for holder in document["holders"] if (holder["partner"], holder["id"]) in self.shown]
                for document in documents]
        for holders in sorted(filter(None, seen), key=lambda holders: min(self.shown[holder][0] for holder in holders)):
            uniques = {self.shown[holder][1].unique for holder in holders} - {""}
            when = self.bytes_there if uniques & taken else lambda holder: self.shown[holder][0]
            times.append(min(map(when, holders)))
            taken |= uniques
        return times

    def bytes_there(self, holder):
        when, entry = self.shown[holder]
        documents = self.partners[holder[0]].documents
        return min((documents[target] for target in entry.targets if target in documents), default=when)


class Staged:
    """The least time of a client that waits at each stage for the slowest partner, with the same calls and the same lanes."""

    def __init__(self, calls, lane):
        found = pages = 0.0
        retrieved = 0.0
        for asked in by_partner(calls).values():
            partner = Partner(asked, lane)
            found = max(found, partner.found)
            pages = max(pages, partner.last_page() - partner.found)
            free = [0.0] * lane
            for call in asked:
                if call["step"] == DOCUMENT:
                    heapq.heappush(free, heapq.heappop(free) + call["seconds"])
            retrieved = max(retrieved, max(free))
        self.events, self.last_document = found + pages, found + pages + retrieved
