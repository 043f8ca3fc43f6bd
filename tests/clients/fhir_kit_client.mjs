// What fhir-kit-client makes of us, as JSON: fhir_kit_client.mjs BASE pages | BASE status ID…
import { Client } from 'fhir-kit-client';

const [baseUrl, question, ...ids] = process.argv.slice(2);
const client = new Client({ baseUrl });
const searchParams = { 'patient.given': 'bob', 'patient.family': 'smith', _count: 5 };
const documents = (bundle) => (bundle.entry ?? []).filter((each) => each.search.mode === 'match').map((each) => each.resource.id);

async function everyPage(bundle) {
  const found = [];
  for (let page = bundle; page; page = await client.nextPage({ bundle: page })) found.push(...documents(page));
  return found;
}

async function pages() {
  const paged = await everyPage(await client.search({ resourceType: 'DocumentReference', searchParams }));
  const posted = await everyPage(await client.search({ resourceType: 'DocumentReference', searchParams, options: { postSearch: true } }));
  const subscription = (await client.search({ resourceType: 'Subscription' })).entry[0].resource.id;
  const change = [{ op: 'replace', path: '/status', value: 'off' }];
  const patched = await client.patch({ resourceType: 'Subscription', id: subscription, jsonPatch: change }).then(
    () => 200,
    (error) => error.response.status,
  );
  const smart = await client.smartAuthMetadata();
  return { paged, posted, patched, smart };
}

const statuses = (bundle) =>
  Object.fromEntries(
    bundle.entry.map(({ resource: { parameter } }) => [
      parameter.find((each) => each.name === 'subscription').valueReference.reference.split('/').pop(),
      parameter.find((each) => each.name === 'status').valueCode,
    ]),
  );

async function status() {
  const ask = async (path) => statuses(await client.request(path));
  const body = { resourceType: 'Parameters', parameter: ids.map((each) => ({ name: 'id', valueId: each })) };
  return {
    several: statuses(await client.operation({ resourceType: 'Subscription', name: 'status', input: body })),
    off: await ask('Subscription/$status?status=off'),
    all: await ask('Subscription/$status'),
    one: statuses(await client.operation({ resourceType: 'Subscription', id: ids[0], name: 'status', method: 'GET' })),
  };
}

console.log(JSON.stringify(await { pages, status }[question]()));
