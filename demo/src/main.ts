/** Joins on load. `window.grapevine.mesh` is the mesh itself, for whoever opens the console. */
import type { Join } from "./model/face.ts";
import { settingsFrom } from "./model/settings.ts";
import { Page } from "./page.ts";

const query = new URLSearchParams(location.search);
// The condition is a constant in a built page, and the pretended mesh is not in it.
const join: Join =
  import.meta.env.DEV && query.has("fake")
    ? (await import("./fake-mesh.ts")).fakeJoin(query)
    : (await import("./live.ts")).joinLive;

new Page(settingsFrom(location), join, sessionStorage).start();
