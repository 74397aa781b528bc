// The bundle for pages with no bundler, which e2e/tests/bundle.spec.ts shows to join in real browsers; and what pages load
// at once that have a bundler of their own.
import { expect, test } from "vitest";
import { bundleMesh, measurePage } from "../bundle.js";

/**
 * Measured 158.4 kB (`node packages/dev/build.js` prints the parts): simple-peer 6, tweetnacl 11, the rest is ours; it was 104.6
 * before maps, set reconciliation, scores, quotas, revocations, topic keys, segments and what answers may cost. Raise it knowingly:
 * last by 1.9 kB for histories that are appended by segments, told of as they come, and read in turns; by
 * some 6 for profiles, `find` and `watch`.
 */
const GZIP_BYTES_MAX = 159_900;
/** Of what a page loads at once to join, publish and subscribe. Measured 116.8 kB, of which profiles are 2.3. The aim is 65. */
const AT_ONCE_GZIP_BYTES_MAX = 118_300;

const page = await measurePage();
const { text, inputs, externals, gzipBytes, report } = await bundleMesh();

test("the bundle for pages is one file that imports nothing and knows nothing of Node's WebRTC", () => {
  expect(externals).toEqual([]);
  expect(text).not.toContain("@roamhq");
  expect(inputs.filter((path) => path.endsWith(".node.ts"))).toEqual([]);
});

test("simple-peer comes without the streams and buffers that nobody uses", () => {
  const libraries = inputs.flatMap((path) => /node_modules\/([^/]+)\//.exec(path)?.[1] ?? []);
  expect([...new Set(libraries)].toSorted()).toEqual(["simple-peer", "tweetnacl"]);
});

test("the bundle has what the package has, and begins nothing by being imported", async () => {
  const source = Buffer.from(text).toString("base64");
  const bundle = (await import(`data:text/javascript;base64,${source}`)) as object;
  const index = (await import(new URL("../../mesh/src/index.ts", import.meta.url).href)) as object;
  expect(Object.keys(bundle).toSorted()).toEqual(Object.keys(index).toSorted());
});

test("the bundle stays within its budget", () => {
  expect(gzipBytes, report).toBeLessThan(GZIP_BYTES_MAX);
});

test("what a page loads at once stays within its budget", () => {
  expect(page.gzipBytes, page.report).toBeLessThan(AT_ONCE_GZIP_BYTES_MAX);
});

test("repair, trees, maps, the keys of epochs and networks in memory are nothing that a page loads to join an open mesh", () => {
  const rooms =
    "maps|keys|finding|exchange|sampling/(table|shuffles|routes)|repairing|catching-up|routed-rounds|trust/epochs|state/entries|wire/later-codec|repair/(reconcile/.*|fetch|rounds|serving)";
  const spreading = "spreading/(mongering|broadcast-tree|probing|climate)";
  const late = new RegExp(`protocol/src/(${rooms}|${spreading})\\.ts|memory-network|issuing`);
  expect(page.inputs.filter((path) => late.test(path))).toEqual([]);
  expect([...page.later.keys()].toSorted()).toEqual(["key-rooms", "later-rooms"]);
});
