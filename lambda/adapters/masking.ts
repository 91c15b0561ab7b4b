/**
 * Takes out of a log line what is nobody's business who may read logs: SES names people in its refusals, a caller's role
 * session may be his address, and a URL in an error message may carry a password.
 */

const PASSWORD_IN_URL = /(?<scheme>:\/\/)[^\s/@"']+@/g;
/** A systemd unit made from a template looks like one. */
const ADDRESS = /[\w.!#$%&*+=?^`{|}~-]+@(?<domain>(?:[A-Za-z0-9-]+\.)+(?!service\b)[A-Za-z]{2,})/g;

export const masked = (text: string): string =>
  text.replace(PASSWORD_IN_URL, "$<scheme>").replace(ADDRESS, "***@$<domain>");
