// Debian's browsers, each driven by the library that speaks its protocol,
// behind one small interface: {name, version, newPage(), close()}, where a page
// has evaluate(function, argument) and close().
import {spawnSync} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const LAUNCH_MS = 60_000;

async function profile(name) {
  const path = await mkdtemp(join(tmpdir(), `parley-${name}-`));
  return {
    path,
    remove: () =>
      rm(path, {recursive: true, force: true, maxRetries: 5, retryDelay: 100}),
  };
}

async function chromium() {
  const {chromium: engine} = await import('playwright-core');
  const dir = await profile('chromium');
  const context = await engine.launchPersistentContext(dir.path, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    timeout: LAUNCH_MS,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Host candidates as addresses: nothing answers mDNS in a namespace.
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      '--allow-loopback-in-peer-connection',
    ],
  });
  return {
    name: 'chromium',
    version: context.browser()?.version() ?? binaryVersion('/usr/bin/chromium'),
    newPage: () => context.newPage(),
    close: async () => {
      await context.close();
      await dir.remove();
    },
  };
}

async function firefox() {
  const {default: puppeteer} = await import('puppeteer-core');
  const dir = await profile('firefox');
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    timeout: LAUNCH_MS,
    userDataDir: dir.path,
    extraPrefsFirefox: {
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.peerconnection.ice.loopback': true,
    },
  });
  return {
    name: 'firefox',
    version: (await browser.version()).replace(/^.*\//, ''),
    newPage: () => firefoxPage(browser),
    close: async () => {
      await browser.close();
      await dir.remove();
    },
  };
}

// Firefox may lose a new tab to the one that closes beside it, once in some
// hundred: it is opened again then.
async function firefoxPage(browser, attempts = 3) {
  try {
    return await browser.newPage();
  } catch (error) {
    if (attempts === 1 || !/no such frame/.test(error.message)) throw error;
    return firefoxPage(browser, attempts - 1);
  }
}

function binaryVersion(path) {
  const {stdout} = spawnSync(path, ['--version'], {encoding: 'utf8'});
  return stdout.match(/[\d.]+/)?.[0] ?? 'unknown';
}

export const browsers = {chromium, firefox};
