"""Judges recorded exchanges by AWS's own service models, as botocore ships them.

    judge.py EXCHANGES      one JSON object a line: caller, service, operation, request, reply (bodies in base64)

Prints one JSON object: how many requests, replies and errors were judged, by operation, and every violation found.
Requests are read back from the wire by the model: a member that the model does not know, lacks, or forbids by its type,
enum, pattern or range is a violation. Replies are read by botocore's own parsers, and judged in the same way.
"""

import base64
import datetime
import json
import re
import sys
import urllib.parse
import xml.etree.ElementTree

import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.validate

LOADER = botocore.loaders.Loader()

# The name in a signature's credential scope and the model's folder, where they differ.
FOLDERS = {"states": "stepfunctions"}

# Errors that every operation of a service can answer and that no model lists ("Common Errors" in the API references).
COMMON_ERRORS = {
    "AccessDeniedException",
    "IncompleteSignature",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "MissingParameter",
    "ServiceUnavailable",
    "ThrottlingException",
    "ValidationException",
}
# EC2's model lists no errors at all; these are of its API reference.
EC2_ERRORS = {"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed", "DryRunOperation", "UnauthorizedOperation"}


class Judge:
    def __init__(self):
        self.models = {}
        self.violations = []
        self.counts = {"requests": 0, "replies": 0, "errors": 0}
        self.operations = {}
        self.outside = {}

    def model(self, service):
        if service not in self.models:
            raw = LOADER.load_service_model(FOLDERS.get(service, service), "service-2")
            self.models[service] = botocore.model.ServiceModel(raw, service)
        return self.models[service]

    def judge(self, exchange):
        name = f"{exchange['service']}:{exchange['operation']}"
        # What the sandbox refuses by name is no answer of AWS, and says so.
        if "NotImplementedInSandbox" in text_of(exchange["reply"]):
            self.outside[name] = self.outside.get(name, 0) + 1
            return
        operation = self.model(exchange["service"]).operation_model(exchange["operation"])
        self.operations[name] = self.operations.get(name, 0) + 1
        self.counts["requests"] += 1
        self.tell(name, "request", judge_request(operation, exchange["request"]))
        if exchange["reply"]["status"] >= 300:
            self.counts["errors"] += 1
            self.tell(name, "error", judge_error(operation, exchange["reply"]))
        else:
            self.counts["replies"] += 1
            self.tell(name, "reply", judge_reply(operation, exchange["reply"]))

    def tell(self, name, part, faults):
        for fault in faults:
            entry = {"operation": name, "part": part, "fault": fault}
            if entry not in self.violations:
                self.violations.append(entry)


def text_of(message):
    return base64.b64decode(message["body"]).decode("utf8", "replace")


# --- Requests ---------------------------------------------------------------------------------------------------------


def judge_request(operation, request):
    protocol = operation.service_model.resolved_protocol
    shape = operation.input_shape
    if protocol == "json":
        params = json.loads(text_of(request) or "{}")
        target = f"{operation.metadata.get('targetPrefix')}.{operation.name}"
        wrong = [] if request["headers"].get("x-amz-target") == target else [f"x-amz-target is not {target}"]
        return wrong + faults_of(params, shape)
    if protocol in ("query", "ec2"):
        form = urllib.parse.parse_qs(text_of(request), keep_blank_values=True, strict_parsing=True)
        fields = {key: values[0] for key, values in form.items()}
        expected = {"Action": operation.name, "Version": operation.metadata["apiVersion"]}
        wrong = [f"{key} is not {value}" for key, value in expected.items() if fields.pop(key, None) != value]
        params = read_structure(shape, "", fields, protocol)
        return wrong + [f"{key} is no parameter" for key in fields] + faults_of(params, shape)
    if protocol == "rest-json":
        params, wrong = read_rest(operation, request)
        return wrong + faults_of(params, shape)
    raise ValueError(f"no reader for the protocol {protocol}")


