// Renders what deploy/ has for Kubernetes and holds it to the schemas of the
// API, to the rules that schemas miss and to the flags that parleyd knows; and
// shows of each check that it finds what it is there to find.
import {execFileSync} from 'node:child_process';
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {proxyBreakers, ruleBreakers, schemaBreakers}
  from './broken_manifests.mjs';
import {ruleProblems, rules} from './manifest_rules.mjs';
import {schemaProblems} from './manifest_schema.mjs';
import {byKind, containersOf, parse, workloads} from './manifests.mjs';
import {proxyProblems} from './proxies.mjs';
import {composeFlags, imageFlags, knownFlags, unitFlags, unknownFlags}
  from './server_flags.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const chart = join(root, 'deploy/helm/parley');
const values = join(root, 'tests/deploy/values');
const {HELM: helm, KUBECTL: kubectl, PARLEY_BIN: bin} = process.env;
const parleyd = join(bin ?? join(root, 'build/release/bin'), 'parleyd');

// What a set of values takes for granted, and what it must keep to.
const about = {
  'restricted': {restricted: true, given: ['Secret/parley-tls']},
  'minimal': {restricted: true},
  'many-nodes': {given: ['Secret/registry']},
  'tenants': {given: ['Secret/parley-tls', 'Secret/parley-tokens',
    'Secret/parley-jwt-keys']},
};

let passed = 0;
let failed = 0;
function check(name, problems) {
  if (problems.length === 0) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`FAILED ${name}`, problems.map((one) => `\n  ${one}`).join(''));
  }
}

const run = (...args) =>
  execFileSync(helm, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});
const render = (...args) =>
  run('template', 'parley', chart, '--namespace', 'calls', ...args);
const refused = (work) => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error.stderr ?? error.message;
  }
};

const known = knownFlags(parleyd);

// What autoscalers ask of pods and parleyd does not show.
const metrics = readFileSync(join(root, 'service/metrics.cc'), 'utf8');
const unknownMetrics = (manifests) =>
  byKind(manifests, 'HorizontalPodAutoscaler')
    .flatMap(({spec}) => spec.metrics.map(({pods}) => pods?.metric.name))
    .filter((name) => name && !metrics.includes(`"${name}"`));

function checkRendered(name, text, context) {
  const manifests = parse(text);
  check(`${name}: schema`, schemaProblems(manifests));
  check(`${name}: rules`, ruleProblems(manifests, context));
  check(`${name}: flags`, workloads(manifests).flatMap(containersOf)
    .filter(({name: container}) => container === 'parleyd')
    .flatMap(({args = [], env = []}) =>
      unknownFlags(known, args, env.map((one) => one.name)))
    .map((one) => `parleyd does not know ${one}`));
  check(`${name}: metrics`, unknownMetrics(manifests));
  return manifests;
}

const sets = readdirSync(values).map((file) => file.replace('.yaml', ''));
check('there are five sets of values',
  sets.length >= 5 ? [] : [sets.join(', ')]);
const rendered = {};
for (const set of sets) {
  const file = join(values, `${set}.yaml`);
  check(`${set}: helm lint`,
    [refused(() => run('lint', '--strict', chart, '--values', file))]
      .filter(Boolean));
  rendered[set] = checkRendered(set, render('--values', file), about[set]);
}

// The base for kustomize is what the chart makes of its defaults, and stands.
const base = join(root, 'deploy/kustomize/base');
check('the kustomize base is as the chart renders it',
  execFileSync(join(root, 'tests/deploy/render_base'), {encoding: 'utf8'}) ===
    readFileSync(join(base, 'parley.yaml'), 'utf8') ? []
    : ['run tests/deploy/render_base >deploy/kustomize/base/parley.yaml']);
checkRendered('kustomize',
  execFileSync(kubectl, ['kustomize', base], {encoding: 'utf8'}), {});

// Other ways to start it.
const read = (file) => readFileSync(join(root, 'deploy', file), 'utf8');
for (const [name, {args, env}] of Object.entries({
  'compose file': composeFlags(read('compose.yaml')),
  'image': imageFlags(read('Dockerfile')),
  'systemd unit': unitFlags(read('systemd/parleyd.service')),
})) {
  check(`${name}: it starts parleyd with flags`,
    args.length >= 2 ? [] : [args.join(' ')]);
  check(`${name}: flags`, unknownFlags(known, args, env)
    .map((one) => `parleyd does not know ${one}`));
}

