// Kubernetes manifests, read and looked at.
import YAML from 'yaml';

export function parse(text) {
  return YAML.parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  }).filter(Boolean);
}

export const title = ({kind, metadata}) => `${kind}/${metadata?.name}`;
export const byKind = (all, kind) => all.filter((one) => one.kind === kind);
export const workloads = (all) =>
  all.filter((one) => one.spec?.template?.spec?.containers);
export const containersOf = (workload) =>
  [...workload.spec.template.spec.initContainers ?? [],
    ...workload.spec.template.spec.containers];

// Whether a selector of labels finds pods of the workload. Each pod of a
// stateful set has its name as a label, too.
export function matches(selector, workload) {
  const {labels} = workload.spec.template.metadata;
  const entries = Object.entries(selector ?? {});
  return entries.length > 0 && entries.every(([key, value]) =>
    labels[key] === value || (workload.kind === 'StatefulSet' &&
      key === 'statefulset.kubernetes.io/pod-name' &&
      ordinal(value, workload) !== undefined));
}

// The number of a pod, undefined where it is none of the workload's.
function ordinal(pod, {metadata, spec}) {
  const at = pod.lastIndexOf('-');
  const number = Number(pod.slice(at + 1));
  const first = spec.ordinals?.start ?? 0;
  const mine = pod.slice(0, at) === metadata.name && number >= first &&
    (spec.replicas === undefined || number < first + spec.replicas);
  return mine ? number : undefined;
}

// The value of a flag, undefined where it is not there.
export function argument({args = []}, name) {
  const found = args.find((one) => one.startsWith(`--${name}=`));
  return found?.slice(name.length + 3);
}

// The ports that the containers declare, and of one pod of a stateful set also
// that which its number makes.
export function portsOf(workload, pod) {
  const ports = containersOf(workload).flatMap((one) => one.ports ?? []);
  if (pod === undefined) return ports;
  const number = ordinal(pod, workload);
  const own = containersOf(workload).map((one) => argument(one, 'udp-port'))
    .filter((port) => port?.includes('$(POD_INDEX)'))
    .map((port) => ({protocol: 'UDP',
      containerPort: Number(port.replace('$(POD_INDEX)', number))}));
  return [...ports, ...own];
}

export const durationSeconds = (text) => Number(/^(\d+)s$/.exec(text)[1]);
