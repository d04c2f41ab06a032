// What the README says, to be tried.
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const SHELL_MS = 120_000;

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(`${root}/README.md`, 'utf8');

export function section(heading) {
  const found = readme.split(/^## /m).find((s) => s.startsWith(heading));
  if (!found) throw new Error(`the README has no section "${heading}"`);
  return found;
}

// The shell blocks of a section, as one script.
export function shellOf(heading) {
  return [...section(heading).matchAll(/^```sh\n(.*?)^```$/gms)]
    .map(([, block]) => block).join('');
}

// Runs a script at the root of the project, up to its first failure: how it
// ended, 0 if well, and what it wrote.
export function runShell(script, env = process.env) {
  const {status, signal, stdout} = spawnSync(
    'bash', ['-eu', '-c', `exec 2>&1\n${script}`],
    {encoding: 'utf8', timeout: SHELL_MS, cwd: root, env});
  return {ended: status ?? signal, stdout};
}
