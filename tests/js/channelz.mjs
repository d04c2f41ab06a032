// What gRPC itself counts of a server's calls.
import {fileURLToPath} from 'node:url';

import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const file = fileURLToPath(
  new URL('../node_modules/@grpc/grpc-js/proto/channelz.proto',
    import.meta.url));
const {Channelz} = grpc.loadPackageDefinition(
  protoLoader.loadSync(file, {longs: Number, defaults: true})).grpc.channelz.v1;

export class CallCounts {
  constructor(address) {
    this.stub = new Channelz(address, grpc.credentials.createInsecure());
  }

  // Calls that have begun and not ended, but for the one that asks.
  async open() {
    const {server: servers} = await new Promise((resolve, reject) =>
      this.stub.getServers({}, (error, reply) =>
        error ? reject(error) : resolve(reply)));
    return servers.reduce((sum, {data}) => sum + data.callsStarted -
      data.callsSucceeded - data.callsFailed, -1);
  }

  close() {
    this.stub.close();
  }
}
