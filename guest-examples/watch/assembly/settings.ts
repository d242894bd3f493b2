import { Config, Result } from "sesshook-guest";

/** A share of resumed handshakes is low below this, in percent. */
export let below: u64 = 50;

/** How long handshakes are counted before they are judged, in ns. */
export let window: i64 = 300_000_000_000;

/** Handshakes that a name has to have in a window to be judged. */
export let atLeast: u64 = 100;

/** Names that are told apart. */
export let names: i32 = 1024;

const SECOND: i64 = 1_000_000_000;

/** Reads the settings of the sidecar. */
export function read(): Result {
  const c = Config.read();
  while (c.next()) {
    if (c.key == "below") below = c.integer(0, 100);
    else if (c.key == "window") readWindow(c);
    else if (c.key == "at_least") atLeast = c.integer(1, 1_000_000_000);
    else if (c.key == "names") names = <i32>c.integer(1, 16384);
    else c.unknown("below, window, at_least, names");
  }
  return c.end();
}

function readWindow(c: Config): void {
  window = c.duration();
  if (window < SECOND || window > 86_400 * SECOND) c.fail("must be from 1s to 24h");
}
