/** What the console's buttons send: the sandbox's faults, and Lambda's own Invoke through the gateway. */
import { say, show } from "./dom.mjs";

/** Answers `{ok, sentence, reply}`; never throws. */
export async function setFault(name, request) {
  return await answered(async () => {
    const response = await fetch(`/_sandbox/faults/${name}`, {
      method: "POST",
      body: JSON.stringify(request),
    });
    return await response.json();
  });
}

export async function readCatalogue() {
  return await (await fetch("/_sandbox/faults")).json();
}

/**
 * Lambda's REST interface, as every AWS client uses it. The gateway tells services apart by the signature's scope and
 * does not verify signatures, so that none has to be computed here.
 */
export async function invoke({ outputs, region, accessKey }, alias, payload) {
  const scope = `${accessKey}/${new Date().toISOString().slice(0, 10).replaceAll("-", "")}/${region}/lambda/aws4_request`;
  return await answered(async () => {
    const response = await fetch(
      `/2015-03-31/functions/${outputs.FunctionName}/invocations?Qualifier=${alias}`,
      {
        method: "POST",
        headers: {
          authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=not-verified-here`,
        },
        body: JSON.stringify(payload),
      },
    );
    return await response.json();
  });
}

async function answered(ask) {
  try {
    const reply = await ask();
    const error = reply.error ?? {};
    const valid =
      Array.isArray(error.valid) && error.valid.length > 0 ? ` Valid: ${error.valid.join(", ")}.` : "";
    const sentence =
      reply.sentence ?? (error.sentence ?? reply.errorMessage ?? reply.message ?? "no answer") + valid;
    return { ok: reply.ok === true, sentence, reply };
  } catch (error) {
    return { ok: false, sentence: `The sandbox does not answer: ${error.message}`, reply: {} };
  }
}

/** Shows what was answered. */
export function tell(output, { ok, sentence }) {
  output.dataset.ok = String(ok);
  say(output, sentence);
  show(output, true);
}
