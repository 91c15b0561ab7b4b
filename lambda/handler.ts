/** The function's entry point: wires adapters to the controller at the cold start, and hands every event on. */
import { readFileSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SESClient } from "@aws-sdk/client-ses";
import { SSMClient } from "@aws-sdk/client-ssm";
import packageJson from "../package.json" with { type: "json" };
import { CLIENT_SETTINGS } from "./adapters/calls.ts";
import { DynamoRecordStore } from "./adapters/dynamo-store.ts";
import { Ec2NodeDirectory } from "./adapters/ec2-directory.ts";
import { EmfMetricSink } from "./adapters/emf-metrics.ts";
import { EventBridgePublisher } from "./adapters/eventbridge-publisher.ts";
import { LogJournal } from "./adapters/log-journal.ts";
import { SesAlertSender } from "./adapters/ses-sender.ts";
import { SSM_SETTINGS, SsmNodeCommander } from "./adapters/ssm-commander.ts";
import { randomIds, systemClock } from "./adapters/system.ts";
import { dispatch, type Invocation } from "./dispatch.ts";
import { readEnvironment } from "./environment.ts";
import type { Controller } from "./loop.ts";
import { tickCluster } from "./tick.ts";

/** Beside the bundle in the function's code asset. */
const SETTINGS_FILE = new URL("settings.json", import.meta.url);

const environment = readEnvironment(process.env, readFileSync(SETTINGS_FILE, "utf8"));
const journal = new LogJournal(environment.settings.logLevel);
const controller: Controller = {
  ports: {
    store: new DynamoRecordStore(new DynamoDBClient(CLIENT_SETTINGS), environment.table),
    nodes: new SsmNodeCommander({
      client: new SSMClient(SSM_SETTINGS),
      documents: environment.documents,
      clock: systemClock,
      journal,
    }),
    directory: new Ec2NodeDirectory(new EC2Client(CLIENT_SETTINGS)),
    alerts: new SesAlertSender(new SESClient(CLIENT_SETTINGS), environment.settings.alerts),
    events: new EventBridgePublisher(
      new EventBridgeClient(CLIENT_SETTINGS),
      environment.settings.alerts.eventBus,
    ),
    metrics: new EmfMetricSink(environment.namespace),
    journal,
    clock: systemClock,
    ids: randomIds,
  },
  environment,
  version: packageJson.version,
  tick: tickCluster,
};

export async function handler(event: unknown, invocation: Invocation): Promise<unknown> {
  journal.beginRequest(invocation.awsRequestId);
  return dispatch(controller, event, invocation);
}
