/** Pages that load `@grapevine/mesh/bundle` with no bundler, and join by themselves; served from memory. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface BundledPage {
  readonly peerId: string;
  readonly heard: string[];
  readonly lost: string[];
  publish(text: string): Promise<void>;
  leave(): Promise<void>;
}

declare global {
  interface Window {
    bundled: BundledPage;
  }
}

export interface BundleServer {
  readonly address: (mesh: string, seed: string, hello?: string) => string;
  close(): void;
}

const script = `
  import { join } from "/bundle.js";
  const [mesh, seed, hello] = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const joined = await join({ mesh, seeds: [seed], iceServers: [] });
  const chat = joined.topic("chat");
  window.bundled = {
    peerId: joined.peerId,
    heard: [],
    lost: [],
    publish: async (text) => void (await chat.publish(text)),
    leave: () => joined.leave(),
  };
  joined.on("neighbor-down", ({ peer }) => window.bundled.lost.push(peer));
  if (hello !== undefined) await chat.publish(hello);
  for await (const { data } of chat.messages({ from: "start" })) {
    window.bundled.heard.push(data);
    // A page that nobody can look into says what it heard.
    if (hello !== undefined && !data.startsWith(hello)) await chat.publish(hello + " heard " + data);
  }
`;

/** A server of such pages; `address` is where one joins the mesh, and says hello on it when it is given a text. */
export async function serveBundle(): Promise<BundleServer> {
  const { bundleMesh } = (await import(new URL("../../packages/dev/bundle.js", import.meta.url).href)) as {
    bundleMesh: () => Promise<{ text: string }>;
  };
  const files: Readonly<Record<string, string>> = {
    "/": `<!doctype html><title>bundle</title><script type="module" src="/main.js"></script>`,
    "/main.js": script,
    "/bundle.js": (await bundleMesh()).text,
  };
  const server = createServer((request, response) => {
    const body = files[request.url ?? ""];
    const type = request.url === "/" ? "text/html" : "text/javascript";
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: (...given) => `http://localhost:${port}/#${encodeURIComponent(JSON.stringify(given))}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
