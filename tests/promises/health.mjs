// grpc.health.v1 of a server: what a probe or a load balancer asks.
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

// As in grpc/health/v1/health.proto.
const definition = protoLoader.fromJSON({nested: {grpc: {nested: {health: {
  nested: {v1: {nested: {
    HealthCheckRequest: {fields: {service: {type: 'string', id: 1}}},
    HealthCheckResponse: {
      fields: {status: {type: 'ServingStatus', id: 1}},
      nested: {ServingStatus: {values: {
        UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3}}},
    },
    Health: {methods: {
      Check: {requestType: 'HealthCheckRequest',
        responseType: 'HealthCheckResponse'},
      Watch: {requestType: 'HealthCheckRequest',
        responseType: 'HealthCheckResponse', responseStream: true},
    }},
  }}},
}}}}}, {enums: String, defaults: true});
const {Health} = grpc.loadPackageDefinition(definition).grpc.health.v1;

// Each status of the service, as it comes; close() ends that.
export function watchHealth(address, service, onStatus) {
  const stub = new Health(address, grpc.credentials.createInsecure());
  const call = stub.watch({service});
  call.on('data', ({status}) => onStatus(status)).on('error', () => {});
  return {close() {
    call.cancel();
    stub.close();
  }};
}

export function checkHealth(address, service) {
  const stub = new Health(address, grpc.credentials.createInsecure());
  return new Promise((resolve, reject) =>
    stub.check({service}, {deadline: Date.now() + 20_000}, (error, reply) => {
      stub.close();
      if (error) reject(error);
      else resolve(reply.status);
    }));
}
