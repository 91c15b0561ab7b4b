/** The machine that has what the daemons of all clusters share, apart from their nodes: a broker and a database. */
import { execFile, spawn } from "node:child_process";
import { chmodSync, closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Cgroup } from "../real-nodes/cgroup.ts";
import { freshFolder, mount, type RunFolder } from "../real-nodes/host.ts";
import { ENTER } from "../real-nodes/real-node.ts";
import type { Layers } from "./layers.ts";

/** Where every node sees the sockets of broker and database. */
export const SERVICES = "/srv/services";
const START_SECONDS = 20;
const FILES = new URL("node/", import.meta.url);

export class Services {
  /** The folder of sockets and of what is observed, on this machine. */
  readonly folder: string;
  readonly #machine: string;
  readonly #run: RunFolder;
  readonly #beats: readonly string[];
  #pid = 0;

  /** `beats`: the clusters that celery beat sends for. */
  constructor(run: RunFolder, beats: readonly string[]) {
    this.#run = run;
    this.#beats = beats;
    this.#machine = `${run.prefix}services`;
    this.folder = freshFolder(join(run.path, "services"));
    chmodSync(this.folder, 0o1777);
  }

  /** Which of the broker's databases is the cluster's. */
  brokerDatabase(cluster: string): number {
    return this.#beats.indexOf(cluster);
  }

  /** They end with the folder of the run: they live in a group of its name. */
  async start(layers: Layers): Promise<void> {
    const root = this.#disk(layers);
    const groups = new Cgroup(this.#machine).make();
    const log = openSync(this.#log(), "a");
    const machine = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network"];
    const files = ["--resolv-conf=off", "--timezone=off", "-D", root, "-M", this.#machine];
    const program = ["--as-pid2", `--bind=${this.folder}:${SERVICES}`, "/usr/local/bin/services"];
    const child = spawn(
      "/bin/sh",
      ["-c", ENTER, "sh", ...groups, "--", ...machine, ...files, ...program, ...this.#beats],
      {
        env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" },
        stdio: ["ignore", log, log],
        detached: true,
      },
    );
    closeSync(log);
    child.unref();
    this.#pid = child.pid ?? 0;
    await this.#ready();
    await this.query("postgres", "create role airflow login");
  }

  /** A database of the cluster's own, with the tables that the daemon's layer brings, if it brings any. */
  async createDatabase(cluster: string, daemon: string): Promise<void> {
    await this.query("postgres", `create database "${cluster}" owner airflow`);
    const tables = `/opt/${daemon}/tables.sql`;
    const psql = [
      "psql",
      "-h",
      SERVICES,
      "-U",
      "airflow",
      "-d",
      cluster,
      "-q",
      "-X",
      "-v",
      "ON_ERROR_STOP=1",
    ];
    await this.#inside([...psql, "-o", "/dev/null", "-f", tables]);
  }

  /** What the database answers to a statement: rows of fields. */
  async query(database: string, statement: string): Promise<readonly (readonly string[])[]> {
    const psql = ["psql", "-h", SERVICES, "-U", "postgres", "-d", database, "-AtX", "-F", "\t"];
    const output = await this.#inside([...psql, "-v", "ON_ERROR_STOP=1", "-c", statement]);
    return output
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split("\t"));
  }

  #log(): string {
    return join(this.#run.path, "services.log");
  }

  #disk(layers: Layers): string {
    const disk = join(this.#run.path, "disk-services");
    const [upper, work] = [freshFolder(join(disk, "upper")), freshFolder(join(disk, "work"))];
    const root = freshFolder(join(disk, "root"));
    const lower = [...layers.values()].toReversed().join(":");
    mount(
      "-t",
      "overlay",
      "-o",
      `lowerdir=${lower},upperdir=${upper},workdir=${work}`,
      "scheduler-failover",
      root,
    );
    mkdirSync(join(root, "usr/local/bin"), { recursive: true });
    for (const name of ["services", "observe"]) {
      copyFileSync(new URL(name, FILES), join(root, "usr/local/bin", name));
      chmodSync(join(root, "usr/local/bin", name), 0o755);
    }
    return root;
  }

  async #ready(): Promise<void> {
    const end = Date.now() + START_SECONDS * 1000;
    while (!(await this.#answer())) {
      if (Date.now() > end) {
        throw new Error(
          `broker and database do not start:\n${readFileSync(this.#log(), "utf8").slice(-4_000)}`,
        );
      }
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
    }
  }

  /** A socket is there before who listens at it answers. */
  async #answer(): Promise<boolean> {
    if (!["redis.sock", ".s.PGSQL.5432"].every((name) => existsSync(join(this.folder, name)))) return false;
    return await this.query("postgres", "select 1").then(
      () => true,
      () => false,
    );
  }

  async #inside(command: readonly string[]): Promise<string> {
    const children = readFileSync(`/proc/${this.#pid}/task/${this.#pid}/children`, "utf8");
    const leader = children.split(" ")[0] ?? "";
    return await new Promise((resolve, reject) => {
      execFile(
        "nsenter",
        ["-t", leader, "-a", "--", ...command],
        { timeout: 30_000 },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(`${command.join(" ")} failed: ${stderr}`, { cause: error }));
        },
      );
    });
  }
}
