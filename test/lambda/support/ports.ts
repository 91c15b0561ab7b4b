/** The small ports as a test sees them: what was told is kept, time stands still unless it is moved. */
import type { Clock, Journal, Mail } from "../../../lib/core/ports.ts";
import { AT } from "./records.ts";

export interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export class KeptJournal implements Journal {
  readonly lines: Line[] = [];

  write(level: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    this.lines.push({ level, message, fields });
  }
}

export class ManualClock implements Clock {
  at = AT;
  readonly slept: number[] = [];

  now(): number {
    return this.at;
  }

  sleep(milliseconds: number): Promise<void> {
    this.slept.push(milliseconds);
    this.at += milliseconds;
    return Promise.resolve();
  }
}

export class KeptMails {
  readonly mails: Mail[] = [];
  /** What the next mails meet, if not success. */
  failure: Error | undefined;

  send(mail: Mail): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    this.mails.push(mail);
    return Promise.resolve();
  }
}
