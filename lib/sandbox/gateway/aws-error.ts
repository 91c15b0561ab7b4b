/** An error that a service answers: its code and message reach the caller in the service's own wire format. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the error's body, where its shape has them. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { readonly status?: number; readonly members?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = options.status ?? 400;
    this.members = options.members ?? {};
  }
}

/** What the sandbox does not imitate is refused by name: an answer made up would be believed. */
export class NotImplemented extends AwsError {
  constructor(what: string, implemented: readonly string[] = []) {
    const list = implemented.length > 0 ? ` It implements: ${implemented.join(", ")}.` : "";
    super("NotImplementedInSandbox", `The sandbox does not implement ${what}.${list}`);
  }
}
