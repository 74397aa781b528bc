/** Models of one protocol layer alone, in the order of the help. */
import type { Scenario } from "../scenario.ts";
import { bimodalScenario } from "./bimodal.ts";
import { attack } from "./attack.ts";
import { broadcast } from "./broadcast.ts";
import { repairScenario } from "./repair.ts";
import { rumor } from "./rumor.ts";
import { sampling } from "./sampling.ts";

export const models: readonly Scenario[] = [sampling, attack, broadcast, rumor, bimodalScenario, repairScenario];
