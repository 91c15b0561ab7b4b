import * as cdk from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as actions from "aws-cdk-lib/aws-cloudwatch-actions";
import * as iam from "aws-cdk-lib/aws-iam";
import * as ses from "aws-cdk-lib/aws-ses";
import * as sns from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { FailoverSettings, SchedulerFailover } from "scheduler-failover-controller";

/** The part of a company's own stack that keeps the scheduler of its Airflow running, once. */
export class AirflowStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);

    // What is there already: the topic of whoever is on call, and the domain that SES may send from.
    const onCall = new sns.Topic(this, "OnCall");
    const domain = ses.EmailIdentity.fromEmailIdentityName(this, "Domain", "airline.dev");

    const failover = new SchedulerFailover(this, "SchedulerFailover", {
      settings: FailoverSettings.of({
        alerts: { from: "scheduler@airline.dev", to: ["operations@airline.dev"], subscribe: false },
        clusters: {
          main: {
            nodes: { tag: { key: "scheduler-failover", value: "main" } },
            scheduler: { unit: "airflow-scheduler.service" },
            health: { url: "http://localhost:8974/health" },
          },
        },
      }),
      topic: onCall,
      identity: domain,
    });

    // Who may look, and who may move the scheduler by hand.
    const engineers = new iam.Role(this, "Engineers", { assumedBy: new iam.AccountRootPrincipal() });
    failover.grantRead(engineers);
    const operators = new iam.Role(this, "Operators", { assumedBy: new iam.AccountRootPrincipal() });
    failover.grantOperate(operators);

    // An alarm of one's own, beside those that the construct brings.
    const tooMany = new cloudwatch.Alarm(this, "TooManyFailovers", {
      metric: failover.metricFailovers("main", { period: cdk.Duration.hours(1) }),
      threshold: 3,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    tooMany.addAlarmAction(new actions.SnsAction(onCall));

    // By this output the command-line tool finds the controller: --stack Airflow.
    new cdk.CfnOutput(this, "FunctionName", { value: failover.function.functionName });
    new cdk.CfnOutput(this, "DashboardUrl", { value: failover.dashboardUrl });
  }
}
