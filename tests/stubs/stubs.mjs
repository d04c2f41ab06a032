// The README's commands for other languages, against a server on the port that
// they name; and what its programs have to show. Run by tests/stubs/run.
import {Client, Server} from '../js/parley.mjs';
import {runShell, shellOf} from '../js/readme.mjs';

const ADDRESS = '127.0.0.1:50051';
const PROGRAMS = 2;

const shown = `received: hello
received: hello yourself
FAILED_PRECONDITION SIGNALING_STATE InvalidStateError
`;

const server = await Server.start(ADDRESS);
const {ended, stdout} = runShell(shellOf('In other languages'));
const client = new Client(ADDRESS);
const {peers: left = []} = await client.peer.listPeers();
client.close();
await server.stop();

const passed = stdout.split(shown).length - 1;
const ok = ended === 0 && stdout === shown.repeat(PROGRAMS) &&
  left.length === 0;
if (!ok) {
  console.log(`the README's commands ended with ${ended} and wrote:\n${stdout}`);
  console.log('peers that are left:', left);
  console.log(`parleyd wrote:\n${server.log}`);
}
console.log(`stubs: ${passed}/${PROGRAMS} programs`);
process.exitCode = ok ? 0 : 1;