def read_structure(shape, prefix, fields, protocol):
    params = {}
    for name, member in shape.members.items():
        key = prefix + query_name(name, member, protocol)
        value = read_value(member, key, fields, protocol)
        if value is not None:
            params[name] = value
    return params


def query_name(name, member, protocol):
    if protocol == "query":
        return member.serialization.get("name", name)
    # EC2: its own name, else the location's with a capital first.
    location = member.serialization.get("name", name)
    return member.serialization.get("queryName") or location[:1].upper() + location[1:]


def read_value(shape, key, fields, protocol):
    if shape.type_name == "structure":
        return read_structure(shape, key + ".", fields, protocol) or None
    if shape.type_name == "list":
        flat = protocol == "ec2" or shape.serialization.get("flattened")
        stem = f"{key}." if flat else f"{key}.{shape.member.serialization.get('name', 'member')}."
        found = []
        while (value := read_value(shape.member, f"{stem}{len(found) + 1}", fields, protocol)) is not None:
            found.append(value)
        return found or None
    if key not in fields:
        return None
    return read_scalar(shape, fields.pop(key))


def read_scalar(shape, text):
    if shape.type_name in ("integer", "long"):
        return int(text) if re.fullmatch(r"-?\d+", text) else text
    if shape.type_name == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text


def read_rest(operation, request):
    """Path, query, headers and body of a REST request, by the model's bindings."""
    template = operation.http["requestUri"].split("?")[0]
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
    matched = re.fullmatch(pattern, request["path"])
    if not matched:
        return {}, [f"{request['path']} is not {template}"]
    query = dict(urllib.parse.parse_qsl(request["query"], keep_blank_values=True))
    params = {}
    for name, member in operation.input_shape.members.items():
        place, key = member.serialization.get("location"), member.serialization.get("name", name)
        if place == "uri":
            params[name] = urllib.parse.unquote(matched[key])
        elif place == "querystring" and key in query:
            params[name] = read_scalar(member, query.pop(key))
        elif place == "header" and key.lower() in request["headers"]:
            params[name] = read_scalar(member, request["headers"][key.lower()])
    payload = operation.input_shape.serialization.get("payload")
    body = text_of(request)
    if payload and body:
        params[payload] = body
    elif body and not payload:
        params.update(json.loads(body))
    return params, [f"{key} is no parameter" for key in query]


# --- Replies ----------------------------------------------------------------------------------------------------------


def response_of(reply):
    return {"status_code": reply["status"], "headers": reply["headers"], "body": base64.b64decode(reply["body"])}


def judge_reply(operation, reply):
    protocol = operation.service_model.resolved_protocol
    shape = operation.output_shape
    expected = operation.http.get("responseCode", 200)
    # Lambda's Invoke has one status for each kind of invocation, outside of the model.
    wrong = [] if reply["status"] in (expected, 202, 204) else [f"status {reply['status']}, not {expected}"]
    if shape is None:
        return wrong
    parser = botocore.parsers.create_parser(protocol)
    params = parser.parse(response_of(reply), shape)
    params.pop("ResponseMetadata", None)
    if payload := shape.serialization.get("payload"):
        # A stream is handed on unread.
        params[payload] = params[payload].read() if hasattr(params.get(payload), "read") else params.get(payload)
    return wrong + strangers(operation, reply) + faults_of(params, shape)


def strangers(operation, reply):
    """What the reply holds and the model does not know: parsers pass over it in silence."""
    protocol, shape = operation.service_model.resolved_protocol, operation.output_shape
    if protocol == "json" or (protocol == "rest-json" and not shape.serialization.get("payload")):
        return [f"{path} is no member" for path in strange_json(json.loads(text_of(reply) or "{}"), shape, "")]
    if protocol in ("query", "ec2"):
        root = xml.etree.ElementTree.fromstring(text_of(reply))
        wrapper = shape.serialization.get("resultWrapper")
        for child in root:
            child.tag = bare(child)
        if wrapper:
            root = root.find(wrapper)
        return [f"{path} is no member" for path in strange_xml(root, shape, "", {"requestId", "ResponseMetadata"})]
    return []


