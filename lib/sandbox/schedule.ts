/** EventBridge Scheduler: fires at once, so that a sandbox need not wait for the minute, then at its rate. */
import type { ScheduleModel } from "./template/deployment.ts";

const UNITS: Readonly<Record<string, number>> = {
  minute: 60_000,
  minutes: 60_000,
  hour: 3_600_000,
  hours: 3_600_000,
};

/** Milliseconds between two firings; refuses what is no rate by name. */
export function rateOf(expression: string): number {
  const [, count = "", unit = ""] = /^rate\((\d+) (\w+)\)$/u.exec(expression) ?? [];
  const milliseconds = UNITS[unit];
  if (milliseconds === undefined) {
    throw new Error(
      `the sandbox does not implement the schedule expression "${expression}": rate(N minutes) only`,
    );
  }
  return Number(count) * milliseconds;
}

/** Fires a schedule until it is closed. */
export class Metronome {
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(schedule: ScheduleModel, fire: (targetArn: string, input: unknown) => void) {
    const interval = rateOf(schedule.expression);
    if (!schedule.enabled) return;
    const input: unknown = JSON.parse(
      schedule.input.replaceAll("<aws.scheduler.scheduled-time>", new Date().toISOString()),
    );
    const once = (): void => fire(schedule.targetArn, input);
    this.#timer = setInterval(once, interval);
    once();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
