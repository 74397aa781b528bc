// A terminal in a mesh's chat: lines that are typed are said to a topic, and what others say there is printed. Messages are
// `{ text, name? }`, as the demo's pages send them, so that a terminal and a tab talk to each other.
import type { Report } from "./peer.ts";

/** What this needs of a topic. */
export interface ChatTopic {
  messages(options: { from: "start"; signal: AbortSignal }): AsyncIterable<ChatMessage>;
  publish(data: unknown): Promise<unknown>;
}

export interface ChatMessage {
  readonly author: string;
  readonly own: boolean;
  readonly data: unknown;
}

export interface Terminal {
  /** What is typed, line by line, until the signal or the end of the input. */
  readonly lines: (signal: AbortSignal) => AsyncIterable<string>;
  readonly name: string | undefined;
}

/** UTF-16 units. Reason: the demo's pages take no more. */
const textLengthMax = 2_000;
const nameLengthMax = 32;
/** Of an id, enough to tell two of one name apart. */
const idShown = 6;

/** Until the signal. Reports `message`, and a `warning` for what cannot be said. */
export async function chat(topic: ChatTopic, terminal: Terminal, report: Report, signal: AbortSignal): Promise<void> {
  await Promise.all([hear(topic, report, signal), speak(topic, terminal, report, signal)]);
}

async function hear(topic: ChatTopic, report: Report, signal: AbortSignal): Promise<void> {
  try {
    for await (const { author, own, data } of topic.messages({ from: "start", signal })) {
      const said = read(data);
      // What is said here stands in the terminal already.
      if (said === undefined || own) continue;
      const id = author.slice(0, idShown);
      report("message", { from: said.name === "" ? id : `${said.name} (${id})`, text: said.text });
    }
  } catch (error) {
    if (!signal.aborted) report("warning", { message: String(error) });
  }
}

async function speak(topic: ChatTopic, terminal: Terminal, report: Report, signal: AbortSignal): Promise<void> {
  const name = terminal.name?.slice(0, nameLengthMax);
  for await (const line of terminal.lines(signal)) {
    const text = line.trim();
    if (text === "") continue;
    if (text.length > textLengthMax) {
      report("warning", { message: `expected at most ${textLengthMax} characters, got ${text.length}` });
      continue;
    }
    await topic
      .publish({ text, ...(name !== undefined && { name }) })
      .catch((error: unknown) => report("warning", { message: String(error) }));
  }
}

/** Undefined for what is no message of a chat: other programs may use the topic as well. */
function read(data: unknown): { readonly text: string; readonly name: string } | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { text, name } = data as { readonly text?: unknown; readonly name?: unknown };
  if (typeof text !== "string") return undefined;
  return {
    text: visible(text.slice(0, textLengthMax)),
    name: typeof name === "string" ? visible(name.slice(0, nameLengthMax)) : "",
  };
}

/** Without what moves a terminal's cursor, changes its colours, or turns the writing around. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