def bare(element):
    return element.tag.split("}")[-1]


def strange_json(value, shape, path):
    if value is None or shape is None:
        return
    if shape.type_name == "structure" and isinstance(value, dict):
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for key, part in value.items():
            if key not in names:
                yield f"{path}.{key}"
            else:
                yield from strange_json(part, names[key], f"{path}.{key}")
    elif shape.type_name == "list" and isinstance(value, list):
        for part in value:
            yield from strange_json(part, shape.member, f"{path}[]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for part in value.values():
            yield from strange_json(part, shape.value, f"{path}{{}}")


def strange_xml(element, shape, path, allowed=frozenset()):
    if shape.type_name == "structure":
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for child in element:
            name = bare(child)
            if name in names:
                yield from strange_xml(child, names[name], f"{path}.{name}")
            elif name not in allowed:
                yield f"{path}.{name}"
    elif shape.type_name == "list":
        entry = shape.member.serialization.get("name", "member")
        for child in element:
            if bare(child) != entry:
                yield f"{path}[].{bare(child)}"
            else:
                yield from strange_xml(child, shape.member, f"{path}[]")


def judge_error(operation, reply):
    protocol = operation.service_model.resolved_protocol
    parsed = botocore.parsers.create_parser(protocol).parse(response_of(reply), operation.output_shape)
    code = parsed.get("Error", {}).get("Code")
    if not code:
        return ["an error without a code"]
    known = {shape.metadata.get("error", {}).get("code", shape.name): shape for shape in operation.error_shapes}
    known.update({shape.name: shape for shape in operation.error_shapes})
    if code not in known:
        common = COMMON_ERRORS | (EC2_ERRORS if protocol == "ec2" else set())
        return [] if code in common else [f"{code} is no error of this operation"]
    status = known[code].metadata.get("error", {}).get("httpStatusCode")
    return [] if status in (None, reply["status"]) else [f"{code} has status {reply['status']}, not {status}"]


# --- Values -----------------------------------------------------------------------------------------------------------


def faults_of(params, shape):
    if shape is None:
        return [] if not params else ["parameters where there are none"]
    report = botocore.validate.ParamValidator().validate(params, shape)
    found = report.generate_report().split("\n") if report.has_errors() else []
    return found + list(beyond(params, shape, ""))


def beyond(value, shape, path):
    """What botocore leaves to the service: enums, patterns and upper limits."""
    metadata = shape.metadata
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, part in value.items():
            if name in shape.members and part is not None:
                yield from beyond(part, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        if len(value) > metadata.get("max", len(value)):
            yield f"{path} has {len(value)} entries, more than {metadata['max']}"
        for part in value:
            yield from beyond(part, shape.member, f"{path}[]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, part in value.items():
            yield from beyond(key, shape.key, f"{path}.key")
            yield from beyond(part, shape.value, f"{path}{{}}")
    elif isinstance(value, str):
        if "enum" in metadata and value not in metadata["enum"]:
            yield f"{path} is {value!r}, none of {metadata['enum']}"
        if len(value) > metadata.get("max", len(value)):
            yield f"{path} has {len(value)} characters, more than {metadata['max']}"
        if "pattern" in metadata and not re.fullmatch(metadata["pattern"], value):
            yield f"{path} is {value!r}, which does not match {metadata['pattern']}"
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if value > metadata.get("max", value):
            yield f"{path} is {value}, more than {metadata['max']}"
    elif not isinstance(value, (bool, bytes, datetime.datetime, dict)):
        yield f"{path} is a {type(value).__name__}"


def main(file):
    judge = Judge()
    with open(file, encoding="utf8") as lines:
        for line in lines:
            judge.judge(json.loads(line))
    print(
        json.dumps(
            {
                **judge.counts,
                "operations": judge.operations,
                "outside": judge.outside,
                "violations": judge.violations,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
