// The answering end in a process of its own.
import { openEnd, type End, type Kind, type Signal } from "./ends.ts";

export type ToFarEnd =
  | { readonly kind: "open"; readonly of: Kind }
  | { readonly kind: "signal"; readonly signal: Signal }
  | { readonly kind: "expect"; readonly total: number };
export type FromFarEnd =
  | { readonly kind: "signal"; readonly signal: Signal }
  | { readonly kind: "ready" | "expecting" | "received" };

let end: End;
const say = (message: FromFarEnd): void => void process.send!(message);

process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToFarEnd) => {
  if (message.kind === "open") {
    end = openEnd(message.of, "answer", (signal) => say({ kind: "signal", signal }));
    end.ready.then(
      () => say({ kind: "ready" }),
      () => process.exit(1),
    );
  } else if (message.kind === "signal") {
    end.signal(message.signal);
  } else {
    end.received = 0;
    let total = message.total;
    end.onReceived = () => {
      if (end.received < total) return;
      total = Number.POSITIVE_INFINITY;
      say({ kind: "received" });
    };
    // Only now may anything be sent: what came before would not be counted.
    say({ kind: "expecting" });
  }
});
