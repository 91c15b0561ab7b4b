/** Resolves CloudFormation's intrinsic functions as deploying would, with the names that the sandbox gives. */
import { isRecord } from "../values.ts";
import { attributeOf, nameProperty, referenceTo } from "./resource-names.ts";
import type { Place } from "./place.ts";

export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, Record<string, Record<string, unknown>>>>;
  readonly Outputs?: Readonly<Record<string, Record<string, unknown>>>;
}

/** Stands for a property that `AWS::NoValue` takes away. */
const NO_VALUE = Symbol("AWS::NoValue");

export class Resolver {
  readonly template: Template;
  readonly place: Place;
  readonly #names = new Map<string, string>();

  constructor(template: Template, place: Place) {
    this.template = template;
    this.place = place;
  }

  /** The value with every intrinsic function in it carried out. An unknown one is refused by name. */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.resolve(one)).filter((one) => one !== NO_VALUE);
    if (!isRecord(value)) return value;
    const [name, ...more] = Object.keys(value);
    if (
      name !== undefined &&
      more.length === 0 &&
      (name === "Ref" || name === "Condition" || name.startsWith("Fn::"))
    ) {
      return this.#intrinsic(name, value[name]);
    }
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, member]) => [key, this.resolve(member)] as const)
        .filter(([, member]) => member !== NO_VALUE),
    );
  }

  text(value: unknown): string {
    const resolved = this.resolve(value);
    if (typeof resolved === "string" || typeof resolved === "number" || typeof resolved === "boolean") {
      return String(resolved);
    }
    throw new Error(`expected a text, got ${JSON.stringify(resolved)} from ${JSON.stringify(value)}`);
  }

  /** Whether the resource or output is made at all. */
  holds(condition: string | undefined): boolean {
    return condition === undefined || this.#condition(condition);
  }

  /** The name that the resource gets: its own, or one made of the stack's and its logical id. */
  physicalName(logicalId: string): string {
    const known = this.#names.get(logicalId);
    if (known !== undefined) return known;
    const resource = this.#resource(logicalId);
    const property = nameProperty(resource.Type);
    const given = property === undefined ? undefined : resource.Properties?.[property];
    const name = given === undefined ? `${this.place.stackName}-${logicalId}` : this.text(given);
    this.#names.set(logicalId, name);
    return name;
  }

  #resource(logicalId: string): TemplateResource {
    const resource = this.template.Resources[logicalId];
    if (resource === undefined) throw new Error(`the template has no resource or parameter "${logicalId}"`);
    return resource;
  }

  #intrinsic(name: string, argument: unknown): unknown {
    switch (name) {
      case "Ref":
        return this.#ref(String(argument));
      case "Condition":
        return this.#condition(String(argument));
      case "Fn::GetAtt":
        return this.#getAtt(
          Array.isArray(argument) ? argument.map(String) : String(argument).split(/\.(.*)/u, 2),
        );
      case "Fn::Join":
        return this.#join(argument);
      case "Fn::Sub":
        return this.#sub(argument);
      case "Fn::Select":
        return this.#select(argument);
      case "Fn::Split":
        return this.#split(argument);
      case "Fn::If":
        return this.#if(argument);
      case "Fn::Equals":
        return this.#equals(argument);
      case "Fn::And":
        return list(argument).every((one) => this.resolve(one) === true);
      case "Fn::Or":
        return list(argument).some((one) => this.resolve(one) === true);
      case "Fn::Not":
        return this.resolve(list(argument)[0]) !== true;
      case "Fn::FindInMap":
        return this.#findInMap(argument);
      default:
        throw new Error(`the sandbox does not implement the intrinsic function ${name}`);
    }
  }

  #ref(target: string): unknown {
    if (target.startsWith("AWS::")) return this.#pseudo(target);
    const parameter = this.template.Parameters?.[target];
    if (parameter !== undefined) {
      if (parameter.Default === undefined)
        throw new Error(`the template's parameter "${target}" has no default`);
      return parameter.Default;
    }
    const resource = this.#resource(target);
    return referenceTo(resource.Type, this.#identity(target));
  }

  #getAtt(path: readonly string[]): unknown {
    const [target = "", attribute = ""] = path;
    return attributeOf(this.#resource(target).Type, attribute, this.#identity(target));
  }

  #identity(logicalId: string) {
    return {
      logicalId,
      name: this.physicalName(logicalId),
      place: this.place,
      /** What the resource belongs to, such as a version's function. */
      property: (name: string) => this.text(this.#resource(logicalId).Properties?.[name]),
    };
  }

  #pseudo(name: string): unknown {
    switch (name) {
      case "AWS::Region":
        return this.place.region;
      case "AWS::AccountId":
        return this.place.account;
      case "AWS::Partition":
        return "aws";
      case "AWS::URLSuffix":
        return "amazonaws.com";
      case "AWS::StackName":
        return this.place.stackName;
      case "AWS::StackId":
        return `arn:aws:cloudformation:${this.place.region}:${this.place.account}:stack/${this.place.stackName}/sandbox`;
      case "AWS::NoValue":
        return NO_VALUE;
      default:
        throw new Error(`the sandbox does not implement the pseudo parameter ${name}`);
    }
  }

  #condition(name: string): boolean {
    const condition = this.template.Conditions?.[name];
    if (condition === undefined) throw new Error(`the template has no condition "${name}"`);
    return this.resolve(condition) === true;
  }

  #join(argument: unknown): string {
    const [separator, parts] = list(argument);
    return list(this.resolve(parts))
      .map((part) => this.text(part))
      .join(String(separator));
  }

  #sub(argument: unknown): string {
    const [text, variables] = Array.isArray(argument) ? list(argument) : [argument, {}];
    const own = isRecord(variables) ? variables : {};
    return String(text).replaceAll(/\$\{(!?)([^}]+)\}/gu, (_whole, literal: string, name: string) => {
      if (literal === "!") return `\${${name}}`;
      if (Object.hasOwn(own, name)) return this.text(own[name]);
      return String(name.includes(".") ? this.#getAtt(name.split(/\.(.*)/u, 2)) : this.#ref(name));
    });
  }

  #select(argument: unknown): unknown {
    const [index, from] = list(argument);
    const all = list(this.resolve(from));
    const at = Number(this.resolve(index));
    if (at < 0 || at >= all.length)
      throw new Error(`Fn::Select: no element ${at} in a list of ${all.length}`);
    return this.resolve(all[at]);
  }

  #split(argument: unknown): string[] {
    const [separator, text] = list(argument);
    return this.text(text).split(String(separator));
  }

  #if(argument: unknown): unknown {
    const [condition, then, otherwise] = list(argument);
    return this.resolve(this.#condition(String(condition)) ? then : otherwise);
  }

  #equals(argument: unknown): boolean {
    const [left, right] = list(argument).map((one) => this.resolve(one));
    return JSON.stringify(left) === JSON.stringify(right);
  }

  #findInMap(argument: unknown): unknown {
    const [map = "", first = "", second = ""] = list(argument).map((one) => this.text(one));
    const found = this.template.Mappings?.[map]?.[first]?.[second];
    if (found === undefined) throw new Error(`Fn::FindInMap: nothing at ${map}.${first}.${second}`);
    return found;
  }
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error(`expected a list, got ${JSON.stringify(value)}`);
  return value;
}
