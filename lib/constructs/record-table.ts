import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, type ITable, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";

/**
 * The table of records, history and the newest loop. It outlives the stack: who loses the record loses what is known
 * of the nodes. No name of its own, so that a new deployment never meets an old table.
 */
export class RecordTable extends Construct {
  /** The cast below: CDK's classes do not match its own interfaces where optional properties are exact. */
  readonly table: ITable;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new Table(this, "Table", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      /** Ends history entries only: TTL deletes within days, it is no clock. */
      timeToLiveAttribute: "expiresAt",
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    }) as ITable;
  }
}
