import type { MemberView, Rumor } from "@grapevine/protocol";
import { describe, expect, it } from "vitest";
import { Members } from "./members.ts";
import type { MeshEvents } from "./mesh-events.ts";
import type { ProfileFields } from "./profile.ts";
import type { MemberChange } from "./query.ts";

interface Said {
  readonly incarnation?: number;
  readonly fields: ProfileFields;
  readonly locked?: boolean;
}

function setUp() {
  const views: MemberView[] = [];
  const changes: MeshEvents["member-changed"][] = [];
  let unlock: (() => void) | undefined;
  let isOpen = false;
  const members = new Members({
    peer: {
      get members() {
        return views.slice();
      },
      neighbors: [],
      sampled: [],
    },
    nowMs: () => 0,
    seal: {
      open: ({ body }) => {
        const { fields, locked } = body as unknown as Said;
        return locked === true && !isOpen ? "unknownKey" : fields;
      },
      nextKey: () => new Promise((resolve) => (unlock = resolve)),
    },
    onChanged: (event) => changes.push(event),
  });
  return {
    members,
    changes,
    come: (peer: string, incarnation = 1): void => {
      views.push({ peer, incarnation, neighbor: false });
      members.onMembers();
      members.settle();
    },
    go: (peer: string): void => {
      views.splice(
        views.findIndex((view) => view.peer === peer),
        1,
      );
      members.onMembers();
      members.settle();
    },
    restart: (peer: string, incarnation: number): void => {
      views[views.findIndex((view) => view.peer === peer)] = { peer, incarnation, neighbor: false };
      members.onRestarted(peer);
    },
    say: (peer: string, said: Said | undefined): void => {
      const header = { incarnation: said?.incarnation ?? 1 };
      members.onProfile({ peer, rumor: said && ({ header, body: said } as unknown as Rumor) });
    },
    unlock: async (): Promise<void> => {
      isOpen = true;
      unlock?.();
      await Promise.resolve();
    },
  };
}

describe("members", () => {
  it("are the same snapshots until something changed, each for itself", () => {
    const { members, come, say } = setUp();
    come("a");
    come("b");
    const [a, b] = members.all;
    expect(members.all).toBe(members.all);
    say("a", { fields: { color: "red" } });
    expect(members.all[0]).not.toBe(a);
    expect(members.all[1]).toBe(b);
    const [red] = members.all;
    // Renewed: it says the same.
    say("a", { fields: { color: "red" } });
    expect(members.all[0]!.profile).toBe(red!.profile);
  });

  it("tell what they say now and said before; of what came before them, nothing", () => {
    const { changes, come, say, members } = setUp();
    say("a", { fields: { color: "red" } });
    come("a");
    expect([members.all[0]!.profile, changes]).toEqual([{ color: "red" }, []]);
    say("a", { fields: { color: "blue" } });
    say("a", { fields: { color: "blue" } });
    say("a", undefined);
    expect(changes).toEqual([
      { peer: "a", profile: { color: "blue" }, previous: { color: "red" } },
      { peer: "a", profile: {}, previous: { color: "blue" } },
    ]);
  });

  it("that were started anew say no longer what they said before", () => {
    const { changes, come, say, restart, members } = setUp();
    come("a", 5);
    say("a", { incarnation: 5, fields: { color: "red" } });
    restart("a", 6);
    expect(members.all[0]!.profile).toEqual({});
    // Their new run may be heard of by its profile first.
    say("a", { incarnation: 7, fields: { color: "blue" } });
    expect(members.all[0]!.profile).toEqual({ color: "blue" });
    expect(changes.map(({ profile }) => profile["color"])).toEqual(["red", undefined, "blue"]);
  });

  it("are read once the key has come that they were sealed with", async () => {
    const { come, say, members, unlock } = setUp();
    come("a");
    say("a", { fields: { color: "red" }, locked: true });
    expect(members.all[0]!.profile).toEqual({});
    await unlock();
    expect(members.all[0]!.profile).toEqual({ color: "red" });
  });

  it("that fit are found, and watched as they come to fit, change and cease to", () => {
    const { members, come, go, say } = setUp();
    come("a");
    say("a", { fields: { color: "red" } });
    const seen: MemberChange[] = [];
    const stop = members.watch({ where: { color: "red" } }, (change) => seen.push(change));
    come("b");
    say("b", { fields: { color: "red" } });
    const [, b] = members.all;
    say("b", { fields: { color: "red", size: 2 } });
    expect(members.find({ where: { color: "red" } })).toEqual(members.all);
    say("a", { fields: { color: "blue" } });
    go("b");
    expect(seen.map(({ type, member }) => [type, member.peer, member.profile["size"]])).toEqual([
      ["added", "b", undefined],
      ["changed", "b", 2],
      ["removed", "a", undefined],
      ["removed", "b", 2],
    ]);
    expect(seen[1]).toMatchObject({ previous: b });
    stop();
    come("b");
    expect(seen).toHaveLength(4);
  });
});
