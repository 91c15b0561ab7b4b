/** The id of the EC2 instance that this runs on, by the instance metadata service in its second version. */

type Variables = Readonly<Record<string, string | undefined>>;

const SERVICE = "http://169.254.169.254";
/** The service is on the instance itself: where nobody answers within so long there is no instance. */
const TIMEOUT_MILLISECONDS = 1_000;
const TOKEN_SECONDS = 60;

/** The variables are the ones that the SDKs read. Undefined: this is no instance, or it may not tell. */
export async function instanceId(variables: Variables): Promise<string | undefined> {
  if (variables["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true") return undefined;
  const service = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? SERVICE;
  const token = await ask(service, "/latest/api/token", "PUT", {
    "x-aws-ec2-metadata-token-ttl-seconds": String(TOKEN_SECONDS),
  });
  if (token === undefined) return undefined;
  const id = await ask(service, "/latest/meta-data/instance-id", "GET", {
    "x-aws-ec2-metadata-token": token,
  });
  return id !== undefined && /^i-[0-9a-f]+$/.test(id) ? id : undefined;
}

async function ask(
  service: string,
  path: string,
  method: string,
  headers: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
    const response = await fetch(new URL(path, service), { method, headers, signal });
    return response.ok ? (await response.text()).trim() : undefined;
  } catch {
    return undefined;
  }
}
