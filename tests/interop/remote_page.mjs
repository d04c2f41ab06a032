// A page's peer connection as seen from here: its methods as calls, its events
// in an inbox.
import {Inbox, within} from '../js/deadline.mjs';
import {install} from './page.mjs';

const CALL_MS = 20_000;

export class RemotePage {
  #page;
  #closing = false;
  inbox = new Inbox();
  done;

  static async open(browser, url, onCandidate) {
    const page = new RemotePage();
    page.#page = await browser.newPage();
    await page.#page.goto(url);
    await page.#page.evaluate(install);
    page.done = page.#pump(onCandidate);
    return page;
  }

  // Candidates go where trickling takes them, all else into the inbox.
  async #pump(onCandidate) {
    try {
      for (;;) {
        const events = await this.#page.evaluate(() => window.parley.next());
        for (const event of events) {
          if (event.kind === 'candidate') {
            await onCandidate(event.candidate);
          } else {
            this.inbox.push(event);
          }
        }
      }
    } catch (error) {
      if (!this.#closing) this.inbox.fail(error);
    }
  }

  call(method, argument) {
    return within(
      CALL_MS,
      `${method} in the page`,
      this.#page.evaluate(
        ({method, argument}) => window.parley[method](argument),
        {method, argument},
      ),
    );
  }

  async close() {
    this.#closing = true;
    await this.#page.close();
    await this.done;
  }
}
