/** AWS services of a test's own making behind the sandbox's gateway: real SDK calls, scripted answers. */
import type { CallRecord } from "../../../lib/sandbox/gateway/call-log.ts";
import { Gateway, type Interception } from "../../../lib/sandbox/gateway/gateway.ts";
import type { Service } from "../../../lib/sandbox/gateway/service.ts";

export interface FakeAws {
  /** For a client: endpoint, region and keys. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** The calls that came, oldest first. */
  readonly calls: readonly CallRecord[];
  close(): Promise<void>;
}

export async function startAws(service: Service, interception: Interception = {}): Promise<FakeAws> {
  const calls: CallRecord[] = [];
  const gateway = new Gateway({ record: (call) => calls.push(call) });
  gateway.add(service);
  gateway.intercept(interception, (key) => key);
  await gateway.listen(0);
  return {
    client: {
      endpoint: gateway.endpoint,
      region: "eu-west-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    },
    calls,
    close: () => gateway.close(),
  };
}
