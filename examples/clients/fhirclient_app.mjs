// node fhirclient_app.mjs [BASE [COUNT]]: is called for each document (rest-hook), with SMART's fhirclient
// (npm install --no-save --omit=optional fhirclient@2.6.3).
//
// Listens on a port of its own, subscribes to the topic with that endpoint and a secret, and prints each document the moment it is known; ends after COUNT
// documents, and unsubscribes. The server needs `[delivery] allow_http = true` and `allow_private_addresses = true` for an endpoint like this one.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import fhirClient from 'fhirclient/lib/FhirClient.js';

const FhirClient = fhirClient.default ?? fhirClient;
const [base = 'http://127.0.0.1:8080/fhir', count = '0'] = process.argv.slice(2);
const backport = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';
const client = new FhirClient(base);
const secret = `Bearer ${randomUUID()}`;
const seen = new Set();

const wanted = (endpoint) => ({
  resourceType: 'Subscription',
  status: 'requested',
  reason: 'Admission of Bob Smith',
  criteria: 'http://tributary.example/SubscriptionTopic/patient-documents',
  _criteria: {
    extension: [{ url: `${backport}/backport-filter-criteria`, valueString: 'DocumentReference?patient.given=bob&patient.family=smith' }],
  },
  channel: {
    type: 'rest-hook',
    endpoint,
    header: [`Authorization: ${secret}`],
    payload: 'application/fhir+json',
    _payload: { extension: [{ url: `${backport}/backport-payload-content`, valueCode: 'id-only' }] },
  },
});

/** Reads each document that a notification is about; one that is told twice counts once. */
async function take(bundle) {
  const { parameter } = bundle.entry[0].resource;
  for (const { part } of parameter.filter((each) => each.name === 'notification-event')) {
    const number = part.find((each) => each.name === 'event-number').valueString;
    const focus = part.find((each) => each.name === 'focus');
    if (!focus || seen.has(number)) continue;
    seen.add(number);
    const document = await client.fhirRequest(focus.valueReference.reference);
    console.log(number, document.id, document.type.text ?? document.type.coding[0].display);
  }
}

const hook = createServer(async (request, response) => {
  if (request.headers.authorization !== secret) {
    response.writeHead(401).end();
    return;
  }
  const bundle = await json(request);
  response.writeHead(200).end(); // first the answer, then the work
  await take(bundle);
  if (seen.size === Number(count)) {
    await client.delete(`Subscription/${created.id}`);
    hook.close();
    hook.closeAllConnections();
  }
});
await new Promise((resolve) => hook.listen(0, '127.0.0.1', resolve));
const created = await client.create(wanted(`http://127.0.0.1:${hook.address().port}/hook`));
