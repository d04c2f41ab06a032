// What deploy/proxy says of the nodes: the same in every file, and in Envoy's,
// which nothing here runs, that names lead to what they name.
import YAML from 'yaml';

const nodesIn = (text) =>
  [...new Set(text.match(/parley-\d+(?=\.parley-nodes)/g))].sort();
const hostsOf = ({load_assignment: {endpoints}}) =>
  endpoints.flatMap(({lb_endpoints: all}) => all.map(({endpoint}) =>
    endpoint.address.socket_address.address));

// Every mapping with the key, wherever it lies.
function withKey(key, value) {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap((one) => withKey(key, one));
  return key in value ? [value, ...below] : below;
}

function* envoyProblems(text) {
  const {static_resources: {listeners, clusters}} =
    YAML.parse(text, {merge: true});
  const nodes = nodesIn(text);
  const named = new Map(clusters.map((one) => [one.name, one]));
  if (named.size < clusters.length) yield 'two clusters have one name';
  for (const {cluster} of withKey('cluster', listeners)) {
    if (!named.has(cluster)) yield `there is no cluster ${cluster}`;
  }
  if (withKey('cluster_header', listeners).length !== 1) {
    yield 'nothing routes by a header';
  }
  for (const node of nodes) {
    const hosts = named.has(node) ? hostsOf(named.get(node)).join() : 'nowhere';
    if (hosts !== `${node}.parley-nodes`) yield `${node} leads to ${hosts}`;
  }
  if (hostsOf(named.get('ready')).length !== nodes.length) {
    yield 'not every node is asked for creates';
  }
  for (const one of clusters) {
    if (withKey('http2_protocol_options', one).length === 0) {
      yield `${one.name} speaks no HTTP/2`;
    }
  }
}

// Of the texts of the files by their names, a line each.
export function proxyProblems(files) {
  const [[, first], ...others] = Object.entries(files);
  const expected = nodesIn(first).join();
  return [
    ...others.filter(([, text]) => nodesIn(text).join() !== expected)
      .map(([name, text]) => `${name} has ${nodesIn(text)}, not ${expected}`),
    ...envoyProblems(files['envoy.yaml']),
  ];
}
