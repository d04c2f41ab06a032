// The flags and environment variables that deploy/ gives to parleyd, against
// those that parleyd --help lists.
import {execFileSync} from 'node:child_process';
import YAML from 'yaml';

// The flags of a program's --help, without their hyphens.
export function knownFlags(program) {
  const help = execFileSync(program, ['--help'], {encoding: 'utf8'});
  return new Set([...help.matchAll(/^ +--([a-z0-9-]+)/gm)]
    .map(([, flag]) => flag));
}

export const variableOf = (flag) =>
  `PARLEY_${flag.toUpperCase().replaceAll('-', '_')}`;

// What `args` and the names of `env` use and `known` has not.
export function unknownFlags(known, args, env = []) {
  const variables = new Set([...known].map(variableOf));
  return [
    ...args.filter((one) => !one.startsWith('--') ||
      !known.has(one.slice(2).split('=')[0])),
    ...env.filter((name) => name.startsWith('PARLEY_') && !variables.has(name)),
  ];
}

// What a compose file's service `parley` gives.
export function composeFlags(text) {
  const {command = [], environment = {}} = YAML.parse(text).services.parley;
  return {args: command, env: Object.keys(environment)};
}

// What an image's last stage gives: lists in JSON, and ENV lines.
export function imageFlags(text) {
  const [command] = [...text.matchAll(/^CMD (\[.*\])$/gm)].slice(-1);
  return {args: JSON.parse(command[1]),
    env: [...text.matchAll(/^ENV (\w+)=/gm)].map(([, name]) => name)};
}

// What a unit of systemd gives.
export function unitFlags(text) {
  const [, command] = /^ExecStart=(.*)$/m.exec(text);
  return {args: command.split(' ').slice(1),
    env: [...text.matchAll(/^Environment=(\w+)=/gm)].map(([, name]) => name)};
}
