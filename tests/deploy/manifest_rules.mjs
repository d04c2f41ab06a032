// What is wrong in manifests that each fit their schema, but not each other:
// one rule each for the errors that Kubernetes accepts, and that show only when
// nothing works.
import {workloads, containersOf, matches, title, byKind, portsOf, durationSeconds,
  argument} from './manifests.mjs';

const subset = (wanted, labels = {}) =>
  Object.entries(wanted ?? {}).every(([key, value]) => labels[key] === value);
const duplicates = (values) =>
  values.filter((value, i) => values.indexOf(value) !== i);
const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'];
const handlers = ['grpc', 'httpGet', 'tcpSocket', 'exec', 'sleep'];

// The pods' templates that a selector of labels finds.
const selected = (all, labels) =>
  workloads(all).filter((one) => matches(labels, one));

function* eachContainer(all) {
  for (const workload of workloads(all)) {
    for (const container of containersOf(workload)) yield [workload, container];
  }
}

// Every rule: its name, and a generator of problems.
export const rules = {
  * 'names are unique'(all) {
    yield* duplicates(all.map((one) =>
      `${one.apiVersion} ${one.metadata.namespace ?? ''} ${title(one)}`));
  },

  * 'a workload selects its own pods'(all) {
    for (const one of workloads(all)) {
      if (!subset(one.spec.selector.matchLabels,
        one.spec.template.metadata.labels)) {
        yield `${title(one)} does not select its own template`;
      }
    }
  },

  * 'a service selects pods'(all) {
    for (const one of byKind(all, 'Service')) {
      if (selected(all, one.spec.selector).length === 0) {
        yield `${title(one)} selects no pod`;
      }
    }
  },

  * 'a service leads to a port'(all) {
    for (const one of byKind(all, 'Service')) {
      for (const {name, port, targetPort = port, protocol = 'TCP'}
        of one.spec.ports) {
        for (const workload of selected(all, one.spec.selector)) {
          const pod = one.spec.selector['statefulset.kubernetes.io/pod-name'];
          const found = portsOf(workload, pod).some((has) =>
            (has.protocol ?? 'TCP') === protocol &&
            [has.name, has.containerPort].includes(targetPort));
          if (!found) {
            yield `${title(one)}: port ${name ?? port} leads to ` +
              `${targetPort}/${protocol}, which ${title(workload)} lacks`;
          }
        }
      }
    }
  },

  * 'a monitor finds services, and their port'(all) {
    for (const one of byKind(all, 'ServiceMonitor')) {
      const found = byKind(all, 'Service').filter(({metadata}) =>
        subset(one.spec.selector.matchLabels, metadata.labels));
      if (found.length === 0) yield `${title(one)} finds no service`;
      for (const {port} of one.spec.endpoints) {
        yield* found.filter(({spec}) => !spec.ports.some(({name}) =>
          name === port)).map((service) =>
          `${title(one)}: ${title(service)} has no port ${port}`);
      }
      yield* found.filter(({metadata}) => !metadata.labels[one.spec.jobLabel])
        .map((service) => `${title(one)}: ${title(service)} names no job`);
    }
  },

  * 'node ports are possible, and of one service'(all) {
    const ports = byKind(all, 'Service').flatMap(({spec}) =>
      spec.ports.filter(({nodePort}) => nodePort)
        .map(({nodePort, protocol}) => `${nodePort}/${protocol ?? 'TCP'}`));
    yield* duplicates(ports);
    yield* ports.filter((port) =>
      Number.parseInt(port) < 30000 || Number.parseInt(port) > 32767);
  },

  * 'ports have one owner'(all) {
    for (const workload of workloads(all)) {
      const ports = containersOf(workload).flatMap((one) => one.ports ?? []);
      yield* duplicates(ports.map(({name}) => name).filter(Boolean))
        .map((name) => `${title(workload)}: two ports are called ${name}`);
      yield* duplicates(ports.map(({containerPort, protocol}) =>
        `${title(workload)}: ${containerPort}/${protocol ?? 'TCP'} twice`));
      yield* ports.filter(({name}) => name?.length > 15)
        .map(({name}) => `${title(workload)}: ${name} is too long`);
    }
  },

  * 'on the machine\'s network ports are the machine\'s'(all) {
    for (const [workload, {ports = []}] of eachContainer(all)) {
      if (!workload.spec.template.spec.hostNetwork) continue;
      yield* ports.filter(({hostPort, containerPort}) =>
        hostPort && hostPort !== containerPort).map(({hostPort}) =>
        `${title(workload)}: host port ${hostPort} is another`);
    }
  },

  * 'pods with ports of the machine keep apart'(all) {
    for (const workload of workloads(all)) {
      const {hostNetwork, affinity} = workload.spec.template.spec;
      const taken = hostNetwork || containersOf(workload).some(
        ({ports = []}) => ports.some(({hostPort}) => hostPort));
      const apart = (affinity?.podAntiAffinity
        ?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some((term) =>
        term.topologyKey === 'kubernetes.io/hostname' &&
        matches(term.labelSelector?.matchLabels, workload));
      if (taken && !apart) yield `${title(workload)} would meet itself`;
    }
  },

  * 'a probe asks a port that is there'(all) {
    for (const [workload, container] of eachContainer(all)) {
      for (const probe of probes.filter((name) => container[name])) {
        const given = handlers.filter((name) => container[probe][name]);
        if (given.length !== 1) {
          yield `${title(workload)}: ${probe} has ${given.length} handlers`;
          continue;
        }
        const {port} = container[probe][given[0]];
        const found = (container.ports ?? []).find(({name, containerPort}) =>
          [name, containerPort].includes(port));
        if (given[0] !== 'exec' && (found?.protocol ?? 'UDP-') === 'UDP' ||
            given[0] !== 'exec' && !found) {
          yield `${title(workload)}: ${probe} asks ${port}, which is no port`;
        }
      }
    }
  },

  * 'a server is probed where it answers in plaintext'(all) {
    for (const [workload, container] of eachContainer(all)) {
      const admin = argument(container, 'admin-listen')?.split(':').pop();
      for (const probe of probes) {
        const port = container[probe]?.grpc?.port;
        if (admin && port && String(port) !== admin) {
          yield `${title(workload)}: ${probe} asks ${port}, not ${admin}`;
        }
      }
    }
  },

  * 'a server listens on the ports it declares'(all) {
    const flags = {listen: 'TCP', 'admin-listen': 'TCP',
      'metrics-listen': 'TCP', 'udp-port': 'UDP'};
    for (const [workload, container] of eachContainer(all)) {
      for (const [flag, wanted] of Object.entries(flags)) {
        const port = argument(container, flag)?.split(':').pop();
        // With the pod's own number in it, its Service has it.
        if (!port || port.includes('$(')) continue;
        if (!(container.ports ?? []).some(({containerPort, protocol = 'TCP'}) =>
          protocol === wanted && String(containerPort) === port)) {
          yield `${title(workload)}: --${flag} ${port} is not declared`;
        }
      }
    }
  },

  * 'mounts and volumes belong together'(all) {
    for (const workload of workloads(all)) {
      const volumes = [...workload.spec.template.spec.volumes ?? [],
        ...(workload.spec.volumeClaimTemplates ?? []).map((one) =>
          one.metadata)].map(({name}) => name);
      const mounts = containersOf(workload).flatMap((one) =>
        one.volumeMounts ?? []);
      yield* mounts.filter(({name}) => !volumes.includes(name))
        .map(({name}) => `${title(workload)}: no volume ${name} to mount`);
      yield* volumes.filter((name) => !mounts.some((one) => one.name === name))
        .map((name) => `${title(workload)}: nobody mounts ${name}`);
      for (const {volumeMounts = []} of containersOf(workload)) {
        yield* duplicates(volumeMounts.map(({mountPath}) => mountPath));
      }
    }
  },

  * 'files that a server is told of are mounted'(all) {
    for (const [workload, {args = [], volumeMounts = []}]
      of eachContainer(all)) {
      for (const path of args.map((one) => one.split('=')[1])
        .filter((value) => value?.startsWith('/'))) {
        if (!volumeMounts.some(({mountPath}) =>
          path.startsWith(`${mountPath}/`))) {
          yield `${title(workload)}: nothing is mounted that has ${path}`;
        }
      }
    }
  },

  * 'what a pod refers to exists'(all, {given = []} = {}) {
    const has = (kind, name) => given.includes(`${kind}/${name}`) ||
      byKind(all, kind).some(({metadata}) => metadata.name === name) ||
      (kind === 'Secret' && byKind(all, 'Certificate').some(({spec}) =>
        spec.secretName === name));
    for (const workload of workloads(all)) {
      const {volumes = [], imagePullSecrets = []} = workload.spec.template.spec;
      const sources = containersOf(workload).flatMap((one) =>
        [...one.env ?? [], ...one.envFrom ?? []]);
      const wanted = [
        ...volumes.map(({secret}) => ['Secret', secret?.secretName]),
        ...volumes.map(({configMap}) => ['ConfigMap', configMap?.name]),
        ...imagePullSecrets.map(({name}) => ['Secret', name]),
        ...sources.map(({secretRef, valueFrom}) =>
          ['Secret', (secretRef ?? valueFrom?.secretKeyRef)?.name]),
        ...sources.map(({configMapRef, valueFrom}) =>
          ['ConfigMap', (configMapRef ?? valueFrom?.configMapKeyRef)?.name]),
      ];
      yield* wanted.filter(([kind, name]) => name && !has(kind, name))
        .map(([kind, name]) => `${title(workload)}: no ${kind} ${name}`);
    }
  },

  * 'arguments use variables that are set'(all) {
    for (const [workload, {args = [], command = [], env = []}]
      of eachContainer(all)) {
      for (const [, name] of [...command, ...args].join(' ')
        .matchAll(/\$\((\w+)\)/g)) {
        if (!env.some((one) => one.name === name)) {
          yield `${title(workload)}: $(${name}) is not set`;
        }
      }
    }
  },

  * 'a disruption budget guards pods'(all) {
    for (const one of byKind(all, 'PodDisruptionBudget')) {
      const guarded = selected(all, one.spec.selector.matchLabels);
      if (guarded.length === 0) yield `${title(one)} guards nothing`;
      for (const {spec} of guarded) {
        if (spec.replicas === 1 && one.spec.maxUnavailable === 0) {
          yield `${title(one)} lets nothing be evicted, ever`;
        }
      }
    }
  },

  * 'an autoscaler has a target of its own'(all) {
    for (const one of byKind(all, 'HorizontalPodAutoscaler')) {
      const {scaleTargetRef: to, minReplicas = 1, maxReplicas} = one.spec;
      const target = all.find(({apiVersion, kind, metadata}) =>
        apiVersion === to.apiVersion && kind === to.kind &&
        metadata.name === to.name);
      if (!target) yield `${title(one)} scales nothing`;
      if (target?.spec.replicas !== undefined) {
        yield `${title(one)}: ${title(target)} says replicas itself`;
      }
      if (minReplicas > maxReplicas) yield `${title(one)}: min above max`;
    }
  },

  * 'a share of a resource has a whole'(all) {
    for (const one of byKind(all, 'HorizontalPodAutoscaler')) {
      const names = one.spec.metrics.filter(({resource}) =>
        resource?.target.type === 'Utilization').map(({resource}) =>
        resource.name);
      const target = workloads(all).find(({metadata}) =>
        metadata.name === one.spec.scaleTargetRef.name);
      for (const name of names) {
        for (const {resources} of target ? containersOf(target) : []) {
          if (!resources?.requests?.[name]) {
            yield `${title(one)}: nobody requests ${name}`;
          }
        }
      }
    }
  },

  * 'a stateful set has a headless service'(all) {
    for (const one of byKind(all, 'StatefulSet')) {
      const service = byKind(all, 'Service').find(({metadata}) =>
        metadata.name === one.spec.serviceName);
      if (service?.spec.clusterIP !== 'None' ||
          !matches(service.spec.selector, one)) {
        yield `${title(one)}: ${one.spec.serviceName} gives it no names`;
      }
    }
  },

  * 'a network policy guards pods and their ports'(all) {
    for (const one of byKind(all, 'NetworkPolicy')) {
      const guarded = selected(all, one.spec.podSelector.matchLabels ?? {});
      if (guarded.length === 0) yield `${title(one)} guards nothing`;
      const ports = (one.spec.ingress ?? []).flatMap((rule) =>
        rule.ports ?? []);
      for (const {port} of ports.filter(({port}) => typeof port === 'string')) {
        for (const workload of guarded) {
          if (!portsOf(workload).some(({name}) => name === port)) {
            yield `${title(one)}: ${title(workload)} has no port ${port}`;
          }
        }
      }
    }
  },

  * 'a network policy opens every port that is declared'(all) {
    for (const one of byKind(all, 'NetworkPolicy')) {
      const open = (one.spec.ingress ?? []).flatMap((rule) => rule.ports ?? []);
      const pods = byKind(all, 'Service').map(({spec}) =>
        spec.selector['statefulset.kubernetes.io/pod-name']);
      for (const workload of selected(all, one.spec.podSelector.matchLabels)) {
        const ports = [...new Set(pods)].flatMap((pod) =>
          portsOf(workload, pod));
        for (const {name, containerPort, protocol = 'TCP'} of ports) {
          const found = open.some((rule) =>
            (rule.protocol ?? 'TCP') === protocol &&
            (rule.port === undefined || rule.port === name ||
             (containerPort >= rule.port &&
              containerPort <= (rule.endPort ?? rule.port))));
          if (!found) yield `${title(one)}: ${name ?? containerPort} is shut`;
        }
      }
    }
  },

  * 'spreading counts the workload\'s own pods'(all) {
    for (const one of workloads(all)) {
      const {topologySpreadConstraints = []} = one.spec.template.spec;
      for (const {labelSelector, topologyKey} of topologySpreadConstraints) {
        if (!matches(labelSelector?.matchLabels, one)) {
          yield `${title(one)}: spread over ${topologyKey} counts others`;
        }
      }
    }
  },

  * 'the grace period covers pause and drain'(all) {
    for (const [workload, container] of eachContainer(all)) {
      const {terminationGracePeriodSeconds: grace = 30} =
        workload.spec.template.spec;
      const drain = argument(container, 'drain-timeout');
      if (!drain) continue;
      const pause = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
      // Peers have 5 s to close then, streams 5 s, calls 5 s.
      const least = pause + durationSeconds(drain) + 15;
      if (grace < least) yield `${title(workload)}: ${grace} s, not ${least}`;
    }
  },

  * 'what is requested is not beyond the limit'(all) {
    for (const [workload, {resources}] of eachContainer(all)) {
      const {requests = {}, limits = {}} = resources ?? {};
      if (!requests.cpu || !requests.memory || !limits.memory) {
        yield `${title(workload)}: says not what it needs`;
      }
      for (const [name, limit] of Object.entries(limits)) {
        if (requests[name] && amount(requests[name]) > amount(limit)) {
          yield `${title(workload)}: requests more ${name} than it may have`;
        }
      }
    }
  },

  * 'an image is named by its version'(all) {
    for (const [workload, {image}] of eachContainer(all)) {
      if (!/(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/.test(image)) {
        yield `${title(workload)}: ${image}`;
      }
    }
  },

  * 'a container can do no more than it must'(all) {
    for (const [workload, container] of eachContainer(all)) {
      const pod = workload.spec.template.spec;
      const security = {...pod.securityContext, ...container.securityContext};
      const held = security.runAsNonRoot && security.readOnlyRootFilesystem &&
        security.allowPrivilegeEscalation === false && !security.privileged &&
        security.capabilities?.drop?.includes('ALL') &&
        !security.capabilities.add &&
        ['RuntimeDefault', 'Localhost'].includes(security.seccompProfile?.type);
      if (!held || pod.automountServiceAccountToken !== false) {
        yield `${title(workload)}: ${container.name} may do too much`;
      }
    }
  },

  // https://kubernetes.io/docs/concepts/security/pod-security-standards
  * 'pod security "restricted" is kept where it is asked for'(all, {
    restricted = false} = {}) {
    for (const workload of restricted ? workloads(all) : []) {
      const pod = workload.spec.template.spec;
      const volumes = (pod.volumes ?? []).some((one) => one.hostPath);
      const ports = containersOf(workload).flatMap((one) => one.ports ?? []);
      if (pod.hostNetwork || pod.hostPID || pod.hostIPC || volumes ||
          ports.some(({hostPort}) => hostPort)) {
        yield `${title(workload)} takes of the machine`;
      }
    }
  },
};

const units = {m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40};
function amount(quantity) {
  const [, number, unit] = /^([\d.]+)(\w*)$/.exec(String(quantity));
  return Number(number) * (units[unit] ?? 1);
}

// What is wrong, as "rule: problem" lines.
export function ruleProblems(manifests, about) {
  return Object.entries(rules).flatMap(([name, rule]) =>
    [...rule(manifests, about)].map((problem) => `${name}: ${problem}`));
}
