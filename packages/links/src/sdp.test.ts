import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linkLimits } from "./limits.ts";
import { describesDataOnly, fingerprintOf } from "./sdp.ts";

const hex = Array.from({ length: 32 }, (_, i) => (i * 7).toString(16).padStart(2, "0").slice(-2)).join(":");
const line = `a=fingerprint:sha-256 ${hex.toUpperCase()}`;
const section = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel";
const sdp = (...lines: string[]): string =>
  ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", ...lines, ""].join("\r\n");
const sound = sdp(section, "c=IN IP4 0.0.0.0", line, "a=setup:actpass");

describe("a fingerprint", () => {
  test("is 32 bytes, of either case", () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => (i * 7) & 0xff);
    expect(fingerprintOf(sound)).toEqual(bytes);
    expect(fingerprintOf(sound.toLowerCase())).toEqual(bytes);
  });

  test("may be repeated", () => {
    expect(fingerprintOf(sdp(line, section, line.toLowerCase()))).toHaveLength(32);
  });

  test.each([
    ["missing", sdp(section)],
    ["one of two", sdp(line, section, line.replace("07", "08"))],
    ["beside one of another hash", sdp(line, section, "a=fingerprint:sha-1 00:01")],
    ["of another hash", sdp(section, line.replace("sha-256", "sha-512"))],
    ["short", sdp(section, line.slice(0, -3))],
    ["long", sdp(section, `${line}:00`)],
    ["not hexadecimal", sdp(section, line.replace("07", "0g"))],
    ["followed by more", sdp(section, `${line} x`)],
    ["without a value", sdp(section, "a=fingerprint")],
  ])("is none when it is %s", (_, text) => {
    expect(fingerprintOf(text)).toBeUndefined();
  });
});

describe("a description", () => {
  test("of data channels alone is accepted", () => {
    expect(describesDataOnly(sound)).toBe(true);
  });

  test.each([
    ["empty", ""],
    ["without a section", sdp(line)],
    ["with sound besides", sdp(section, line, "m=audio 9 UDP/TLS/RTP/SAVPF 111")],
    ["with two sections of data", sdp(section, line, section)],
    ["of something else", sdp("m=application 9 TCP/BFCP *", line)],
    ["without a fingerprint", sdp(section)],
    [
      "with too many candidates",
      sdp(section, line, ...Array(linkLimits.candidatesMax + 1).fill("a=candidate:1 1 udp 1 10.0.0.1 9 typ host")),
    ],
    ["that does not begin as one", sound.slice(4)],
  ])("%s is refused", (_, text) => {
    expect(describesDataOnly(text)).toBe(false);
  });

  test("of any kind harms nobody", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom(line, section, "v=0", "a=fingerprint:")), { maxLength: 8 }),
        (lines) => {
          const text = lines.join("\r\n");
          expect(typeof describesDataOnly(text)).toBe("boolean");
          expect([undefined, 32]).toContain(fingerprintOf(text)?.length);
        },
      ),
    );
  });
});
