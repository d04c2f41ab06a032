// What a process takes of its machine, as the kernel counts it.
import {readFileSync, readdirSync} from 'node:fs';
import {setTimeout as pause} from 'node:timers/promises';

const PAUSE_MS = 50;
const SETTLE_MS = 60_000;

// {memory in KiB, threads, descriptors} of a process.
export function useOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    memory: Number(/^VmRSS:\s+(\d+)/m.exec(status)[1]),
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)[1]),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

// Until `read` gives what `matches`, or the time is up; the last of it. For
// what no event tells: the kernel's counts, and what a server shows only when
// asked.
export async function settle(read, matches, ms = SETTLE_MS) {
  const end = performance.now() + ms;
  for (;;) {
    const value = await read();
    if (matches(value) || performance.now() > end) return value;
    await pause(PAUSE_MS);
  }
}
