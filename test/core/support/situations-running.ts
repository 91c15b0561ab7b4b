/** Situations in which the active node answers that its scheduler runs well. */
import { starting, justNow, usedUp } from "./known.ts";
import type { Situation } from "./known.ts";
import { NOW, afterReplies, answers, recordWith, settingsWith } from "./situation.ts";

const withUrl = settingsWith({
  health: {
    kind: "url",
    url: "http://localhost:8974/health",
    answeredBy: "scheduler",
    timeoutSeconds: 3,
    failures: 3,
  },
});

export const RUNNING: readonly Situation[] = [
  {
    says: "moves a scheduler that keeps dying and coming back",
    decision: () =>
      afterReplies(recordWith({ counters: usedUp }), [
        answers("a", "running", { invocation: "another" }),
        answers("b", "stopped"),
      ]),
    code: "MOVES_LOOPING",
    phase: "stopping",
    asks: "all stop",
  },
  {
    says: "counts a scheduler that came back by itself as a start in place",
    decision: () =>
      afterReplies(recordWith(), [
        answers("a", "running", { invocation: "another" }),
        answers("b", "stopped"),
      ]),
    code: "RESTARTED",
    phase: "starting",
    asks: "run a for life-a, others stop",
  },
  {
    says: "tells that the scheduler runs on another node",
    decision: () =>
      afterReplies(recordWith({ phase: { ...starting, from: "b", cause: "MOVES_FAILED" } }), [
        answers("a", "running"),
        answers("b", "stopped"),
      ]),
    code: "FAILED_OVER",
    phase: "verifying",
    asks: "run a for life-a, others stop",
  },
  {
    says: "tells that a cold start has succeeded",
    decision: () =>
      afterReplies(recordWith({ phase: { ...starting, cause: "COLD_START" } }), [
        answers("a", "running"),
        answers("b", "stopped"),
      ]),
    code: "STARTED",
    phase: "verifying",
    asks: "run a for life-a, others stop",
  },
  {
    says: "tells that the scheduler runs again",
    decision: () =>
      afterReplies(recordWith({ phase: starting }), [answers("a", "running"), answers("b", "stopped")]),
    code: "RECOVERED",
    phase: "verifying",
    asks: "run a for life-a, others stop",
  },
  {
    says: "tells of a second scheduler that the same plan has found and stopped",
    decision: () =>
      afterReplies(recordWith(), [answers("a", "running"), answers("b", "stopped", { reason: "ended" })]),
    code: "SEVERAL_ENDED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "mails no more of what is started again and again than once an hour",
    decision: () =>
      afterReplies(recordWith({ counters: { strayMailedAt: NOW - 3_599_000 } }), [
        answers("a", "running"),
        answers("b", "stopped", { reason: "ended" }),
      ]),
    code: "SEVERAL_AGAIN",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "stops a second scheduler, and keeps the active node's",
    decision: () => afterReplies(recordWith(), [answers("a", "running"), answers("b", "running")]),
    code: "SEVERAL_RUNNING",
    phase: "steady",
    asks: "hold a for life-a, others stop",
  },
  {
    says: "has verified a start after its settle time",
    decision: () =>
      afterReplies(recordWith({ phase: { name: "verifying" } }), [
        answers("a", "running"),
        answers("b", "stopped"),
      ]),
    code: "VERIFIED",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "verifies a start",
    decision: () =>
      afterReplies(recordWith({ phase: { name: "verifying" }, counters: justNow }), [
        answers("a", "running"),
        answers("b", "stopped"),
      ]),
    code: "VERIFYING",
    phase: "verifying",
    asks: "run a for life-a, others stop",
  },
  {
    says: "is steady, and says who could take over",
    decision: () => afterReplies(recordWith(), [answers("a", "running"), answers("b", "stopped")]),
    code: "STEADY",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "believes no check of a scheduler whose node goes by another one's name, and keeps the failures that it had",
    decision: () =>
      afterReplies(
        recordWith({ counters: { unhealthy: 1, unhealthyAt: NOW } }),
        [
          answers("a", "running", { health: { code: 200, body: "" }, host: "scheduler" }),
          answers("b", "stopped", { host: "scheduler" }),
        ],
        withUrl,
      ),
    code: "NAMESAKE",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "tells that the scheduler's own books count two, and does nothing about it",
    decision: () =>
      afterReplies(recordWith(), [
        answers("a", "running", { opinion: { code: 1, at: NOW, body: "Found 2 alive jobs.\n" } }),
        answers("b", "stopped"),
      ]),
    code: "SECOND_OPINION",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "is steady where its own books count one",
    decision: () =>
      afterReplies(recordWith(), [
        answers("a", "running", { opinion: { code: 0, at: NOW, body: "Found one alive job." } }),
        answers("b", "stopped"),
      ]),
    code: "STEADY",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
  {
    says: "is steady, and says that nobody could take over",
    decision: () => afterReplies(recordWith(), [answers("a", "running")]),
    code: "STEADY_ALONE",
    phase: "steady",
    asks: "run a for life-a, others stop",
  },
];
