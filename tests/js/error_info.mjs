// What the status details of a failed call say: google.rpc.ErrorInfo, with
// Parley's reason and W3C's exception, and google.rpc.RetryInfo.
import protoLoader from '@grpc/proto-loader';

const message = (fields) => ({
  fields: Object.fromEntries(fields.map(([name, type, id, rule]) =>
    [name, {type, id, ...(rule && {rule})}])),
});

// As in google/rpc/status.proto and google/rpc/error_details.proto.
const {Status, ErrorInfo, RetryInfo} = protoLoader.fromJSON({nested: {
  Any: message([['typeUrl', 'string', 1], ['value', 'bytes', 2]]),
  Status: message([['code', 'int32', 1], ['message', 'string', 2],
    ['details', 'Any', 3, 'repeated']]),
  ErrorInfo: {fields: {
    reason: {type: 'string', id: 1},
    domain: {type: 'string', id: 2},
    metadata: {type: 'string', id: 3, keyType: 'string'},
  }},
  Duration: message([['seconds', 'int64', 1], ['nanos', 'int32', 2]]),
  RetryInfo: message([['retryDelay', 'Duration', 1]]),
}}, {longs: Number, defaults: true});

// The detail of that kind, or null.
function detailOf(error, kind, type) {
  const [bytes] = error.metadata?.get('grpc-status-details-bin') ?? [];
  if (!bytes) return null;
  const detail = Status.deserialize(bytes).details.find(({typeUrl}) =>
    typeUrl.endsWith(`/google.rpc.${kind}`));
  return detail ? type.deserialize(detail.value) : null;
}

// {reason, domain, metadata}, or null if it has none.
export const errorInfo = (error) => detailOf(error, 'ErrorInfo', ErrorInfo);

// In how many milliseconds the call may be repeated, or null.
export function retryDelay(error) {
  const delay = detailOf(error, 'RetryInfo', RetryInfo)?.retryDelay;
  return delay ? delay.seconds * 1000 + delay.nanos / 1e6 : null;
}
