// Does not compile: a number is no bytes.
import { log } from "../../assembly";

export function on_tick(now: i64): i32 {
  log(0, now);
  return 0;
}