const proxies = Object.fromEntries(['haproxy.cfg', 'nginx.conf', 'envoy.yaml']
  .map((name) => [name, read(`proxy/${name}`)]));
check('proxies: nodes', proxyProblems(proxies));
for (const [what, [from, to]] of Object.entries(proxyBreakers)) {
  const broken = {...proxies,
    'envoy.yaml': proxies['envoy.yaml'].replace(from, to)};
  check(`found in a proxy: ${what}`,
    proxyProblems(broken).length > 0 ? [] : ['not found']);
}

// Values that must be refused, and what the refusal must name.
const wrongValues = {
  'replica=2': /replica/,
  'replicas=-1': /replicas/,
  'replicas=two': /replicas/,
  'image.tag=latest': /tag/,
  'api.port=70000': /port/,
  'udp.expose=NodePort': /expose/,
  'udp.expose=hostPort,udp.port=0': /udp\.port/,
  'udp.expose=loadBalancer': /udp\.externalAddresses/,
  'udp.iceMode=lite': /iceMode/,
  'udp.iceMode=single-port,udp.port=0': /udp\.port/,
  'udp.portRange=ports': /portRange/,
  'udp.externalAddresses={example.com}': /externalAddresses/,
  'tls.clientCertificates=true': /tls\.secretName/,
  'tls.certManager.enabled=true': /issuerRef/,
  'auth.token=x': /token/,
  'auth.tokensSecret=x': /tls\.secretName/,
  'auth.jwt.keysSecret=x': /tls\.secretName/,
  'auth.jwt.keys={a/b}': /keys/,
  'auth.certificates=true': /tls\.clientCertificates/,
  'tenants.maxPeers=-1': /maxPeers/,
  'tenants.callBurst=3': /tenants\.callRate/,
  'extraArgs={--listen=:1}': /extraArgs/,
  'extraArgs={--udp-port=1}': /extraArgs/,
  'extraArgs={deny}': /extraArgs/,
  'resources.requests.cpu=many': /cpu/,
  'autoscaling.enabled=true,autoscaling.minReplicas=11': /minReplicas/,
  'autoscaling.enabled=true,autoscaling.targetPool=70': /metrics\.enabled/,
  'metrics.serviceMonitor.enabled=true': /metrics\.enabled/,
  'metrics.port=0': /port/,
  'fullnameOverride=Parley': /fullnameOverride/,
};
for (const [set, shown] of Object.entries(wrongValues)) {
  const error = refused(() => render('--set', set));
  check(`values that are refused: ${set}`,
    error && shown.test(error) ? [] : [error ?? 'it was rendered']);
}

// Each check finds what it is there to find.
const whole = rendered['many-nodes'];
for (const [what, [spoil, shown]] of Object.entries(schemaBreakers)) {
  const broken = structuredClone(whole);
  spoil(broken);
  const problems = schemaProblems(broken);
  check(`the schema check finds ${what}`,
    problems.some((one) => shown.test(one)) ? [] : ['not found', ...problems]);
}
for (const rule of Object.keys(rules)) {
  const broken = structuredClone(whole);
  ruleBreakers[rule]?.(broken);
  const context = {...about['many-nodes'], restricted: rule.includes('restricted')};
  const problems = ruleProblems(broken, context);
  check(`found: not ${rule}`,
    problems.some((one) => one.startsWith(`${rule}: `)) ? []
      : ['not found', ...problems]);
}
check('flags that parleyd does not know are found',
  unknownFlags(known, ['--listen=:1', '--no-such-flag', 'word'],
    ['PARLEY_NODE', 'PARLEY_NOD', 'HOME']).join() ===
    '--no-such-flag,word,PARLEY_NOD' ? [] : ['not found']);

const scaled = structuredClone(whole);
byKind(scaled, 'HorizontalPodAutoscaler')[0].spec.metrics
  .find(({pods}) => pods).pods.metric.name = 'parley_pool_use';
check('metrics that parleyd does not show are found',
  unknownMetrics(scaled).join() === 'parley_pool_use' ? [] : ['not found']);

console.log(`deploy: ${passed}/${passed + failed} checks`);
process.exitCode = failed > 0 ? 1 : 0;
