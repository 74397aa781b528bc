/** Joins on load. `window.grapevine.mesh` is the mesh itself, for whoever opens the console. */
import { joinLive } from "./live.ts";
import { settingsFrom } from "./model/settings.ts";
import { Page } from "./page.ts";

const query = new URLSearchParams(location.search);
// The condition is a constant in a built page, and the pretended mesh is not in it.
const pretended = import.meta.env.DEV && query.has("fake") ? await import("./fake-mesh.ts") : undefined;

new Page(settingsFrom(location), pretended?.fakeJoin(query) ?? joinLive, sessionStorage).start();
