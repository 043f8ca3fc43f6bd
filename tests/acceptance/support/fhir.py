"""The FHIR resources that an app sends, and how to read what it gets back."""
CANONICAL_BASE = "http://tributary.example"
TOPIC = f"{CANONICAL_BASE}/SubscriptionTopic/patient-documents"
PROGRESS = f"{CANONICAL_BASE}/StructureDefinition/discovery-progress"
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
FHIR_JSON = "application/fhir+json"
BOB = "DocumentReference?patient.given=bob&patient.family=smith"
SAMPLE = BOB  # the patient of the simulator's sample profile


def classic(criteria=BOB, endpoint=None, payload=None, header=()):
    """A Subscription whose criteria is a search; websocket without an endpoint."""
    channel = {"type": "rest-hook", "endpoint": endpoint} if endpoint else {"type": "websocket"}
    if payload:
        channel["payload"] = payload
    if header:
        channel["header"] = list(header)
    return {"resourceType": "Subscription", "status": "requested", "reason": "acceptance test", "criteria": criteria,
            "channel": channel}


def topic(filters=BOB, endpoint=None, content="full-resource", header=(), **channel_extensions):
    """A Subscription of our topic (R4 backport); channel_extensions: heartbeat_period=5, timeout=2 …"""
    made = classic(TOPIC, endpoint, FHIR_JSON, header)
    made["meta"] = {"profile": [f"{BACKPORT}/backport-subscription"]}
    made["_criteria"] = {"extension": [{"url": f"{BACKPORT}/backport-filter-criteria", "valueString": filters}]}
    made["channel"]["_payload"] = {"extension": [{"url": f"{BACKPORT}/backport-payload-content", "valueCode": content}]}
    if channel_extensions:
        made["channel"]["extension"] = [
            {"url": f"{BACKPORT}/backport-{name.replace('_', '-')}", "valueUnsignedInt": value}
            for name, value in channel_extensions.items()]
    return made


def following(subscription):
    """The same, told how its Discovery goes."""
    return {**subscription, "extension": [{"url": f"{CANONICAL_BASE}/StructureDefinition/notify-progress", "valueBoolean": True}]}


def resources(bundle, kind="DocumentReference"):
    return [entry["resource"] for entry in bundle.get("entry", []) if entry["resource"]["resourceType"] == kind]


def outcome(bundle):
    """The OperationOutcome of a searchset that says how complete it is; None when there is none."""
    for entry in bundle.get("entry", []):
        if entry.get("search", {}).get("mode") == "outcome":
            return entry["resource"]
    return None


def progress(bundle):
    """The parts of the discovery-progress extension as a dict; empty when the answer carries none."""
    found = outcome(bundle)
    for issue in found["issue"] if found else []:
        for extension in issue.get("extension", []):
            if extension["url"] == PROGRESS:
                return {part["url"]: next(v for k, v in part.items() if k.startswith("value")) for part in extension["extension"]}
    return {}
