// A page of a browser as seen from here: the object `parley` that a script puts
// on its window, the methods of that as calls, its events as they come.
import {once} from 'node:events';
import {createServer} from 'node:http';

import {within} from './deadline.mjs';

const CALL_MS = 60_000;

// Serves a page at a trustworthy origin, with nothing in it.
export async function servePage(title) {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(`<!doctype html><title>${title}</title>`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {url: `http://127.0.0.1:${server.address().port}/`, server};
}

export class RemotePage {
  #page;
  #closing = false;
  done;

  // `install` is evaluated in the page, so it uses nothing outside itself;
  // window.parley.next() gives the events since its last call, and waits for
  // the first. Each goes to `onEvent`; a page that fails goes to `onError`.
  static async open(browser, url, install, {onEvent, onError}) {
    const page = new RemotePage();
    page.#page = await browser.newPage();
    await page.#page.goto(url);
    await page.#page.evaluate(install);
    page.done = page.#pump(onEvent, onError);
    return page;
  }

  async #pump(onEvent, onError) {
    try {
      for (;;) {
        const events = await this.#page.evaluate(() => window.parley.next());
        for (const event of events) await onEvent(event);
      }
    } catch (error) {
      if (!this.#closing) onError(error);
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
