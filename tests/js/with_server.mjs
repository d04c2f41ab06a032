// A server, and a client of it, for as long as a part of a suite takes.
import {Client, Server} from './parley.mjs';

export const ADDRESS = '127.0.0.1:50051';

// Runs body({server, client}); then the server must end in order. Its peers
// have candidates at `addresses`; the client sends `headers` with each call.
export async function withServer({flags = [], before = [], credentials,
  addresses = '127.0.0.1', headers = {}}, body) {
  const admin = flags.some((flag) => flag.startsWith('--admin-listen')) ?
    [] : ['--admin-listen=off'];
  const server = await Server.start(ADDRESS,
    [...admin, `--addresses=${addresses}`, ...flags], before, credentials);
  const client = new Client(ADDRESS, () => headers, credentials);
  try {
    const result = await body({server, client});
    client.close();
    await server.stop();
    return result;
  } catch (error) {
    if (server.log) console.log(server.log.slice(-4_000));
    throw error;
  } finally {
    client.close();
    server.process.kill('SIGKILL');
    await server.exited;
  }
}
