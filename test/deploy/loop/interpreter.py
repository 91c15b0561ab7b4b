"""Runs state machines in moto's interpreter of the States Language, which calls Lambda at a loopback port.

Arguments: the port, and the seconds after which an execution is left alone. Standard input: {"NAME": "DEFINITION", ...}; all run at once.
Standard output: {"NAME": {"status", "states", "output" | "error"}, ...}, where `states` are those entered, in order.
"""

import json
import os
import sys
import time

os.environ["MOTO_PORT"] = sys.argv[1]

from moto.stepfunctions.parser.models import stepfunctions_parser_backends  # noqa: E402

backend = stepfunctions_parser_backends["000000000000"]["us-east-1"]
role = "arn:aws:iam::000000000000:role/loop"
executions = {}
for name, definition in json.load(sys.stdin).items():
    machine = backend.create_state_machine(name=name, definition=definition, roleArn=role)
    executions[name] = backend.start_execution(machine.arn, name=name, execution_input="{}")

end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end and any(str(execution.status) == "RUNNING" for execution in executions.values()):
    time.sleep(0.1)


def outcome(execution):
    events = backend.get_execution_history(execution.execution_arn)["events"]
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
    last = {key: value for key, value in events[-1].items() if key.startswith("execution")}
    details = next(iter(last.values()), {})
    told = {"output": json.loads(details["output"])} if "output" in details else {"error": details.get("error")}
    return {"status": str(execution.status), "states": entered, **told}


json.dump({name: outcome(execution) for name, execution in executions.items()}, sys.stdout)
