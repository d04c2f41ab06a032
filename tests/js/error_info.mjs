// What the status details of a failed call say: google.rpc.ErrorInfo, with
// Parley's reason and W3C's exception.
import protoLoader from '@grpc/proto-loader';

const message = (fields) => ({
  fields: Object.fromEntries(fields.map(([name, type, id, rule]) =>
    [name, {type, id, ...(rule && {rule})}])),
});

// As in google/rpc/status.proto and google/rpc/error_details.proto.
const {Status, ErrorInfo} = protoLoader.fromJSON({nested: {
  Any: message([['typeUrl', 'string', 1], ['value', 'bytes', 2]]),
  Status: message([['code', 'int32', 1], ['message', 'string', 2],
    ['details', 'Any', 3, 'repeated']]),
  ErrorInfo: {fields: {
    reason: {type: 'string', id: 1},
    domain: {type: 'string', id: 2},
    metadata: {type: 'string', id: 3, keyType: 'string'},
  }},
}}, {});

// {reason, domain, metadata}, or null if it has none.
export function errorInfo(error) {
  const [bytes] = error.metadata?.get('grpc-status-details-bin') ?? [];
  if (!bytes) return null;
  const {details} = Status.deserialize(bytes);
  const detail = details.find(({typeUrl}) =>
    typeUrl.endsWith('/google.rpc.ErrorInfo'));
  return detail ? ErrorInfo.deserialize(detail.value) : null;
}
