/** The program's surroundings under a script: what it prints is kept, what is typed and what happens is the test's. */
import type { Reply } from "../../../lambda/actions/reply.ts";
import type {
  ActionRequest,
  Connection,
  ConnectOptions,
  LogLine,
  Services,
} from "../../../lib/cli/connection.ts";
import { CommandError, type ExitCode, type Io } from "../../../lib/cli/io.ts";
import { run } from "../../../lib/cli/program.ts";
import { BEGIN, NODES } from "./world.ts";

export interface Script {
  /** Answers an action; the default refuses to be asked. */
  readonly invoke?: (request: ActionRequest, alias: string) => Promise<Reply> | Reply;
  readonly services?: Partial<Services>;
  readonly now?: () => number;
  /** What passes while the program sleeps. */
  readonly pass?: (milliseconds: number) => Promise<void>;
  /** Ctrl-C is pressed after so many sleeps. */
  readonly sleeps?: number;
  readonly typed?: string;
  readonly terminal?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly instanceId?: string;
  readonly connect?: (options: ConnectOptions) => Promise<Connection>;
}

export class ScriptedIo implements Io {
  readonly printed: { readonly stream: "out" | "err"; readonly text: string }[] = [];
  readonly asked: string[] = [];
  readonly requests: { readonly request: ActionRequest; readonly alias: string }[] = [];
  readonly connected: ConnectOptions[] = [];
  readonly columns = 80;
  readonly user = "ana";
  readonly hostName = "laptop";
  private readonly script: Script;
  private slept = 0;
  private time = BEGIN;
  private keys = 0;

  constructor(script: Script = {}) {
    this.script = script;
  }

  get output(): string {
    return this.printed
      .filter(({ stream }) => stream === "out")
      .map(({ text }) => text)
      .join("");
  }

  get errors(): string {
    return this.printed
      .filter(({ stream }) => stream === "err")
      .map(({ text }) => text)
      .join("");
  }

  /** Both streams, as a terminal shows them. */
  get screen(): string {
    return this.printed.map(({ text }) => text).join("");
  }

  out(text: string): void {
    this.printed.push({ stream: "out", text: `${text}\n` });
  }

  err(text: string): void {
    this.printed.push({ stream: "err", text: `${text}\n` });
  }

  draw(text: string): void {
    this.printed.push({ stream: "out", text });
  }

  get outputIsTerminal(): boolean {
    return this.script.terminal ?? false;
  }

  get inputIsTerminal(): boolean {
    return this.script.typed !== undefined;
  }

  ask(question: string): Promise<string> {
    this.asked.push(question);
    this.err(`${question}${this.script.typed ?? ""}`);
    return Promise.resolve(this.script.typed ?? "");
  }

  get environment(): Readonly<Record<string, string>> {
    return this.script.environment ?? {};
  }

  get directory(): string {
    return this.script.directory ?? "/nowhere";
  }

  now(): number {
    return this.script.now?.() ?? this.time;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.slept += 1;
    this.time += milliseconds;
    await this.script.pass?.(milliseconds);
  }

  interrupted(): boolean {
    return this.slept >= (this.script.sleeps ?? 1_000);
  }

  newKey(): string {
    this.keys += 1;
    return `3f0c9a52-7d1e-4b6a-9c58-${String(this.keys).padStart(12, "0")}`;
  }

  connect(options: ConnectOptions): Promise<Connection> {
    this.connected.push(options);
    return this.script.connect?.(options) ?? Promise.resolve(this.connection());
  }

  private connection(): Connection {
    return {
      place: {
        sandbox: false,
        account: "123456789012",
        region: "eu-west-1",
        stack: "SchedulerFailover",
        functionName: "SchedulerFailover-Controller",
        endpoint: undefined,
      },
      services: { ...SERVICES, ...this.script.services },
      invoke: async (request, alias) => {
        this.requests.push({ request, alias });
        if (!this.script.invoke) throw new CommandError(`nobody is asked for ${request.action} in this test`);
        return await this.script.invoke(request, alias);
      },
    };
  }

  instanceId(): Promise<string | undefined> {
    return Promise.resolve(this.script.instanceId);
  }
}

const PROFILE = "arn:aws:iam::123456789012:instance-profile/Airflow";

const SERVICES: Services = {
  caller: () => Promise.resolve("arn:aws:sts::123456789012:assumed-role/Operator/ana"),
  logLines: () => Promise.resolve<readonly LogLine[]>([]),
  mailQuota: () => Promise.resolve({ perDay: 50_000, sentLastDay: 12 }),
  mailIdentities: (names) => Promise.resolve(new Map(names.map((name) => [name, "Success"]))),
  agents: (ids) =>
    Promise.resolve(new Map(ids.map((id) => [id, { version: "3.3.3572.0", latest: true, ping: "Online" }]))),
  instances: (wanted) =>
    Promise.resolve(
      ("ids" in wanted ? wanted.ids : NODES).map((id) => ({ id, state: "running", profile: PROFILE })),
    ),
  mayOperate: () => Promise.resolve(true),
  stack: () => Promise.resolve({ drift: "IN_SYNC", topicArn: "arn:aws:sns:eu-west-1:123456789012:alarms" }),
  subscriptions: () => Promise.resolve([{ endpoint: "ops@airline.dev", confirmed: true }]),
};

/** Runs one command line, words in double quotes as one. */
export async function type(line: string, script: Script = {}): Promise<{ code: ExitCode; io: ScriptedIo }> {
  const io = new ScriptedIo(script);
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  const code = await run(words, io);
  return { code, io };
}
