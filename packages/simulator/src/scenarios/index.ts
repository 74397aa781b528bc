/** All scenarios, in the order of the help. */
import type { Scenario } from "../scenario.ts";
import { clocks } from "./clocks.ts";
import { crash } from "./crash.ts";
import { order } from "./order.ts";
import { overlay } from "./overlay.ts";
import { overload } from "./overload.ts";
import { partition } from "./partition.ts";
import { profiles } from "./profiles.ts";
import { restart } from "./restart.ts";
import { sleep } from "./sleep.ts";
import { spread } from "./spread.ts";
import { state } from "./state.ts";

export const scenarios: readonly Scenario[] = [
  spread,
  order,
  overlay,
  partition,
  crash,
  clocks,
  sleep,
  restart,
  overload,
  state,
  profiles,
];
