// node fhir_kit_client_app.mjs [BASE [COUNT]]: hears of documents on a WebSocket, with fhir-kit-client (npm ci).
//
// Subscribes to the topic, fetches a token, binds, and prints each document the moment it is known; ends after COUNT documents, and unsubscribes.
// When the socket is lost it binds again, and hears what it has missed.
import { Client } from 'fhir-kit-client';
import WebSocket from 'ws';

const [base = 'http://127.0.0.1:8080/fhir', count = '0'] = process.argv.slice(2);
const backport = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';
const client = new Client({ baseUrl: base });
let left = Number(count) || Infinity;

const wanted = {
  resourceType: 'Subscription',
  status: 'requested',
  reason: 'Admission of Bob Smith',
  criteria: 'http://tributary.example/SubscriptionTopic/patient-documents',
  _criteria: {
    extension: [{ url: `${backport}/backport-filter-criteria`, valueString: 'DocumentReference?patient.given=bob&patient.family=smith' }],
  },
  channel: {
    type: 'websocket',
    payload: 'application/fhir+json',
    _payload: { extension: [{ url: `${backport}/backport-payload-content`, valueCode: 'full-resource' }] },
  },
};

const valueOf = (parameters, name) => {
  const found = parameters.find((each) => each.name === name) ?? {};
  return found.part ?? found[Object.keys(found).find((key) => key.startsWith('value'))];
};

function take(bundle) {
  const [status, ...entries] = bundle.entry;
  const event = valueOf(status.resource.parameter, 'notification-event');
  for (const { resource } of entries) {
    if (resource.resourceType !== 'DocumentReference' || left === 0) continue;
    console.log(valueOf(event, 'event-number'), resource.id, resource.type.text ?? resource.type.coding[0].display);
    left -= 1;
  }
}

/** Binds once, and ends with the socket. */
async function listen(id) {
  const binding = await client.operation({ resourceType: 'Subscription', id, name: 'get-ws-binding-token', method: 'GET' });
  const socket = new WebSocket(valueOf(binding.parameter, 'websocket-url'));
  socket.on('open', () => socket.send(`bind-with-token ${valueOf(binding.parameter, 'token')}`));
  socket.on('message', (frame) => {
    take(JSON.parse(frame));
    if (left === 0) socket.close();
  });
  await new Promise((resolve) => socket.on('close', resolve).on('error', resolve));
}

const { id } = await client.create({ resourceType: 'Subscription', body: wanted });
while (left > 0) {
  await listen(id);
}
await client.delete({ resourceType: 'Subscription', id });
