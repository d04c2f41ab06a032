// The twelve promises of deploy/PROMISES.md, each kept or broken.
const promises = {
  P1: ['Close always ends, and gives everything back', 'close'],
  P2: ['Nothing leaks because a backend died', 'lease'],
  P3: ['The signaling connection may break', 'resume'],
  P4: ['Fixed resources', 'resources'],
  P5: ['Glare is safe', 'glare'],
  P6: ['An answer can only meet its own offer', 'offer_ids'],
  P7: ['The order of candidates does not matter', 'candidates'],
  P8: ['CreateOffer does not wait for the network', 'gathering'],
  P9: ['Reachable from outside without reading source', 'reachability'],
  P10: ['Updates do not cut calls', 'drain'],
  P11: ['Every section of every offer is answered', 'sections'],
  P12: ['ICE restart works from both sides', 'restart'],
};

const wanted = process.argv.slice(2);
for (const promise of wanted) {
  if (!promises[promise]) {
    console.error(`promises: none is called "${promise}"`);
    process.exit(2);
  }
}

// What fails while something else is awaited breaks the promise as well.
let astray;
for (const event of ['unhandledRejection', 'uncaughtException']) {
  process.on(event, (error) => (astray ??= error));
}

let kept = 0;
const chosen = Object.entries(promises).filter(([promise]) =>
  wanted.length === 0 || wanted.includes(promise));
for (const [promise, [words, file]] of chosen) {
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
  try {
    const {keep} = await import(`./${file}.mjs`);
    const figures = await keep();
    if (astray) throw astray;
    kept += 1;
    console.log(`${promise} ${words}: kept, ${seconds()} s` +
      (figures ? `; ${figures}` : ''));
  } catch (error) {
    console.log(`${promise} ${words}: BROKEN, ${seconds()} s`);
    console.log(error);
    if (astray && astray !== error) console.log(astray);
    astray = undefined;
  }
}
console.log(`promises: ${kept}/${chosen.length}`);
process.exit(kept === chosen.length ? 0 : 1);
