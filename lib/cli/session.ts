/** One command's dealings with the deployment: where it is, what is asked of it, how its answers are shown. */
import type { Answer, Reply } from "../../lambda/actions/reply.ts";
import { placeLine, type ActionRequest, type Connection, type ConnectOptions } from "./connection.ts";
import { CommandError, type ExitCode, type Io } from "./io.ts";
import { json, painter, renderRefusal } from "./render.ts";
import { readEntries, readStatus, type EntryView, type Status } from "./replies.ts";

export interface CommonOptions extends ConnectOptions {
  readonly cluster?: string;
  readonly json?: boolean;
}

export class Session {
  readonly io: Io;
  readonly connection: Connection;
  readonly options: CommonOptions;
  readonly paint: ReturnType<typeof painter>;

  private constructor(io: Io, connection: Connection, options: CommonOptions) {
    this.io = io;
    this.connection = connection;
    this.options = options;
    this.paint = painter(io);
  }

  /** Connects, and says with whom: a command on the wrong account must be seen before it is confirmed. */
  static async open(io: Io, options: CommonOptions): Promise<Session> {
    const connection = await io.connect(options);
    io.err(placeLine(connection.place));
    return new Session(io, connection, options);
  }

  look(action: string, more: Readonly<Record<string, unknown>> = {}): Promise<Reply> {
    return this.connection.invoke(this.request(action, more), "read");
  }

  operate(action: string, more: Readonly<Record<string, unknown>> = {}): Promise<Reply> {
    return this.connection.invoke(this.request(action, more), "operate");
  }

  private request(action: string, more: Readonly<Record<string, unknown>>): ActionRequest {
    return { action, cluster: this.options.cluster, ...more };
  }

  /** The status, for a command that cannot go on without it. */
  async status(): Promise<Status> {
    return readStatus(this.expect(await this.look("status")));
  }

  async entries(limit: number): Promise<readonly EntryView[]> {
    return readEntries(this.expect(await this.look("history", { limit })));
  }

  /** @throws CommandError with the Lambda's own words where it refuses */
  expect(reply: Reply, exitCode: ExitCode = 2): Answer {
    if (reply.ok) return reply;
    throw new CommandError(renderRefusal(reply), exitCode);
  }

  /** Prints the reply as JSON where that is wanted; a refusal is printed in any case. Undefined: it is still to be shown. */
  shown(reply: Reply, refused: ExitCode): ExitCode | undefined {
    if (this.options.json === true) {
      this.io.out(json(reply));
      return reply.ok ? undefined : refused;
    }
    if (reply.ok) return undefined;
    this.io.err(renderRefusal(reply));
    return refused;
  }

  /** Nothing more is to be printed where JSON was. */
  out(text: string): void {
    if (this.options.json !== true) this.io.out(text);
  }
}
