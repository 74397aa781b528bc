// What a mesh asks of the browser, before any of ours runs in it: two peer connections that meet over a data channel.
import { expect, test } from "@playwright/test";

test("the browser carries a message over a data channel", async ({ page }) => {
  const received = await page.evaluate(async () => {
    const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
    a.addEventListener("icecandidate", ({ candidate }) => void b.addIceCandidate(candidate));
    b.addEventListener("icecandidate", ({ candidate }) => void a.addIceCandidate(candidate));
    const channel = a.createDataChannel("hello");
    channel.addEventListener("open", () => channel.send("hello"));
    const message = new Promise<unknown>((resolve) => {
      b.addEventListener("datachannel", (event) =>
        event.channel.addEventListener("message", ({ data }) => resolve(data)),
      );
    });
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription!);
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription!);
    return message;
  });
  expect(received).toBe("hello");
});
