// What was agreed before, which binds later rounds (RFC 9429, 5.2.2 and 5.3.2).
import {carriesTransport} from './description_comparison.mjs';
import {unlike} from './unlike.mjs';

// The agreed transports: by "bundle" or the mid of a section without one.
function transportsOf(description, answer) {
  const transports = new Map();
  description.sections.forEach((section, i) => {
    const agreed = answer.sections[i];
    if (agreed.rejected || !carriesTransport(answer, agreed)) return;
    const bundled = answer.bundles.some((group) => group.includes(agreed.mid));
    transports.set(bundled ? 'bundle' : agreed.mid, section.ufrag);
  });
  return transports;
}

export class History {
  #ends = new Map();
  // An ICE restart is under way: credentials must change, not stay.
  restarting = false;
  #formats = new Map();

  differences({offerer, offered, answered, ends}) {
    const answerer = offerer === 'first' ? 'second' : 'first';
    // Browsers also restart ICE of themselves, as when a bundle gets another
    // first section: then the answer has to as well.
    if (ends[offerer].name === 'browser') {
      this.restarting ||= this.#hasOthers(offerer, offered, answered);
    }
    const found = [
      ...this.#compare(offerer, offered, answered),
      ...this.#compare(answerer, answered, answered),
      ...this.#compareFormats(answered, ends[offerer].name),
    ];
    this.restarting = false;
    return found;
  }

  #hasOthers(end, description, answer) {
    const before = this.#ends.get(end)?.transports ?? new Map();
    return [...transportsOf(description, answer)].some(([name, ufrag]) =>
      before.has(name) && before.get(name) !== ufrag);
  }

  #compare(end, description, answer) {
    const before = this.#ends.get(end);
    const now = {...description, transports: transportsOf(description, answer)};
    this.#ends.set(end, now);
    if (!before) return [];
    // The same agreement, looked at again.
    if (before.version === now.version) return [];
    const {restarting} = this;
    return [
      ...unlike(`session id of ${end}`, before.sessionId, now.sessionId),
      ...unlike(`version of ${end} grows`, true, now.version > before.version),
      ...unlike(`sections of ${end} do not become fewer`, true,
        now.sections.length >= before.sections.length),
      ...[...now.transports].flatMap(([name, ufrag]) =>
        (before.transports.has(name)
          ? unlike(`ice-ufrag of ${end}, transport ${name}, is ` +
              (restarting ? 'another' : 'the same'), !restarting,
            before.transports.get(name) === ufrag)
          : [])),
    ];
  }

  // RFC 9143, 9.1: a payload type keeps its codec, in its section and, where
  // Parley adds sections, in the bundle. (What Firefox adds to a bundle it
  // numbers as if it were alone.)
  #compareFormats({bundles, sections}, offererName) {
    const bundle = new Map();
    for (const formats of this.#formats.values()) {
      for (const [type, encoding] of formats) {
        bundle.set(type, [...(bundle.get(type) ?? []), encoding]);
      }
    }
    return sections.flatMap(({mid, rejected, formats}) => {
      if (rejected) return [];
      const before = this.#formats.get(mid) ?? new Map();
      const isNew = before.size === 0 && offererName === 'parley' &&
        bundles.some((group) => group.includes(mid));
      const now = formats.map(({payloadType, encoding}) =>
        [payloadType, encoding]);
      this.#formats.set(mid, new Map([...before, ...now]));
      return now.flatMap(([type, encoding]) => [
        ...unlike(`mid ${mid}, codec of payload type ${type}`,
          before.get(type) ?? encoding, encoding),
        ...(isNew && bundle.has(type)
          ? unlike(`mid ${mid} is new, payload type ${type} as in its bundle`,
            true, bundle.get(type).includes(encoding))
          : []),
      ]);
    });
  }
}
