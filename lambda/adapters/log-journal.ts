/** The journal: one line of JSON on standard output for each thing told, with the request that told it. */
import { Logger } from "@aws-lambda-powertools/logger";
import type { Journal } from "../../lib/core/ports.ts";
import type { Settings } from "../../lib/core/settings.ts";
import { masked } from "./masking.ts";

export class LogJournal implements Journal {
  readonly #logger: Logger;

  constructor(level: Settings["logLevel"]) {
    const logLevel = LEVELS[level];
    const jsonReplacerFn = (_key: string, value: unknown) =>
      typeof value === "string" ? masked(value) : value;
    this.#logger = new Logger({ logLevel, jsonReplacerFn });
  }

  /** The request whose work the following lines are. */
  beginRequest(requestId: string): void {
    this.#logger.resetKeys();
    this.#logger.appendKeys({ requestId });
  }

  write(level: Settings["logLevel"], message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#logger[level](message, { ...fields });
  }
}

const LEVELS = { debug: "DEBUG", info: "INFO", warn: "WARN", error: "ERROR" } as const;
