// Strict check of Kubernetes manifests against the schemas of the API: types,
// required fields and enumerations by the validators of kubernetes-models (and
// of its sisters for custom resources), unknown fields by their declarations
// and the TypeScript compiler.
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const custom = {
  'cert-manager.io': '@kubernetes-models/cert-manager',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};
// Imports are looked up from here; the file itself is never written.
const virtual = fileURLToPath(new URL('manifests.ts', import.meta.url));

const title = ({kind, metadata}) => `${kind}/${metadata?.name}`;

function moduleOf({apiVersion}) {
  const group = String(apiVersion).split('/')[0];
  return `${custom[group] ?? 'kubernetes-models'}/${apiVersion}`;
}

function validate(manifest) {
  let models;
  try {
    models = require(moduleOf(manifest));
  } catch {
    return [`${title(manifest)}: no API ${manifest.apiVersion}`];
  }
  const Model = models[manifest.kind];
  if (!Model) {
    return [`${title(manifest)}: ${manifest.apiVersion} has no such kind`];
  }
  try {
    new Model(manifest).validate();
    return [];
  } catch (error) {
    return [`${title(manifest)}: ${error.message}`];
  }
}

// One declaration for each manifest: a field that its type does not have is an
// error of the compiler.
function declarations(manifests) {
  return manifests.map((manifest, i) =>
    `import type {I${manifest.kind} as T${i}} from ` +
    `'${moduleOf(manifest)}/${manifest.kind}';\n` +
    `export const o${i}: T${i} = ${JSON.stringify(manifest, null, 1)};\n`);
}

function compile(manifests) {
  const parts = declarations(manifests);
  const text = parts.join('');
  const options = {
    noEmit: true, strict: true, skipLibCheck: true, types: [],
    lib: ['lib.es2020.d.ts'], target: ts.ScriptTarget.ES2020,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const {readFile, fileExists, getSourceFile} = host;
  host.fileExists = (name) => name === virtual || fileExists(name);
  host.readFile = (name) => (name === virtual ? text : readFile(name));
  host.getSourceFile = (name, language, ...rest) => (name === virtual
    ? ts.createSourceFile(name, text, language)
    : getSourceFile(name, language, ...rest));
  const program = ts.createProgram([virtual], options, host);
  const starts = [];
  parts.reduce((at, part) => (starts.push(at), at + part.length), 0);
  return ts.getPreEmitDiagnostics(program).map((found) => {
    const message = ts.flattenDiagnosticMessageText(found.messageText, ' ');
    const which = found.file?.fileName === virtual
      ? manifests[starts.findLastIndex((at) => at <= found.start)] : undefined;
    return `${which ? title(which) : found.file?.fileName}: ${message}`;
  });
}

// What is wrong, a line each.
export function schemaProblems(manifests) {
  const problems = manifests.flatMap(validate);
  return problems.length > 0 ? problems : compile(manifests);
}
