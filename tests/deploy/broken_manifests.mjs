// For each rule a way to break it, which must be found, and by that rule: a
// manifest that is right is taken and one thing in it made wrong. The keys are
// the rules' names; the values are broken sets of manifests.
import {byKind} from './manifests.mjs';

const set = (all) => byKind(all, 'StatefulSet')[0];
const pod = (all) => set(all).spec.template.spec;
const container = (all) => pod(all).containers[0];
const service = (all) => byKind(all, 'Service')[0];
const only = (all, kind) => byKind(all, kind)[0];
const replaceArgument = (all, from, to) => {
  const {args} = container(all);
  args[args.findIndex((one) => one.startsWith(from))] = to;
};

// To break schemas: what each error message must show.
export const schemaBreakers = {
  'a field that is not there': [
    (all) => (container(all).readOnly = true), /readOnly/],
  'a misspelt field': [
    (all) => (pod(all).terminationGraceSeconds = 5), /terminationGraceSeconds/],
  'a number for a string': [
    (all) => (container(all).args[0] = 5), /args/],
  'a string for a number': [
    (all) => (set(all).spec.replicas = 'two'), /replicas/],
  'a word that is none of the enumeration': [
    (all) => (service(all).spec.type = 'Public'), /type/],
  'a required field that is missing': [
    (all) => delete set(all).spec.selector, /selector/],
  'a kind that is not there': [
    (all) => (set(all).kind = 'StatefulSets'), /StatefulSets/],
  'an API that is gone': [
    (all) => (only(all, 'PodDisruptionBudget').apiVersion = 'policy/v0'),
    /policy\/v0/],
};

export const ruleBreakers = {
  'names are unique': (all) => all.push(structuredClone(service(all))),
  'a workload selects its own pods': (all) =>
    (set(all).spec.selector.matchLabels['app.kubernetes.io/name'] = 'x'),
  'a service selects pods': (all) => (service(all).spec.selector = {app: 'x'}),
  'a service leads to a port': (all) =>
    (service(all).spec.ports[0].targetPort = 'apis'),
  'a monitor finds services, and their port': (all) =>
    (only(all, 'ServiceMonitor').spec.endpoints[0].port = 'admins'),
  'node ports are possible, and of one service': (all) =>
    (service(all).spec.ports[0].nodePort = 3478),
  'ports have one owner': (all) =>
    container(all).ports.push({name: 'api', containerPort: 1}),
  'on the machine\'s network ports are the machine\'s': (all) => {
    pod(all).hostNetwork = true;
    container(all).ports[0].hostPort = 1;
  },
  'pods with ports of the machine keep apart': (all) => {
    pod(all).hostNetwork = true;
    delete pod(all).affinity;
  },
  'a probe asks a port that is there': (all) =>
    (container(all).readinessProbe = {tcpSocket: {port: 'health'}}),
  'a server is probed where it answers in plaintext': (all) =>
    (container(all).livenessProbe.grpc.port =
      container(all).ports[0].containerPort),
  'a server listens on the ports it declares': (all) =>
    replaceArgument(all, '--listen', '--listen=:1'),
  'mounts and volumes belong together': (all) =>
    (container(all).volumeMounts = [{name: 'x', mountPath: '/x'}]),
  'files that a server is told of are mounted': (all) =>
    container(all).args.push('--media=/etc/media.json'),
  'what a pod refers to exists': (all) =>
    (container(all).envFrom = [{configMapRef: {name: 'x'}}]),
  'arguments use variables that are set': (all) =>
    container(all).args.push('--x=$(NODE_NAME)'),
  'a disruption budget guards pods': (all) =>
    (only(all, 'PodDisruptionBudget').spec.selector.matchLabels = {app: 'x'}),
  'an autoscaler has a target of its own': (all) =>
    (only(all, 'HorizontalPodAutoscaler').spec.scaleTargetRef.kind =
      'Deployment'),
  'a share of a resource has a whole': (all) =>
    delete container(all).resources.requests.cpu,
  'a stateful set has a headless service': (all) =>
    (set(all).spec.serviceName = service(all).metadata.name),
  'a network policy guards pods and their ports': (all) =>
    (only(all, 'NetworkPolicy').spec.ingress[0].ports[0].port = 'apis'),
  'a network policy opens every port that is declared': (all) =>
    container(all).ports.push({name: 'more', containerPort: 9}),
  'spreading counts the workload\'s own pods': (all) =>
    (pod(all).topologySpreadConstraints[0].labelSelector.matchLabels =
      {app: 'x'}),
  'the grace period covers pause and drain': (all) =>
    (pod(all).terminationGracePeriodSeconds = 30),
  'what is requested is not beyond the limit': (all) =>
    (container(all).resources.requests.memory = '1Ti'),
  'an image is named by its version': (all) =>
    (container(all).image = 'parley:latest'),
  'a container can do no more than it must': (all) =>
    delete container(all).securityContext.capabilities,
  'pod security "restricted" is kept where it is asked for': (all) =>
    (pod(all).hostNetwork = true),
};

// What to replace in Envoy's file, and by what.
export const proxyBreakers = {
  'a node that another file has not': [/parley-2/g, 'parley-3'],
  'a node without a cluster': ['- name: parley-1', '- name: parley-one'],
  'a cluster that leads to another node': [
    /(- name: parley-1[^]*?)parley-1\.parley-nodes/, '$1parley-0.parley-nodes'],
  'a route to no cluster': ['cluster: ready', 'cluster: steady'],
  'no route by the header': ['cluster_header:', 'cluster_name:'],
  'HTTP/1 to a node': [
    'typed_extension_protocol_options: *http2', 'per_connection_buffer: 1'],
};
