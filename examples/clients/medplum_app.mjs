// node medplum_app.mjs [ORIGIN [COUNT]]: hears of documents through @medplum/core, unchanged (npm ci).
//
// ORIGIN is that of the server, without /fhir. Prints each document the moment it is known; ends after COUNT documents, and unsubscribes.
import WebSocket from 'ws';

globalThis.WebSocket ??= WebSocket; // before the import: Node 20 has none
const { MedplumClient } = await import('@medplum/core');

const [origin = 'http://127.0.0.1:8080', count = '0'] = process.argv.slice(2);
const criteria = 'DocumentReference?patient.given=bob&patient.family=smith';
const medplum = new MedplumClient({ baseUrl: `${origin}/`, fetch });
// With 5.x also, as it listens for a user only:
// medplum.getProfile = () => ({ resourceType: 'Practitioner', id: 'app' });
let left = Number(count) || Infinity;

const subscription = medplum.subscribeToCriteria(criteria);
subscription.addEventListener('connect', () => console.log('connected'));
subscription.addEventListener('error', ({ payload }) => console.error(`error ${payload}`));
subscription.addEventListener('message', ({ payload: bundle }) => {
  const document = bundle.entry[1].resource;
  console.log(document.id, document.type.text ?? document.type.coding[0].display);
  left -= 1;
  if (left === 0) {
    medplum.unsubscribeFromCriteria(criteria);
    medplum.getSubscriptionManager().closeWebSocket();
  }
});
