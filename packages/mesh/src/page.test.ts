import { afterEach, expect, test, vi } from "vitest";
import { followPage, isInsecurePage, isPage } from "./page.ts";

afterEach(() => vi.unstubAllGlobals());

/** A page, as far as this file sees one. */
function openPage() {
  const page = new EventTarget();
  vi.stubGlobal("document", {});
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  return (type: "pagehide" | "pageshow", persisted: boolean) =>
    page.dispatchEvent(Object.assign(new Event(type), { persisted }));
}

function guest(state = "connected") {
  return { state, pause: vi.fn(), resume: vi.fn(() => Promise.resolve()), leave: vi.fn(() => Promise.resolve()) };
}

test("Node is no page, and nothing follows it", () => {
  expect(isPage()).toBe(false);
  expect(isInsecurePage()).toBe(false);
  followPage(guest())();
});

test("a page that goes says goodbye in the same event", () => {
  const fire = openPage();
  const mesh = guest();
  followPage(mesh);
  fire("pagehide", false);
  expect(mesh.leave).toHaveBeenCalledTimes(1);
  expect(mesh.pause).not.toHaveBeenCalled();
});

test("a page that is kept for the back button pauses, and goes on when it is shown again", () => {
  const fire = openPage();
  const mesh = guest();
  followPage(mesh);
  fire("pagehide", true);
  expect(mesh.pause).toHaveBeenCalledTimes(1);
  expect(mesh.leave).not.toHaveBeenCalled();
  fire("pageshow", true);
  expect(mesh.resume).toHaveBeenCalledTimes(1);
  fire("pageshow", true);
  expect(mesh.resume).toHaveBeenCalledTimes(1);
});

test("the first showing of a page resumes nothing", () => {
  const fire = openPage();
  const mesh = guest();
  followPage(mesh);
  fire("pageshow", false);
  expect(mesh.resume).not.toHaveBeenCalled();
});

test("a mesh that the application paused stays paused", () => {
  const fire = openPage();
  const mesh = guest("paused");
  followPage(mesh);
  fire("pagehide", true);
  fire("pageshow", true);
  expect(mesh.resume).not.toHaveBeenCalled();
});

test("once ended, the page moves nothing", () => {
  const fire = openPage();
  const mesh = guest();
  followPage(mesh)();
  fire("pagehide", false);
  expect(mesh.leave).not.toHaveBeenCalled();
});

test("a page whose browser withholds its cryptography is insecure", () => {
  openPage();
  expect(isInsecurePage()).toBe(false);
  vi.stubGlobal("crypto", { getRandomValues: () => {} });
  expect(isInsecurePage()).toBe(true);
});
