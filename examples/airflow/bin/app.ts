#!/usr/bin/env node
import * as cdk from "aws-cdk-lib";
import { AirflowStack } from "../lib/airflow-stack";

const app = new cdk.App();
new AirflowStack(app, "Airflow", { terminationProtection: true });
