import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Camera, viewOf } from "./camera.ts";

const origin = { x: 0, y: 0 };

describe("the view", () => {
  test("has everybody on the stage, clear of what is written above and below", () => {
    const spot = fc.record({ x: fc.integer({ min: -900, max: 900 }), y: fc.integer({ min: -900, max: 900 }) });
    const size = fc.record({ width: fc.integer({ min: 320, max: 2000 }), height: fc.integer({ min: 240, max: 1400 }) });
    fc.assert(
      fc.property(fc.array(spot, { minLength: 1, maxLength: 30 }), size, (others, { width, height }) => {
        const { originX, originY, scaleX, scaleY } = viewOf([origin, ...others], width, height);
        for (const { x, y } of [origin, ...others]) {
          expect(originX + x * scaleX).toBeGreaterThan(60);
          expect(originX + x * scaleX).toBeLessThan(width - 60);
          expect(originY + y * scaleY).toBeGreaterThan(50);
          expect(originY + y * scaleY).toBeLessThan(height - 70);
        }
      }),
    );
  });

  test("uses a wide stage", () => {
    const { scaleX, scaleY } = viewOf([origin, { x: 200, y: 200 }, { x: -200, y: -200 }], 1600, 500);
    expect(scaleX).toBeCloseTo(scaleY * 1.6);
  });

  test("of a page alone leaves room for advice below", () => {
    expect(viewOf([origin], 900, 500)).toMatchObject({ originX: 450, originY: 110 });
  });
});

test("the camera follows, and rests when it is there", () => {
  const camera = new Camera();
  camera.follow([origin, { x: 100, y: 0 }], 900, 500, 16, false);
  expect(camera.resting).toBe(true);
  const { scaleX } = camera.follow([origin, { x: 800, y: 0 }], 900, 500, 16, false);
  expect(camera.resting).toBe(false);
  expect(scaleX).toBeGreaterThan(viewOf([origin, { x: 800, y: 0 }], 900, 500).scaleX);
  camera.follow([origin, { x: 800, y: 0 }], 900, 500, 60_000, false);
  expect(camera.resting).toBe(true);
});
