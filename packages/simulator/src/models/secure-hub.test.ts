import { describe, expect, test } from "vitest";
import { streamOf } from "../chance.ts";
import { type Offence, SECURE_HUB_DEFAULTS, SecureHub, type SecureHubOptions } from "./secure-hub.ts";

function hub(byzantine: number, options: Partial<SecureHubOptions> = {}, settle = 25): SecureHub {
  const made = new SecureHub(
    { ...SECURE_HUB_DEFAULTS, nodes: 200, byzantine, table: 60, ...options },
    streamOf(1, "secure hub"),
  );
  for (let cycle = 0; cycle < settle; cycle++) made.cycle();
  made.attack();
  return made;
}

const wrong = ({ convicted, attackers }: SecureHub) => [...convicted.keys()].filter((node) => node >= attackers);

describe("owned descriptors under attack", () => {
  test.each(["mint", "clone"] satisfies Offence[])("everybody who %ss is expelled, and nobody honest", (offence) => {
    const made = hub(0.2, { offences: [offence] });
    for (let cycle = 0; cycle < 25; cycle++) made.cycle();
    expect(made.convicted.size).toBe(40);
    expect(wrong(made)).toEqual([]);
    expect(made.shares()).toEqual({ ownedShare: 0, viewShare: 0, sampleShare: 0, linkShare: 0, isolated: 0 });
  });

  test("samples never hold more than 1.1 times the true share of attackers", () => {
    const made = hub(0.2);
    for (let cycle = 0; cycle < 10; cycle++) {
      made.cycle();
      expect(made.shares().sampleShare).toBeLessThan(0.22);
    }
  });

  test("lost answers make no honest peer look like a cheat", () => {
    const made = hub(0, { loss: 0.3 });
    for (let cycle = 0; cycle < 30; cycle++) made.cycle();
    expect(made.convicted.size).toBe(0);
  });

  test("hoarders break no rule: nobody is convicted, and they gain less than half again", () => {
    const made = hub(0.2, { offences: ["hoard"] });
    for (let cycle = 0; cycle < 40; cycle++) {
      made.cycle();
      expect(made.shares().sampleShare).toBeLessThan(0.3);
    }
    expect(made.offended.size).toBe(0);
    expect(made.convicted.size).toBe(0);
  });

  test("with nobody cheating each is known to as many owners", () => {
    const made = hub(0, {}, 45);
    expect(new Set(made.stock.known())).toEqual(new Set([21]));
  });
});
