import { Aws, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { EmailIdentity, type IEmailIdentity, Identity } from "aws-cdk-lib/aws-ses";
import { type ITopic, Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import type { AlertSettings } from "../core/settings.ts";

export interface AlertChannelsProps {
  readonly alerts: AlertSettings;
  /** What the names of this deployment's alarms begin with. */
  readonly alarmPrefix: string;
  /** A topic that exists already, beside the settings' `topicArn`. */
  readonly topic?: ITopic;
  /** An SES identity that exists already, beside the settings' `identity`. */
  readonly identity?: IEmailIdentity;
}

/**
 * The two ways to people: mails of the controller through SES, and alarms through a topic. The second is needed since a
 * controller that is dead mails nobody.
 */
export class AlertChannels extends Construct {
  readonly topic: ITopic;
  /** The sender's SES identity, where this deployment makes it. */
  readonly sender?: EmailIdentity;

  constructor(scope: Construct, id: string, { alerts, alarmPrefix, ...existing }: AlertChannelsProps) {
    super(scope, id);
    if (existing.identity === undefined && alerts.identity === undefined) {
      this.sender = new EmailIdentity(this, "Sender", { identity: Identity.email(alerts.from) });
    }
    this.topic = existing.topic ?? this.topicOf(alerts, alarmPrefix);
    if (alerts.subscribe) {
      for (const address of alerts.to) this.topic.addSubscription(new EmailSubscription(address));
    }
  }

  private topicOf({ topicArn }: AlertSettings, alarmPrefix: string): ITopic {
    return topicArn === undefined ? this.ownTopic(alarmPrefix) : Topic.fromTopicArn(this, "Topic", topicArn);
  }

  /**
   * Encrypted with a key of its own: CloudWatch may not use the key that AWS manages for SNS, and an alarm that cannot
   * publish fails without a sound.
   */
  private ownTopic(alarmPrefix: string): Topic {
    const alarms = `arn:${Aws.PARTITION}:cloudwatch:${Aws.REGION}:${Aws.ACCOUNT_ID}:alarm:${alarmPrefix}*`;
    const asAlarm = {
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      conditions: {
        StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
        ArnLike: { "aws:SourceArn": alarms },
      },
    };
    const key = new Key(this, "Key", {
      description: "Alarms of the scheduler failover controller on their way through SNS",
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(key, {
      KMS5: "Nothing that lasts is encrypted with it, and each of its first two rotations would add a dollar a month",
    });
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: "AlarmsUseKey",
        actions: ["kms:Decrypt", "kms:GenerateDataKey"],
        /** In a key's own policy `*` is this key. */
        resources: ["*"],
        ...asAlarm,
      }),
    );
    const topic = new Topic(this, "Topic", {
      displayName: "Scheduler failover",
      masterKey: key,
      enforceSSL: true,
    });
    /** Said outright: a topic with a policy of its own has lost the one that lets its account publish. */
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: "AlarmsPublish",
        actions: ["sns:Publish"],
        resources: [topic.topicArn],
        ...asAlarm,
      }),
    );
    return topic;
  }
}
