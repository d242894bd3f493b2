import { pointer, size, textSlot } from "./argument";
import { Result } from "./code";
import * as host from "./imports";

/**
 * Adds to a counter, which begins at 0. Counters are shared by the plugin's instances,
 * and kept over reloads and faults. The first use decides whether a name is a counter
 * or a gauge.
 *
 * Grant: `metrics`.
 *
 * @param name - matches `[a-z][a-z0-9_]{0,63}`
 * @param delta - 0 or more
 * @returns OK; {@link Code.INVALID}; {@link Code.LIMIT} (too many names)
 */
export function metricAdd<N>(name: N, delta: i64 = 1): Result {
  const n = pointer(name, textSlot);
  return host.metric_add(n, size(name, textSlot), delta);
}

/**
 * Sets a gauge.
 *
 * Grant: `metrics`.
 *
 * @param name - as of {@link metricAdd}
 * @param value - any number
 * @returns OK; {@link Code.INVALID}; {@link Code.LIMIT}
 */
export function metricSet<N>(name: N, value: i64): Result {
  const n = pointer(name, textSlot);
  return host.metric_set(n, size(name, textSlot), value);
}
