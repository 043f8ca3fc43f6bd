// What SMART's fhirclient makes of us, as JSON: fhirclient.mjs BASE pages | BASE move ID ENDPOINT
import fhirClient from 'fhirclient/lib/FhirClient.js';

const FhirClient = fhirClient.default ?? fhirClient;
const [base, question, id, endpoint] = process.argv.slice(2);
const client = new FhirClient(base);

async function pages() {
  const ids = [];
  const families = [];
  for await (const each of client.resources('DocumentReference?patient.given=bob&patient.family=smith&_count=5')) {
    if (each.resourceType !== 'DocumentReference') continue;
    await client.resolveReferences(each, ['subject']);
    ids.push(each.id);
    families.push(each.subject.name[0].family);
  }
  return { ids, families };
}

async function move() {
  const subscription = await client.fhirRequest(`Subscription/${id}`);
  subscription.channel.endpoint = endpoint;
  subscription.channel.header = ['X-Secret: two']; // what was read is masked, and no mask goes to another server
  return client.update(subscription);
}

console.log(JSON.stringify(await { pages, move }[question]()));
