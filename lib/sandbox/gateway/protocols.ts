/** The AWS wire protocols, as far as the emulated services speak them. */
import { readQuery, renderXml, type XmlValue } from "./xml.ts";
import { isRecord } from "../values.ts";
import type { Protocol, RawReply, RawRequest } from "./service.ts";
import { AwsError } from "./aws-error.ts";

export function readJson(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new AwsError("SerializationException", `The body is not JSON: ${String(cause)}`);
  }
  if (!isRecord(parsed)) throw new AwsError("SerializationException", "The body is not a JSON object.");
  return parsed;
}

/** AWS JSON 1.0 and 1.1: the operation in `x-amz-target`, the error's code in `__type`. */
export function awsJson(version: "1.0" | "1.1"): Protocol {
  const type = `application/x-amz-json-${version}`;
  const send = (status: number, body: unknown, requestId: string): RawReply => ({
    status,
    headers: { "content-type": type, "x-amzn-requestid": requestId },
    body: JSON.stringify(body),
  });
  return {
    parse: (request) => ({
      operation: request.headers["x-amz-target"]?.split(".").at(-1) ?? "(no x-amz-target)",
      params: readJson(request.body),
    }),
    reply: (_operation, output, requestId) => send(200, output ?? {}, requestId),
    error: ({ code, message, status, members }, requestId) =>
      send(status, { __type: code, message, ...members }, requestId),
  };
}

/** The query protocol (SES, STS, CloudFormation): form parameters in, XML out. */
export function awsQuery(namespace: string): Protocol {
  return {
    parse: parseForm,
    reply: (operation, output, requestId) =>
      xmlReply(
        200,
        `<${operation}Response xmlns="${namespace}"><${operation}Result>${renderXml(output as XmlValue, "member")}` +
          `</${operation}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>` +
          `</${operation}Response>`,
        requestId,
      ),
    error: ({ code, message, status }, requestId) =>
      xmlReply(
        status,
        `<ErrorResponse xmlns="${namespace}"><Error><Type>${status < 500 ? "Sender" : "Receiver"}</Type>` +
          `${renderXml({ Code: code, Message: message }, "member")}</Error>` +
          `<RequestId>${requestId}</RequestId></ErrorResponse>`,
        requestId,
      ),
  };
}

/** EC2's own dialect of the query protocol. */
export function ec2Query(namespace: string): Protocol {
  return {
    parse: parseForm,
    reply: (operation, output, requestId) =>
      xmlReply(
        200,
        `<${operation}Response xmlns="${namespace}"><requestId>${requestId}</requestId>` +
          `${renderXml(output as XmlValue, "item")}</${operation}Response>`,
        requestId,
      ),
    error: ({ code, message, status }, requestId) =>
      xmlReply(
        status,
        `<Response><Errors><Error>${renderXml({ Code: code, Message: message }, "item")}</Error></Errors>` +
          `<RequestID>${requestId}</RequestID></Response>`,
        requestId,
      ),
  };
}

/** S3's protocol, only so that it can be refused in words that its clients read. */
export function restXml(): Protocol {
  return {
    parse: (request) => ({ operation: `${request.method} ${request.path}`, params: {} }),
    reply: (_operation, output, requestId) => xmlReply(200, renderXml(output as XmlValue, "item"), requestId),
    error: ({ code, message, status }, requestId) =>
      xmlReply(
        status,
        `<Error>${renderXml({ Code: code, Message: message, RequestId: requestId }, "item")}</Error>`,
        requestId,
      ),
  };
}

function parseForm(request: RawRequest): { operation: string; params: Record<string, unknown> } {
  const form = new URLSearchParams(request.body.length > 0 ? request.body.toString("utf8") : request.query);
  return { operation: form.get("Action") ?? "(no Action)", params: readQuery(form) };
}

function xmlReply(status: number, body: string, requestId: string): RawReply {
  return {
    status,
    headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}
