// Waiting for events, never for time: a deadline only bounds the wait.

// The value of `promise`, or an error that says what was awaited.
export async function within(ms, what, promise) {
  let timer;
  const expired = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what}: not within ${ms / 1000} s`)),
      ms,
    );
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}

// Events in the order they came, each read once, by whoever waits for its like.
export class Inbox {
  #events = [];
  #readers = [];
  #failure = null;

  push(event) {
    const index = this.#readers.findIndex(({matches}) => matches(event));
    if (index < 0) {
      this.#events.push(event);
    } else {
      this.#readers.splice(index, 1)[0].resolve(event);
    }
  }

  // Every present and later wait fails with `error`.
  fail(error) {
    this.#failure = error;
    for (const {reject} of this.#readers.splice(0)) reject(error);
  }

  // The first event not yet read that matches.
  take(what, matches, ms = 20_000) {
    const index = this.#events.findIndex(matches);
    if (index >= 0) return this.#events.splice(index, 1)[0];
    if (this.#failure) throw this.#failure;
    let reader;
    const wait = new Promise((resolve, reject) => {
      reader = {matches, resolve, reject};
      this.#readers.push(reader);
    });
    return within(ms, what, wait).finally(() => {
      const left = this.#readers.indexOf(reader);
      if (left >= 0) this.#readers.splice(left, 1);
    });
  }
}
