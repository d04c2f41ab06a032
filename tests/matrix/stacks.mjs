// The other stacks: how each is started, and what it cannot do.
//
// cannot: what a cell leaves out because the stack cannot do it, and why. Of
// these restartWithLite is ICE restart with an ICE-lite end, sayGoodbye to tell
// the other end that the connection is closed, hearGoodbye to tell the
// application.
// limits: the bytes of one message that a stack sends or receives, where that
// is less than RFC 8841 lets the other end expect.
import {execFileSync} from 'node:child_process';
import {copyFile, mkdir, mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {browsers} from '../js/browsers.mjs';
import {PageEnd} from '../js/end.mjs';
import {ParleyEnd} from './parley_end.mjs';
import {ProcessEnd} from './process_end.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

const npmVersion = async (name) => JSON.parse(await readFile(
  path(`../node_modules/${name}/package.json`))).version;
const debianVersion = async (name) => execFileSync('dpkg-query',
  ['--show', '--showformat', '${Version}', name], {encoding: 'utf8'});

// A thing that all cells of a stack share, made when the first one wants it.
class Shared {
  #made = null;

  constructor(make, end) {
    this.make = make;
    this.end = end;
  }

  get() {
    this.#made ??= this.make();
    return this.#made;
  }

  async close() {
    const made = await this.#made?.catch(() => null);
    if (made) await this.end(made);
  }
}

function browser(name) {
  const shared = new Shared(browsers[name], (running) => running.close());
  return {
    version: async () => (await shared.get()).version,
    open: async (title, {url}) =>
      PageEnd.open(title, await shared.get(), url),
    close: () => shared.close(),
  };
}

const nodeProgram = (script, npm, facts) => ({
  ...facts,
  version: () => npmVersion(npm),
  open: async (title) => new ProcessEnd(title, process.execPath,
    [path(`stacks/${script}`)]),
});

const pythonProgram = (script, debian, facts) => ({
  ...facts,
  version: () => debianVersion(debian),
  // The interpreter that has Debian's modules.
  open: async (title) => new ProcessEnd(title, '/usr/bin/python3',
    [path(`stacks/${script}`)]),
});

// Debian's Go packages lie in a GOPATH. Only a program that has a go.mod, and
// lies in a GOPATH too, finds a path that ends in /v3 there.
async function buildPion() {
  const dir = await mkdtemp(join(tmpdir(), 'parley-pion-'));
  const source = join(dir, 'src', 'end');
  await mkdir(source, {recursive: true});
  for (const file of ['main.go', 'peer.go', 'go.mod']) {
    await copyFile(path(`stacks/pion/${file}`), join(source, file));
  }
  const program = join(dir, 'end');
  execFileSync('go', ['build', '-o', program, '.'], {
    cwd: source,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {...process.env, GO111MODULE: 'off', GOFLAGS: '',
      GOPATH: `${dir}:/usr/share/gocode`,
      GOCACHE: process.env.GOCACHE ?? join(tmpdir(), 'parley-go-cache')},
  });
  return {dir, program};
}

const builtPion = new Shared(buildPion,
  ({dir}) => rm(dir, {recursive: true, force: true}));

const pion = (...args) => ({
  limits: {send: 65_535, receive: 65_535},
  version: () => debianVersion('golang-github-pion-webrtc.v3-dev'),
  open: async (title) =>
    new ProcessEnd(title, (await builtPion.get()).program, args),
  close: () => builtPion.close(),
});

// Those of the matrix.
export const stacks = {
  chromium: browser('chromium'),
  firefox: browser('firefox'),
  aiortc: pythonProgram('aiortc_end.py', 'python3-aiortc', {
    cannot: {restart: 'it has no ICE restart'},
  }),
  pion: pion(),
  libdatachannel: nodeProgram('libdatachannel.mjs', 'node-datachannel', {
    cannot: {restart: 'it has no ICE restart'},
  }),
  werift: nodeProgram('werift.mjs', 'werift', {
    cannot: {
      sendEmpty: 'it sends nothing and then nothing more',
      sayGoodbye: 'its close() sends nothing',
      restartWithLite: 'it only answers checks then, and nobody sends any',
    },
  }),
  libwebrtc: nodeProgram('wrtc.mjs', '@roamhq/wrtc', {}),
  webrtcbin: pythonProgram('webrtcbin_end.py', 'gstreamer1.0-plugins-bad',
    {
      cannot: {
        restart: 'it keeps its credentials, as offerer and as answerer',
        sayGoodbye: 'a pipeline that ends sends nothing',
        hearGoodbye: 'it gets it and tells nobody',
        sendEmpty: 'it takes text for binary (RFC 8831, 8)',
        receiveEmpty: 'it takes text for binary (RFC 8831, 8)',
      },
      limits: {send: 65_536},
    }),
  parley: {
    version: async () => 'this build',
    open: async (title, {others}) =>
      new ParleyEnd(title, await others.get(),
        {iceMode: 'ICE_MODE_FULL'}),
  },
};

// Those that only ever stand in Parley's place.
export const references = {
  'lite pion': pion('lite'),
};

export {Shared};
