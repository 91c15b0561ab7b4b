/** What the controller says of its clusters: asked of the function itself, through the alias of those who may look. */
import { isRecord, listOf, recordOf, textOf } from "../values.ts";
import type { InvokeReply } from "../sandbox.ts";

export interface ClusterStatus {
  readonly cluster: string;
  /** When it was answered, Unix milliseconds. */
  readonly at: number;
  readonly code: string;
  readonly sentence: string;
  /** The answer's `data`, as it is; empty where there is no record yet. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Why the newest asking was not answered; the rest is then the answer before. */
  readonly fault?: string;
}

export type Ask = (action: Readonly<Record<string, unknown>>) => Promise<InvokeReply>;

export class Statuses {
  version = "";
  readonly #ask: Ask;
  readonly #clusters = new Map<string, ClusterStatus>();
  #names: readonly string[] = [];
  #asking: Promise<void> | undefined;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  get clusters(): readonly ClusterStatus[] {
    return [...this.#clusters.values()];
  }

  /** Asks anew; a second call joins the first. */
  async refresh(): Promise<void> {
    this.#asking ??= this.#askAll().finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #askAll(): Promise<void> {
    if (this.#names.length === 0) await this.#askVersion();
    await Promise.all(this.#names.map((cluster) => this.#askStatus(cluster)));
  }

  async #askVersion(): Promise<void> {
    const { payload } = await this.#ask({ action: "version" });
    const data = recordOf(recordOf(payload)["data"]);
    this.version = textOf(data["version"]);
    this.#names = listOf(data["clusters"]).map((name) => textOf(name));
  }

  async #askStatus(cluster: string): Promise<void> {
    const { payload } = await this.#ask({ action: "status", cluster });
    const reply = recordOf(payload);
    const before = this.#clusters.get(cluster);
    if (reply["ok"] === true) {
      const data = recordOf(reply["data"]);
      const [code, sentence] = [textOf(reply["code"]), textOf(reply["sentence"])];
      this.#clusters.set(cluster, { cluster, at: Date.now(), code, sentence, data });
      return;
    }
    const error = isRecord(reply["error"]) ? reply["error"] : { sentence: reply["errorMessage"] };
    const fault = textOf(error["sentence"], "the function failed");
    this.#clusters.set(cluster, {
      ...(before ?? { cluster, at: Date.now(), code: "", sentence: "", data: {} }),
      fault,
    });
  }
}
