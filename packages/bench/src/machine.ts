/** Where and when it was measured. */
import { cpus, loadavg, release, type } from "node:os";

export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  /** Mean number of processes that ran or wanted to, over one minute. */
  readonly load: string;
}

export function machine(): Machine {
  const [first] = cpus();
  return {
    date: `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    cpu: first?.model.trim() || process.arch,
    cores: cpus().length,
    system: `${type()} ${release().split("-")[0]} ${process.arch}`,
    node: process.version,
    load: loadavg()[0]!.toFixed(1),
  };
}
