/** Whole ticks over two nodes of paper: rounds of decisions, each plan committed and answered, until nothing follows. */
import { decideAfter, decideBefore } from "../../../lib/core/decide.ts";
import type { View } from "../../../lib/core/decide.ts";
import { commit } from "../../../lib/core/plan.ts";
import type { ClusterRecord, HistoryEntry, NodeId, NodeReport, Plan } from "../../../lib/core/model.ts";
import type { ClusterSettings } from "../../../lib/core/settings.ts";
import { SECOND, NOW, answers, instances, settingsWith, viewOf } from "./situation.ts";

/** What a node does: `fails` ends every scheduler that it starts; `silent` obeys nothing. */
export type Manner = "works" | "fails" | "silent";

export class Play {
  record: ClusterRecord;
  now = NOW;
  readonly codes: string[] = [];
  readonly running: Set<NodeId>;
  readonly manners: Record<NodeId, Manner>;
  settings: ClusterSettings = settingsWith();

  constructor(record: ClusterRecord, manners: Record<NodeId, Manner> = { a: "works", b: "works" }) {
    this.record = record;
    this.manners = manners;
    const { active } = record.phase;
    this.running = new Set(active === undefined ? [] : [active]);
  }

  /** So many ticks, a beat apart. */
  ticks(count: number): this {
    for (let n = 0; n < count; n += 1) this.tick();
    return this;
  }

  private tick(): void {
    this.now += 10 * SECOND;
    const words = Object.fromEntries(Object.keys(this.manners).map((id) => [id, "running"]));
    for (let round = 0; round < 6; round += 1) {
      const before = decideBefore(this.view(), instances(words));
      this.codes.push(before.code);
      this.record = commit(before.record, before.draft, this.stamp(round), this.settings);
      const after = decideAfter(this.view(), this.replies(this.record.plan));
      this.codes.push(after.code);
      this.record = after.record;
      if (!after.again) return;
    }
    throw new Error(`no end: ${this.codes.slice(-12).join(", ")}`);
  }

  private view(): View {
    return { ...viewOf(this.record, this.settings), now: this.now };
  }

  private stamp(round: number) {
    return { token: this.now + round, nonce: "n", holder: "tick", leaseUntil: this.now, at: this.now };
  }

  private replies(plan: Plan): ReadonlyMap<NodeId, NodeReport> {
    const able = Object.keys(this.manners).filter((id) => this.manners[id] !== "silent");
    return new Map(able.map((id) => [id, this.obey(id, plan)]));
  }

  private obey(id: NodeId, plan: Plan): NodeReport {
    const mode = id === plan.active ? plan.mode : plan.others;
    if (mode === "stop") this.running.delete(id);
    if (mode === "run" && this.manners[id] === "works") this.running.add(id);
    const state = this.running.has(id) ? "running" : "stopped";
    const reason = state === "stopped" && mode === "run" ? "exited 3" : "";
    return answers(id, state, { token: plan.token, seen: plan.token, clock: this.now, reason });
  }

  /** What was told, oldest first. */
  get history(): readonly HistoryEntry[] {
    return this.record.outbox.flatMap(({ history }) => (history ? [history] : []));
  }
}
