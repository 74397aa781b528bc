import { describe } from "vitest";
import { meshContract } from "./mesh-contract.testing.ts";

describe("in memory", () => {
  meshContract("memory");
});
