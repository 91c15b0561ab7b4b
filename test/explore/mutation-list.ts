/** The rules, each with the change of source that switches it off. */
export interface Mutation {
  /** By which docs/spec/README.md knows the rule, or docs/evidence.md the few that the specification does not have. */
  readonly name: string;
  /** What of it is switched off. */
  readonly rule: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** What the violation must say. */
  readonly expect: RegExp;
  /** What looks for it; the simulation, if absent. */
  readonly by?: "explore";
  /** How to look for it. */
  readonly args?: readonly string[];
  /** It takes longer than 10 s: the short form leaves it out. */
  readonly slow?: true;
  /** Where the rule is kept a second time, that too is switched off. */
  readonly and?: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
}

const TWO = /two schedulers/;
const UNPROVEN = /two schedulers|without a proof|holds that it runs none/;
/** Storms of these only, for a rule that needs several of them together. */
const only = (...kinds: readonly string[]): readonly string[] => ["--only", kinds.join(",")];

const CONTROLLER: readonly Mutation[] = [
  {
    name: "conditional",
    rule: "a write requires the record that was read",
    file: "test/simulation/store.ts",
    find: 'if (expected === "none" ? found !== undefined : !isExpected(found, expected)) return false;',
    replace: "",
    expect: /two schedulers|token|plan|obeyed|history/,
  },
  {
    name: "tokenPerPlan",
    rule: "every plan has a token of its own",
    file: "lambda/tick.ts",
    find: "Math.max(decision.record.token + 1, now, tokenAbove + 1)",
    replace: "Math.max(decision.record.token, this.begun, tokenAbove)",
    expect: /two schedulers|two plans|changed under|used twice/,
  },
  {
    name: "proof",
    rule: "a start rests on a proof for every other node",
    file: "lib/core/proof.ts",
    find: "id !== target && proofOf(record.nodes[id] ?? UNKNOWN_NODE, settings, now) === undefined",
    replace: 'id !== target && id === ""',
    expect: UNPROVEN,
  },
  {
    name: "writeAhead",
    rule: "a promise is on the record before it is sent",
    file: "lib/core/plan.ts",
    find: "if (id === plan.active) return { ...node, stopBy: promised(node, plan, settings), proof: undefined };",
    replace: "",
    expect: UNPROVEN,
  },
  {
    name: "writeAhead",
    rule: "a plan is written before it is sent",
    file: "lambda/tick.ts",
    find: "if (!(await writeRecord(ports, planned, expected, wish))) return await this.lost();\n      expected",
    replace: "void writeRecord(ports, planned, expected, wish);\n      expected",
    expect: /before it is written|before it was written|never written|two schedulers/,
  },
  {
    name: "graceMargin",
    rule: "a grant's end counts a kill grace later",
    file: "lib/core/plan.ts",
    find: "const until = plan.until + settings.timers.killGraceSeconds * 1000;",
    replace: "const until = plan.until;",
    and: [
      {
        file: "lib/core/proof.ts",
        find: "return { stopBy: until + settings.timers.killGraceSeconds * 1000, proof: undefined };",
        replace: "return { stopBy: until, proof: undefined };",
      },
    ],
    args: [...only("node cut off"), "--kind", "guarded"],
    expect: TWO,
  },
  {
    name: "skewMargin",
    rule: "a grant's end counts a clock difference later",
    file: "lib/core/proof.ts",
    find: "const certain = node.stopBy + settings.timers.skewSeconds * 1000;",
    replace: "const certain = node.stopBy - 0 * settings.timers.skewSeconds;",
    args: [...only("node cut off"), "--kind", "guarded"],
    expect: UNPROVEN,
  },
  {
    name: "currentToken",
    rule: "a reply counts for the plan that it answers",
    file: "test/simulation/wire.ts",
    find: "const line = command?.replies.get(node);",
    replace:
      "const late = cluster.faults.happens('stale reply', 0.1) ? [...cluster.commands.values()].find((each) => each.replies.has(node)) : undefined; const line = command?.replies.get(node) ?? late?.replies.get(node);",
    expect: UNPROVEN,
  },
  {
    name: "nonce",
    rule: "a write without an answer is not believed",
    file: "lambda/write-record.ts",
    find: 'if (outcome !== "unclear") return outcome === "written";',
    replace: 'return outcome !== "lost";',
    expect: /two schedulers|before it was written|never written|sent/,
  },
  {
    name: "ec2AfterRead",
    rule: "EC2's word is younger than the record that was read",
    file: "lambda/tick.ts",
    find: "const stored = await ports.store.read(context.cluster);\n  const refusal",
    replace:
      "const early = await discover(ports, context, []);\n  const stored = await ports.store.read(context.cluster);\n  const refusal",
    and: [
      {
        file: "lambda/tick.ts",
        find: "const discovered = await discover(ports, context, Object.keys(stored?.nodes ?? {}));",
        replace: "const discovered = early;",
      },
    ],
    by: "explore",
    args: [
      "--kind",
      "bare",
      "--start",
      "steady",
      "--ticks",
      "2",
      "--faults",
      "1",
      "--passes",
      "0",
      "--wishes",
      "0",
    ],
    expect: UNPROVEN,
  },
  {
    name: "ec2Ends",
    rule: "what EC2's word proved ends with that word",
    slow: true,
    file: "lib/core/notes.ts",
    find: 'return node.proof?.kind === "instance-stopped" ? { ...node, stopBy: "ever", proof: undefined } : node;',
    replace: "return node;",
    args: only("instance stopped and started", "operator steers"),
    expect: UNPROVEN,
  },
  {
    name: "ec2Words",
    rule: "only `stopped` and `terminated` are EC2's word that it runs nothing",
    file: "lib/core/notes.ts",
    find: 'const GONE: ReadonlySet<string> = new Set(["stopped", "terminated"]);',
    replace:
      'const GONE: ReadonlySet<string> = new Set(["stopped", "terminated", "stopping", "shutting-down"]);',
    expect: TWO,
  },
  {
    name: "stopProof",
    rule: "a look is no proof",
    slow: true,
    file: "lib/core/proof.ts",
    find: 'if (!isActive && plan.others === "stop" && report.state === "stopped" && provesStopped(report, settings)) {',
    replace: 'if (!isActive && report.state === "stopped" && provesStopped(report, settings)) {',
    args: only("record deleted", "crash loop", "stops are slow"),
    expect: UNPROVEN,
  },
  {
    name: "stopProof",
    rule: "a failed start of the active node is no proof",
    slow: true,
    file: "lib/core/proof.ts",
    find: 'if (!isActive && plan.others === "stop" && report.state',
    replace: 'if (plan.others === "stop" && report.state',
    expect: UNPROVEN,
  },
  {
    name: "stopProof",
    rule: "unknown is not stopped: only the word `stopped` proves anything",
    file: "lib/core/proof.ts",
    find: 'plan.others === "stop" && report.state === "stopped" &&',
    replace: 'plan.others === "stop" && report.pids.length === 0 &&',
    args: only("scheduler killed", "crash loop", "operator asks for a move"),
    expect: UNPROVEN,
  },
  {
    name: "armedTime",
    rule: "time proves nothing of a node whose guard is not armed",
    file: "lib/core/proof.ts",
    find: 'return report.guard === "armed" && report.grantUntil > 0 &&',
    replace: "return report.grantUntil > 0 &&",
    and: [
      {
        file: "lib/core/plan.ts",
        find: '|| node.guard !== "armed" ||',
        replace: "||",
      },
      {
        file: "lib/core/proof.ts",
        find: 'if (typeof node.stopBy === "number" && report.guard !== "armed" && report.state !== "stopped") {',
        replace: "if (report.seen < 0) {",
      },
    ],
    expect: TWO,
  },
  {
    name: "distrust",
    rule: "a record that was not saved for long has lost its proofs",
    file: "lib/core/rules-before.ts",
    find: "holds: (facts) => isOld(facts) && !LEAVES_ALONE.has(course(facts)),",
    replace: "holds: (facts) => isOld(facts) && facts.now < 0,",
    args: only("record restored", "operator asks for a move"),
    expect: UNPROVEN,
  },
  {
    name: "outbox",
    rule: "an entry of the history waits on until it is published too",
    file: "lib/core/news.ts",
    find: "return history && written.has(each.key) ? [{ ...rest, event: history }] : [each];",
    replace: "return history && written.has(each.key) ? [] : [each];",
    expect: /was not published|never published/,
  },
  {
    name: "refusals",
    rule: "a node that answers and only refuses is promised no later end",
    file: "lib/core/plan.ts",
    find: "return evasiveSince !== undefined && evasiveSince < reportedAt;",
    replace: "return evasiveSince !== undefined && reportedAt < 0;",
    args: [...only("node only refuses"), "--kind", "guarded"],
    expect: /0 schedulers in the calm/,
  },
  {
    name: "detachPromise",
    rule: "a detach promises for ever",
    file: "lib/core/plan.ts",
    find: 'return plan.others === "detach" ? { ...node, stopBy: "ever", proof: undefined } : node;',
    replace: "return node;",
    args: only("operator steers", "operator steers", "somebody starts it by hand", "node cut off"),
    expect: UNPROVEN,
    and: [
      {
        file: "lib/core/rules-wish.ts",
        find: "const LET_GO = { phase: LOOK_AGAIN, distrust: true } as const;",
        replace: "const LET_GO = { phase: LOOK_AGAIN } as const;",
      },
    ],
  },
];

