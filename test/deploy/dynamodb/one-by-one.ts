/** Hands calls on one by one: in front of a server that does not keep its own calls apart. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { DynamoServer } from "./servers.ts";

/** `stop` ends the server behind it, too. */
export async function oneByOne(behind: DynamoServer): Promise<DynamoServer> {
  let last: Promise<unknown> = Promise.resolve();
  const server = createServer((incoming, outgoing) => {
    const answered = last.then(async () => {
      const headers = new Headers(
        Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      );
      for (const name of ["host", "connection", "content-length"]) headers.delete(name);
      const body = new Uint8Array(await buffer(incoming));
      const reply = await fetch(behind.url, { method: "POST", headers, body });
      outgoing.writeHead(reply.status, { "content-type": "application/x-amz-json-1.0" });
      outgoing.end(await reply.text());
    });
    last = answered.catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
    behind.stop();
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}
