// One page of a browser, in which configurations run one after another.
import {within} from '../js/deadline.mjs';
import {RemotePage} from '../js/remote_page.mjs';
import {BrowserEnd, Refusal} from './browser_end.mjs';
import {Mismatch, Negotiation} from './negotiation.mjs';
import {install} from './page.mjs';
import {ParleyEnd} from './parley_end.mjs';

const CONFIGURATION_MS = 60_000;
const CLOSE_MS = 10_000;

export class Lane {
  #client;
  #page;
  #end = null;
  #failure = null;
  #detailed;

  // `detailed`: failures are told with all descriptions and events.
  static async open(browser, url, client, detailed) {
    const lane = new Lane();
    lane.#detailed = detailed;
    lane.#client = client;
    lane.#page = await RemotePage.open(browser, url, install, {
      onEvent: (event) => lane.#end?.take(event),
      onError: (error) => (lane.#failure = error),
    });
    const ask = (what, argument) => lane.#page.call(what, argument);
    lane.abilities = {
      audio: new Set(await ask('codecs', 'audio')),
      video: new Set(await ask('codecs', 'video')),
      headerExtensions: await ask('headerExtensions'),
      provisionalAnswers: await ask('provisionalAnswers'),
    };
    return lane;
  }

  // Why the configuration failed in that role: the step and each difference, or
  // null.
  async run({configuration: {settings, steps}, role}) {
    let at = 'opening the peers';
    let negotiation;
    const play = async () => {
      negotiation = await this.#open(settings, role);
      for (const [i, {title, run}] of steps.entries()) {
        at = `at step ${i + 1}, ${title}`;
        await run(negotiation);
        await negotiation.compare();
      }
      at = 'at the end';
      await negotiation.close();
    };
    try {
      await within(CONFIGURATION_MS, 'the configuration', play());
      if (this.#failure) throw this.#failure;
      return null;
    } catch (error) {
      if (this.#detailed) await negotiation?.noteTransports();
      await within(CLOSE_MS, 'the close', negotiation?.close())
        .catch(() => {});
      const expected = error instanceof Mismatch || error instanceof Refusal ||
        /: not within/.test(error.message);
      return `${at}: ${expected ? error.message : error.stack}` +
        (this.#detailed ? `\n${negotiation?.log.join('\n')}` : '');
    }
  }

  async #open(settings, role) {
    const browserIs = role === 'Parley offers' ? 'second' : 'first';
    const parleyIs = browserIs === 'first' ? 'second' : 'first';
    this.#end = await BrowserEnd.open(this.#page, settings[browserIs] ?? {});
    return new Negotiation({
      [browserIs]: this.#end,
      [parleyIs]: await ParleyEnd.open(this.#client, settings[parleyIs] ?? {}),
    }, {abilities: this.abilities, carry: settings.carry});
  }

  close() {
    return this.#page.close();
  }
}
