// A server under attack, and one who uses it all the time.
import {Bystander} from '../js/bystander.mjs';
import {useOf} from '../js/process_use.mjs';
import {warmUp} from '../js/warm_up.mjs';
import {withServer} from '../js/with_server.mjs';

const MIB = 1024;
const PEAK_MIB = 160;

// Runs body({server, client}); `name` says what is done, `mib` how much memory
// it may take at most; `alone` that nobody else is there, for want of room;
// `headers` what those send who mean well.
export async function besieged(checks, name,
  {flags = [], mib = PEAK_MIB, alone = false, headers}, body) {
  const setting = {flags: ['--log-level=error', ...flags], headers};
  await withServer(setting, async (both) => {
    await warmUp(both.client);
    const {pid} = both.server.process;
    const before = useOf(pid).memory;
    let most = before;
    const look = setInterval(() => {
      most = Math.max(most, useOf(pid).memory);
    }, 100);
    try {
      if (alone) await body(both);
      else await Bystander.during(both.client, async (bystander) => {
        await body(both);
        await bystander.more(20);
        checks.check(`${name}: others are served all the time`,
          bystander.failures.length === 0, bystander.failures.slice(0, 3));
      });
    } finally {
      clearInterval(look);
    }
    const grown = (Math.max(most, useOf(pid).memory) - before) / MIB;
    console.log(`${name}: at most ${grown.toFixed(0)} MiB more`);
    checks.check(`${name}: memory stays bounded`, grown < mib, grown);
  });
}
