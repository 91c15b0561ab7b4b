/** `watch`: a live view, drawn again in place on a terminal; the changes as lines where it is piped. */
import { followEvents, newsLines, type News } from "../follow.ts";
import { entryLine, painter, renderStatus, WIDTH } from "../render.ts";
import type { EntryView } from "../replies.ts";
import { define, runs, withCluster, type Tool } from "../tool.ts";
import type { CommonOptions } from "../session.ts";

/** What is shown below the status. */
const SHOWN_ENTRIES = 8;

export function addWatch(tool: Tool): void {
  const command = define(tool, {
    name: "watch",
    group: "look",
    summary: "See the status and what happens, live, until Ctrl-C",
    description:
      "Drawn again in place on a terminal of 80 columns; piped, each change is a line, without colours. It looks every 2 seconds, through the same `status` and `history`.",
    exits: ["ended by Ctrl-C", "refused"],
  });
  runs<CommonOptions>(tool, withCluster(command), async (session) => {
    const { io } = session;
    const screen = new Screen(io);
    await followEvents(session, (news) => {
      if (io.outputIsTerminal) screen.show(news);
      else newsLines(news).forEach((line) => io.out(line));
    });
    return 0;
  });
}

/** Draws over what it has drawn. */
class Screen {
  private readonly io: Tool["io"];
  private readonly paint: ReturnType<typeof painter>;
  private happened: readonly EntryView[] = [];
  private lines = 0;

  constructor(io: Tool["io"]) {
    this.io = io;
    this.paint = painter(io);
  }

  show({ status, entries }: News): void {
    this.happened = [...this.happened, ...entries].slice(-SHOWN_ENTRIES);
    const text = [
      renderStatus(status, this.io.now(), this.paint),
      ...(this.happened.length === 0 ? [] : ["", ...this.happened.map(entryLine)]),
      "",
      this.paint("dim", "Ctrl-C ends the view, and nothing else"),
    ].join("\n");
    const back = this.lines === 0 ? "" : `\u001B[${this.lines}A\r\u001B[J`;
    this.io.draw(`${back}${text}\n`);
    this.lines = text.split("\n").reduce((sum, line) => sum + rows(line, this.io.columns || WIDTH), 0);
  }
}

/** How many rows of the terminal a line takes; colours take none. */
function rows(line: string, columns: number): number {
  // oxlint-disable-next-line no-control-regex -- the escape character is what begins a colour
  const length = line.replaceAll(/\u001B\[\d+m/g, "").length;
  return Math.max(1, Math.ceil(length / columns));
}
