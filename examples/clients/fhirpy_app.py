#!/usr/bin/env python3
"""fhirpy_app.py [BASE [COUNT]]: hears of documents on a WebSocket, with fhirpy (pip install -r requirements.txt).

Subscribes to the topic, fetches a token, binds, and prints each document the moment it is known; ends after COUNT documents, and unsubscribes.
"""
import asyncio
import json
import sys

import websockets
from fhirpy import AsyncFHIRClient

TOPIC = "http://tributary.example/SubscriptionTopic/patient-documents"
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
WANTED = {
    "status": "requested",
    "reason": "Admission of Bob Smith",
    "criteria": TOPIC,
    "_criteria": {"extension": [{"url": f"{BACKPORT}/backport-filter-criteria",
                                 "valueString": "DocumentReference?patient.given=bob&patient.family=smith"}]},
    "channel": {"type": "websocket", "payload": "application/fhir+json",
                "_payload": {"extension": [{"url": f"{BACKPORT}/backport-payload-content", "valueCode": "full-resource"}]}},
}


def values(parameters):
    return {each["name"]: next((value for key, value in each.items() if key.startswith("value")), each.get("part")) for each in parameters}


async def documents(url, token):
    """(number, DocumentReference) of each Event; the handshake carries none."""
    async with websockets.connect(url, max_size=None) as socket:
        await socket.send(f"bind-with-token {token}")
        async for frame in socket:
            status, *entries = json.loads(frame)["entry"]
            told = values(status["resource"]["parameter"])
            for entry in entries:
                if entry["resource"]["resourceType"] == "DocumentReference":
                    yield values(told["notification-event"])["event-number"], entry["resource"]


async def main(base="http://127.0.0.1:8080/fhir", count="0"):
    subscription = AsyncFHIRClient(base).resource("Subscription", **WANTED)
    await subscription.save()
    left = int(count) or None
    try:
        binding = values((await subscription.execute("$get-ws-binding-token", method="get"))["parameter"])
        async for number, document in documents(binding["websocket-url"], binding["token"]):
            print(number, document["id"], document.get("type", {}).get("text") or document["type"]["coding"][0].get("display"), flush=True)
            left = left and left - 1
            if left == 0:
                break
    finally:
        await subscription.delete()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
