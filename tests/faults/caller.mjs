// A client that calls one method without a pause until it is killed. It says on
// standard output, as it goes, how many replies it has, and of the first ones
// whether they were good.
//
// Usage: caller.mjs ADDRESS PATH REQUEST_IN_BASE64 STREAMS WIDTH
import {RawConnection, frame} from '../js/raw_call.mjs';

const [address, path, request, streams, width] = process.argv.slice(2);
const message = frame(Buffer.from(request, 'base64'));
const connection = new RawConnection(address);

let replies = 0;
let good = 0;
function tell(right) {
  replies += 1;
  good += right ? 1 : 0;
  process.stdout.write(`${JSON.stringify({replies, good})}\n`);
}

async function callOn() {
  for (;;) {
    const {status} = await connection.call(path, message);
    tell(status === 0);
  }
}

function openStream() {
  const stream = connection.stream(path);
  stream.write(message);
  stream.once('data', () => tell(true));
  // Another of ours took its place.
  stream.on('close', openStream);
}

// Two that never get so far: without a message, and with half of one.
connection.stream(path);
connection.stream(path).write(
  message.subarray(0, Math.max(2, message.length >> 1)));
for (let i = 0; i < Number(width); i += 1) {
  if (streams === 'true') openStream();
  else callOn();
}
