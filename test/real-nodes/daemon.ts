/** The daemon of a cluster: what its nodes have of it, how the watcher knows it, and what the settings say of it. */
import type { ProcessInfo } from "../../lib/sandbox/nodes/processes.ts";
import type { Figures } from "./case.ts";
import type { RealNode } from "./real-node.ts";

export interface Testimony {
  readonly figures: Figures;
  /** What must not be, where no second one is allowed. */
  readonly fault?: string;
}

export interface Daemon {
  /** Its unit on the nodes. */
  readonly unit: string;
  /** Folders of this machine that lie over the image, the uppermost first. @default none */
  readonly layers?: readonly string[];
  /** What the nodes share with this machine, by its path here and there. */
  readonly binds: readonly { readonly here: string; readonly there: string }[];
  /** Puts its files on the disk of a node that is off. */
  readonly install: (node: RealNode) => void;
  /** Whether this is the daemon itself; a child that has its command line is told apart from it. */
  readonly isMain: (process: ProcessInfo) => boolean;
  /** What else of it lives on the node: a child left behind is a daemon left behind. */
  readonly helpers: (node: RealNode, processes: readonly ProcessInfo[]) => readonly ProcessInfo[];
  /** `scheduler` and, where it has one, `health` of the cluster's settings. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Hand-outs that happened twice, by the daemon's own traces: the watcher's second witness. */
  readonly doubleHandOuts: () => number;
  /** When it last left a trace of its work, Unix milliseconds. */
  readonly lastSign?: () => number;
  /** What else its traces tell of the time since an instant, Unix milliseconds. */
  readonly witness?: (since: number) => Promise<Testimony>;
}
