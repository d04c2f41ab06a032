// A TCP proxy on loopback that breaks each connection after some bytes of what
// the server sends, as long as it is told to.
import {once} from 'node:events';
import {connect, createServer} from 'node:net';

export class CuttingProxy {
  cuts = 0;
  cutting = true;
  #server;
  #sockets = new Set();

  // `bytes` says after how many each connection breaks.
  static async start(address, bytes) {
    const proxy = new CuttingProxy();
    const [host, port] = address.split(':');
    proxy.#server = createServer((near) => {
      const far = connect({host, port});
      let left = bytes();
      const end = () => {
        near.destroy();
        far.destroy();
      };
      for (const socket of [near, far]) {
        proxy.#sockets.add(socket);
        socket.on('error', end).on('close', () => {
          proxy.#sockets.delete(socket);
          end();
        });
      }
      near.pipe(far);
      far.on('data', (data) => {
        left -= data.length;
        if (left > 0 || !proxy.cutting) {
          near.write(data);
        } else {
          proxy.cuts += 1;
          // In the middle of what is on its way.
          far.removeAllListeners('data').pause();
          near.write(data.subarray(0, data.length + left), end);
        }
      });
    });
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.address = `127.0.0.1:${proxy.#server.address().port}`;
    return proxy;
  }

  async end() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