const NODE: readonly Mutation[] = [
  {
    name: "token",
    rule: "a node refuses an older plan",
    file: "test/simulation/node.ts",
    find: "if (plan.token < node.seen) return",
    replace: "if (plan.token < 0) return",
    expect: TWO,
  },
  {
    name: "life",
    rule: "a grant is made out to a life",
    slow: true,
    file: "test/simulation/node.ts",
    find: 'if (plan.life !== node.life) return "life";',
    replace: "",
    args: [...only("node reboots", "operator asks for a move"), "--strength", "6"],
    expect: TWO,
  },
  {
    name: "untilPast",
    rule: "a plan whose end is past starts nothing",
    file: "test/simulation/node.ts",
    find: 'if (plan.until <= clock) return "until-past";',
    replace: "",
    and: [
      {
        file: "test/simulation/node.ts",
        find: "node.grantUntil <= clockOf(node, now)) return false;\n  node.made += 1;\n  node.scheduler = {\n    invocation: `${node.id}-${node.boot}-${node.made}`,\n    startedAt: now,\n    byToken: node.operation.token,",
        replace:
          "node.grantUntil === 0) return false;\n  node.made += 1;\n  node.scheduler = {\n    invocation: `${node.id}-${node.boot}-${node.made}`,\n    startedAt: now,\n    byToken: node.operation.token,",
      },
    ],
    args: [...only("node cut off"), "--kind", "guarded"],
    expect: TWO,
  },
  {
    name: "lastCheck",
    rule: "the starter looks again whether its operation is still the one",
    file: "test/simulation/node.ts",
    find: "if (!isCurrent(node, nonce)) return false;",
    replace: "if (nonce < 0) return false;",
    and: [
      {
        file: "test/simulation/node.ts",
        find: "node.scheduler || node.respawnAt !== undefined || node.grantUntil <= clockOf(node, now)",
        replace: "node.scheduler",
      },
      {
        file: "test/simulation/converge.ts",
        find: "    if (!isCurrent(node, nonce)) return;\n    if (faults",
        replace: "    if (faults",
      },
    ],
    expect: TWO,
  },
  {
    name: "recheck",
    rule: "between its look and its start no newer plan has come",
    slow: true,
    file: "test/simulation/node.ts",
    find: "if (node.seen !== plan.token) return false;",
    replace: "",
    // A stop drops the grant too: the rule is held twice.
    and: [
      {
        file: "test/simulation/node.ts",
        find: 'if (mode === "stop") {\n    node.grantUntil = 0;',
        replace: 'if (mode === "stop") {',
      },
      // A machine so slow that the two steps are far apart.
      {
        file: "test/simulation/converge.ts",
        find: "cluster.onNode(node, random.seconds(0.05, 0.3), () => {",
        replace: "cluster.onNode(node, random.seconds(0.05, 20), () => {",
      },
    ],
    args: [...only("operator asks for a move", "woken tick"), "--strength", "4"],
    expect: TWO,
  },
  {
    name: "guard",
    rule: "the guard stops the scheduler when its grant is over",
    file: "test/simulation/node.ts",
    find: 'if (node.guard !== "armed" || node.grantUntil > clockOf(node, now)) return false;',
    replace: "return false;",
    expect: TWO,
  },
  {
    name: "gate",
    rule: "the gate refuses a start without a grant",
    file: "test/simulation/node.ts",
    find: "if (node.gate && (node.guard",
    replace: "if (node.gate && node.made < 0 && (node.guard",
    expect: UNPROVEN,
  },
];

export const MUTATIONS: readonly Mutation[] = [...CONTROLLER, ...NODE];
