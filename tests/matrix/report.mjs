// What the matrix prints about its cells.

// A grid: a line for each stack and role, a column for ICE mode and payload.
export function table(results) {
  const columns = [...new Set(results.map(({ice, payload}) =>
    `${ice} ${payload}`))];
  const rows = groupByRow(results);
  const lines = [['', ...columns]];
  for (const [name, cells] of rows) {
    const of = (column) => cells.find(({ice, payload}) =>
      column === `${ice} ${payload}`)?.verdict ?? '';
    lines.push([name, ...columns.map(of)]);
  }
  const widths = lines[0].map((_, index) =>
    Math.max(...lines.map((line) => line[index].length)));
  return lines.map((line) => line.map((text, index) =>
    text.padEnd(widths[index])).join('  ').trimEnd()).join('\n');
}

function groupByRow(results) {
  const rows = new Map();
  for (const result of results) {
    const name = `${result.stack} ${result.role}`;
    rows.set(name, [...rows.get(name) ?? [], result]);
  }
  return rows;
}

function show({at, operation, result, sdp, ...event}) {
  const what = operation ? `-> ${operation}`
    : result ? `<- ${result}` : JSON.stringify(event);
  const text = sdp?.trimEnd().replace(/\r/g, '').replace(/^/gm, '      ');
  return `${at} ms ${what}${text ? `\n${text}` : ''}`;
}

// An assertion's message has a difference of values below it.
export const firstLine = ({message}) => message.split('\n', 1)[0];

// Why a cell failed, and on demand everything that its ends did.
export function describeFailure({step, error, ends}, detailed) {
  const lines = [`  at ${step}: ${detailed ? error.stack : error.message}`];
  for (const end of ends) {
    const notes = end.notes().trim();
    if (notes) lines.push(`  ${end.name} wrote:\n${notes.slice(-2_000)}`);
    if (!detailed) continue;
    lines.push(`  ${end.name}:`);
    for (const entry of end.history) lines.push(`    ${show(entry)}`);
  }
  return lines.join('\n');
}

// What cells leave out with a stack, and why.
export function describeStack({cannot = {}, limits = {}}) {
  const words = {
    restart: 'ICE restart',
    restartWithLite: 'ICE restart with an ICE-lite end',
    sayGoodbye: 'word from it that the connection is closed',
    hearGoodbye: 'notice of it that the connection was closed',
    sendEmpty: 'empty messages from it',
    receiveEmpty: 'empty messages to it',
  };
  const left = Object.entries(cannot).map(([what, why]) =>
    `no ${words[what]}: ${why}`);
  const limited = Object.entries(limits).map(([verb, bytes]) =>
    `it can ${verb} at most ${bytes} bytes`);
  return [...left, ...limited].map((line) => `\n  ${line}`).join('');
}
